"""The tables of the provider's batches, and the statements that write them.

Each statement works on many arguments at once, as the writer needs.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import TypeAlias

from structgen.core.batch_states import BatchState, RequestOutcome
from structgen.core.records import Completion, token_count
from structgen.store.serialization import encode, read

BATCH_TABLES = """
CREATE TABLE provider_batch (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL,
    endpoint TEXT NOT NULL,
    model TEXT NOT NULL,
    file_name TEXT NOT NULL,
    state TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT '',
    said TEXT NOT NULL DEFAULT '',
    requests INTEGER NOT NULL DEFAULT 0,
    answered INTEGER NOT NULL DEFAULT 0,
    refused INTEGER NOT NULL DEFAULT 0,
    file_id TEXT,
    batch_id TEXT,
    at REAL NOT NULL
) STRICT;
CREATE TABLE batch_request (
    id INTEGER PRIMARY KEY,
    batch INTEGER NOT NULL,
    name BLOB NOT NULL,
    request TEXT NOT NULL,
    rest TEXT NOT NULL,
    outcome TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX batch_request_name ON batch_request (name);
CREATE INDEX batch_request_batch ON batch_request (batch, id);
CREATE TABLE batch_text (
    submission TEXT NOT NULL,
    position INTEGER NOT NULL,
    text TEXT NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (submission, position)
) STRICT;
"""
"""`provider_batch`: each batch, its intended file, and the provider's ids once they are known; `run` is 0 without one.
`batch_request`: its requests, until their rows are written: they can be sent and answered without the documents.
`batch_text`: the texts that Python code submitted."""

Opening: TypeAlias = tuple[str, str, str, float]
"""A new batch: endpoint, model, the name of its file, at."""

Addition: TypeAlias = tuple[int, bytes, str, str]
"""A request of a batch: the batch, and the request's name, its fields and its other fields."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """The result of one request of a batch: its completion, or the outcome and the reason why it has none."""

    request: int
    batch: int
    completion: Completion | None
    outcome: RequestOutcome
    reason: str
    at: float


@dataclass(frozen=True, slots=True)
class BatchChange:
    """New facts about a batch. None leaves a column as it is."""

    batch: int
    state: BatchState | None = None
    status: str | None = None
    said: str | None = None
    answered: int | None = None
    refused: int | None = None
    file_id: str | None = None
    batch_id: str | None = None


def begin_batches(connection: sqlite3.Connection, batches: list[Opening]) -> list[int]:
    """Store new batches that are being collected; return their ids."""
    text = "INSERT INTO provider_batch (run, endpoint, model, file_name, at, state) VALUES (0, ?, ?, ?, ?, ?)"
    return [connection.execute(text, (*batch, BatchState.WRITING)).lastrowid or 0 for batch in batches]


def add_requests(connection: sqlite3.Connection, additions: list[list[Addition]]) -> list[None]:
    """Store requests of batches that are being collected, and count them."""
    text = "INSERT INTO batch_request (batch, name, request, rest, outcome) VALUES (?, ?, ?, ?, ?)"
    for some in additions:
        connection.executemany(text, [(*one, RequestOutcome.WAITING) for one in some])
        count = "UPDATE provider_batch SET requests = requests + 1 WHERE id = ?"
        connection.executemany(count, [(batch,) for batch, *_ in some])
    return [None] * len(additions)


def seal_batches(connection: sqlite3.Connection, sealed: list[tuple[int, ...]]) -> list[None]:
    """Store the run and the batches that are complete, all those of one submission or none."""
    text = "UPDATE provider_batch SET state = ?, run = ? WHERE id = ?"
    rows = [(BatchState.PLANNED, run, batch) for run, *batches in sealed for batch in batches]
    connection.executemany(text, rows)
    return [None] * len(sealed)


def change_batches(connection: sqlite3.Connection, changes: list[BatchChange]) -> list[None]:
    """Store new facts about batches."""
    text = (
        "UPDATE provider_batch SET state = coalesce(?, state), status = coalesce(?, status), said = coalesce(?, said), "
        "answered = coalesce(?, answered), refused = coalesce(?, refused), file_id = coalesce(?, file_id), "
        "batch_id = coalesce(?, batch_id) WHERE id = ?"
    )
    rows = [
        (one.state, one.status, one.said, one.answered, one.refused, one.file_id, one.batch_id, one.batch)
        for one in changes
    ]
    connection.executemany(text, rows)
    return [None] * len(changes)


def settle_requests(connection: sqlite3.Connection, settled: list[list[Settlement]]) -> list[None]:
    """Store the completions of requests, as those of live calls, and the outcome of each, in one transaction."""
    for some in settled:
        for one in some:
            _settle(connection, one)
    return [None] * len(settled)


def _settle(connection: sqlite3.Connection, one: Settlement) -> None:
    # A result that comes twice changes nothing, but an answer after an error does: it was paid for.
    before = (RequestOutcome.ANSWERED, RequestOutcome.WAITING if one.completion is None else "")
    found = connection.execute(
        "SELECT name, request, rest FROM batch_request WHERE id = ? AND batch = ? AND outcome != ? "
        "AND (? = '' OR outcome = ?)",
        (one.request, one.batch, before[0], before[1], before[1]),
    ).fetchone()
    if found is None:
        return
    if one.completion is not None:
        _keep(connection, found, one.completion, one)
    text = "UPDATE batch_request SET outcome = ?, reason = ? WHERE id = ?"
    connection.execute(text, (one.outcome, one.reason, one.request))


def _keep(
    connection: sqlite3.Connection, found: tuple[bytes, str, str], completion: Completion, one: Settlement
) -> None:
    """Store a completion and, for a run, the note about its document."""
    from structgen.store.database import document_name, insert

    name, said, rest = found
    ((run,),) = connection.execute("SELECT run FROM provider_batch WHERE id = ?", (one.batch,)).fetchall()
    request, usage = read(said, rest), completion.usage
    counts = (token_count(usage.input_tokens), token_count(usage.output_tokens))
    row = (name, said, rest, encode(completion), completion.model or request.model, one.at, *counts, run)
    noted = None if not run or request.document is None else (run, document_name(request.document), name)
    insert(connection, [(row, noted)])


def fail_requests(connection: sqlite3.Connection, failed: list[tuple[int, RequestOutcome, str]]) -> list[None]:
    """Store the outcome of all requests of a batch that have none, with the reason."""
    text = "UPDATE batch_request SET outcome = ?, reason = ? WHERE batch = ? AND outcome = ?"
    rows = [(outcome, reason, batch, RequestOutcome.WAITING) for batch, outcome, reason in failed]
    connection.executemany(text, rows)
    return [None] * len(failed)


def close_batches(connection: sqlite3.Connection, closed: list[tuple[int, ...]]) -> list[None]:
    """Store that the rows of batches are written. Their requests are no longer needed."""
    ids = [(batch,) for batches in closed for batch in batches]
    connection.executemany("DELETE FROM batch_request WHERE batch = ?", ids)
    text = "UPDATE provider_batch SET state = ? WHERE id = ?"
    connection.executemany(text, [(BatchState.CLOSED, *one) for one in ids])
    return [None] * len(closed)


def drop_batches(connection: sqlite3.Connection, dropped: list[tuple[int, ...]]) -> list[None]:
    """Delete batches of which nothing was sent."""
    ids = [(batch,) for batches in dropped for batch in batches]
    connection.executemany("DELETE FROM batch_request WHERE batch = ?", ids)
    connection.executemany("DELETE FROM provider_batch WHERE id = ?", ids)
    return [None] * len(dropped)


def keep_texts(connection: sqlite3.Connection, texts: list[list[tuple[str, int, str, float]]]) -> list[None]:
    """Store texts (submission, position, text, at)."""
    for some in texts:
        connection.executemany("INSERT INTO batch_text VALUES (?, ?, ?, ?)", some)
    return [None] * len(texts)
