"""What the writer does to the tables, each for many arguments at once. The file is at `database.TABLES`."""

from __future__ import annotations

import sqlite3
from typing import TypeAlias

from structgen.core.records import Completion, Request
from structgen.store.codec import encode, write

Row: TypeAlias = tuple[bytes, str, str, str, str, float, int | None, int | None]
"""A completion: name, request, the rest of it, completion, model, at, tokens in and out."""

_COLUMNS = "name, request, rest, completion, model, at, input_tokens, output_tokens"


def row(request: Request, completion: Completion, at: float) -> Row:
    """A completion as the table has it."""
    written, usage, model = write(request), completion.usage, completion.model or request.model
    counts = (usage.input_tokens, usage.output_tokens)
    return (written.name, written.said, written.rest, encode(completion), model, at, *counts)


def insert(connection: sqlite3.Connection, rows: list[Row]) -> list[None]:
    """Keep completions, all with one statement."""
    places = ", ".join(["(?, ?, ?, ?, ?, ?, ?, ?)"] * len(rows))
    text = f"INSERT INTO completion ({_COLUMNS}) VALUES {places}"  # noqa: S608  only question marks are put in
    connection.execute(text, [value for one in rows for value in one])
    return [None] * len(rows)


def start_run(connection: sqlite3.Connection, runs: list[tuple[str, str, str, float]]) -> list[int]:
    """Enter runs (command, task, model, started); their ids."""
    text = "INSERT INTO run (command, task, model, started) VALUES (?, ?, ?, ?)"
    return [connection.execute(text, run).lastrowid or 0 for run in runs]


def finish_run(connection: sqlite3.Connection, runs: list[tuple[float, int, int]]) -> list[None]:
    """Enter the ends of runs (finished, rows, id)."""
    connection.executemany("UPDATE run SET finished = ?, rows = ? WHERE id = ?", runs)
    return [None] * len(runs)


def prune(connection: sqlite3.Connection, moments: list[float]) -> list[int]:
    """Delete what is older than a moment; the number of completions."""
    deleted: list[int] = []
    for moment in moments:
        connection.execute("DELETE FROM run WHERE finished < ?", (moment,))
        deleted.append(connection.execute("DELETE FROM completion WHERE at < ?", (moment,)).rowcount)
    return deleted
