"""The SQLite file: its tables and the statements that write them, how it is opened, and its errors in plain words.

Each statement works on many arguments at once, as the writer needs.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Generator
from hashlib import sha256
from pathlib import Path
from typing import TypeAlias
from urllib.parse import quote

from structgen.core.errors import StoreError
from structgen.core.records import Completion, Request, token_count
from structgen.store.batch_tables import BATCH_TABLES
from structgen.store.serialization import Written, encode

VERSION = 6
APPLICATION = 0x73747263
"""SQLite's application id, "strc", in the header of the file: it marks the file as ours."""

PATIENCE = 10.0
"""Seconds to wait while another process writes."""

CHECKPOINT = 4_000
"""Pages (16 MB) that may accumulate in the write-ahead log before they are moved into the file."""

_SERVER = """
CREATE TABLE server (
    endpoint TEXT NOT NULL,
    model TEXT NOT NULL,
    mode TEXT NOT NULL,
    support TEXT NOT NULL,
    said TEXT NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (endpoint, model, mode)
) STRICT;
"""

_ROWS = """
CREATE TABLE run_row (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL,
    position INTEGER NOT NULL,
    document TEXT NOT NULL,
    source TEXT NOT NULL,
    status TEXT NOT NULL,
    reason TEXT,
    error TEXT,
    model TEXT NOT NULL,
    calls INTEGER NOT NULL,
    input_tokens INTEGER,
    output_tokens INTEGER,
    cost REAL,
    untold_calls INTEGER NOT NULL,
    texts BLOB NOT NULL
) STRICT;
CREATE INDEX run_row_run ON run_row (run, position);
"""

TABLES = (
    """
CREATE TABLE completion (
    id INTEGER PRIMARY KEY,
    name BLOB NOT NULL,
    request TEXT NOT NULL,
    rest TEXT NOT NULL,
    completion TEXT NOT NULL,
    model TEXT NOT NULL,
    at REAL NOT NULL,
    input_tokens INTEGER,
    output_tokens INTEGER,
    run INTEGER
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
    + _SERVER
    + _ROWS
    + BATCH_TABLES
)
"""`completion`: what was paid for, by the name of its request, and the run that paid (0: none; null: an older structgen
did not record it). `run`: the ledger, and what each run was asked to
extract. `answered`: for each document of a run, the names of its requests in order.
`server`: what the model of a server makes of each mode. `run_row`: how each document of a run ended (run_rows.py)."""


UPGRADES = {
    1: """
ALTER TABLE run ADD COLUMN asked TEXT;
CREATE TABLE answered (id INTEGER PRIMARY KEY, run INTEGER NOT NULL, document BLOB NOT NULL, name BLOB NOT NULL) STRICT;
CREATE INDEX answered_document ON answered (run, document);
""",
    2: "ALTER TABLE completion ADD COLUMN run INTEGER",
    3: _SERVER,
    4: _ROWS,
    5: BATCH_TABLES,
}
"""The statements that upgrade each older version to the next. Existing rows are not changed."""

_ADVICE = {
    sqlite3.SQLITE_FULL: "the disk is full. Free some space and run the same command again: stored responses are safe",
    sqlite3.SQLITE_BUSY: (
        "another process has been writing to it for too long. Wait until it is done, or use another store"
    ),
    sqlite3.SQLITE_LOCKED: "another process has locked it. Wait until it is done, or use another store",
    sqlite3.SQLITE_CORRUPT: "it is damaged. Move it away (`sqlite3 FILE .recover` may save its contents)",
    sqlite3.SQLITE_NOTADB: "it is not an SQLite file, or it is damaged. Move it away, or use another store",
    sqlite3.SQLITE_READONLY: "it is read-only. Check its owner and permissions, or use another store",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened. Check that the folder exists and is writable",
    sqlite3.SQLITE_PERM: "permission to open it was denied. Check its owner and permissions",
    sqlite3.SQLITE_IOERR: "the disk failed to read or write it. Check the disk, and whether it is full",
}


def store_error(error: sqlite3.Error, path: Path) -> StoreError:
    """Return the StoreError for an error of SQLite's: in plain words, with what to do."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    words = _ADVICE.get(code, "SQLite cannot use it")
    return StoreError(f"The store {path}: {words} ({error}).")


def open_database(path: Path) -> sqlite3.Connection:
    """Open a connection, and create the tables of a new file. Threads may use it one at a time. Raises StoreError."""
    connection = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _create(path)
        connection = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
        _prepare(connection, path)
    except BaseException as error:
        if connection is not None:
            connection.close()
        if isinstance(error, sqlite3.Error):
            raise store_error(error, path) from error
        if isinstance(error, OSError):
            raise StoreError(f"The store {path}: its folder cannot be created ({error}). Use another path.") from error
        raise
    return connection


def _create(path: Path) -> None:
    """Create an empty file that only its owner can read: it will have documents and answers. SQLite copies its mode."""
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))


