"""``structgen tasks new NAME --from``: a template that works at once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

ROWS = [{"name": f"Soup {at}", "serves": at + 2, "kind": ("starter", "main")[at % 2]} for at in range(10)]


def test_a_template_drafted_from_rows_is_registered_checked_and_extracts(structgen, folder: Path) -> None:
    (folder / "rows.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in ROWS))
    ran = structgen("tasks", "new", "soup_card", "--from", "rows.jsonl")
    assert (ran.status, ran.out) == (0, "schemas/soup_card.py\n"), ran.err
    assert "3 fields, drafted from 10 rows of 1 file" in ran.err
    assert "do not fit" not in ran.err
    assert 'kind: Literal["main", "starter"]' in Path("schemas/soup_card.py").read_text()
    assert structgen("tasks", "check", "soup_card").status == 0
    (row,) = structgen("extract", "soup_card", "soup.txt", "--model", "rules", "--allow-incomplete").rows
    assert (row["value"]["name"], row["value"]["serves"]) == ("Soup", 4)


def test_a_template_drafted_from_documents_reads_them(structgen, folder: Path) -> None:
    (folder / "samples").mkdir()
    for at in range(3):
        (folder / "samples" / f"{at}.txt").write_text(
            f"Ticket no: T-{at}7\nOpened: 2024-0{at + 1}-11\nFee: EUR {at}.50\n"
        )
    assert structgen("tasks", "new", "ticket_note", "--from", "samples/").status == 0
    rows = structgen("extract", "ticket_note", "samples", "--model", "rules").rows
    assert [row["value"]["ticket_no"] for row in rows] == ["T-07", "T-17", "T-27"]
    assert rows[1]["value"] | {"ticket_no": ""} == {"ticket_no": "", "opened": "2024-02-11", "fee": 1.5}


def test_a_name_that_structgen_has_too_is_said_to_need_its_file(structgen, folder: Path) -> None:
    (folder / "rows.json").write_text(json.dumps(ROWS))
    ran = structgen("tasks", "new", "recipe", "--from", "rows.json")
    assert "structgen extract schemas/recipe.py INPUT" in ran.err


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("new", "a", "--from", "none.jsonl"), "none.jsonl: no such file"),
        (("new", "a", "--from", "empty"), "None of the samples can be read"),
        (("new", "class", "--from", "dish.json"), "not a valid name"),
        (("new", "taken", "--from", "dish.json"), "already exists"),
    ],
)
def test_what_cannot_be_drafted_is_one_line(words: tuple[str, ...], reason: str, structgen, folder: Path) -> None:
    (folder / "empty").mkdir()
    (folder / "schemas").mkdir()
    (folder / "schemas" / "taken.py").write_text("")
    ran = structgen("tasks", *words)
    assert (ran.status, reason in ran.err) == (2, True), ran.err
    assert "Traceback" not in ran.err
