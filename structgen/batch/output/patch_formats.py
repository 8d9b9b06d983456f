"""Replace single rows of a finished output, in each format; all other rows stay as they are.

No row is read as a value and written anew: a line of JSON or CSV stays the same bytes, and a cell of Parquet or SQLite
the same value.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

from structgen.batch.output.atomic_write import replacing
from structgen.batch.output.file_formats import arrow_schema, csv_line, insert_row, parquet_cells, quoted, stored_cells
from structgen.batch.output.flatten import Layout
from structgen.batch.row import cell_text
from structgen.core.json import JsonObject


@dataclass(frozen=True, slots=True)
class Patch:
    """Rows to put into a file: in place of the rows with these numbers, counted from 0, and behind the last one."""

    replaced: Mapping[int, Callable[[], JsonObject]]
    added: Iterable[Callable[[], JsonObject]]


Patcher: TypeAlias = Callable[[Patch, Path, Layout], None]


def patch_jsonl(patch: Patch, target: Path, layout: Layout) -> None:  # noqa: ARG001 - as the others
    """Replace lines."""
    with replacing(target) as path, path.open("wb") as file, target.open("rb") as before:
        for number, line in enumerate(before):
            row = patch.replaced.get(number)
            file.write(line if row is None else _line(row()))
        file.writelines(_line(row()) for row in patch.added)


def _line(row: JsonObject) -> bytes:
    return f"{cell_text(row)}\n".encode()


def patch_csv(patch: Patch, target: Path, layout: Layout) -> None:
    """Replace lines, which may have line ends in their quotes."""
    with (
        replacing(target) as path,
        path.open("w", encoding="utf-8", newline="") as file,
        target.open(encoding="utf-8", newline="") as before,
    ):
        records = csv_records(before)
        file.write(next(records, csv_line(layout.names)))
        for number, record in enumerate(records):
            row = patch.replaced.get(number)
            file.write(record if row is None else csv_line(layout.cells(row())))
        file.writelines(csv_line(layout.cells(row())) for row in patch.added)


def csv_records(lines: Iterable[str]) -> Iterator[str]:
    """Join the lines of each record: within quotes a line end belongs to a cell."""
    parts: list[str] = []
    quotes = 0
    for line in lines:
        parts.append(line)
        quotes += line.count('"')
        if quotes % 2 == 0:
            yield "".join(parts)
            parts.clear()
    if parts:
        yield "".join(parts)


def patch_parquet(patch: Patch, target: Path, layout: Layout) -> None:
    """Replace rows, one group of rows at a time."""
    arrow: Any = import_module("pyarrow")  # no types
    parquet: Any = import_module("pyarrow.parquet")
    schema = arrow_schema(layout)
    number = 0
    with (
        replacing(target) as path,
        parquet.ParquetFile(target) as before,
        parquet.ParquetWriter(path, schema) as writer,
    ):
        for batch in before.iter_batches():
            numbers = range(number, number + batch.num_rows)
            number += batch.num_rows
            changed = [one for one in numbers if one in patch.replaced]
            table = arrow.Table.from_batches([batch])
            if changed:
                columns: list[list[object]] = [column.to_pylist() for column in table.columns]
                for one in changed:
                    for column, cell in zip(columns, parquet_cells(layout, patch.replaced[one]()), strict=True):
                        column[one - numbers.start] = cell
                table = _table(columns, schema)
            writer.write_table(table.cast(schema))
        for row in patch.added:
            writer.write_table(_table([[cell] for cell in parquet_cells(layout, row())], schema))


def _table(columns: list[list[object]], schema: Any) -> Any:
    arrow: Any = import_module("pyarrow")
    return arrow.Table.from_arrays(
        [arrow.array(*one) for one in zip(columns, schema.types, strict=True)], schema=schema
    )


def patch_sqlite(patch: Patch, target: Path, layout: Layout) -> None:
    """Replace rows of the table ``rows`` in one transaction."""
    assigned = ", ".join(f"{quoted(name)} = ?" for name in layout.names)
    update = f"UPDATE rows SET {assigned} WHERE rowid = ?"  # noqa: S608  names from the schema, quoted
    try:
        with closing(sqlite3.connect(target, isolation_level=None)) as database:
            database.execute("BEGIN IMMEDIATE")
            numbers = [number for (number,) in database.execute("SELECT rowid FROM rows ORDER BY rowid")]
            for number, row in patch.replaced.items():
                database.execute(update, [*stored_cells(layout, row()), numbers[number]])
            for row in patch.added:
                database.execute(insert_row(layout), stored_cells(layout, row()))
            database.execute("COMMIT")
    except sqlite3.Error as error:
        raise OSError(str(error)) from error


def columns_of(target: Path) -> list[str] | None:
    """Return the names of the columns of a table that structgen wrote, or None for JSON Lines."""
    match target.suffix.lower():
        case ".csv":
            import csv

            with target.open(encoding="utf-8", newline="") as file:
                return next(csv.reader(file), list[str]())
        case ".parquet":
            parquet: Any = import_module("pyarrow.parquet")
            return list(parquet.read_schema(target).names)
        case ".sqlite":
            with closing(sqlite3.connect(target)) as database:
                return [str(column[1]) for column in database.execute("PRAGMA table_info(rows)")]
        case _:
            return None


PATCHERS: Mapping[str, Patcher] = MappingProxyType(
    {".jsonl": patch_jsonl, ".csv": patch_csv, ".parquet": patch_parquet, ".sqlite": patch_sqlite}
)
"""By suffix."""
