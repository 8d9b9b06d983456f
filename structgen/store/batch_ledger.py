"""The ledger of provider batches: every request is recorded before it is sent, so that a crash loses nothing."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from structgen.core.batch_states import BatchState, RequestOutcome
from structgen.core.errors import StoreError
from structgen.core.records import Request
from structgen.store import batch_tables
from structgen.store.batch_tables import Addition, BatchChange, Settlement
from structgen.store.database import document_name
from structgen.store.leases import LOOK, Leases
from structgen.store.ledger import StoredUsage, run_name
from structgen.store.run_rows import delete_rows
from structgen.store.serialization import Written, read, write
from structgen.store.writer import Writer

_PAGE = 200

BATCH_PATIENCE = 60.0
"""Seconds to wait while another process sends or fetches batches with the same store."""


@dataclass(frozen=True, slots=True)
class BatchRecord:
    """A batch in the ledger. `run` is the run that sent it, or 0; `endpoint` its server as requests name it.

    `status` is the provider's word for it, `said` what the provider said about a failure. `requests`, `answered` and
    `refused` count its requests as the provider last reported them. `at` is when it was begun, in Unix seconds.
    """

    id: int
    run: int
    endpoint: str
    model: str
    file_name: str
    state: BatchState
    status: str
    said: str
    requests: int
    answered: int
    refused: int
    file_id: str | None
    batch_id: str | None
    at: float


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """The latest record of a request in a batch whose rows are not written yet. `tries` counts its batches."""

    id: int
    batch: int
    outcome: RequestOutcome
    reason: str
    tries: int


_BATCHES = (
    "SELECT id, run, endpoint, model, file_name, state, status, said, requests, answered, refused, file_id, batch_id, "
    "at FROM provider_batch"
)


@dataclass(frozen=True, slots=True)
class BatchLedger:
    """The batches of one store. What a method has written is durable when it returns. All raise StoreError.

    `exclusive` is entered for whatever sends or fetches: no two processes may send the same requests.
    """

    read: Callable[..., list[Any]]
    writer: Writer
    exclusive: Callable[[], AbstractContextManager[None]]

    def begin(self, endpoint: str, model: str, file_name: str) -> int:
        """Record a batch whose requests will be collected; return its id."""
        return self.writer.submit(batch_tables.begin_batches, (endpoint, model, file_name, time.time())).result()

    def add(self, batch: int, requests: Sequence[Written]) -> None:
        """Record requests of a batch."""
        if requests:
            additions: list[Addition] = [(batch, one.name, one.said, one.rest) for one in requests]
            self.writer.submit(batch_tables.add_requests, additions).result()

    def seal(self, batches: Sequence[int], run: int) -> None:
        """Record that the requests of these batches, of a run or 0, are complete: from now on they will be sent."""
        self.writer.submit(batch_tables.seal_batches, (run, *batches)).result()

    def change(self, change: BatchChange) -> None:
        """Record new facts about a batch."""
        self.writer.submit(batch_tables.change_batches, change).result()

    def settle(self, settlements: list[Settlement]) -> None:
        """Store the completions of requests, and the outcome of each."""
        if settlements:
            self.writer.submit(batch_tables.settle_requests, settlements).result()

    def fail(self, batch: int, outcome: RequestOutcome, reason: str) -> None:
        """Record the outcome of all requests of a batch that have none."""
        self.writer.submit(batch_tables.fail_requests, (batch, outcome, reason)).result()

    def close(self, batches: Sequence[int]) -> None:
        """Record that the rows of these batches are written."""
        self.writer.submit(batch_tables.close_batches, tuple(batches)).result()

    def drop(self, batches: Sequence[int]) -> None:
        """Delete batches of which nothing was sent."""
        self.writer.submit(batch_tables.drop_batches, tuple(batches)).result()

    def find(self, name: bytes) -> RequestRecord | None:
        """Return the latest record of the request of this name in a batch that is not closed, or None."""
        text = "SELECT id, batch, outcome, reason FROM batch_request WHERE name = ? ORDER BY id DESC"
        rows = self.read(text, name)
        if not rows:
            return None
        number, batch, outcome, reason = rows[0]
        return RequestRecord(number, batch, RequestOutcome(outcome), reason, len(rows))

    def awaited(self, request: Request) -> BatchRecord | None:
        """Return the batch that will answer a request, or None. One that is still being collected may be dropped."""
        if not self.read("SELECT 1 FROM batch_request LIMIT 1"):
            return None  # nearly always: then the request needs no name
        having = "SELECT batch FROM batch_request WHERE name = ? AND outcome = ?"
        text = f"{_BATCHES} WHERE id IN ({having}) AND state != ? ORDER BY id DESC"
        rows = self.read(text, write(request).name, RequestOutcome.WAITING, BatchState.WRITING)
        return _record(rows[0]) if rows else None

    def open(self, *, run: int | None = None) -> tuple[BatchRecord, ...]:
        """Return the batches whose rows are not written yet, oldest first; with `run` those of this run."""
        text = f"{_BATCHES} WHERE state != ? AND ? IN (run, -1) ORDER BY id"
        return tuple(map(_record, self.read(text, BatchState.CLOSED, -1 if run is None else run)))

    def get(self, batch: int) -> BatchRecord | None:
        """Return a batch, or None."""
        rows = self.read(f"{_BATCHES} WHERE id = ?", batch)
        return _record(rows[0]) if rows else None

    def requests(self, batch: int) -> Iterator[tuple[int, Request]]:
        """Yield the requests of a batch with their numbers. They are read page by page."""
        last = 0
        text = "SELECT id, request, rest FROM batch_request WHERE batch = ? AND id > ? ORDER BY id LIMIT ?"
        while rows := self.read(text, batch, last, _PAGE):
            for number, said, rest in rows:
                yield number, read(said, rest)
            last = rows[-1][0]

    def count(self, batch: int, outcome: RequestOutcome) -> int:
        """Return the number of requests of a batch with an outcome."""
        text = "SELECT count(*) FROM batch_request WHERE batch = ? AND outcome = ?"
        return int(self.read(text, batch, outcome)[0][0])

    def usage(self, batch: int) -> StoredUsage:
        """Count the answers of a batch and their tokens, as far as the server reported them."""
        text = (
            "SELECT count(*), total(input_tokens), total(output_tokens) FROM completion WHERE id IN (SELECT "
            "(SELECT max(c.id) FROM completion c WHERE c.name = r.name) FROM batch_request r "
            "WHERE r.batch = ? AND r.outcome = ?)"
        )
        ((count, tokens_in, tokens_out),) = self.read(text, batch, RequestOutcome.ANSWERED)
        return StoredUsage(count, int(tokens_in), int(tokens_out))

    def keep_texts(self, submission: str, first: int, texts: Sequence[str]) -> None:
        """Store texts of a submission, from position `first` on."""
        now = time.time()
        rows = [(submission, first + number, text, now) for number, text in enumerate(texts)]
        self.writer.submit(batch_tables.keep_texts, rows).result()

    def texts(self, submission: str) -> Iterator[str]:
        """Yield the texts of a submission in order. They are read page by page."""
        last = -1
        text = "SELECT position, text FROM batch_text WHERE submission = ? AND position > ? ORDER BY position LIMIT ?"
        while rows := self.read(text, submission, last, _PAGE):
            yield from (words for _, words in rows)
            last = rows[-1][0]


def _record(row: tuple[Any, ...]) -> BatchRecord:
    number, run, endpoint, model, file_name, state, *rest = row
    return BatchRecord(number, run, endpoint, model, file_name, BatchState(state), *rest)


class Batching(ABC):
    """What a store has for the batches of providers."""

    path: Path
    _writer: Writer
    _leases: Leases
    _batch_lock: threading.Lock
    _run: int | None

    @abstractmethod
    def _read(self, text: str, *values: object) -> list[Any]:
        """Return the result of a query."""

    @property
    def batches(self) -> BatchLedger:
        """The ledger of the batches that providers answer later."""
        return BatchLedger(self._read, self._writer, self._batching)

    def resume_run(self, run: int) -> None:
        """Record answers as those of an earlier run that has no end yet."""
        self._run = run
        self._leases.take(run_name(run))
        # its rows are written from the beginning
        self._writer.submit(delete_rows, run).result()

    @contextmanager
    def _batching(self) -> Generator[None]:
        """Enter when no other process sends or fetches batches with this store. Raises StoreError after a while."""
        name, until = document_name("batches"), time.monotonic() + BATCH_PATIENCE
        with self._batch_lock:
            while not self._leases.take(name):
                if time.monotonic() > until:
                    raise StoreError(
                        f"Another process is sending or fetching batches with the store {self.path}. Run the command "
                        "again once it is done."
                    )
                time.sleep(LOOK)
            try:
                yield
            finally:
                self._leases.give_back(name)
