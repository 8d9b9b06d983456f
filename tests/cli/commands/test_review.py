"""`structgen review`, and what `structgen tasks learn` makes of its corrections."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from structgen.testing import Emulator, reply

GROQ = "groq/openai/gpt-oss-20b"


@pytest.fixture
def rows(structgen, folder: Path, groq_emulator: Emulator) -> Path:
    """Rows of a run over one document, in which one value is not in the text."""
    groq_emulator.script(reply('{"name": "Soup", "serves": 5}'), repeat_last=True)
    assert structgen("extract", "dish.json", "soup.txt", "--model", GROQ, "-o", "rows.jsonl").status == 0
    return folder / "rows.jsonl"


def correction(task: str = "dish", **parts: Any) -> str:
    said = {
        "task": task,
        "id": "soup.txt",
        "source": "soup.txt",
        "path": "/serves",
        "decision": "correct",
        "before": 5,
        "value": 4,
        "flagged": ["/serves"],
        "row_value": {"name": "Soup", "serves": 5},
        "text": "Name: Soup\nServes: 4\n",
    }
    return json.dumps({**said, **parts}) + "\n"


@pytest.mark.parametrize("run", ["1", "rows.jsonl"])
def test_a_run_becomes_one_page_with_its_text(structgen, rows: Path, run: str) -> None:
    ran = structgen("review", run)
    assert ran.status == 0
    assert ran.said == ["structgen: review.html: 1 field of 1 row to look at (1 unsupported)."]
    page = Path("review.html").read_text()
    assert "Serves: 4" in page
    assert "http:" not in page
    assert "https:" not in page


def test_a_run_knows_its_task_and_a_file_of_rows_is_told(structgen, rows: Path) -> None:
    for arguments in (("1",), ("rows.jsonl", "--task", "dish.json")):
        structgen("review", *arguments)
        assert "<title>Review: dish</title>" in Path("review.html").read_text()


@pytest.mark.parametrize("arguments", [("--csv",), ("-o", "review.csv")])
def test_the_list_can_be_a_table(structgen, rows: Path, arguments: tuple[str, ...]) -> None:
    assert structgen("review", "rows.jsonl", *arguments).status == 0
    with Path("review.csv").open(newline="") as file:
        (line,) = csv.DictReader(file)
    assert (line["source"], line["path"], line["concerns"], line["value"]) == (
        "soup.txt",
        "/serves",
        "unsupported",
        "5",
    )


def test_the_list_can_go_to_standard_output(structgen, rows: Path) -> None:
    ran = structgen("review", "rows.jsonl", "--csv", "-o", "-")
    assert [line.split(",")[2] for line in ran.out.splitlines()] == ["path", "/serves"]
    assert not Path("-").exists()


def test_texts_that_were_moved_are_named(structgen, rows: Path) -> None:
    Path(".structgen/store.sqlite").unlink()  # the store has the text too
    Path("soup.txt").rename("stew.md")
    assert any("name the text with --texts" in line for line in structgen("review", "rows.jsonl").said)
    Path("moved").mkdir()
    Path("stew.md").rename("moved/soup.txt")
    assert not any("--texts" in line for line in structgen("review", "rows.jsonl", "--texts", "moved").said)
    assert "Serves: 4" in Path("review.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("nothing.jsonl",), "No file nothing.jsonl"),
        (("soup.txt",), "soup.txt contains no rows of structgen"),
        (("77",), "No run 77"),
        (("rows.jsonl", "--below", "0.9"), "--below needs a calibration"),
        (("rows.jsonl", "--task", "no-such-task"), "no-such-task"),
    ],
)
def test_what_is_no_run_is_refused(structgen, rows: Path, arguments: tuple[str, ...], reason: str) -> None:
    ran = structgen("review", *arguments)
    assert ran.status == 2
    assert reason in ran.err


def test_corrections_become_gold_examples_and_regression_cases(structgen, folder: Path) -> None:
    Path("corrections.jsonl").write_text(correction())
    ran = structgen("tasks", "learn", "dish.json", "corrections.jsonl")
    assert ran.status == 0
    assert ran.out.split() == [f"learned/dish/{name}.jsonl" for name in ("gold", "regression", "examples")]
    assert "1 gold row, 1 regression case, 1 worked example" in ran.err
    (gold,) = map(json.loads, Path("learned/dish/gold.jsonl").read_text().splitlines())
    assert gold["value"] == {"name": "Soup", "serves": 4}
    shown = structgen("prompt", "dish.json", "soup.txt", "--examples", "learned/dish/examples.jsonl", "--model", GROQ)
    assert '"serves": 4' in shown.out.replace('"serves":4', '"serves": 4')


def test_gold_grows_with_every_review(structgen, folder: Path) -> None:
    for name, value in (("a", 4), ("b", 6), ("a", 7)):
        Path("corrections.jsonl").write_text(correction(id=name, source=name, value=value))
        structgen("tasks", "learn", "dish.json", "corrections.jsonl", "-o", "gold")
    kept = [json.loads(line) for line in Path("gold/gold.jsonl").read_text().splitlines()]
    assert [(row["id"], row["value"]["serves"]) for row in kept] == [("b", 6), ("a", 7)]


def test_refused_corrections_are_named_and_the_others_are_used(structgen, folder: Path) -> None:
    Path("corrections.jsonl").write_text(correction(id="b", source="b") + correction("bill"))
    ran = structgen("tasks", "learn", "dish.json", "corrections.jsonl")
    assert ran.status == 1
    assert "line 2, row soup.txt, /serves: it is a correction of the task bill" in ran.err
    assert len(Path("learned/dish/gold.jsonl").read_text().splitlines()) == 1


def test_a_text_that_changed_since_is_refused(structgen, folder: Path) -> None:
    Path("corrections.jsonl").write_text(correction())
    Path("soup.txt").write_text("Name: Soup\nServes: 9\n")
    ran = structgen("tasks", "learn", "dish.json", "corrections.jsonl")
    assert ran.status == 2
    assert "the text changed since" in ran.err
    assert "no correction can be used, so nothing is written" in ran.err
    assert not Path("learned").exists()
