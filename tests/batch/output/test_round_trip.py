"""Whatever a value is, each format gives it back: in its columns, or whole in the row that says why it could not."""

from __future__ import annotations

import csv
import json
import math
import re
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structgen.batch import Row, RowStatus, open_output
from structgen.batch.output.file_formats import FORMATS
from structgen.batch.output.flatten import OTHERS
from structgen.core.json import Json, steps
from structgen.schema import Schema
from structgen.schema.columns import Kind

Typed = tuple[Any, Any]
"""A JSON Schema and a value that fits it."""

TEXTS = st.text(st.characters(), max_size=8) | st.sampled_from(
    [
        "",
        "=1",
        "'=1",
        "'",
        "-5",
        "+1-2",
        "null",
        "true",
        "1",
        "nan",
        "a\r\nb",
        '"',
        ",",
        "\x00",
        "\ud800",
        "\u2028",
        "[]",
    ]
)
INTEGERS = st.integers() | st.sampled_from([2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 10**30])
PLAIN = st.recursive(
    st.none() | st.booleans() | INTEGERS | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


def of(schema: Any, values: st.SearchStrategy[Any]) -> st.SearchStrategy[Typed]:
    return values.map(lambda value: (schema, value))


LEAVES = st.one_of(
    of({"type": "string"}, TEXTS),
    of({"type": ["string", "null"]}, TEXTS | st.none()),
    of({"type": "integer"}, INTEGERS),
    of({"type": "number"}, st.floats() | INTEGERS),
    of({"type": "boolean"}, st.booleans()),
    of({"type": "string", "format": "date"}, st.dates().map(date.isoformat)),
    of({"type": "array"}, st.lists(PLAIN, max_size=3)),
    of({"type": "object"}, st.dictionaries(TEXTS, PLAIN, max_size=3)),
    of({"type": ["integer", "string"]}, INTEGERS | TEXTS),
    of({"anyOf": [{"type": "boolean"}, {"type": "array"}]}, st.booleans() | st.lists(PLAIN, max_size=2)),
    of(True, PLAIN),
)


def as_object(parts: dict[str, Typed], more: dict[str, Any] | None) -> Typed:
    schema = {"type": "object", "properties": {key: part[0] for key, part in parts.items()}}
    value = {key: part[1] for key, part in parts.items()}
    if more is None:
        return {**schema, "additionalProperties": False}, value
    return schema, {**more, **value}


OBJECTS = st.recursive(
    LEAVES,
    lambda inner: st.builds(
        as_object,
        st.dictionaries(TEXTS, inner, min_size=1, max_size=4),
        st.none() | st.dictionaries(TEXTS, PLAIN, max_size=2),
    ),
    max_leaves=6,
)


def csv_cells(text: str) -> Iterator[list[str | None]]:
    """Read CSV by RFC 4180; a cell without quotes and characters is None."""
    cells: list[str | None] = []
    for cell, end in re.findall(r'("(?:[^"]|"")*"|[^",\r\n]*)(,|\r\n)', text):
        cells.append(cell[1:-1].replace('""', '"') if cell.startswith('"') else (cell or None))
        if end != ",":
            yield cells
            cells = []


def read_csv(path: Path) -> list[dict[str, Any]]:
    text = path.read_bytes().decode()
    names, *rows = csv_cells(text)
    with path.open(encoding="utf-8", newline="") as file:  # what readers without a null see
        assert [[cell or "" for cell in row] for row in csv_cells(text)] == list(csv.reader(file))
    return [
        {str(name): None if cell is None else cell.removeprefix("'") for name, cell in zip(names, row, strict=True)}
        for row in rows
    ]


def read_sqlite(path: Path) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(path)) as database:
        database.row_factory = sqlite3.Row
        return [dict(one) for one in database.execute("SELECT * FROM rows")]


def read_parquet(path: Path) -> list[dict[str, Any]]:
    return pq.read_table(path).to_pylist()


READERS = {".csv": read_csv, ".sqlite": read_sqlite, ".parquet": read_parquet}


def value_of(cell: Any, kind: Kind) -> Json:
    """Return what a cell says."""
    if kind is Kind.DATE:
        return str(cell)
    if kind is Kind.TEXT:
        return cell
    if kind is Kind.BOOLEAN:
        return cell in {True, "true"}
    if kind is Kind.NUMBER and str(cell) in {"nan", "inf", "-inf"}:
        return str(cell)
    return json.loads(cell) if isinstance(cell, str) else cell


def rebuilt(cells: dict[str, Any], suffix: str, schema: Schema[Any]) -> Json:
    """Return the value of a row from its cells, without nulls."""
    layout = FORMATS[suffix].layout(schema)
    assert list(cells) == list(layout.names)
    row: dict[str, Any] = {}
    for name, column in zip(layout.names, layout.columns, strict=True):
        if cells[name] is None or column.steps[0] not in {"value", OTHERS[0]}:
            continue
        found = value_of(cells[name], column.kind)
        parts = {("value", *steps(at)): part for at, part in found.items()} if column.steps == OTHERS else {}
        for (*above, last), part in (parts or {column.steps: found}).items():
            here = row
            for step in above:
                here = here.setdefault(step, {})
            here[last] = part
    return row.get("value")


def plain(value: Any) -> Any:
    """Return a value as JSON says it, without the nulls and the empty objects that columns do not tell from nothing."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        kept = {key: plain(part) for key, part in value.items()}
        return {key: part for key, part in kept.items() if part not in (None, {})} or None
    return [plain(part) for part in value] if isinstance(value, list) else value


@pytest.mark.parametrize("suffix", READERS)
@settings(deadline=None, max_examples=150)
@given(typed=OBJECTS, name=TEXTS)
def test_every_value_reads_back_equal_from_a_table(suffix: str, typed: Typed, name: str) -> None:
    schema = Schema.of(typed[0])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"out{suffix}"
        output = open_output(path, schema)
        for row in (Row(name, "a", RowStatus.OK, value=typed[1]), Row("last", "b", RowStatus.FAILED)):
            output.write(output.fit(row))
        output.finish(complete=True)
        cells, last = READERS[suffix](path)
    assert (last["id"], last["status"]) == ("last", "failed")
    if cells["status"] == "failed":
        assert cells["error"]
        found = json.loads(cells["partial"]) if cells["partial"] else None
    else:
        assert cells["id"] == name
        found = rebuilt(cells, suffix, schema)
    assert plain(found) == plain(typed[1])


@settings(deadline=None, max_examples=100)
@given(value=PLAIN, name=TEXTS)
def test_every_value_reads_back_equal_from_json_lines(value: Json, name: str) -> None:
    row = Row(name, name, RowStatus.OK, value=value)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "out.jsonl"
        output = open_output(path)
        output.write(output.fit(row))
        output.finish(complete=True)
        (line,) = path.read_text("utf-8").splitlines()
    assert json.loads(line) == row.to_json()
