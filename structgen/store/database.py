"""The file: its tables, how it is opened, and its troubles in plain words."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Generator
from hashlib import sha256
from pathlib import Path
from typing import TypeAlias

from structgen.core.errors import StoreError
from structgen.core.records import Completion, Request
from structgen.store.serialization import Written, encode

VERSION = 2
APPLICATION = 0x73747263
""" "strc", in the header of the file: this SQLite file is ours."""

PATIENCE = 10.0
"""Seconds to wait for another process that is writing."""

CHECKPOINT = 4_000
"""Pages (16 MB) that may gather in the log before they are moved into the file."""

TABLES = """
CREATE TABLE completion (
    id INTEGER PRIMARY KEY,
    name BLOB NOT NULL,
    request TEXT NOT NULL,
    rest TEXT NOT NULL,
    completion TEXT NOT NULL,
    model TEXT NOT NULL,
    at REAL NOT NULL,
    input_tokens INTEGER,
    output_tokens INTEGER
) STRICT;
CREATE INDEX completion_name ON completion (name);
CREATE TABLE run (
    id INTEGER PRIMARY KEY,
    command TEXT NOT NULL,
    task TEXT NOT NULL,
    model TEXT NOT NULL,
    started REAL NOT NULL,
    finished REAL,
    rows INTEGER NOT NULL DEFAULT 0,
    asked TEXT
) STRICT;
CREATE TABLE answered (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL,
    document BLOB NOT NULL,
    name BLOB NOT NULL
) STRICT;
CREATE INDEX answered_document ON answered (run, document);
"""
"""`completion`: what was paid for, under the name of its request. `run`: the ledger, and what each run asked for.
`answered`: for each document of a run the names of the requests about it, in their order."""

UPGRADES = {
    1: """
ALTER TABLE run ADD COLUMN asked TEXT;
CREATE TABLE answered (id INTEGER PRIMARY KEY, run INTEGER NOT NULL, document BLOB NOT NULL, name BLOB NOT NULL) STRICT;
CREATE INDEX answered_document ON answered (run, document);
"""
}
"""From each older version to the next one. What the older one wrote stays as it is."""

_ADVICE = {
    sqlite3.SQLITE_FULL: "the disk is full. Free some space and run the same again: what was kept stays",
    sqlite3.SQLITE_BUSY: "another process has been writing to it for too long. Wait until it is done, or take another",
    sqlite3.SQLITE_LOCKED: "another process has it locked. Wait until it is done, or take another",
    sqlite3.SQLITE_CORRUPT: "it is damaged. Move it away (`sqlite3 FILE .recover` may save what it holds)",
    sqlite3.SQLITE_NOTADB: "it is no SQLite file, or damaged. Move it away, or take another",
    sqlite3.SQLITE_READONLY: "it may not be written. Check who owns it, or take another",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened. Check the folder and who may write there",
    sqlite3.SQLITE_PERM: "it may not be opened. Check who owns it",
    sqlite3.SQLITE_IOERR: "the disk failed to read or write it. Check the disk, and whether it is full",
}


def trouble(error: sqlite3.Error, path: Path) -> StoreError:
    """What SQLite reports, in plain words and with what to do."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    words = _ADVICE.get(code, "SQLite cannot use it")
    return StoreError(f"The store {path}: {words} ({error}).")


def open_database(path: Path) -> sqlite3.Connection:
    """A connection, the tables made where the file is new; any thread may use it, one at a time. Raises StoreError."""
    connection = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
        _prepare(connection, path)
    except BaseException as error:
        if connection is not None:
            connection.close()
        if isinstance(error, sqlite3.Error):
            raise trouble(error, path) from error
        if isinstance(error, OSError):
            raise StoreError(f"The store {path}: its folder cannot be made ({error}). Take another place.") from error
        raise
    return connection


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Make the tables where the file is new, check whose it is, and set it to survive a crash."""
    if not _number(connection, "schema_version"):
        with immediate(connection):
            if not _number(connection, "schema_version"):  # nobody else was faster
                for statement in TABLES.split(";"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA application_id = {APPLICATION}")
                connection.execute(f"PRAGMA user_version = {VERSION}")
    _check(connection, path)
    _upgrade(connection)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT}")
    with contextlib.suppress(sqlite3.OperationalError):  # another process opens it at this moment, and sets the mode
        connection.execute("PRAGMA journal_mode = WAL")


def _check(connection: sqlite3.Connection, path: Path) -> None:
    if _number(connection, "application_id") != APPLICATION:
        raise StoreError(f"{path} is an SQLite file of another program, not a store. Take another place.")
    version = _number(connection, "user_version")
    if version != VERSION and version not in UPGRADES:
        raise StoreError(
            f"The store {path} is of version {version}, and this structgen reads version {VERSION}. Use the structgen "
            "that wrote it, or take another place; nothing in it was changed."
        )


def _upgrade(connection: sqlite3.Connection) -> None:
    """Bring an older file to this version, each step in one transaction, unless another process is doing it."""
    while _number(connection, "user_version") in UPGRADES:
        with immediate(connection):
            version = _number(connection, "user_version")
            for statement in UPGRADES.get(version, "").split(";"):
                connection.execute(statement)
            if version in UPGRADES:
                connection.execute(f"PRAGMA user_version = {version + 1}")


def shrink(path: Path) -> None:
    """Give the room of what was deleted back to the disk, where that is possible now; else it is used again later."""
    with contextlib.closing(open_database(path)) as connection, contextlib.suppress(sqlite3.OperationalError):
        connection.execute("VACUUM")


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    return connection.execute(f"PRAGMA {pragma}").fetchone()[0]


@contextlib.contextmanager
def immediate(connection: sqlite3.Connection) -> Generator[None, None, None]:
    """A transaction that holds the write lock from its beginning."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):  # SQLite has rolled back already
            connection.execute("ROLLBACK")
        raise


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
