"""``structgen tasks improve``: the improved task as a file, and what is said about it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from structgen.core.json import JsonObject
from structgen.tasks import find_task
from structgen.testing import Emulator

WORDS = ("--model", "groq/openai/gpt-oss-20b", "--no-store")
BETTER = "Mind the number of people."


@pytest.fixture
def gold(folder: Path, groq_emulator: Emulator) -> str:
    """A file of gold, and a model that is right if the prompt has the better instructions."""

    def model(body: JsonObject) -> str:
        number = body["messages"][-1]["content"].split("Dish ")[-1].split()[0]
        right = BETTER in body["messages"][0]["content"]
        return json.dumps({"name": f"Dish {number}", "serves": int(number) if right else 1})

    groq_emulator.answer_with(model)
    rows = [{"text": f"Dish {at} for {at}", "value": {"name": f"Dish {at}", "serves": at}} for at in range(2, 18)]
    (folder / "gold.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    (folder / "better.txt").write_text(f"{BETTER}\n")
    (folder / "other.txt").write_text("Find it.\n")
    return "gold.jsonl"


def improved(structgen: Callable, *words: str, task: str = "dish.json"):
    files = ("--instructions", "other.txt", "--instructions", "better.txt")
    return structgen("tasks", "improve", task, "gold.jsonl", "--budget", "40", *files, *WORDS, *words)


def test_the_improved_task_is_written_as_a_task_that_extends_the_other(structgen, gold: str) -> None:
    ran = improved(structgen)
    assert ran.status == 0, ran.err
    path = Path("learned/dish/dish.json")
    assert f"{path}\n" in ran.out
    assert "Best: instructions 2" in ran.out
    task = find_task(str(path))
    assert (task.name, task.instructions) == ("dish", BETTER)
    assert task.schema == find_task("dish.json").schema
    assert "calls of at most 40" in ran.err


@pytest.mark.parametrize("name", ["new.json", "deep/er/new.py"])
def test_the_file_and_the_json_can_be_named(name: str, structgen, gold: str) -> None:
    ran = improved(structgen, "-o", name, "--json", "--seed", "2")
    said = json.loads(ran.out)
    assert (said["file"], said["improved"], said["seed"]) == (name, True, 2)
    assert said["chosen"]["instructions"] == BETTER
    assert said["calls"] <= said["budget"] == 40
    assert said["report"]["comparison"]["difference"]["macro_f1"]["interval"]
    assert {one["name"] for one in said["tried"]} >= {"as it is", "instructions 1", "instructions 2"}
    assert find_task(name).instructions == BETTER


def test_a_template_by_its_name_keeps_its_type(structgen, folder: Path, gold: str) -> None:
    (folder / "schemas").mkdir()
    template = (
        "from pydantic import BaseModel\nfrom structgen import Task\n\n"
        "class Dish(BaseModel):\n    name: str\n    serves: int\n\n"
        f"task = Task('dish', Dish, variants=({BETTER!r},))\n"
    )
    (folder / "schemas" / "dish.py").write_text(template)
    ran = structgen("tasks", "improve", "dish", gold, "--budget", "40", *WORDS)
    assert ran.status == 0, ran.err
    task = find_task("learned/dish/dish.json")
    assert (task.schema.__name__, task.instructions) == ("Dish", BETTER)
    structgen("tasks", "improve", "schemas/dish.py:Dish", gold, "--budget", "40", *WORDS, "-o", "at.py")
    assert (
        "Nothing was better"
        in structgen("tasks", "improve", "learned/dish/dish.json", gold, "--budget", "40", *WORDS).out
    )


def test_a_choice_that_is_no_better_on_other_documents_is_said_to_be_none(
    structgen, gold: str, groq_emulator: Emulator
) -> None:
    chosen, tried = set[str](), False

    def model(body: JsonObject) -> str:
        """Better with the second instructions, but only on the documents that were read before these were tried."""
        nonlocal tried
        number = body["messages"][-1]["content"].split("Dish ")[-1].split()[0]
        better = BETTER in body["messages"][0]["content"]
        tried |= better
        chosen.update([] if tried else [number])
        right = better and number in chosen
        return json.dumps({"name": f"Dish {number}", "serves": int(number) if right else 1})

    groq_emulator.answer_with(model)
    ran = improved(structgen)
    assert "not better there" in ran.out, ran.out


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--budget", "40", "--model", "rules"), "rules read no prompt, so there is nothing to improve"),
        (("--model", "rules"), "--budget N"),
        (("--budget", "3", *WORDS), "too small for one comparison"),
        (("--budget", "40", *WORDS, "-o", "new.toml"), "name a .json or a .py file"),
        (("--budget", "40", *WORDS, "--instructions", "none.txt"), "none.txt: no such file"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is_sent(
    words: tuple[str, ...], reason: str, structgen, gold: str, groq_emulator: Emulator
) -> None:
    ran = structgen("tasks", "improve", "dish.json", gold, *words)
    assert (ran.status, reason in ran.err) == (2, True), ran.err
    assert groq_emulator.requests == []
