"""Which lines of a file of corrections are believed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from structgen.core.errors import TaskError
from structgen.evaluate.gold.gold_rows import text_digest
from structgen.evaluate.review import read_corrections

TEXT = "Soup for 4, 3.50"


def line(**parts: Any) -> dict[str, Any]:
    said = {
        "task": "dish",
        "schema": "1234",
        "id": "a.txt",
        "source": "a.txt",
        "path": "/serves",
        "decision": "correct",
        "before": 5,
        "value": 4,
        "flagged": ["/serves"],
        "row_value": {"name": "Soup", "serves": 5},
        "text": TEXT,
        "text_digest": text_digest(parts.get("text") or TEXT),
    }
    return {**said, **parts}


@pytest.fixture
def read(tmp_path: Path) -> Any:
    def reading(*lines: Any, now: str | None = None) -> tuple[list[Any], list[str]]:
        path = tmp_path / "corrections.jsonl"
        path.write_text("".join((one if isinstance(one, str) else json.dumps(one)) + "\n" for one in lines))
        good, refused = read_corrections(path, "dish", lambda _source, _id: now)
        return [(one.line, one.path, one.value) for one in good], [str(one) for one in refused]

    return reading


def test_a_correction_says_the_right_value(read: Any) -> None:
    assert read(line()) == ([(1, "/serves", 4)], [])


def test_an_accepted_value_is_right_and_a_rejected_one_is_none(read: Any) -> None:
    accepted = line(decision="accept", value=5)
    rejected = line(path="/name", decision="reject", before="Soup", value=None)
    assert read(accepted, rejected)[0] == [(1, "/serves", 5), (2, "/name", None)]


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"task": "bill"}, "it is a correction of the task bill, not of dish: name that task."),
        ({"text": None}, "it has no text"),
        ({"text_digest": "0" * 16}, "its text is not the one that was reviewed"),
        ({"path": "serves"}, "its path is not a JSON Pointer"),
        ({"before": 6}, "the value of its row differs"),
    ],
)
def test_a_line_that_does_not_fit_is_refused_with_its_row(read: Any, parts: dict[str, Any], reason: str) -> None:
    good, refused = read(line(**parts), line(path="/name", before="Soup", value="Stew"))
    assert good == [(2, "/name", "Stew")]
    assert refused[0].startswith("line 1, row a.txt, ")
    assert reason in refused[0]


def test_a_text_that_changed_since_is_refused(read: Any) -> None:
    assert read(line(), now=TEXT)[0]
    good, refused = read(line(), now="Soup for 6")
    assert not good
    assert "the text changed since: extract and review this document again." in refused[0]


def test_lines_that_contradict_each_other_are_both_refused(read: Any) -> None:
    good, refused = read(line(), line(value=3), line(path="/name", before="Soup", value="Stew"))
    assert good == [(3, "/name", "Stew")]
    assert [one.split(": ", 1)[1] for one in refused] == [
        "line 2 contradicts it: keep one of them.",
        "line 1 contradicts it: keep one of them.",
    ]


def test_equal_lines_count_once(read: Any) -> None:
    assert read(line(), line(value=4.0)) == ([(1, "/serves", 4)], [])


def test_one_row_with_two_texts_is_refused(read: Any) -> None:
    other = line(path="/name", before="Soup", value="Stew", text="Stew for 5")
    good, refused = read(line(), other)
    assert not good
    assert all("another text or another value too" in one for one in refused)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("{", "not JSON"),
        ("[1]", "it is not a correction"),
        ('{"id": "a"}', "it is not a correction: path: Field required"),
        ('{"id": 5, "path": "", "decision": "accept"}', "it is not a correction: id"),
        ('{"id": "a", "path": "", "decision": "maybe"}', "it is not a correction: decision"),
        ('{"id": "a", "id": "b", "path": "", "decision": "accept"}', "duplicate key"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_a_line_that_is_no_correction_is_named(read: Any, bad: str, reason: str) -> None:
    good, refused = read(bad, line())
    assert good == [(2, "/serves", 4)]
    assert refused[0].startswith("line 1: ")
    assert reason in refused[0]


@pytest.mark.parametrize("content", ["", "\n \n"])
def test_an_empty_file_is_an_error(tmp_path: Path, content: str) -> None:
    path = tmp_path / "corrections.jsonl"
    path.write_text(content)
    with pytest.raises(TaskError, match="the file is empty"):
        read_corrections(path, "dish")
