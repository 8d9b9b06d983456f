"""What the outputs write is read again as the same rows."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing, suppress
from dataclasses import replace
from datetime import date, time
from decimal import Decimal
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from structgen.batch import open_output
from structgen.batch.output.read_rows import read_row_file
from structgen.batch.row import Row, RowStatus, to_line
from structgen.batch.row_reader import NoRow, row_from_json
from structgen.core.errors import ConfigurationError
from structgen.core.options import Risk
from structgen.core.records import Evidence, Status, Usage
from structgen.core.results import ChunkReport, Claim, Conflict, Issue, Repair
from structgen.engine.budget import Told
from structgen.schema import Schema


class Times(BaseModel):
    prep: int | None = None


class Dish(BaseModel):
    name: str
    price: float | None = None
    vegan: bool | None = None
    tags: list[str] = []
    time: Times | None = None


EVIDENCE = (Evidence("/name", 0, 4, "Soup", Status.EXACT), Evidence("/price", None, None, None, Status.UNSUPPORTED))
REPAIRS = (Repair("key_name", "/name", "Name", "name", Risk.INTERPRETIVE, ((0, 4),)),)
OK = Row(
    "a.txt",
    "notes/a.txt",
    RowStatus.OK,
    value={"name": "Soup", "price": 4.5, "vegan": True, "tags": ["hot", "new"], "time": {"prep": 20}},
    evidence=EVIDENCE,
    repairs=REPAIRS,
    usage=Usage(10, 5, 1, None, 2),
    cost=0.25,
    model="a-model",
    notes=("guessed",),
)
FAILED = Row(
    "b",
    "notes/b.txt",
    RowStatus.FAILED,
    issues=(Issue("/price", "is no number", "type", "many", "a number", REPAIRS[0]),),
    partial={"name": "=Pie"},
    cost=None,
    error="It failed.",
)


def written(path: Path, *rows: Row) -> Path:
    output = open_output(path, Schema.of(Dish))
    for row in rows:
        output.write(row)
    output.finish(complete=True)
    return path


def test_cells_of_types_that_only_other_programs_write_are_read_or_named(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    columns = {
        "id": ["a", "b"],
        "source": ["a.txt", "b.txt"],
        "status": ["ok", "ok"],
        "value.price": [Decimal("4.50"), None],
        "value.at": [time(9, 30), None],
        "value.days": [[date(2024, 5, 1)], None],
        "value.raw": [None, b"\xff"],
    }
    pyarrow.parquet.write_table(pyarrow.table(columns), path)
    read = read_row_file(path)
    assert [row.value for row in read.rows] == [
        {"price": "4.50", "at": "09:30:00", "days": ["2024-05-01"], "raw": None}
    ]
    assert (read.wrong, read.first_wrong) == (1, "row 2: a cell is of the type bytes, which JSON does not have")


def test_a_blob_in_sqlite_makes_no_row(tmp_path: Path) -> None:
    path = tmp_path / "rows.sqlite"
    with closing(sqlite3.connect(path)) as database:
        database.execute('CREATE TABLE rows (id, source, status, "value.x")')
        database.executemany("INSERT INTO rows VALUES (?, ?, ?, ?)", [("a", "", "ok", b"x"), ("b", "", "ok", 1)])
        database.commit()
    read = read_row_file(path)
    assert ([row.value for row in read.rows], read.wrong) == ([{"x": 1}], 1)


@pytest.mark.parametrize("status", [["ok"], {"ok": 1}, 1, None, True, "OK", ""])
def test_a_status_that_is_none_makes_no_row_nor_evidence(status) -> None:
    row = {"id": "a", "source": "", "status": "ok", "value": 1}
    with pytest.raises(NoRow, match="status"):
        row_from_json({**row, "status": status})
    with pytest.raises(NoRow, match="status"):
        row_from_json({**row, "evidence": [{"path": "", "status": status}]})


@pytest.mark.parametrize("cells", ["d,d.txt", "d,d.txt,ok,pie,surplus", ""])
def test_a_line_of_csv_with_more_or_fewer_cells_than_columns_is_no_row(cells: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(f"id,source,status,value.name\na,a.txt,ok,soup\n{cells}\nb,b.txt,ok,stew\n")
    read = read_row_file(path)
    assert [row.value for row in read.rows] == [{"name": "soup"}, {"name": "stew"}]
    assert read.wrong == 1
    assert "the header names 4 columns" in read.first_wrong


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".parquet", ".sqlite"])
def test_each_format_gives_the_rows_back(suffix, tmp_path) -> None:
    read = read_row_file(written(tmp_path / f"rows{suffix}", OK, FAILED))
    first, second = read.rows
    if suffix == ".csv":  # which has no types
        assert first.value == {**OK.value, "price": "4.5", "vegan": "true", "time": {"prep": "20"}}
        first = replace(first, value=OK.value)
    assert (first, second) == (OK, FAILED)
    assert read.finished
    assert read.wrong == 0


def test_chunks_and_conflicts_come_back_as_far_as_the_row_tells_them() -> None:
    chunks = (ChunkReport(0, 10, "ok"), ChunkReport(10, 20, "ok"), ChunkReport(20, 30, "failed", "gone"))
    claims = (Claim("x", (0,), EVIDENCE[:1]), Claim("y", (1,)))
    row = replace(OK, chunks=chunks, conflicts=(Conflict("/name", claims),))
    assert row_from_json(json.loads(to_line(row))) == row


def test_columns_whose_names_have_dots_or_differ_in_case_come_back(tmp_path) -> None:
    names = ["a.b", "A.B", "c\\d", "*", "~2"]
    schema = {
        "type": "object",
        "properties": {name: {"type": "string"} for name in names},
        "additionalProperties": True,
    }
    row = replace(OK, value={**dict.fromkeys(names, "x"), "extra": [1]})
    output = open_output(tmp_path / "rows.parquet", Schema.of(schema))
    output.write(row)
    output.finish(complete=True)
    assert read_row_file(tmp_path / "rows.parquet").rows == (row,)


def test_the_rows_of_a_run_that_goes_on_are_read_from_its_part_file(tmp_path) -> None:
    output = open_output(tmp_path / "rows.csv", Schema.of(Dish))
    output.write(OK)
    found = [read_row_file(tmp_path / name) for name in ("rows.csv", "rows.csv.part")]
    output.finish(complete=True)
    assert [(read.rows, read.finished) for read in found] == [((OK,), False)] * 2
    assert read_row_file(tmp_path / "rows.csv").finished


def test_a_line_that_is_no_row_is_counted_and_named(tmp_path) -> None:
    path = written(tmp_path / "rows.jsonl", OK)
    path.write_text(path.read_text() + '{"id": 1}\n{"half', encoding="utf-8")
    read = read_row_file(path)
    assert (len(read.rows), read.wrong) == (1, 2)
    assert read.first_wrong == "row 2: its `status` is not ok, incomplete or failed"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("rows.jsonl", None, "No file"),
        ("rows.jsonl", b"", "contains no rows"),
        ("rows.jsonl", b"hello\n", "contains no rows of structgen (row 1: it is not a line of JSON)"),
        ("rows.jsonl", b"\xff\xfe\x00", "contains no rows"),
        ("rows.csv", b"a,b\n1,2\n", "has no columns `id`, `source` and `status`"),
        ("rows.csv", b"", "has no columns"),
        ("rows.csv", b"\xff\xff", "not UTF-8"),
        ("rows.parquet", b"PAR1", "Cannot read"),
        ("rows.sqlite", b"not a database, but long enough to look like a header of one" * 20, "Cannot read"),
        ("rows.sqlite", b"", "has no table `rows`"),
    ],
)
def test_a_file_that_is_no_run_is_refused_in_a_sentence(name, content, words, tmp_path) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigurationError) as refused:
        read_row_file(path)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_folder_is_no_file_of_rows(tmp_path) -> None:
    with pytest.raises(ConfigurationError, match="Cannot read"):
        read_row_file(tmp_path)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
)
KEYS = ["value", "evidence", "repairs", "issues", "usage", "model", "error", "chunks", "notes", "models"]


@settings(deadline=None, max_examples=100)
@given(parts=st.dictionaries(st.sampled_from(KEYS), JSON))
def test_any_json_is_a_row_or_no_row(parts) -> None:
    with suppress(NoRow):
        row_from_json({**json.loads(to_line(OK)), **parts})


def test_the_lower_bound_of_a_cost_is_read_again() -> None:
    row = Row("a", "a", RowStatus.FAILED, usage=Usage(calls=3), cost=None, told=Told(cost=0.5, untold_calls=2))
    again = row_from_json(json.loads(to_line(row)))
    assert again.told is not None
    assert (again.told.cost, again.told.untold_calls) == (0.5, 2)
