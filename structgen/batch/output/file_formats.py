"""The formats of output files: CSV, Parquet and SQLite, how to write them and what to check before the first row.

The columns come from the schema, so rows are read once, and a run of any size fits into memory.
"""

from __future__ import annotations

import csv
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, nullcontext
from dataclasses import dataclass
from datetime import date
from importlib import import_module
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

from structgen.batch.output.atomic_write import replacing
from structgen.batch.output.flatten import Cell, Layout
from structgen.batch.output.row_lines import DocumentKey, document_key, jsonl_keys
from structgen.core.errors import ConfigurationError
from structgen.core.json import JsonObject
from structgen.core.screen import cell_text
from structgen.schema import Schema
from structgen.schema.columns import Kind

Rows: TypeAlias = Callable[[], Iterable[JsonObject]]
"""Returns the rows from the beginning, at each call."""


def write_csv(rows: Rows, target: Path, layout: Layout) -> None:
    """Write a header and one line per row, in UTF-8, by RFC 4180.

    A null is an empty field, and an empty text is ``""``.
    """
    with replacing(target) as path, path.open("w", encoding="utf-8", newline="") as file:
        file.write(csv_line(layout.names))
        file.writelines(csv_line(layout.cells(row)) for row in rows())


def csv_line(cells: Iterable[Cell]) -> str:
    """Return cells as a line of CSV."""
    # the csv module writes None and "" alike
    return ",".join(map(_csv_cell, cells)) + "\r\n"


_FORMULA = re.compile(r"['=@\t\r\n＝＋－＠]|[+-](?![\d\s().,/-]*\Z)")
"""The start of a text that a spreadsheet would run as a formula. Signed numbers and phone numbers do not match.

An apostrophe is among them so that the protection can be undone: one leading apostrophe of a cell never belongs to it.
"""
_QUOTED = re.compile(r'[",\r\n]|\A\Z')


def _csv_cell(cell: Cell) -> str:
    """Return the cell for CSV. A text that could be a formula gets a leading apostrophe, against formula injection."""
    if not isinstance(cell, str):
        return "" if cell is None else cell_text(cell)
    text = f"'{cell}" if _FORMULA.match(cell) else cell
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text


def check_parquet(target: Path) -> None:
    """Raise ConfigurationError if pyarrow is not installed."""
    try:
        import_module("pyarrow.parquet")
    except ImportError as error:
        raise ConfigurationError(
            f"{target}: writing Parquet needs pyarrow: pip install 'structgen[parquet]'."
        ) from error


_KEYS = ("id", "source", "status")
"""The columns that identify the document of a row and give its status."""


def csv_keys(target: Path) -> Iterator[DocumentKey]:
    """Yield the documents of a file that `write_csv` wrote. Raises ValueError for any other file."""
    csv.field_size_limit(2**31 - 1)  # the default limit, 131,072 characters, is too small for a long list
    with target.open(encoding="utf-8", newline="") as file:
        try:
            reader = csv.reader(file, strict=True)
            header = next(reader, None)
            if header is None or tuple(header[: len(_KEYS)]) != _KEYS:
                raise ValueError("it has other columns")
            for cells in reader:
                yield document_key(*(cell.removeprefix("'") for cell in cells[: len(_KEYS)]))
        except (csv.Error, TypeError) as error:
            raise ValueError(str(error)) from error


_MOST_CELLS = 200_000
"""Maximum cells of a Parquet file in memory at once."""


