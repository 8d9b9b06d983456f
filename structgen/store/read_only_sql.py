"""Run the user's SQL queries on the store: read-only, row by row, and interruptible by Ctrl-C.

Three fences, because a query may come from anywhere: the connection cannot write, SQLite asks `_allowed` about every
action, and no value may be longer than LONGEST.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from structgen.core.errors import ConfigurationError
from structgen.store.database import open_reader, store_error

Cell: TypeAlias = None | int | float | str | bytes

LONGEST = 100_000_000
"""Bytes of one value."""

_STEPS = 10_000
"""Steps of SQLite's virtual machine between two checks for Ctrl-C."""

VIEWS = {
    "runs": """
SELECT id, command, task, model, strftime('%Y-%m-%dT%H:%M:%fZ', started, 'unixepoch') AS started,
       strftime('%Y-%m-%dT%H:%M:%fZ', finished, 'unixepoch') AS finished, rows, finished - started AS seconds
FROM main.run
""",
    "documents": """
SELECT run, position, document AS id, source, status, reason, error, model, calls, input_tokens, output_tokens, cost,
       untold_calls
FROM main.run_row
""",
    "completions": """
SELECT id, nullif(run, 0) AS run, strftime('%Y-%m-%dT%H:%M:%fZ', at, 'unixepoch') AS at,
       json_extract(request, '$.provider') AS provider, model, json_extract(request, '$.mode') AS mode,
       json_extract(completion, '$.text') AS text,
       coalesce(json_extract(completion, '$.finish_reason'), 'stop') AS finish_reason,
       json_extract(completion, '$.failure') AS failure, input_tokens, output_tokens,
       json_extract(completion, '$.usage.cached_tokens') AS cached_tokens,
       coalesce(json_extract(completion, '$.usage.calls'), 1) AS calls,
       json_extract(completion, '$.seconds') AS seconds, request, completion
FROM main.completion
""",
    "usage": """
SELECT nullif(run, 0) AS run, model, count(*) AS completions, sum(input_tokens) AS input_tokens,
       sum(output_tokens) AS output_tokens, sum(input_tokens IS NULL OR output_tokens IS NULL) AS without_tokens
FROM main.completion GROUP BY run, model
""",
}
"""The views for users: their names and their queries."""

_ACTIONS = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE})
_PRAGMAS = frozenset({"table_info", "table_xinfo", "table_list", "index_list", "index_info", "index_xinfo"})
_FUNCTIONS = frozenset({"load_extension", "fts3_tokenizer"})
"""Functions that do more than compute."""


@dataclass(frozen=True, slots=True)
class Found:
    """The columns of an answer, and its rows one by one."""

    columns: tuple[str, ...]
    rows: Iterator[Sequence[Cell]]


@contextlib.contextmanager
def query(path: Path, text: str) -> Generator[Found]:
    """Run one SELECT on the store in this file. Rows are read while the block runs.

    Raises ConfigurationError for a statement that SQLite does not understand, or that would change the store;
    StoreError if the file cannot be read; and KeyboardInterrupt after Ctrl-C, whatever the query is doing.
    """
    with contextlib.closing(open_reader(path, read_only=True)[0]) as connection:
        try:
            _prepare(connection)
            cursor = connection.execute(text)
            if cursor.description is None:
                raise ConfigurationError('This is not a query: write one, such as "SELECT * FROM runs".')
            columns = tuple(str(column[0]) for column in cursor.description)
            with contextlib.closing(_rows(cursor, path)) as rows:
                yield Found(_distinct(columns), rows)
        except (sqlite3.Error, sqlite3.Warning) as error:  # a warning says that there are several statements
            raise _explained(error, path) from error


def _prepare(connection: sqlite3.Connection) -> None:
    for name, select in VIEWS.items():
        connection.execute(f"CREATE TEMP VIEW {name} AS {select}")
    connection.execute("PRAGMA query_only = ON")
    connection.text_factory = _text
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST)
    connection.set_authorizer(_allowed)
    # While SQLite computes, Python handles no signal, unless it is called back.
    connection.set_progress_handler(lambda: 0, _STEPS)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _allowed(action: int, first: str | None, second: str | None, *_: str | None) -> int:
    if action == sqlite3.SQLITE_PRAGMA:
        return sqlite3.SQLITE_OK if first in _PRAGMAS else sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_FUNCTION and second in _FUNCTIONS:
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK if action in _ACTIONS else sqlite3.SQLITE_DENY


def _rows(cursor: sqlite3.Cursor, path: Path) -> Generator[Sequence[Cell], None, None]:
    try:
        yield from cursor
    except sqlite3.Error as error:
        raise _explained(error, path) from error


def _explained(error: sqlite3.Error | sqlite3.Warning, path: Path) -> Exception:
    """Return the error to raise for an error from SQLite."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_INTERRUPT:
        raise KeyboardInterrupt from error
    if code in {sqlite3.SQLITE_AUTH, sqlite3.SQLITE_READONLY} or "not authorized" in str(error):
        return ConfigurationError(
            f"Only reading is allowed here, and the store is not changed ({error}): write a SELECT."
        )
    if code in {0, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_RANGE, sqlite3.SQLITE_MISMATCH}:
        return ConfigurationError(f"SQLite: {str(error).rstrip('.')}. `structgen runs sql --help` lists the tables.")
    return store_error(error, path) if isinstance(error, sqlite3.Error) else ConfigurationError(f"SQLite: {error}")


def _distinct(columns: tuple[str, ...]) -> tuple[str, ...]:
    """Make the names unique, because a JSON object has each key once."""
    found: dict[str, None] = {}
    for column in columns:
        name, number = column, 1
        while name in found:
            number += 1
            name = f"{column}~{number}"
        found[name] = None
    return tuple(found)
