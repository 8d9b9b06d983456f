"""`structgen tasks calibrate` and `structgen extract --accept`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

NOTES = [(f"Name: Soup {number}\nServes: {number + 2}\n", f"Soup {number}", number + 2) for number in range(40)]


@pytest.fixture
def gold(folder: Path) -> Path:
    """Gold of 40 documents, in which every fifth number differs from what the rules find."""
    lines = [
        {"id": f"n{at}", "text": text, "value": {"name": name, "serves": serves + (at % 5 == 0)}}
        for at, (text, name, serves) in enumerate(NOTES)
    ]
    path = folder / "gold.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


@pytest.fixture
def calibrated(structgen, gold: Path) -> Any:
    ran = structgen("tasks", "calibrate", "dish.json", "gold.jsonl", "--model", "rules")
    assert ran.status == 0, ran.err
    return ran


def test_a_calibration_is_kept_and_its_figures_are_said(calibrated) -> None:
    path = Path(calibrated.out.strip())
    assert path.parent == Path(".structgen/calibration")
    assert "dish with rules: 80 fields of 40 documents, 90.0% of them right." in calibrated.err
    assert "this is little gold" in calibrated.err
    assert "calibration error 0.0" in calibrated.err


def test_rows_of_an_earlier_run_are_compared(structgen, gold: Path) -> None:
    structgen("extract", "dish.json", "gold.jsonl", "--model", "rules", "-o", "rows.jsonl")
    ran = structgen("tasks", "calibrate", "dish.json", "gold.jsonl", "--rows", "rows.jsonl", "--json")
    assert ran.status == 0
    said = json.loads(ran.out)
    assert (said["documents"], said["fields"], said["errors"], said["pooled"]) == (40, 80, 8, True)
    assert set(said["quality"]) == {"error", "kept", "precision", "found"}


def test_accept_gives_each_field_its_probability_and_lists_those_below(structgen, calibrated) -> None:
    ran = structgen("extract", "dish.json", "soup.txt", "--model", "rules", "--accept", "0.99")
    assert ran.status == 0
    (row,) = ran.rows
    assert row["status"] == "ok"
    assert set(row["confidence"]) == {"/name", "/serves"}
    assert row["confidence"]["/serves"] < 0.99
    assert set(row["review"]) == {path for path, likely in row["confidence"].items() if likely < 0.99}
    assert "fields in 1 rows are below 0.99" in ran.err


def test_without_accept_no_confidence_is_shown(structgen, calibrated) -> None:
    (row,) = structgen("extract", "dish.json", "soup.txt", "--model", "rules").rows
    assert not {"confidence", "review"} & row.keys()


def test_review_sorts_by_confidence_and_takes_a_threshold(structgen, calibrated) -> None:
    structgen("extract", "dish.json", "soup.txt", "--model", "rules", "-o", "rows.jsonl")
    ran = structgen("review", "rows.jsonl", "--task", "dish.json", "--below", "0.999")
    assert ran.said == ["structgen: review.html: 2 fields of 1 row to look at (2 unsure)."]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("dish.json", "soup.txt", "--model", "groq/openai/gpt-oss-20b"), "only for rules"),
        (("recipe", "soup.txt", "--model", "rules"), "there is no calibration of recipe for rules"),
    ],
)
def test_accept_without_a_calibration_is_refused(
    structgen, calibrated, arguments: tuple[str, ...], reason: str
) -> None:
    ran = structgen("extract", *arguments, "--accept", "0.9")
    assert ran.status == 2
    assert "--accept needs calibrated confidence, and there is no calibration" in ran.err
    assert reason in ran.err


def test_a_calibration_of_another_schema_is_stale(structgen, calibrated, folder: Path) -> None:
    schema = json.loads((folder / "dish.json").read_text())
    schema["properties"]["serves"]["minimum"] = 1
    (folder / "dish.json").write_text(json.dumps(schema))
    ran = structgen("extract", "dish.json", "soup.txt", "--model", "rules", "--accept", "0.9")
    assert ran.status == 2
    assert "is stale, because the schema changed since" in ran.err


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([], "no gold row can be used"),
        (['{"id": "n1", "text": "Soup", "value": {"name": "Soup"}}'], "gold.jsonl:1: "),
        (
            ['{"id": "n1", "text": "Soup", "value": {"name": "Soup", "serves": 4}}'],
            "calibration needs at least 60 of 5",
        ),
    ],
)
def test_gold_that_is_not_enough_is_refused(structgen, folder: Path, lines: list[str], reason: str) -> None:
    (folder / "gold.jsonl").write_text("".join(line + "\n" for line in lines))
    ran = structgen("tasks", "calibrate", "dish.json", "gold.jsonl", "--model", "rules")
    assert ran.status == 2
    assert reason in ran.err
    assert not Path(".structgen/calibration").exists()


def test_rows_of_other_documents_are_no_basis(structgen, gold: Path) -> None:
    structgen("extract", "dish.json", "soup.txt", "--model", "rules", "-o", "rows.jsonl")
    ran = structgen("tasks", "calibrate", "dish.json", "gold.jsonl", "--rows", "rows.jsonl")
    assert ran.status == 2
    assert "No row has the id of a gold row" in ran.err