def write_parquet(rows: Rows, target: Path, layout: Layout) -> None:
    """Write a column for each field, typed from the schema."""
    arrow: Any = import_module("pyarrow")  # no types
    parquet: Any = import_module("pyarrow.parquet")
    schema = arrow_schema(layout)
    with replacing(target) as path, parquet.ParquetWriter(path, schema) as writer:
        cells = (parquet_cells(layout, row) for row in rows())
        for batch in _batches(cells, max(1, _MOST_CELLS // len(layout.names))):
            columns = zip(*batch, strict=True)
            arrays = [arrow.array(list(column), kind) for column, kind in zip(columns, schema.types, strict=True)]
            writer.write_table(arrow.Table.from_arrays(arrays, schema=schema))


def arrow_schema(layout: Layout) -> Any:
    """Return pyarrow's schema for the columns."""
    arrow: Any = import_module("pyarrow")
    text = arrow.string()
    makers = {
        Kind.TEXT: text,
        Kind.JSON: text,
        Kind.DATE: arrow.date32(),
        Kind.INTEGER: arrow.int64(),
        Kind.NUMBER: arrow.float64(),
        Kind.BOOLEAN: arrow.bool_(),
    }
    kinds = [column.kind for column in layout.columns]
    return arrow.schema([(name, makers[kind]) for name, kind in zip(layout.names, kinds, strict=True)])


def parquet_cells(layout: Layout, row: JsonObject) -> list[object]:
    """Return the cells of a row as the Python values that pyarrow converts to the types of their columns."""
    return [_typed(column.kind, cell) for column, cell in zip(layout.columns, layout.cells(row), strict=True)]


def parquet_keys(target: Path) -> Iterator[DocumentKey]:
    """Yield the documents of a file that `write_parquet` wrote. Raises ValueError for any other file."""
    parquet: Any = import_module("pyarrow.parquet")
    try:
        with parquet.ParquetFile(target) as file:
            for batch in file.iter_batches(columns=list(_KEYS)):
                columns = batch.to_pydict()
                yield from map(document_key, *(columns[name] for name in _KEYS))
    except KeyError as error:
        raise ValueError(f"it has no column {error}") from error


def _batches(cells: Iterable[list[object]], size: int) -> Iterator[list[list[object]]]:
    """Yield the rows in lists."""
    iterator = iter(cells)
    while batch := list(islice(iterator, size)):
        yield batch


def _typed(kind: Kind, cell: Cell) -> object:
    """Return a cell as the Python value that pyarrow converts to the type of its column."""
    if isinstance(cell, str):
        return date.fromisoformat(cell) if kind is Kind.DATE else float(cell) if kind is Kind.NUMBER else cell
    return cell


_OURS = {"id", "source", "status"}


def check_sqlite(target: Path) -> None:
    """Raise ConfigurationError if the file is not a database, or has a table ``rows`` that structgen did not write."""
    if not target.exists():
        return
    try:
        with closing(sqlite3.connect(target)) as database:
            columns = {str(column[1]) for column in database.execute("PRAGMA table_info(rows)")}
    except sqlite3.Error as error:
        raise ConfigurationError(f"Cannot write {target} as SQLite: {error}.") from error
    if columns and not columns >= _OURS:
        raise ConfigurationError(f"{target} has a table `rows` that structgen did not write: name another file.")


_SQLITE_TYPES: Mapping[Kind, str] = MappingProxyType(
    {Kind.INTEGER: "INTEGER", Kind.NUMBER: "REAL", Kind.BOOLEAN: "BOOLEAN"}
)
"""The declared types of columns; for all other kinds it is TEXT."""


def write_sqlite(rows: Rows, target: Path, layout: Layout) -> None:
    """Replace the table ``rows`` in one transaction; other tables stay as they are."""
    kinds = [column.kind for column in layout.columns]
    columns = ", ".join(
        f"{quoted(name)} {_SQLITE_TYPES.get(kind, 'TEXT')}" for name, kind in zip(layout.names, kinds, strict=True)
    )
    # a database with other tables is changed in place, in one transaction; a new one appears when it is complete
    place = nullcontext(target) if target.exists() else replacing(target)
    try:
        with place as path, closing(sqlite3.connect(path, isolation_level=None)) as database:
            # take the write lock now: a reader never sees the table half written, and nobody else can write it
            database.execute("BEGIN IMMEDIATE")
            database.execute("DROP TABLE IF EXISTS rows")
            database.execute(f"CREATE TABLE rows ({columns})")
            database.executemany(insert_row(layout), (stored_cells(layout, row) for row in rows()))
            database.execute("COMMIT")
    except sqlite3.Error as error:
        raise OSError(str(error)) from error


def sqlite_keys(target: Path) -> Iterator[DocumentKey]:
    """Yield the documents of the table ``rows``, if there is one."""
    try:
        with closing(sqlite3.connect(target)) as database:
            if database.execute("PRAGMA table_info(rows)").fetchall():
                yield from (document_key(*row) for row in database.execute("SELECT id, source, status FROM rows"))
    except sqlite3.Error as error:
        raise OSError(str(error)) from error


def insert_row(layout: Layout) -> str:
    """Return the statement that adds a row to the table ``rows``."""
    return f"INSERT INTO rows VALUES ({', '.join('?' * len(layout.names))})"  # noqa: S608  (only question marks)


def stored_cells(layout: Layout, row: JsonObject) -> list[Cell]:
    """Return the cells of a row as SQLite keeps them."""
    return [_stored(column.kind, cell) for column, cell in zip(layout.columns, layout.cells(row), strict=True)]


def quoted(name: str) -> str:
    """Return the name of a column for a statement."""
    return '"' + name.replace('"', '""') + '"'


def _stored(kind: Kind, cell: Cell) -> Cell:
    """Return a cell as SQLite stores it. SQLite has infinities but would store NaN as null, so NaN becomes a text."""
    return float(cell) if kind is Kind.NUMBER and isinstance(cell, str) and cell != "nan" else cell


@dataclass(frozen=True, slots=True)
class Format:
    """How rows are written to a file.

    `write` converts rows to the format, or is None for JSON Lines. `check` raises ConfigurationError. The others are
    what a `Layout` needs to know.
    """

    write: Callable[[Rows, Path, Layout], None] | None = None
    check: Callable[[Path], None] | None = None
    keys: Callable[[Path], Iterator[DocumentKey]] = jsonl_keys
    """Reads the documents of the rows in a file. Raises ValueError if the file has anything else."""
    most: int = 16_384
    """The maximum number of columns. By default, that of a spreadsheet."""
    bounded: bool = False
    dates: bool = False

    def layout(self, schema: Schema[Any]) -> Layout:
        """Return the columns for the values of a schema."""
        return Layout(schema, self.most, bounded=self.bounded, dates=self.dates)


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        ".jsonl": Format(),
        ".csv": Format(write_csv, keys=csv_keys),
        ".parquet": Format(write_parquet, check_parquet, parquet_keys, bounded=True, dates=True),
        ".sqlite": Format(write_sqlite, check_sqlite, sqlite_keys, most=2_000, bounded=True),
    }
)
"""By suffix."""
