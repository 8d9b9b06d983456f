"""A worker process of a cluster: its Extractor, its limit of concurrent documents, and its marks in the store."""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar

from structgen.batch.row import Row, row_for
from structgen.core.errors import ExtractionFailed, NotSent, StructgenError
from structgen.core.records import Document
from structgen.daft.job import DEATHS, Job
from structgen.engine.budget import Prices
from structgen.engine.drive import Outcome
from structgen.engine.map_api import Gate
from structgen.schema import Schema
from structgen.stages import resolve
from structgen.store import Store
from structgen.store.under_way import SIZE, UnderWay

LOOK = 0.25
"""Seconds between two checks whether the run was stopped."""

CLOSING = 5.0
"""Timeout in seconds for closing connections."""

_MOST_WORKERS = 4
"""How many jobs a process keeps open. Each has a store and connections."""


class Turns:
    """Lets a number of documents run side by side, or one alone. For one event loop."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._room = asyncio.Semaphore(most)
        self._alone = asyncio.Lock()

    @asynccontextmanager
    async def turn(self, *, alone: bool) -> AsyncGenerator[None]:
        """Enter when there is room, or, to run alone, when nothing else runs."""
        if not alone:
            async with self._room:
                yield
            return
        taken = 0
        async with self._alone:  # two at once would each hold some of the slots and wait for the rest forever
            try:
                for _ in range(self._most):
                    await self._room.acquire()
                    taken += 1
                yield
            finally:
                for _ in range(taken):
                    self._room.release()


class Worker:
    """A job in this process. `work` never raises for a document: its outcome says what happened."""

    def __init__(self, job: Job) -> None:
        """Open the store and the Extractor. Raises StructgenError."""
        self.job = job
        self.loop = asyncio.get_running_loop()
        self._store = store = Store(job.store) if job.store is not None else None
        if store is not None and job.run is not None:
            store.join_run(job.run)
        self.resolved: Any = resolve(job.schema)
        self.schema: Schema[Any] = self.resolved.schema
        self._gate = Gate()
        self._marks = UnderWay(store.path) if store is not None and not store.read_only else None
        self._stop = StopSign(job)
        self._extractor = job.settings.open(store).with_cancellation(self._is_stopped)
        self._prices = Prices.of(self._extractor.models)
        self._turns = Turns(job.concurrency)
        self._of_job = f"{job.instructions}{self.schema.json_schema}".encode("utf-8", "surrogatepass")

    async def disconnect(self) -> None:
        """Close the connections. A later call opens new ones."""
        await self._extractor.aclose()

    def close(self) -> None:
        """Close everything, from another thread than that of the event loop."""
        with suppress(RuntimeError, TimeoutError):  # the event loop was closed, or is stuck
            asyncio.run_coroutine_threadsafe(self.disconnect(), self.loop).result(CLOSING)
        if self._store is not None:
            self._store.close()
        if self._marks is not None:
            self._marks.close()

    def _is_stopped(self) -> bool:
        return self._gate.is_shut() or self._stop.is_set()

    async def work(self, documents: Sequence[Document | None]) -> list[tuple[Document, Outcome[Any]]]:
        """Return the outcome of each document, in order. None stands for a null."""
        if self._marks is not None:
            self._marks.look()
        return await asyncio.gather(*map(self._one, documents))

    def row(self, document: Document, outcome: Outcome[Any]) -> Row:
        """Return the row of an outcome."""
        return row_for(document, outcome, self.schema, self._prices, self._extractor.model)

    async def _one(self, document: Document | None) -> tuple[Document, Outcome[Any]]:
        if document is None:
            return Document(""), ExtractionFailed("The text is null.")
        try:
            return document, await self._outcome(document)
        except (Exception, SystemExit) as error:  # the error goes into this row alone
            return document, failure_of(error)

    async def _outcome(self, document: Document) -> Outcome[Any]:
        if self._marks is None:
            async with self._turns.turn(alone=False):
                self._check_stopped()
                return await self._asked(document)
        name = self._name(document)
        # One of the documents that were being processed when a process died may be the cause: run each of them alone.
        async with self._turns.turn(alone=self._marks.deaths(name) > 0):
            if (deaths := self._marks.deaths(name)) >= DEATHS:
                return ExtractionFailed(
                    f"{deaths} processes died while they worked on this document, so it was not retried. Remove "
                    f"{self._marks.folder} to retry it."
                )
            self._check_stopped()
            slot = self._marks.begin(name)
            try:
                return await self._asked(document)
            finally:
                self._marks.end(slot, name)

    def _check_stopped(self) -> None:
        """Raise NotSent if the run was stopped: the partition may have many more documents."""
        if self._stop.is_set():
            raise NotSent("The run was stopped before this document was sent. Run it again to continue.")

    async def _asked(self, document: Document) -> Outcome[Any]:
        extractor, instructions = self._extractor, self.job.instructions
        return await self._gate.achecked(lambda: extractor.aextract(self.resolved, document, instructions))

    def _name(self, document: Document) -> bytes:
        """Return the name of a document for this schema and these instructions: with others it may not crash."""
        text = document.text.encode("utf-8", "surrogatepass")
        return sha256(self._of_job + b"\0" + text).digest()[:SIZE]


class StopSign:
    """Whether a job was stopped: a file beside the store tells other processes of the host, a set tells this one."""

    _here: ClassVar[set[str]] = set()

    def __init__(self, job: Job) -> None:
        self._id = job.id
        self._file = Path(f"{job.store}-started", f"stop-{job.id}") if job.store is not None else None
        self._looked, self._found = 0.0, False

    def is_set(self) -> bool:
        """Return whether the job was stopped."""
        if self._id in self._here:
            return True
        if not self._found and self._file is not None and time.monotonic() >= self._looked + LOOK:
            self._looked, self._found = time.monotonic(), self._file.exists()
        return self._found

    def set(self) -> None:
        """Stop the job. May be called from a signal handler."""
        self._here.add(self._id)
        if self._file is not None and self._file.parent.exists():
            self._file.touch()

    def clear(self) -> None:
        """Remove the sign when the job has ended."""
        self._here.discard(self._id)
        if self._file is not None:
            self._file.unlink(missing_ok=True)


def failure_of(error: BaseException) -> ExtractionFailed:
    """Return an error of any kind as the outcome of a document."""
    if isinstance(error, ExtractionFailed):
        return error
    words = str(error) if isinstance(error, StructgenError) else f"{type(error).__name__}: {error}"
    failed = ExtractionFailed(words)
    failed.__cause__ = error
    return failed


_workers: dict[tuple[int, str, int], Worker | StructgenError] = {}
_opening = threading.Lock()


def _retire(worker: Worker | StructgenError) -> None:
    """Close the connections of a worker whose job is probably done. Its store closes with its last user."""
    if isinstance(worker, Worker):
        asyncio.run_coroutine_threadsafe(worker.disconnect(), worker.loop)


def close_workers() -> None:
    """Close the connections and stores of this process, when it ends: the event loops of Daft never do."""
    with _opening:
        found = list(_workers.values())
        _workers.clear()
    for worker in found:
        if isinstance(worker, Worker):
            worker.close()


atexit.register(close_workers)


def worker_of(job: Job) -> Worker | StructgenError:
    """Return this process's worker for a job on the running event loop, or why there can be none."""
    key = (os.getpid(), job.id, id(asyncio.get_running_loop()))
    with _opening:
        found = _workers.get(key)
        if found is None:
            while len(_workers) >= _MOST_WORKERS:
                _retire(_workers.pop(next(iter(_workers))))
            try:
                found = Worker(job)
            except StructgenError as error:
                found = error
            _workers[key] = found
        return found
