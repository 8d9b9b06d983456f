"""What the writer does to the tables, each for many arguments at once. The file is at `database.TABLES`."""

from __future__ import annotations

import sqlite3
from hashlib import sha256
from typing import TypeAlias

from structgen.core.records import Completion, Request
from structgen.store.codec import Written, encode

Row: TypeAlias = tuple[bytes, str, str, str, str, float, int | None, int | None]
"""A completion: name, request, the rest of it, completion, model, at, tokens in and out."""

Note: TypeAlias = tuple[int, bytes, bytes]
"""That a run got an answer for a document: run, document, name of the request."""

Kept: TypeAlias = tuple[Row, Note | None]
"""A completion to be kept, and the note about it."""

_COLUMNS = "name, request, rest, completion, model, at, input_tokens, output_tokens"


def row(request: Request, written: Written, completion: Completion, at: float) -> Row:
    """A completion as the table has it."""
    usage, model = completion.usage, completion.model or request.model
    counts = (usage.input_tokens, usage.output_tokens)
    return (written.name, written.said, written.rest, encode(completion), model, at, *counts)


def document_name(text: str) -> bytes:
    """The name of a text: half of its SHA-256."""
    return sha256(text.encode("utf-8", "surrogatepass")).digest()[:16]


def insert(connection: sqlite3.Connection, kept: list[Kept]) -> list[None]:
    """Keep completions, all with one statement, and note the runs that got them."""
    rows = [row for row, _ in kept]
    places = ", ".join(["(?, ?, ?, ?, ?, ?, ?, ?)"] * len(rows))
    text = f"INSERT INTO completion ({_COLUMNS}) VALUES {places}"  # noqa: S608  only question marks are put in
    connection.execute(text, [value for one in rows for value in one])
    note(connection, [noted for _, noted in kept if noted is not None])
    return [None] * len(rows)


def note(connection: sqlite3.Connection, notes: list[Note]) -> list[None]:
    """Note what runs got."""
    if notes:
        connection.executemany("INSERT INTO answered (run, document, name) VALUES (?, ?, ?)", notes)
    return [None] * len(notes)


def start_run(connection: sqlite3.Connection, runs: list[tuple[str, str, str, float, str]]) -> list[int]:
    """Enter runs (command, task, model, started, asked); their ids. A deleted run may have left notes of its number."""
    text = "INSERT INTO run (command, task, model, started, asked) VALUES (?, ?, ?, ?, ?)"
    ids = [connection.execute(text, run).lastrowid or 0 for run in runs]
    connection.executemany("DELETE FROM answered WHERE run = ?", [(number,) for number in ids])
    return ids


def finish_run(connection: sqlite3.Connection, runs: list[tuple[float, int, int]]) -> list[None]:
    """Enter the ends of runs (finished, rows, id)."""
    connection.executemany("UPDATE run SET finished = ?, rows = ? WHERE id = ?", runs)
    return [None] * len(runs)


def prune(connection: sqlite3.Connection, moments: list[float]) -> list[int]:
    """Delete what is older than a moment; the number of completions."""
    deleted: list[int] = []
    for moment in moments:
        connection.execute("DELETE FROM run WHERE coalesce(finished, started) < ?", (moment,))
        connection.execute("DELETE FROM answered WHERE run NOT IN (SELECT id FROM run)")
        deleted.append(connection.execute("DELETE FROM completion WHERE at < ?", (moment,)).rowcount)
    return deleted
