"""``structgen generate``: a value out of a prompt."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from structgen.tasks import find_task
from structgen.testing import Emulator, reply

PIE = {"name": "Pie", "serves": 4}


def test_a_prompt_becomes_a_value_by_the_instructions_for_generating(
    structgen, folder: Path, groq_emulator: Emulator
) -> None:
    (folder / "dish.toml").write_text(
        'fields = "name, serves int"\ninstructions = "Find it."\ngenerate_instructions = "Invent it."\n'
    )
    groq_emulator.script(reply(json.dumps(PIE)))

    ran = structgen("generate", "dish.toml", "A pie", "for four")

    assert (ran.status, json.loads(ran.out)) == (0, PIE), ran.err
    system, prompt = groq_emulator.requests[0].body["messages"]
    assert "Invent it." in system["content"]
    assert "Find it." not in system["content"]
    assert prompt["content"] == "A pie for four"
    assert "USD" in ran.err


def test_a_template_is_generated_by_its_name(structgen, groq_emulator: Emulator) -> None:
    structgen("generate", "recipe", "A recipe for apple pie")

    assert find_task("recipe").generate_instructions in groq_emulator.requests[0].body["messages"][0]["content"]


def test_fields_and_standard_input_do_too(structgen, groq_emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    groq_emulator.script(reply(json.dumps(PIE)))
    monkeypatch.setattr(sys, "stdin", io.StringIO("We have apples.\n"))

    ran = structgen("generate", "--fields", "name, serves int", "-", "A pie", "-q", "-t", "1.2")

    assert (ran.status, ran.err) == (0, "")
    body = groq_emulator.requests[0].body
    assert body["messages"][-1]["content"] == "We have apples.\n\nA pie"
    assert body["temperature"] == 1.2


def test_a_value_that_is_not_accepted_is_shown_as_far_as_it_goes(structgen, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply('{"name": "Pie"}'), repeat_last=True)

    ran = structgen("generate", "--fields", "name, serves int", "A pie", "--max-attempts", "2")

    assert (ran.status, ran.out) == (1, "")
    assert "/serves" in ran.err
    assert '{"name": "Pie"}' in ran.err


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (["recpe", "A pie"], 2, "Did you mean 'recipe'"),
        (["recipe"], 2, "Write a prompt"),
        ([], 2, "Name a TASK"),
        (["recipe", "A pie", "--model", "rules"], 2, "set GROQ_API_KEY"),
        (["recipe", "A pie", "--max-cost", "0"], 3, "may cost"),
    ],
)
def test_wrong_usage_is_one_line_and_costs_nothing(
    words: list[str],
    status: int,
    says: str,
    structgen,
    groq_emulator: Emulator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    ran = structgen("generate", *words)

    assert (ran.status, len(ran.said)) == (status, 1)
    assert says in ran.err
    assert groq_emulator.requests == []


def test_the_task_shows_its_instructions_for_generating(structgen) -> None:
    assert find_task("recipe").generate_instructions in structgen("tasks", "recipe").out
