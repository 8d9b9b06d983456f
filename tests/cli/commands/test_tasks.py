"""``structgen tasks``: new templates and linting."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


def test_a_new_template_passes_its_check_and_extracts(structgen: Any, folder: Path) -> None:
    made = structgen("tasks", "new", "ticket")
    assert (made.status, made.out.strip()) == (0, "schemas/ticket.py")
    checked = structgen("tasks", "check", "ticket")
    assert (checked.status, checked.out) == (0, "")
    assert "ticket" in structgen("tasks").out


def test_an_existing_template_is_never_overwritten(structgen: Any, folder: Path) -> None:
    structgen("tasks", "new", "ticket")
    (folder / "schemas" / "ticket.py").write_text("mine")
    again = structgen("tasks", "new", "ticket")
    assert again.status == 2
    assert "already exists" in again.err
    assert (folder / "schemas" / "ticket.py").read_text() == "mine"


@pytest.mark.parametrize("name", ["../evil", "a b", ""])
def test_a_name_that_is_no_name_is_refused(structgen: Any, folder: Path, name: str) -> None:
    assert structgen("tasks", "new", name).status == 2
    assert sorted(path.name for path in folder.iterdir()) == ["dish.json", "soup.txt"]


def test_the_built_in_templates_are_looked_over_when_none_is_named(structgen: Any) -> None:
    checked = structgen("tasks", "check")
    assert (checked.status, checked.out) == (0, "")
    assert "no findings" in checked.err


def test_what_is_wrong_with_a_template_is_said_and_ends_with_status_1(structgen: Any, folder: Path) -> None:
    (folder / "odd.toml").write_text('fields = "name, age int"\n[[examples]]\ntext = "x"\nvalue = {name = 5}\n')
    checked = structgen("tasks", "check", "odd.toml")
    assert checked.status == 1
    assert "odd.toml: error: /examples/0" in checked.out


def test_a_template_that_cannot_be_loaded_is_an_error_of_the_check(structgen: Any, folder: Path) -> None:
    (folder / "schemas").mkdir()
    (folder / "schemas" / "broken.py").write_text("import nosuchmodule\n\ntask = nosuchmodule.task\n")
    checked = structgen("tasks", "check")
    assert checked.status == 1
    assert "broken: error: cannot be loaded" in checked.out


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("new", "Missing argument 'NAME'"),
        ("new a b", "unexpected extra argument(s) (b)"),
        ("recipe receipt", "unexpected extra argument(s) (receipt)"),
        ("learn recipe", "Missing argument 'corrections.jsonl'"),
        ("calibrate recipe", "Missing argument 'GOLD.jsonl'"),
        ("improve recipe", "Missing argument 'GOLD.jsonl'"),
    ],
)
def test_other_words_are_wrong_usage(structgen: Any, words: str, reason: str) -> None:
    wrong = structgen("tasks", *words.split())
    assert (wrong.status, reason in wrong.err) == (2, True), wrong.err


@pytest.mark.parametrize(
    ("words", "option"),
    [
        ("--budget 3", "--budget"),
        ("recipe --from rows.jsonl", "--from"),
        ("show recipe --seed 3", "--seed"),
        ("new order --json", "--json"),
        ("check --model rules", "--model"),
        ("learn dish.json c.jsonl --budget 3", "--budget"),
        ("calibrate dish.json gold.jsonl --seed 3", "--seed"),
        ("improve dish.json gold.jsonl --budget 3 --rows rows.jsonl", "--rows"),
        ("--json check", "--json"),
    ],
)
def test_an_option_of_another_command_is_refused(structgen: Any, folder: Path, words: str, option: str) -> None:
    refused = structgen("tasks", *words.split())
    assert (refused.status, f"No such option: {option}" in refused.err) == (2, True), refused.err
    assert sorted(path.name for path in folder.iterdir()) == ["dish.json", "soup.txt"]


@pytest.mark.parametrize("words", ["show recipe --json", "recipe --json", "--json recipe"])
def test_a_task_may_be_named_in_place_of_a_command(structgen: Any, words: str) -> None:
    (row,) = structgen("tasks", *words.split()).rows
    assert row["task"] == "recipe"


def test_a_task_is_explained_with_the_size_of_its_prompt(structgen: Any) -> None:
    assert "tokens before the document" in structgen("tasks", "recipe").out
