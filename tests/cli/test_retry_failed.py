"""`extract --retry-failed`: only what failed or is incomplete is asked again, and all other rows stay as they are."""

from __future__ import annotations

import csv
import json
import sqlite3
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from structgen.testing import Emulator, error, reply

GROQ = "groq/openai/gpt-oss-20b"
GOOD, BAD, LACKING = '{"name": "Soup", "serves": 4}', '{"name": "Soup", "serves": "many"}', '{"name": "Soup"}'
OTHER = '{"name": "Stew\\n\\"hot\\"", "serves": 2}'
NAMES = ("a", "b", "c", "d")


@pytest.fixture
def four(folder: Path, groq_emulator: Emulator) -> Emulator:
    """Four documents in the folder ``in``."""
    (folder / "in").mkdir()
    for name in NAMES:
        (folder / "in" / f"{name}.txt").write_text(f"Name: {name}\nServes: 4")
    return groq_emulator


@pytest.fixture
def kitchen(four: Emulator) -> Emulator:
    """The same, of which the second fails and the third is incomplete."""
    four.script(*map(reply, (GOOD, BAD, LACKING, OTHER)))
    return four


def command(*more: str) -> tuple[str, ...]:
    asking = ("--model", GROQ, "--mode", "json", "--concurrency", "1", "--max-attempts", "1")
    return ("extract", "dish.json", "in", *asking, *more)


def lines(folder: Path) -> list[str]:
    return (folder / "out.jsonl").read_text().splitlines()


def test_only_what_failed_or_is_incomplete_is_asked_again(structgen, kitchen: Emulator, folder: Path) -> None:
    assert structgen(*command("-o", "out.jsonl")).status == 1
    before = lines(folder)
    kitchen.script(reply(OTHER), reply(OTHER))
    ran = structgen(*command("-o", "out.jsonl", "--retry-failed"))
    after = lines(folder)
    assert ran.status == 0
    assert len(kitchen.requests) == 6
    assert [after[0], after[3]] == [before[0], before[3]]
    assert [json.loads(line)["status"] for line in after] == ["ok"] * 4
    assert [json.loads(line)["id"] for line in after] == [f"{name}.txt" for name in NAMES]
    assert json.loads(after[1])["usage"]["calls"] == 1
    assert "retrying 2 documents (1 failed, 1 incomplete)" in ran.err
    assert "the refused answers to 2 of them are requested and paid once more" in ran.err


def test_the_flag_may_be_repeated_until_all_is_well(structgen, kitchen: Emulator, folder: Path) -> None:
    structgen(*command("-o", "out.jsonl"))
    kitchen.script(reply(BAD), reply(GOOD))
    assert structgen(*command("-o", "out.jsonl", "--retry-failed")).status == 1
    kitchen.script(reply(GOOD))
    assert structgen(*command("--retry-failed", "-o", "out.jsonl")).status == 0
    assert len(kitchen.requests) == 7
    again = structgen(*command("-o", "out.jsonl", "--retry-failed"))
    assert "nothing is retried" in again.err
    assert (again.status, len(kitchen.requests)) == (0, 7)
    assert [json.loads(line)["status"] for line in lines(folder)] == ["ok"] * 4


def test_the_new_answer_is_the_stored_one_from_then_on(structgen, kitchen: Emulator, folder: Path) -> None:
    structgen(*command())
    kitchen.script(reply(GOOD), reply(GOOD))
    retried = structgen(*command("--retry-failed"))
    assert [row["id"] for row in retried.rows] == ["b.txt", "c.txt"]
    plain = structgen(*command())
    assert [row["status"] for row in plain.rows] == ["ok"] * 4
    assert len(kitchen.requests) == 6


