"""Rows -> a table ``rows`` in an SQLite file, whose other tables stay as they are."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path

from structgen.batch.flat import Cell, cells_of, columns_of
from structgen.core.errors import ConfigurationError
from structgen.core.json import JsonObject

_OURS = {"id", "source", "status"}
_LARGEST = 2**63  # what an SQLite integer cannot hold any more


def check_sqlite(target: Path) -> None:
    """Refuse a file that is no database, or has a table ``rows`` of somebody else."""
    if not target.exists():
        return
    try:
        with closing(sqlite3.connect(target)) as database:
            columns = {str(column[1]) for column in database.execute("PRAGMA table_info(rows)")}
    except sqlite3.Error as error:
        raise ConfigurationError(f"{target} cannot be written as SQLite: {error}.") from error
    if columns and not columns >= _OURS:
        raise ConfigurationError(f"{target} has a table `rows` that structgen did not write: name another file.")


def write_sqlite(rows: Callable[[], Iterable[JsonObject]], target: Path) -> None:
    """Replace the table in one transaction."""
    columns = columns_of(rows())
    names = ", ".join(_quoted(name) for name in columns)
    places = ", ".join("?" * len(columns))
    try:
        with closing(sqlite3.connect(target, isolation_level=None)) as database:
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
    """The cell, an integer that is too long as text."""
    return str(cell) if isinstance(cell, int) and not -_LARGEST <= cell < _LARGEST else cell
