"""`runs failures`, `runs sql`, and costs of calls that told no tokens."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from structgen.core.records import Usage
from structgen.testing import Emulator, error, reply

GROQ = "groq/openai/gpt-oss-20b"
ASK = ("extract", "dish.json", "many.jsonl", "--model", GROQ, "--mode", "json", "--concurrency", "1")
COMMAND = f"structgen {' '.join(ASK)} --max-attempts 1"
GOOD, BAD = '{"name": "Soup", "serves": 4}', '{"name": "Soup", "serves": "%s"}'


@pytest.fixture
def failed(structgen, folder: Path, groq_emulator: Emulator):
    """What a run said of four documents: one ok, two that failed alike, one incomplete."""
    (folder / "many.jsonl").write_text(
        "".join(json.dumps({"id": f"d{number}", "text": f"Name: {number}\nServes: 4"}) + "\n" for number in range(4))
    )
    groq_emulator.script(reply(GOOD), reply(BAD % "many"), reply(BAD % "a few"), reply('{"name": "Soup"}'))
    return structgen(*ASK, "--max-attempts", "1")


def test_a_summary_groups_the_failures_and_names_the_command_that_retries_them(failed) -> None:
    said = [line.removeprefix("structgen: ") for line in failed.said]
    groups = [line for line in said if "The first: " in line]
    assert [line.split(":")[0] for line in groups] == ["2 failed", "1 incomplete"]
    assert groups[0].endswith("The first: many.jsonl (d1)")
    assert f"to retry only these: {COMMAND} --retry-failed" in said
    assert said[-1].startswith("4 rows: 1 ok, 1 incomplete, 2 failed")


def test_the_failures_of_a_run_are_shown(structgen, failed) -> None:
    shown = structgen("runs", "failures", "1")
    lines = shown.out.splitlines()
    assert (shown.status, len(lines)) == (0, 6)
    assert lines[0].startswith("2 failed: ")
    assert lines[1].startswith("    first: many.jsonl (d1): ")
    assert lines[2] == f"    retry: {COMMAND} --retry-failed"
    assert lines[3].startswith("1 incomplete: ")


def test_programs_get_an_object_for_each_reason(structgen, failed) -> None:
    first, second = structgen("runs", "failures", "1", "--json").rows
    assert list(first) == ["run", "reason", "status", "count", "example", "retry"]
    assert (first["run"], first["status"], first["count"]) == (1, "failed", 2)
    assert first["example"]["id"] == "d1"
    assert first["example"]["source"] == "many.jsonl"
    assert first["example"]["error"] != first["reason"]
    assert first["retry"] == f"{COMMAND} --retry-failed"
    assert second["status"] == "incomplete"


def test_a_run_without_failures_and_one_that_is_not_there(structgen, folder: Path, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(GOOD))
    structgen("extract", "dish.json", "soup.txt", "--model", GROQ)
    shown = structgen("runs", "failures", "1")
    assert (shown.status, shown.out) == (0, "")
    assert "run 1 has no row that is failed or incomplete" in shown.err
    assert structgen("runs", "failures", "1", "--json").out == ""
    assert structgen("runs", "failures", "9").status == 2


def test_a_failed_row_keeps_its_partial(failed) -> None:
    rows = failed.rows
    assert rows[1]["partial"] == {"name": "Soup", "serves": "many"}
    assert "partial" not in rows[0]


def test_a_query_is_shown_as_a_table_as_json_and_as_csv(structgen, failed) -> None:
    select = "SELECT status, count(*) AS number FROM documents GROUP BY status ORDER BY status"
    table = structgen("runs", "sql", select)
    assert table.out.splitlines() == ["status      number", "----------  ------", "failed      2", "incomplete  1", "ok          1"]  # fmt: skip  # noqa: E501
    assert "3 rows." in table.err
    assert structgen("runs", "sql", select, "--json").rows[0] == {"status": "failed", "number": 2}
    cells = list(csv.reader(io.StringIO(structgen("runs", "sql", select, "--csv").out)))
    assert cells == [["status", "number"], ["failed", "2"], ["incomplete", "1"], ["ok", "1"]]


@pytest.mark.parametrize("how", [(), ("--json",), ("--csv",)])
def test_what_others_wrote_does_not_act_on_the_terminal(structgen, failed, how: tuple[str, ...]) -> None:
    ran = structgen("runs", "sql", "SELECT char(27) || '[2J' || char(155) AS a, x'00ff' AS b, 9e999 AS c", *how)
    assert ran.status == 0
    assert not set(ran.out) & {"\x1b", "\x9b"}
    assert "00ff" in ran.out


def test_a_wrong_query_is_a_usage_error(structgen, failed, folder: Path) -> None:
    for query, said in [("DELETE FROM run", "Only reading is allowed"), ("SELECT absent", "no such column: absent")]:
        ran = structgen("runs", "sql", query)
        assert ran.status == 2
        assert said in ran.err
    assert "exclude each other" in structgen("runs", "sql", "SELECT 1", "--json", "--csv").err
    assert "No store at nowhere" in structgen("runs", "sql", "SELECT 1", "--store", "nowhere").err
    assert not (folder / "nowhere").exists()


def test_a_cost_is_a_lower_bound_where_calls_told_no_tokens(structgen, folder: Path, groq_emulator: Emulator) -> None:
    (folder / "two.jsonl").write_text('{"id": "a", "text": "Name: a"}\n{"id": "b", "text": "Name: b"}\n')
    groq_emulator.script(reply(GOOD), error("json_validate_failed_schema"))
    ran = structgen("extract", "dish.json", "two.jsonl", "--model", GROQ, "--max-attempts", "1", "--concurrency", "1")
    first, second = (row["usage"] for row in ran.rows)
    assert "untold_calls" not in first
    assert (second["cost"], second["cost_at_least"], second["untold_calls"]) == (None, 0.0, 1)
    assert f"at least {first['cost']:.6f} USD; 1 call told no tokens" in ran.said[-1]
    shown = structgen("runs", "show", "1")
    assert f"at least {first['cost']:.6f} USD; 1 call told no tokens" in shown.out
    paid = structgen("runs", "show", "1", "--json").rows[0]["paid"]
    assert (paid["cost"], paid["untold_calls"], paid["completions"]) == (None, 1, 2)
    assert paid["cost_at_least"] == pytest.approx(first["cost"])
    assert Usage(first["input_tokens"], 0).input_tokens == paid["input_tokens"]