def test_what_met_no_server_is_asked_again_without_a_stored_answer(structgen, four: Emulator, folder: Path) -> None:
    four.script(reply(GOOD), error("unprocessable"), reply(GOOD), reply(GOOD))
    assert structgen(*command("-o", "out.jsonl")).status == 1
    four.script(reply(GOOD))
    ran = structgen(*command("-o", "out.jsonl", "--retry-failed"))
    assert ran.status == 0
    assert "retrying 1 document (1 failed, 0 incomplete).\n" in ran.err
    assert len(four.requests) == 5


def table(path: Path) -> list[list[Any]]:
    """The rows of an output, each as its cells."""
    if path.suffix == ".csv":
        with path.open(newline="", encoding="utf-8") as file:
            return list(csv.reader(file))[1:]
    if path.suffix == ".parquet":
        return [list(row.values()) for row in pq.read_table(path).to_pylist()]
    with sqlite3.connect(path) as database:
        rows = [list(row) for row in database.execute("SELECT * FROM rows")]
    database.close()
    return rows


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".sqlite"])
def test_a_table_keeps_its_other_rows_cell_by_cell(structgen, kitchen: Emulator, folder: Path, suffix: str) -> None:
    out = folder / f"out{suffix}"
    structgen(*command("-o", out.name))
    before, raw = table(out), out.read_bytes()
    kitchen.script(reply(OTHER), reply(GOOD))
    assert structgen(*command("-o", out.name, "--retry-failed")).status == 0
    after = table(out)
    assert [after[0], after[3]] == [before[0], before[3]]
    assert [row[2] for row in after] == ["ok"] * 4
    assert [row[0] for row in after] == [row[0] for row in before]
    assert after[1][3:5] == (['Stew\n"hot"', "2"] if suffix == ".csv" else ['Stew\n"hot"', 2])
    if suffix == ".csv":  # the very bytes of the rows that stay
        first = raw.index(b"a.txt,")
        assert raw[first : raw.index(b"b.txt,")] in out.read_bytes()


def test_other_tables_of_a_database_are_left_alone(structgen, kitchen: Emulator, folder: Path) -> None:
    structgen(*command("-o", "out.sqlite"))
    with sqlite3.connect(folder / "out.sqlite") as database:
        database.execute("CREATE TABLE mine (a)")
    database.close()
    kitchen.script(reply(GOOD), reply(GOOD))
    structgen(*command("-o", "out.sqlite", "--retry-failed"))
    with sqlite3.connect(folder / "out.sqlite") as database:
        assert database.execute("SELECT count(*) FROM mine").fetchone() == (0,)
    database.close()


@pytest.mark.parametrize("out", ["out.jsonl", "out.csv"])
def test_an_output_that_is_gone_is_said_before_anything_is_paid(
    structgen, kitchen: Emulator, folder: Path, out: str
) -> None:
    structgen(*command("-o", out))
    (folder / out).unlink()
    ran = structgen(*command("-o", out, "--retry-failed"))
    assert ran.status == 2
    assert f"{out} does not exist, so it has no rows to replace" in ran.err
    assert len(kitchen.requests) == 4
    assert not list(folder.glob("out*"))


def test_a_table_with_other_columns_is_left_alone(structgen, kitchen: Emulator, folder: Path) -> None:
    structgen(*command("-o", "out.csv"))
    (folder / "out.csv").write_text("id,source,status,mine\r\na.txt,in/a.txt,ok,1\r\n")
    before = (folder / "out.csv").read_text()
    ran = structgen(*command("-o", "out.csv", "--retry-failed"))
    assert (ran.status, (folder / "out.csv").read_text()) == (2, before)
    assert "has the columns of another schema or version" in ran.err


def test_without_an_earlier_run_nothing_is_asked(structgen, kitchen: Emulator) -> None:
    ran = structgen(*command("--retry-failed"))
    assert ran.status == 2
    assert "no earlier run of this command: run it without --retry-failed first" in ran.err
    structgen(*command())
    assert structgen(*command("--evidence", "none", "--retry-failed")).status == 2


