"""Improving a task: a model that is really better with one prompt, budgets in calls, and splits that stay apart."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, Field

from structgen import Budget, Example, Extractor, Options, Style, Task
from structgen.core.errors import ConfigurationError
from structgen.core.json import JsonObject
from structgen.evaluate.gold.gold_rows import GoldRow
from structgen.evaluate.improve import Improvement, improve
from structgen.evaluate.improve.gold_split import split_gold
from structgen.testing import Emulator
from structgen.testing.emulator.replies import error

MODEL = "groq/openai/gpt-oss-20b"


class Dish(BaseModel):
    """A dish."""

    name: str = Field(description="Its name")
    serves: int | None = Field(None, description="For how many people")


TASK: Task[Dish] = Task("dish", Dish, "Read the dish.", variants=("Find it.", "Mind the number of people."))


def gold(count: int) -> list[JsonObject]:
    return [
        {"id": f"d{at}", "text": f"Dish {at} for {at + 2} people", "gold": {"name": f"Dish {at}", "serves": at + 2}}
        for at in range(count)
    ]


def system(body: JsonObject) -> str:
    return body["messages"][0]["content"]


def document(body: JsonObject) -> str:
    return re.findall(r"Dish \d+ for \d+ people", body["messages"][-1]["content"])[-1]


def answer(body: JsonObject, *, right: bool) -> str:
    name, serves = re.fullmatch(r"(Dish \d+) for (\d+) people", document(body)).groups()  # type: ignore[union-attr]
    return json.dumps({"name": name, "serves": int(serves) if right else 1})


def by_words(words: str) -> Callable[[JsonObject], str]:
    """A model that is right if the system prompt contains these words."""
    return lambda body: answer(body, right=words in system(body))


def by_examples(body: JsonObject) -> str:
    """A model that is right if the prompt has two worked examples, and now and then without them."""
    shown = sum(message["role"] == "assistant" for message in body["messages"])
    return answer(body, right=shown >= 2 or int(document(body).split()[1]) % 2 == 0)


@pytest.fixture
def run(groq_emulator: Emulator) -> Callable[..., Improvement]:
    def improved(
        responder: Callable[[JsonObject], Any], task: Any = TASK, rows: int = 24, budget: int = 70, **options: Any
    ) -> Improvement:
        groq_emulator.answer_with(responder)
        store = options.pop("store", None)
        with Extractor(MODEL, options.pop("options", None), store=store) as extractor:
            return improve(task, gold(rows), budget=budget, extractor=extractor, **options)

    return improved


def test_instructions_that_are_really_better_are_found(run, groq_emulator: Emulator) -> None:
    found = run(by_words("Mind the number"))
    assert found.task is not None
    assert found.task.instructions == "Mind the number of people."
    assert found.evaluation.figures["macro_f1"] < 0.6
    assert found.evaluation.figures["against"]["macro_f1"] == 1.0
    assert found.difference["certain"]
    assert len(groq_emulator.requests) == found.about["calls"] <= 70


def test_a_style_that_is_really_better_is_kept_with_the_task(run) -> None:
    found = run(by_words('"properties"'))
    assert found.task.style is Style.JSON_SCHEMA
    assert run(by_words('"properties"'), task=found.task).task is None


def test_worked_examples_are_bootstrapped_from_answers_that_were_right(run) -> None:
    found = run(by_examples, budget=90)
    assert len(found.task.examples) >= 2
    rows = {row["text"]: row["gold"] for row in gold(24)}
    assert all(rows[example.text] == example.value for example in found.task.examples)


def test_the_best_of_several_kinds_is_tried_together(run) -> None:
    def model(body: JsonObject) -> str:
        points = ("Mind the number" in system(body)) + ('"properties"' in system(body))
        name, serves = re.fullmatch(r"(Dish \d+) for (\d+) people", document(body)).groups()  # type: ignore[union-attr]
        return json.dumps({"name": name if points else "?", "serves": int(serves) if points == 2 else 1})

    found = run(model, budget=110)
    assert (found.task.style, found.task.instructions) == (Style.JSON_SCHEMA, "Mind the number of people.")


def test_if_nothing_is_better_the_task_stays_as_it_is(run) -> None:
    found = run(lambda body: answer(body, right=True))
    assert (found.task, found.chosen.name, found.difference) == (None, "as it is", {})
    assert found.evaluation.figures["macro_f1"] == 1.0
    assert found.to_json()["improved"] is False


def test_a_task_without_its_poor_examples_is_better(run) -> None:
    poor = Task("dish", Dish, examples=(Example("Dish 1", {"name": "?", "serves": None}),))
    found = run(lambda body: answer(body, right=len(body["messages"]) == 2), task=poor)
    assert found.task.examples == ()


def test_the_report_has_no_part_in_the_choice(run, groq_emulator: Emulator) -> None:
    split = split_gold([GoldRow(at, str(at), str(at), row["text"], row["gold"]) for at, row in enumerate(gold(24))], 0)
    report = {row.text for row in split.report}

    def model(body: JsonObject) -> str:
        """Better with the second variant where it is chosen, and worse where it is reported."""
        return answer(body, right=("Mind the number" in system(body)) != (document(body) in report))

    found = run(model)
    assert found.task.instructions == "Mind the number of people."
    assert found.difference["difference"] < 0
    before = [document(one.body) in report for one in groq_emulator.requests]
    assert not any(before[: before.index(True)])
    assert all(before[before.index(True) :])


@pytest.mark.parametrize(
    ("kind", "budget"),
    [("plain", 8), ("plain", 13), ("asked again", 8), ("asked again", 15), ("down", 11), ("never", 20)],
)
def test_no_more_calls_than_the_budget_are_made(budget: int, kind: str, run, groq_emulator: Emulator) -> None:
    seen = 0

    def model(body: JsonObject) -> Any:
        nonlocal seen
        seen += 1
        if kind == "never" or (kind == "asked again" and seen % 3 == 0):
            return '{"name": 5'
        if kind == "down" and seen % 4 == 0:
            return error("overloaded", retry_after=0)
        return answer(body, right="Mind" in system(body))

    with nullcontext() if kind == "plain" else suppress(ConfigurationError):
        assert run(model, rows=24, budget=budget).evaluation.documents >= 1
    assert 0 < len(groq_emulator.requests) <= budget


def test_chunks_count(run, groq_emulator: Emulator) -> None:
    rows = [{**row, "text": f"{row['text']}\n" + f"{'Stir it well. ' * 20}\n" * 3} for row in gold(12)]
    groq_emulator.answer_with(lambda body: '{"name": "x", "serves": 1}')
    with Extractor(MODEL, Options(chunk_chars=300)) as extractor:
        with pytest.raises(ConfigurationError, match=r"too small for one comparison.*Nothing was sent"):
            improve(TASK, rows, budget=12, extractor=extractor)
        assert groq_emulator.requests == []
        improve(TASK, rows, budget=60, extractor=extractor)
    assert 0 < len(groq_emulator.requests) <= 60


def test_the_same_seed_tries_the_same_and_the_store_answers_for_nothing(
    run, groq_emulator: Emulator, tmp_path: Path
) -> None:
    first = run(by_words("Mind"), store=tmp_path / "a", seed=3, budget=30).to_json()
    sent = len(groq_emulator.requests)
    again = run(by_words("Mind"), store=tmp_path / "a", seed=3, budget=30).to_json()
    assert (len(groq_emulator.requests), again["calls"], first["calls"]) == (sent, 0, sent)
    other = run(by_words("Mind"), store=tmp_path / "b", seed=3, budget=30).to_json()
    for key in ("tried", "chosen", "difference", "budget_used", "untried"):
        assert first[key] == again[key] == other[key]


def test_equal_texts_are_on_one_side(run) -> None:
    rows = [GoldRow(at, str(at), str(at), f"text {at % 5}", {}) for at in range(30)]
    split = split_gold(rows, 1)
    texts = [row.text for part in (split.teaching, split.choosing, split.report) for row in part]
    assert sorted(texts) == [f"text {at}" for at in range(5)]


@pytest.mark.parametrize(
    ("rows", "budget", "reason"),
    [
        (gold(3), 100, "3 usable rows with different texts, which is too small for a split"),
        ([{**row, "text": "the same"} for row in gold(30)], 100, "1 usable rows"),
        (gold(20), 7, "too small for one comparison"),
        (gold(20), 0, "budget is 0"),
        ([], 100, "gold is empty"),
        ([{"text": "x", "gold": {"colour": 1}}], 100, "gold of another task"),
        ([{"text": "x"}], 100, "can be used"),
    ],
)
def test_what_cannot_be_compared_is_refused_before_anything_is_sent(
    rows: Any, budget: int, reason: str, groq_emulator: Emulator
) -> None:
    with Extractor(MODEL) as extractor, pytest.raises(ConfigurationError, match=reason):
        improve(TASK, rows, budget=budget, extractor=extractor)
    assert groq_emulator.requests == []


def test_the_rules_have_no_prompt_to_improve() -> None:
    with pytest.raises(ConfigurationError, match="rules read no prompt, so there is nothing to improve"):
        improve(TASK, gold(20), budget=100, model="rules")


def test_attempts_without_a_limit_get_one(run, groq_emulator: Emulator) -> None:
    run(lambda body: "no", budget=30, options=Options(budget=Budget(max_attempts=None)))
    assert len(groq_emulator.requests) <= 30
