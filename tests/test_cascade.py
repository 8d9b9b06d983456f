"""A cascade over the wire: each model is asked only for what the ones before it left open, and what stands is kept."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from pydantic import BaseModel, model_validator

from structgen import (
    AuthenticationFailed,
    Budget,
    BudgetExceeded,
    Cascade,
    ConfigurationError,
    EvidenceMode,
    Extraction,
    ExtractionFailed,
    Extractor,
    Mode,
    Options,
    ServerFailed,
    TransportError,
    extract,
    fields,
)
from structgen.batch import Batch, RowStatus, RunBudget
from structgen.core.errors import ServerDown
from structgen.core.events import Event, RequestSent
from structgen.core.records import Document, Status, Task
from structgen.testing import Emulator, error, reply

SMALL, LARGE = "groq/openai/gpt-oss-20b", "groq/openai/gpt-oss-120b"
ALL = Cascade("rules", SMALL, LARGE)
TEXT = "Title: Leek soup\nServings: 4\nA dish for rainy days, as Alex Doe says."


class Soup(BaseModel):
    title: str
    servings: int
    cook: str | None
    season: str | None = None


COOK = {"/cook": "Alex Doe", "/season": None}
Run = Callable[..., Extraction[Any]]


@pytest.fixture(params=["sync", "async"])
def run(request: pytest.FixtureRequest, groq_emulator: Emulator) -> Run:
    """One extraction, blocking or awaited: ``run(schema, text, model, options=..., ...)``."""

    def blocking(schema: Any, text: Any, model: Any, *args: Any, **settings: Any) -> Extraction[Any]:
        with Extractor(model, *args, **settings) as extractor:
            return extractor.extract(schema, text)

    async def awaited(schema: Any, text: Any, model: Any, *args: Any, **settings: Any) -> Extraction[Any]:
        async with Extractor(model, *args, **settings) as extractor:
            return await extractor.aextract(schema, text)

    if request.param == "sync":
        return blocking
    return lambda *args, **settings: asyncio.run(awaited(*args, **settings))


def failure(schema: Any, model: Any = ALL, options: Options | None = None) -> ExtractionFailed:
    with pytest.raises(ExtractionFailed) as caught:
        extract(schema, TEXT, model=model, options=options)
    return caught.value


def asked(emulator: Emulator) -> list[str]:
    """The models that were asked, in order."""
    return [f"groq/{cast('dict[str, Any]', one.body)['model']}" for one in emulator.requests]


def said(emulator: Emulator, number: int) -> str:
    """Everything that a request says."""
    body = cast("dict[str, Any]", emulator.requests[number].body)
    return "\n".join(message["content"] for message in body["messages"])


def test_what_the_rules_find_completely_costs_nothing(run: Run, groq_emulator: Emulator) -> None:
    result = run({"type": "object", "properties": {"title": {"type": "string"}}}, TEXT, ALL)
    assert result.value == {"title": "Leek soup"}
    assert (result.models, result.usage.calls, result.cost) == ({"/title": "rules"}, 0, 0.0)
    assert not groq_emulator.requests


def test_only_the_fields_that_the_rules_left_open_travel_on(run: Run, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(json.dumps(COOK)))
    result = run(Soup, TEXT, ALL)
    assert result.value == Soup(title="Leek soup", servings=4, cook="Alex Doe")
    assert result.models == {"/title": "rules", "/servings": "rules", "/cook": SMALL, "/season": SMALL}
    assert asked(groq_emulator) == [SMALL]
    assert "/cook" in said(groq_emulator, 0)
    assert "/title" not in said(groq_emulator, 0)


def test_the_null_of_a_model_is_an_answer_and_that_of_the_rules_is_none(run: Run, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply('{"/cook": null, "/season": null}'))
    result = run(Soup, TEXT, ALL)
    assert (result.value.cook, result.models["/cook"]) == (None, SMALL)
    assert len(groq_emulator.requests) == 1


def test_a_default_that_the_rules_did_not_contradict_is_asked_for(run: Run, groq_emulator: Emulator) -> None:
    class Tagged(BaseModel):
        title: str
        tags: list[str] = []
        vegan: bool = False

    groq_emulator.script(reply('{"/tags": ["rainy"], "/vegan": null}'))
    result = run(Tagged, TEXT, ALL)
    assert result.value == Tagged(title="Leek soup", tags=["rainy"])


def test_what_a_model_answers_rightly_is_kept_if_the_rest_is_refused(run: Run, groq_emulator: Emulator) -> None:
    class Strict(BaseModel):
        title: str
        servings: int
        cook: str | None
        season: int

    wrong = reply('{"/cook": "Alex Doe", "/season": "rainy"}')
    groq_emulator.script(wrong, reply('{"/season": "wet"}'), reply('{"/season": 3}'))
    result = run(Strict, TEXT, ALL, Options(mode=Mode.TEXT))
    assert result.value == Strict(title="Leek soup", servings=4, cook="Alex Doe", season=3)
    assert result.models == {"/title": "rules", "/servings": "rules", "/cook": SMALL, "/season": LARGE}
    assert asked(groq_emulator) == [SMALL, SMALL, LARGE]
    assert "/cook" not in said(groq_emulator, 1)


def test_an_answer_that_cannot_be_read_leaves_every_field_open_for_the_next_model(
    run: Run, groq_emulator: Emulator
) -> None:
    groq_emulator.script(reply("no"), reply("no"), reply(json.dumps(COOK)))
    result = run(Soup, TEXT, ALL, Options(mode=Mode.TEXT))
    assert result.value.cook == "Alex Doe"
    assert result.models["/cook"] == LARGE
    assert [attempt.completion.model for attempt in result.attempts] == [
        "rules",
        *(one[5:] for one in (SMALL, SMALL, LARGE)),
    ]


def test_without_rules_the_first_model_is_asked_for_the_whole(run: Run, groq_emulator: Emulator) -> None:
    class Dish(BaseModel):
        title: str
        servings: int

    half = '{"title": "Leek soup", "servings": "many"}'
    groq_emulator.script(reply(half), reply('{"/servings": "some"}'), reply('{"/servings": 4}'))
    result = run(Dish, TEXT, Cascade(SMALL, LARGE), Options(mode=Mode.TEXT))
    assert result.value == Dish(title="Leek soup", servings=4)
    assert result.models == {"/title": SMALL, "/servings": LARGE}
    assert asked(groq_emulator) == [SMALL, SMALL, LARGE]


def test_an_empty_list_of_the_rules_is_asked_for(run: Run, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply('["leek", "salt"]'))
    result = run(list[str], "Boil leek with salt.", ALL, Options(mode=Mode.TEXT))
    assert result.value == ["leek", "salt"]
    assert result.models == {"/0": SMALL, "/1": SMALL}


def test_what_a_model_found_after_the_rules_found_nothing_is_kept(run: Run, groq_emulator: Emulator) -> None:
    class Mood(BaseModel):
        weather: str
        level: int

    groq_emulator.script(reply('{"weather": "rain", "level": "x"}'), reply('{"/level": "y"}'), reply('{"/level": 2}'))
    result = run(Mood, "It rains, somewhat.", ALL, Options(mode=Mode.TEXT))
    assert result.value == Mood(weather="rain", level=2)
    assert result.models == {"/weather": SMALL, "/level": LARGE}
    assert asked(groq_emulator) == [SMALL, SMALL, LARGE]


def test_a_response_that_was_cut_off_is_no_answer_to_keep(run: Run, groq_emulator: Emulator) -> None:
    groq_emulator.script(
        reply('{"title": "Leek soup", "servings": 4, "co', finish_reason="length"),
        reply('{"title": "Lee', finish_reason="length"),
        reply('{"title": "Leek soup", "servings": 4, "cook": "Alex Doe", "season": null}'),
    )
    result = run(Soup, TEXT, Cascade(SMALL, LARGE), Options(mode=Mode.TEXT))
    assert result.models["/cook"] == LARGE
    assert "each of these paths" not in said(groq_emulator, 2)


def test_kept_values_keep_the_evidence_of_who_found_them(run: Run, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(json.dumps(COOK)))
    text = "Notes on 4 soups.\n" + TEXT
    rules = {one.path: one for one in run(Soup, text, "rules").evidence}
    found = {one.path: one for one in run(Soup, text, ALL).evidence}
    assert found["/servings"] == rules["/servings"]
    assert found["/cook"].text == "Alex Doe"


def test_with_quotes_the_evidence_of_the_rules_needs_none(run: Run, groq_emulator: Emulator) -> None:
    quoted = {"/cook": {"quote": "as Alex Doe says", "value": "Alex Doe"}, "/season": {"quote": None, "value": None}}
    groq_emulator.answer_with(lambda body: json.dumps(quoted))
    options = Options(evidence=EvidenceMode.QUOTES, require_evidence=True, mode=Mode.TEXT)
    result = run(Soup, TEXT, ALL, options)
    assert result.value.cook == "Alex Doe"
    assert not result.unsupported


def test_an_unsupported_value_goes_to_the_next_model_if_evidence_is_required(run: Run, groq_emulator: Emulator) -> None:
    invented = reply('{"/cook": "Robin Roe", "/season": null}')
    groq_emulator.script(invented, reply('{"/cook": "Robin Roe"}'), reply('{"/cook": "Alex Doe"}'))
    result = run(Soup, TEXT, ALL, Options(require_evidence=True))
    assert (result.value.cook, result.models["/cook"]) == ("Alex Doe", LARGE)


def test_without_required_evidence_the_first_answer_is_taken(run: Run, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply('{"/cook": "Robin Roe", "/season": null}'))
    result = run(Soup, TEXT, ALL)
    assert result.unsupported == ("/cook",)


def test_a_model_that_contradicts_what_stands_is_not_believed_unseen(run: Run, groq_emulator: Emulator) -> None:
    other = {**COOK, "/servings": 6}
    groq_emulator.script(reply(json.dumps(other)), reply(json.dumps({**COOK, "/servings": 4})))
    result = run(Soup, TEXT, ALL, Options(mode=Mode.TEXT))
    assert result.value.servings == 4
    assert any(issue.code == "contradiction" for issue in result.attempts[1].issues)


def test_checks_across_fields_see_the_whole_value(run: Run, groq_emulator: Emulator) -> None:
    class Checked(Soup):
        @model_validator(mode="after")
        def no_winter(self) -> "Checked":
            if self.season == "winter":
                raise ValueError("season must not be winter")
            return self

    groq_emulator.script(reply('{"/cook": "Alex Doe", "/season": "winter"}'), reply('{"/season": null}'))
    result = run(Checked, TEXT, ALL)
    assert result.value.season is None
    assert result.models["/title"] == "rules"


def test_the_instructions_of_the_task_reach_a_model_that_is_asked_for_some_fields(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(json.dumps(COOK)))
    Extractor(ALL).extract(Soup, TEXT, "The cook is whoever speaks.")
    assert "whoever speaks" in said(groq_emulator, 0)


def test_the_items_of_a_list_are_shown_because_an_index_says_nothing(groq_emulator: Emulator) -> None:
    from structgen.engine.cascade.open_fields import unfound
    from structgen.schema import Schema

    class Item(BaseModel):
        name: str
        origin: str | None

    class Bill(BaseModel):
        items: list[Item]

    tree: Any = {"items": [{"name": "Leek", "origin": None}, {"name": "Salt", "origin": "Malta"}]}
    assert list(unfound(Schema.of(Bill).node, tree)) == ["/items/0/origin"]


def test_a_transport_error_keeps_what_stands_and_asks_no_better_model(run: Run, groq_emulator: Emulator) -> None:
    groq_emulator.script(error("internal"))
    options = Options(budget=Budget(max_transport_retries=0))
    with pytest.raises(ExtractionFailed, match="Asking groq/openai/gpt-oss-20b failed") as caught:
        run(Soup, TEXT, ALL, options)
    failed = caught.value
    assert isinstance(failed.__cause__, ServerFailed)
    assert cast("dict[str, Any]", failed.partial)["title"] == "Leek soup"
    assert failed.models == {"/title": "rules", "/servings": "rules"}
    assert failed.locate is not None
    assert {one.path: one.text for one in failed.locate()} == {"/title": "Leek soup", "/servings": "4"}
    assert asked(groq_emulator) == [SMALL]


def test_a_text_that_is_too_large_and_cannot_be_cut_keeps_what_stands(run: Run, groq_emulator: Emulator) -> None:
    groq_emulator.script(error("request_too_large_body"))
    with pytest.raises(ExtractionFailed) as caught:
        run(Soup, TEXT, ALL)
    assert cast("dict[str, Any]", caught.value.partial)["title"] == "Leek soup"


def test_a_transport_error_before_anything_stands_is_raised_as_it_is(run: Run, groq_emulator: Emulator) -> None:
    groq_emulator.script(error("internal"))
    with pytest.raises(TransportError):
        run(Soup, TEXT, Cascade(SMALL, LARGE), Options(budget=Budget(max_transport_retries=0)))


def test_attempts_are_those_of_all_models_and_each_later_model_keeps_one(groq_emulator: Emulator) -> None:
    groq_emulator.answer_with(lambda body: "no")
    failed = failure(Soup, options=Options(mode=Mode.TEXT, budget=Budget(max_attempts=2)))
    assert asked(groq_emulator) == [SMALL, LARGE]
    assert len(failed.attempts) == 3
    assert isinstance(failed, BudgetExceeded)
    assert str(failed).startswith(f"{LARGE}: No answer was accepted in 1 attempt")


def test_without_a_limit_of_attempts_a_model_that_is_not_the_last_tries_twice(groq_emulator: Emulator) -> None:
    good = json.dumps(COOK)
    groq_emulator.answer_with(lambda body: good if body["model"] == LARGE[5:] else "no")
    result = extract(Soup, TEXT, model=ALL, options=Options(mode=Mode.TEXT, budget=Budget(max_attempts=None)))
    assert asked(groq_emulator) == [SMALL, SMALL, LARGE]
    assert result.models["/cook"] == LARGE


def test_tokens_are_limited_for_the_whole_cascade(groq_emulator: Emulator) -> None:
    groq_emulator.answer_with(lambda body: "no")
    options = Options(mode=Mode.TEXT, max_completion_tokens=100, budget=Budget(max_tokens=700))
    failed = failure(Soup, options=options)
    assert 0 < len(groq_emulator.requests) < 3
    assert sum((one.completion.usage.input_tokens or 0) for one in failed.attempts) <= 700


def test_the_cost_adds_what_each_model_costs(run: Run, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply("no"), reply("no"), reply(json.dumps(COOK)))
    result = run(Soup, TEXT, ALL, Options(mode=Mode.TEXT))
    prices = {SMALL[5:]: (0.075, 0.3), LARGE[5:]: (0.15, 0.6)}
    each = [(prices[one.completion.model], one.completion.usage) for one in result.attempts[1:]]
    cost = sum(i * (usage.input_tokens or 0) + o * (usage.output_tokens or 0) for (i, o), usage in each) / 1e6
    assert result.cost == pytest.approx(cost)
    assert result.alone is not None
    assert result.alone.model == LARGE


def test_observers_see_the_requests_of_all_models_numbered_on(groq_emulator: Emulator) -> None:
    events: list[Event] = []
    groq_emulator.script(reply("no"), reply("no"), reply(json.dumps(COOK)))
    Extractor(ALL, Options(mode=Mode.TEXT), observers=[events.append]).extract(Soup, TEXT)
    sent = [(one.attempt, one.request.model) for one in events if isinstance(one, RequestSent)]
    assert sent == [(1, "rules"), (2, SMALL[5:]), (3, SMALL[5:]), (4, LARGE[5:])]


def test_nothing_is_paid_twice_with_a_store(groq_emulator: Emulator, tmp_path: Path) -> None:
    groq_emulator.script(reply(json.dumps(COOK)))
    for calls in (1, 0):
        with Extractor(ALL, store=tmp_path / "answers.sqlite") as extractor:
            assert extractor.extract(Soup, TEXT).usage.calls == calls
    assert len(groq_emulator.requests) == 1


def test_a_cascade_is_replayed_from_its_store(groq_emulator: Emulator, tmp_path: Path) -> None:
    groq_emulator.script(reply(json.dumps(COOK)))
    store = tmp_path / "answers.sqlite"
    with Extractor(Cascade("rules", SMALL), store=store) as extractor:
        first = extractor.extract(Soup, TEXT)
    with Extractor(Cascade("rules", f"replay/{SMALL}"), store=store) as extractor:
        assert extractor.extract(Soup, TEXT).value == first.value


def test_a_long_document_goes_through_all_models_chunk_by_chunk(run: Run, groq_emulator: Emulator) -> None:
    class Line(BaseModel):
        title: str
        note: str | None

    text = "Title: Leek soup\n" + "Nothing is said in this line of the text.\n" * 12 + "A note by Alex Doe.\n"
    groq_emulator.answer_with(
        lambda body: json.dumps({
            path: ("by Alex Doe" if path == "/note" and "Alex" in str(body["messages"]) else None)
            for path in ("/title", "/note")
            if f"- {path}:" in str(body["messages"])
        } or {"title": None, "note": "by Alex Doe" if "Alex" in str(body["messages"]) else None})
    )  # fmt: skip
    result = run(Line, text, Cascade("rules", SMALL), Options(chunk_chars=300))
    assert len(result.chunks) > 1
    assert result.value == Line(title="Leek soup", note="by Alex Doe")
    assert result.models == {"/title": "rules", "/note": SMALL}
    assert result.cost is not None
    assert 0 < result.cost < 0.01


def test_evidence_in_a_page_has_the_offsets_of_its_source(run: Run, groq_emulator: Emulator) -> None:
    page = f"<html><body><h1>Soups</h1><p>Title: Leek soup</p><p>Servings: 4</p><p>{TEXT[29:]}</p></body></html>"
    groq_emulator.script(reply(json.dumps(COOK)))
    result = run(Soup, Document(page, source="soup.html"), ALL)
    assert all(one.text == page[one.start : one.end] for one in result.evidence if one.start is not None)
    assert result.models["/cook"] == SMALL


def test_a_prompt_is_answered_by_models_in_turn(groq_emulator: Emulator) -> None:
    wrong, right = '{"title": "Soup", "servings": "many", "cook": null}', '{"/servings": 4}'
    groq_emulator.script(reply(wrong), reply('{"/servings": "x"}'), reply(right))
    result = Extractor(Cascade(SMALL, LARGE), Options(mode=Mode.TEXT)).generate(Soup, "A soup")
    assert result.value.servings == 4
    assert result.models["/servings"] == LARGE


# Errors at the door


@pytest.mark.parametrize("call", ["stream", "stream_items"])
def test_a_stream_shows_one_model_and_is_refused(groq_emulator: Emulator, call: str) -> None:
    with pytest.raises(ConfigurationError, match=r"A cascade cannot give a stream.*Use extract or map"):
        list(getattr(Extractor(ALL), call)(Soup, TEXT))


def test_plain_text_is_refused(groq_emulator: Emulator) -> None:
    with pytest.raises(ConfigurationError, match="cannot give plain text"):
        Extractor(ALL).complete("Hello")


def test_rules_cannot_generate(groq_emulator: Emulator) -> None:
    with pytest.raises(ConfigurationError, match="Leave them out of the cascade: groq/openai/gpt-oss-20b"):
        Extractor(ALL).generate(Soup, "A soup")


@pytest.mark.parametrize(
    ("model", "settings", "says"),
    [
        (ALL, {"options": Options(budget=Budget(max_attempts=1))}, "asks 2 models, but max_attempts is 1"),
        (Cascade("rules", "groq/meta-llama/llama-prompt-guard-2-22m"), {"options": Options(mode=Mode.TOOLS)},
         "llama-prompt-guard-2-22m does not support mode 'tools', only text"),
        (Cascade("rules", "groq/minimaxai/minimax-m2.7"), {"options": Options(budget=Budget(max_cost=1.0))},
         "the price of groq/minimaxai/minimax-m2.7 is unknown"),
        (Cascade("rules", SMALL, "compatible/local"), {"api_key": "k" * 20}, "api_key= belongs to one provider"),
        (Cascade("rules", SMALL, "compatible/local"), {"base_url": "http://127.0.0.1:1/v1"}, "base_url= belongs"),
        ("rules,groq/llama-3.1-8b-instant", {}, "has retired the model"),
    ],
)  # fmt: skip
def test_what_a_cascade_cannot_keep_to_is_refused(
    groq_emulator: Emulator, model: Any, settings: dict[str, Any], says: str
) -> None:
    with pytest.raises((ConfigurationError, TransportError), match=says):
        Extractor(model, **settings)


def test_the_variable_may_name_several_models(groq_emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRUCTGEN_MODEL", f"rules, {SMALL}")
    assert Extractor().models == ("rules", SMALL)


def test_a_missing_key_is_found_before_anything_is_read() -> None:
    with pytest.raises(ConfigurationError, match="No API key for groq"):
        Extractor(ALL)


# Batches


def rows_of(
    texts: list[str], options: Options | None = None, budget: RunBudget | None = None
) -> tuple[Batch, list[Any]]:
    batch = Batch(Extractor(ALL, options), Task("soup", Soup), concurrency=1, budget=budget)
    return batch, list(batch.rows([Document(text, str(number)) for number, text in enumerate(texts)]))


def test_a_row_names_the_model_of_each_field_and_the_summary_says_what_was_saved(groq_emulator: Emulator) -> None:
    groq_emulator.answer_with(lambda body: json.dumps(COOK))
    batch, rows = rows_of([TEXT, TEXT])
    assert rows[0].to_json()["models"]["/cook"] == SMALL
    said_so = str(batch.summary)
    assert "fields answered: 4 by rules, 4 by groq/openai/gpt-oss-20b" in said_so
    assert "groq/openai/gpt-oss-120b alone would have taken about" in said_so


def test_the_row_of_a_model_that_could_not_be_reached_is_incomplete(groq_emulator: Emulator) -> None:
    groq_emulator.script(error("internal"))
    _, rows = rows_of([TEXT], Options(budget=Budget(max_transport_retries=0)))
    assert rows[0].status is RowStatus.INCOMPLETE
    assert rows[0].value["title"] == "Leek soup"
    assert {one.path for one in rows[0].evidence} == {"/title", "/servings"}


def test_a_refused_key_ends_the_run_although_the_rules_answered(groq_emulator: Emulator) -> None:
    groq_emulator.answer_with(lambda body: json.dumps(COOK))
    groq_emulator.script(error("invalid_api_key"))
    batch = Batch(Extractor(ALL), Task("soup", Soup), concurrency=1)
    with pytest.raises(AuthenticationFailed):
        list(batch.rows([Document(TEXT, str(number)) for number in range(5)]))
    assert len(groq_emulator.requests) == 1


def test_a_run_stays_within_its_budget(groq_emulator: Emulator) -> None:
    groq_emulator.answer_with(lambda body: json.dumps(COOK))
    batch = Batch(Extractor(ALL), Task("soup", Soup), concurrency=1, budget=RunBudget(max_cost=0.0001))
    with pytest.raises(BudgetExceeded):
        list(batch.rows([Document(TEXT, str(number)) for number in range(50)]))
    assert (batch.summary.cost or 0) <= 0.0001


def test_documents_that_the_rules_answer_need_no_budget(groq_emulator: Emulator) -> None:
    task: Task[Any] = Task("title", {"type": "object", "properties": {"title": {"type": "string"}}})
    batch = Batch(Extractor(ALL), task, budget=RunBudget(max_tokens=1))
    assert [row.status for row in batch.rows([Document(TEXT, "a")])] == [RowStatus.OK]


def test_derived_evidence_of_the_rules_is_kept(groq_emulator: Emulator) -> None:
    text = "Leek soup by Alex Doe\n\nBest eaten on 3 May 2024."
    rules = extract({"type": "object", "properties": {"date": {"type": ["string", "null"]}}}, text, model="rules")
    found = [one for one in rules.evidence if one.status is Status.DERIVED]
    schema = {"type": "object", "properties": {"date": {"type": ["string", "null"]}}}
    result = extract(schema, text, model=ALL)
    assert [one for one in result.evidence if one.status is Status.DERIVED] == found


def test_a_dead_server_ends_the_run_although_the_rules_answer(
    unused_port: int, groq_emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GROQ_BASE_URL", f"http://127.0.0.1:{unused_port}")
    extractor = Extractor(ALL, Options(budget=Budget(max_transport_retries=0)))
    batch = Batch(extractor, Task("soup", Soup), concurrency=1)
    rows: list[Any] = []
    with pytest.raises(ServerDown):
        rows.extend(batch.rows([Document(TEXT, str(number)) for number in range(80)]))
    assert batch.summary.rows < 80
    assert batch.summary.incomplete == batch.summary.rows


def test_the_rules_take_nothing_of_a_budget() -> None:
    spare = Options(budget=Budget(max_tokens=1, max_cost=0.0))
    assert Extractor("rules", spare).extract(fields("name"), "Name: Ada").value == {"name": "Ada"}