@pytest.mark.parametrize("more", [("--model", "rules"), ("--model", GROQ, "--no-store")])
def test_a_command_without_a_store_has_nothing_to_retry(structgen, folder: Path, more: tuple[str, ...]) -> None:
    ran = structgen("extract", "dish.json", "soup.txt", *more, "--retry-failed")
    assert ran.status == 2
    assert "--retry-failed reads from the store what failed" in ran.err


def test_other_budgets_and_ways_to_report_are_the_same_command(structgen, kitchen: Emulator) -> None:
    structgen(*command("--max-cost", "1"))
    kitchen.script(reply(GOOD), reply(GOOD))
    ran = structgen(*command("--max-cost", "2", "--max-time", "1000", "-q", "--retry-failed"))
    assert (ran.status, ran.err) == (0, "")


def test_an_unreadable_document_is_read_again(structgen, four: Emulator, folder: Path) -> None:
    (folder / "in" / "b.txt").write_bytes(b"\x00\x01\x02" * 50)
    four.script(reply(GOOD), reply(GOOD), reply(GOOD))
    structgen(*command("-o", "out.jsonl"))
    assert [json.loads(line)["status"] for line in lines(folder)] == ["ok", "failed", "ok", "ok"]
    (folder / "in" / "b.txt").write_text("Name: b\nServes: 4")
    four.script(reply(GOOD))
    assert structgen(*command("-o", "out.jsonl", "--retry-failed")).status == 0
    assert [json.loads(line)["id"] for line in lines(folder)] == [f"{name}.txt" for name in NAMES]


def test_a_document_that_is_gone_keeps_its_row(structgen, kitchen: Emulator, folder: Path) -> None:
    structgen(*command("-o", "out.jsonl"))
    before = lines(folder)
    (folder / "in" / "b.txt").unlink()
    kitchen.script(reply(GOOD))
    ran = structgen(*command("-o", "out.jsonl", "--retry-failed"))
    assert "1 document is no longer among the inputs" in ran.err
    assert lines(folder)[1] == before[1]
    assert json.loads(lines(folder)[2])["status"] == "ok"


def test_a_good_answer_of_a_chunk_is_not_paid_again(structgen, folder: Path, groq_emulator: Emulator) -> None:
    (folder / "long.txt").write_text("".join(f"Dish {number} serves 4 people today.\n" for number in range(12)))
    groq_emulator.script(reply(GOOD), reply(BAD))
    asked = (
        "extract", "dish.json", "long.txt", "--model", GROQ, "--mode", "json", "--chunk-chars", "250",
        "--max-attempts", "1", "--concurrency", "1", "-o", "out.jsonl",
    )  # fmt: skip
    structgen(*asked)
    paid = len(groq_emulator.requests)
    assert paid == 2
    assert json.loads((folder / "out.jsonl").read_text())["status"] == "incomplete"
    groq_emulator.script(reply(GOOD))
    structgen(*asked, "--retry-failed")
    assert len(groq_emulator.requests) == paid + 1
    assert json.loads((folder / "out.jsonl").read_text())["status"] == "ok"


def test_a_killed_retry_loses_no_row_and_pays_for_none_twice(structgen, kitchen: Emulator, folder: Path) -> None:
    structgen(*command("-o", "out.jsonl"))
    before = lines(folder)
    kitchen.script(reply(OTHER), reply(GOOD))
    structgen(*command("-o", "out.jsonl", "--retry-failed"))
    after = lines(folder)
    # as if it had been killed before its rows were put into the output
    (folder / "out.jsonl").write_text("".join(f"{line}\n" for line in before))
    (folder / "out.jsonl.part").write_text("".join(f"{line}\n" for line in after[1:3]))
    assert structgen(*command("-o", "out.jsonl", "--retry-failed")).status == 0
    assert lines(folder) == after
    assert len(kitchen.requests) == 6
    assert not list(folder.glob("*.part"))