def open_reader(path: Path, *, read_only: bool = False) -> tuple[sqlite3.Connection, bool]:
    """Open a connection for reading, and return whether the file is read-only. Raises StoreError."""
    if read_only:
        log = path.with_name(f"{path.name}-wal")
        # What a connection that may only read creates beside the file would stay there, so it creates nothing unless
        # another connection has put entries beside the file already.
        return _open_read_only(path, () if log.exists() and log.stat().st_size else ("mode=ro",)), True
    writable = os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)
    if writable or not path.is_file():
        return open_database(path), False
    return _open_read_only(path), True


def _open_read_only(path: Path, leave_out: tuple[str, ...] = ()) -> sqlite3.Connection:
    """Open a file on a read-only file system, or without the permission to write. Nothing beside it can be created."""
    # Without files for its write-ahead log SQLite opens only what it may take for immutable.
    for how in (how for how in ("mode=ro", "mode=ro&immutable=1") if how not in leave_out):
        connection = sqlite3.connect(
            f"file:{quote(str(path.absolute()))}?{how}",
            uri=True,
            timeout=PATIENCE,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            _check(connection, path)
        except StoreError:
            connection.close()
            raise
        except sqlite3.Error as error:
            connection.close()
            log = path.with_name(f"{path.name}-wal")
            if log.exists() and log.stat().st_size:
                raise StoreError(
                    f"The store {path} is read-only, and its newest entries are in {log.name}, which SQLite cannot "
                    f"read here ({error}). Copy both files to a folder that is writable, and use that store."
                ) from error
            if "immutable" in how:
                raise store_error(error, path) from error
        else:
            return connection
    raise AssertionError("unreachable")


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Create the tables in a new file, check that the file is ours, and configure it to survive a crash."""
    if not _number(connection, "schema_version"):
        with immediate(connection):
            if not _number(connection, "schema_version"):  # no other process has created them first
                for statement in TABLES.split(";"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA application_id = {APPLICATION}")
                connection.execute(f"PRAGMA user_version = {VERSION}")
    _check(connection, path)
    _upgrade(connection)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT}")
    with contextlib.suppress(sqlite3.OperationalError):  # another process is opening it and sets the mode
        connection.execute("PRAGMA journal_mode = WAL")


def _check(connection: sqlite3.Connection, path: Path) -> None:
    """Raise StoreError unless this is a store in a version that can be read, though perhaps only in part."""
    if _number(connection, "application_id") != APPLICATION:
        raise StoreError(f"{path} is an SQLite file of another program, not a store. Use another path.")
    version = _number(connection, "user_version")
    if version != VERSION and version not in UPGRADES:
        raise StoreError(
            f"The store {path} has version {version}, but this structgen reads version {VERSION}. Use the structgen "
            "that wrote it, or another path. Nothing in it was changed."
        )


def _upgrade(connection: sqlite3.Connection) -> None:
    """Upgrade an older file to this version, each step in one transaction, unless another process does so."""
    while _number(connection, "user_version") in UPGRADES:
        with immediate(connection):
            version = _number(connection, "user_version")
            for statement in UPGRADES.get(version, "").split(";"):
                connection.execute(statement)
            if version in UPGRADES:
                connection.execute(f"PRAGMA user_version = {version + 1}")


def shrink(path: Path) -> None:
    """Return the space of deleted rows to the disk, unless another process is in the way; then SQLite reuses it."""
    with contextlib.closing(open_database(path)) as connection, contextlib.suppress(sqlite3.OperationalError):
        connection.execute("VACUUM")


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    return connection.execute(f"PRAGMA {pragma}").fetchone()[0]


@contextlib.contextmanager
def immediate(connection: sqlite3.Connection) -> Generator[None, None, None]:
    """Run a transaction that holds the write lock from its beginning."""
    # A deferred transaction takes the lock at its first write, where SQLITE_BUSY comes at once instead of after a wait.
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):  # SQLite has rolled back already
            connection.execute("ROLLBACK")
        raise


Row: TypeAlias = tuple[bytes, str, str, str, str, float, int | None, int | None, int]
"""A completion: name, request, its other fields, completion, model, at, tokens in and out, run or 0."""

Note: TypeAlias = tuple[int, bytes, bytes]
"""A run's use of an answer: run, document, name of the request."""

Insertion: TypeAlias = tuple[Row, Note | None]
"""A completion to store, and the note about it, or None."""

_COLUMNS = "name, request, rest, completion, model, at, input_tokens, output_tokens, run"


def row(request: Request, written: Written, completion: Completion, at: float, run: int | None) -> Row:
    """Return a completion as a row of its table."""
    usage, model = completion.usage, completion.model or request.model
    # A completion of the user's own may hold anything, and the column holds 64 bits.
    counts = (token_count(usage.input_tokens), token_count(usage.output_tokens))
    return (written.name, written.said, written.rest, encode(completion), model, at, *counts, run or 0)


def document_name(text: str) -> bytes:
    """Return the name of a text: half of its SHA-256."""
    return sha256(text.encode("utf-8", "surrogatepass")).digest()[:16]


def insert(connection: sqlite3.Connection, insertions: list[Insertion]) -> list[None]:
    """Store completions, all with one statement, and the notes about them."""
    rows = [row for row, _ in insertions]
    places = ", ".join(["(?, ?, ?, ?, ?, ?, ?, ?, ?)"] * len(rows))
    text = f"INSERT INTO completion ({_COLUMNS}) VALUES {places}"  # noqa: S608  only question marks are inserted
    connection.execute(text, [value for one in rows for value in one])
    note(connection, [noted for _, noted in insertions if noted is not None])
    return [None] * len(rows)


def note(connection: sqlite3.Connection, notes: list[Note]) -> list[None]:
    """Store which run used which answers."""
    if notes:
        connection.executemany("INSERT INTO answered (run, document, name) VALUES (?, ?, ?)", notes)
    return [None] * len(notes)


def start_run(connection: sqlite3.Connection, runs: list[tuple[str, str, str, float, str]]) -> list[int]:
    """Store new runs (command, task, model, started, asked); return their ids."""
    text = "INSERT INTO run (command, task, model, started, asked) VALUES (?, ?, ?, ?, ?)"
    ids = [connection.execute(text, run).lastrowid or 0 for run in runs]
    # SQLite may reuse the id of a deleted run, whose notes must not become those of the new one.
    connection.executemany("DELETE FROM answered WHERE run = ?", [(number,) for number in ids])
    connection.executemany("DELETE FROM run_row WHERE run = ?", [(number,) for number in ids])
    return ids


def finish_run(connection: sqlite3.Connection, runs: list[tuple[float, int, int]]) -> list[None]:
    """Store the ends of runs (finished, rows, id)."""
    connection.executemany("UPDATE run SET finished = ?, rows = ? WHERE id = ?", runs)
    return [None] * len(runs)


Fact: TypeAlias = tuple[str, str, str, str, str, float]
"""What a server makes of a mode: endpoint, model, mode, support, its words, at."""


def learn(connection: sqlite3.Connection, facts: list[Fact]) -> list[None]:
    """Store what servers make of modes, in place of what was known before."""
    connection.executemany("INSERT OR REPLACE INTO server VALUES (?, ?, ?, ?, ?, ?)", facts)
    return [None] * len(facts)


def prune(connection: sqlite3.Connection, moments: list[float]) -> list[int]:
    """Delete everything older than each time; return the numbers of completions."""
    deleted: list[int] = []
    for moment in moments:
        connection.execute("DELETE FROM run WHERE coalesce(finished, started) < ?", (moment,))
        connection.execute("DELETE FROM answered WHERE run NOT IN (SELECT id FROM run)")
        connection.execute("DELETE FROM run_row WHERE run NOT IN (SELECT id FROM run)")
        connection.execute("DELETE FROM provider_batch WHERE state = 'closed' AND at < ?", (moment,))
        connection.execute("DELETE FROM batch_text WHERE at < ?", (moment,))
        deleted.append(connection.execute("DELETE FROM completion WHERE at < ?", (moment,)).rowcount)
    return deleted
