"""The formats of output files: CSV, Parquet and SQLite, how to write them and what to check before the first row.

Rows are read twice, once for the columns, so that a run of any size fits into memory.
"""

from __future__ import annotations

import csv
import json
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from importlib import import_module
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

from structgen.batch.output.atomic_write import replacing
from structgen.batch.output.flatten import Cell, cells_of, columns_of
from structgen.core.errors import ConfigurationError
from structgen.core.json import JsonObject

Rows: TypeAlias = Callable[[], Iterable[JsonObject]]
"""Starts the rows again from the beginning at each call."""


def write_csv(rows: Rows, target: Path) -> None:
    """Write a header and one line per row, in UTF-8; a null is an empty cell."""
    columns = columns_of(rows())
    with replacing(target) as path, path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows([_cell(cell) for cell in cells_of(row, columns)] for row in rows())


_FORMULA = re.compile(r"[=@\t\r\n＝＋－＠]|[+-](?![\d\s().,/-]*\Z)")
"""The start of a text that a spreadsheet would run as a formula; not of signed numbers and telephone numbers."""


def _cell(cell: Cell) -> Cell:
    """Return the cell for CSV. A text that could be a formula gets a leading quote, against formula injection."""
    if isinstance(cell, str):
        return f"'{cell}" if _FORMULA.match(cell) else cell
    return str(cell).lower() if isinstance(cell, bool) else cell


_BATCH = 1000  # rows in memory
_LARGEST = 2**63  # the first integer too large for Parquet (int64) and SQLite


def check_parquet(target: Path) -> None:
    """Raise ConfigurationError if pyarrow is not installed."""
    try:
        import_module("pyarrow.parquet")
    except ImportError as error:
        raise ConfigurationError(
            f"{target}: writing Parquet needs pyarrow: pip install 'structgen[parquet]'."
        ) from error


def write_parquet(rows: Rows, target: Path) -> None:
    """Write a column for each field; a string column if its values have several types, or no value has any."""
    arrow: Any = import_module("pyarrow")  # no types
    parquet: Any = import_module("pyarrow.parquet")
    columns = columns_of(rows())
    # a Parquet column has one type, which only the whole of the rows decides
    types = _types(rows(), columns)
    makers = {bool: arrow.bool_(), int: arrow.int64(), float: arrow.float64(), str: arrow.string()}
    schema = arrow.schema([(name, makers[kind]) for name, kind in zip(columns, types, strict=True)])
    with replacing(target) as path, parquet.ParquetWriter(path, schema) as writer:
        for batch in _batches(rows()):
            cells = zip(*(cells_of(row, columns) for row in batch), strict=True)
            arrays = [[_as(kind, cell) for cell in column] for kind, column in zip(types, cells, strict=True)]
            writer.write_table(arrow.table(dict(zip(columns, arrays, strict=True)), schema=schema))


def _batches(rows: Iterable[JsonObject]) -> Iterator[list[JsonObject]]:
    """Yield the rows in lists of `_BATCH`."""
    iterator = iter(rows)
    while batch := list(islice(iterator, _BATCH)):
        yield batch


def _types(rows: Iterable[JsonObject], columns: list[str]) -> list[type]:
    """Return for each column the type that fits all its cells."""
    found: list[set[type]] = [set() for _ in columns]
    for row in rows:
        for kinds, cell in zip(found, cells_of(row, columns), strict=True):
            if cell is not None:
                kinds.add(str if isinstance(cell, int) and not -_LARGEST <= cell < _LARGEST else type(cell))
    return [_common(kinds) for kinds in found]


def _common(kinds: set[type]) -> type:
    # JSON does not distinguish 2 and 2.0
    if kinds == {int, float}:
        return float
    return kinds.pop() if len(kinds) == 1 else str


def _as(kind: type, cell: Cell) -> Cell:
    if cell is None or isinstance(cell, kind):
        return cell
    return float(cell) if kind is float else json.dumps(cell)


_OURS = {"id", "source", "status"}


def check_sqlite(target: Path) -> None:
    """Raise ConfigurationError if the file is no database, or has a table ``rows`` that structgen did not write."""
    if not target.exists():
        return
    try:
        with closing(sqlite3.connect(target)) as database:
            columns = {str(column[1]) for column in database.execute("PRAGMA table_info(rows)")}
    except sqlite3.Error as error:
        raise ConfigurationError(f"Cannot write {target} as SQLite: {error}.") from error
    if columns and not columns >= _OURS:
        raise ConfigurationError(f"{target} has a table `rows` that structgen did not write: name another file.")


def write_sqlite(rows: Rows, target: Path) -> None:
    """Replace the table ``rows`` in one transaction; other tables are left alone."""
    columns = columns_of(rows())
    names = ", ".join(_quoted(name) for name in columns)
    places = ", ".join("?" * len(columns))
    try:
        with closing(sqlite3.connect(target, isolation_level=None)) as database:
            # take the write lock now: a reader never sees the table half written, and nobody else can write it
            database.execute("BEGIN IMMEDIATE")
            database.execute("DROP TABLE IF EXISTS rows")
            database.execute(f"CREATE TABLE rows ({names})")
            insert = f"INSERT INTO rows VALUES ({places})"  # noqa: S608  (only question marks)
            database.executemany(insert, ([_fit(cell) for cell in cells_of(row, columns)] for row in rows()))
            database.execute("COMMIT")
    except sqlite3.Error as error:
        raise OSError(str(error)) from error


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _fit(cell: Cell) -> Cell:
    """Return the cell, as text if it is an integer that is too large."""
    return str(cell) if isinstance(cell, int) and not -_LARGEST <= cell < _LARGEST else cell


@dataclass(frozen=True, slots=True)
class Format:
    """`write` converts rows to the format, or is None for JSON Lines. `check` raises ConfigurationError."""

    write: Callable[[Rows, Path], None] | None = None
    check: Callable[[Path], None] | None = None


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        ".jsonl": Format(),
        ".csv": Format(write_csv),
        ".parquet": Format(write_parquet, check_parquet),
        ".sqlite": Format(write_sqlite, check_sqlite),
    }
)
"""By suffix."""
