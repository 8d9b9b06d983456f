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


@pytest.mark.parametrize("words", [["new"], ["new", "a", "b"], ["recipe", "receipt"]])
def test_other_words_are_wrong_usage(structgen: Any, words: list[str]) -> None:
    wrong = structgen("tasks", *words)
    assert wrong.status == 2
    assert "new NAME" in wrong.err


def test_a_task_is_explained_with_the_size_of_its_prompt(structgen: Any) -> None:
    assert "tokens before the document" in structgen("tasks", "recipe").out
