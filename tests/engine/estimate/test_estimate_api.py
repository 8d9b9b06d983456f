from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from structgen import Cascade, Document, Estimate, Extractor, Image, Message
from structgen.core.errors import DocumentError, SchemaError
from structgen.core.records import Completion, Usage
from structgen.engine.estimate.estimator import BEFORE_ANSWER
from structgen.store import Store
from structgen.testing import Emulator

GROQ = "groq/openai/gpt-oss-20b"
FIELDS = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}


def test_an_extractor_estimates_texts_documents_chats_and_unreadable_ones(groq_emulator: Emulator) -> None:
    texts = ["Name: A", Document("Name: B"), [Message("user", "Name: C")], DocumentError("it is gone"), " "]
    found = Extractor(GROQ).estimate(FIELDS, texts)
    assert isinstance(found, Estimate)
    assert (found.documents, found.unreadable, found.requests) == (3, 2, 3)
    assert found.cost is not None
    assert groq_emulator.requests == []


def test_images_are_counted_and_named(groq_emulator: Emulator) -> None:
    chat = [Message("user", ("What is it?", Image(url="http://127.0.0.1/a.png")))]
    found = Extractor("groq/qwen/qwen3.8-27b").estimate(FIELDS, [chat])
    assert found.images == 1
    assert "1 image counted at a usual size" in found.notes[0]


def test_what_other_tasks_of_a_model_took_tells_the_tokens_of_a_text(groq_emulator: Emulator, tmp_path: Path) -> None:
    with Extractor(GROQ, store=tmp_path / "s.sqlite") as extractor:
        extractor.extract({"type": "object", "properties": {"serves": {"type": "integer"}}}, "Serves: 4")
        assert extractor.estimate(FIELDS, ["Name: A"]).basis == "model"


def test_the_time_is_that_of_the_calls_if_no_limit_makes_them_wait(groq_emulator: Emulator) -> None:
    texts = [f"Name: {number}" for number in range(6)]
    one, three = (Extractor(GROQ).estimate(FIELDS, texts, concurrency=count) for count in (1, 3))
    assert one.seconds is not None
    assert three.seconds is not None
    assert 6 * BEFORE_ANSWER < one.seconds < 6 * (BEFORE_ANSWER + 1)
    assert three.seconds == pytest.approx(one.seconds / 3, abs=0.1)
    assert three.seconds_by_tier == {"free": three.seconds, "dev": three.seconds}


def test_the_latency_of_stored_responses_takes_the_place_of_the_speed_on_the_card(
    groq_emulator: Emulator, tmp_path: Path
) -> None:
    with Store(tmp_path / "s.sqlite") as store, Extractor(GROQ, store=store) as extractor:
        request = extractor.extract(FIELDS, "Name: A").attempts[0].request
        again = replace(request, parameters=replace(request.parameters, seed=7))
        store.put(again, Completion("{}", usage=Usage(100, 5, calls=1), seconds=90.0))
        assert (extractor.estimate(FIELDS, ["Name: B"]).seconds or 0) > 40


def test_a_model_of_unknown_speed_without_limits_has_no_time() -> None:
    found = Extractor("compatible/own", base_url="http://127.0.0.1:1/v1").estimate(FIELDS, ["Name: A"])
    assert found.seconds is None


def test_a_cascade_has_an_estimate_for_each_model(groq_emulator: Emulator) -> None:
    both = Cascade("rules", GROQ, "groq/openai/gpt-oss-120b")
    found = Extractor(both).estimate(FIELDS, ["nothing is named here"])
    assert [(one.model, one.requests) for one in found.models] == [(GROQ, 1), ("groq/openai/gpt-oss-120b", 0)]


def test_a_wrong_schema_is_an_error_and_not_an_unreadable_document(groq_emulator: Emulator) -> None:
    with pytest.raises(SchemaError):
        Extractor(GROQ).estimate({"type": "nonsense"}, ["Name: A"])
