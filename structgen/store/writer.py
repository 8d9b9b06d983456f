"""Group commit: one thread writes for all callers. The jobs that arrive during one commit are written by the next.

A durable commit takes milliseconds, however few rows it has, so that many calls at once could not each afford one.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from itertools import groupby
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, TypeAlias, TypeVar

from structgen.core.errors import StoreError
from structgen.store.database import immediate, open_database, store_error

A = TypeVar("A")
R = TypeVar("R")

Work: TypeAlias = Callable[[sqlite3.Connection, list[A]], Sequence[R]]
"""A function that does the work for many arguments at once, and returns a result for each.

One call for all, because SQLite releases the GIL in every call, and reacquiring it is slow with many busy threads.
"""

MOST = 500
"""Maximum jobs in one commit, which then takes far less than 50 ms."""

LONGEST = 0.05
"""Maximum seconds that a job waits for others to join its commit."""


class Writer:
    """Runs jobs in order on its own connection, several per commit. A job's future resolves when the job is durable."""

    def __init__(self, path: Path, expected: Callable[[], int] = int, *, read_only: bool = False) -> None:
        """`expected` returns how many jobs may arrive soon, including those that have arrived."""
        self._path = path
        self._read_only = read_only
        self._expected = expected
        self._lock = threading.RLock()  # the garbage collector may close the store within `submit`
        self._process = os.getpid()
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._enough = threading.Event()
        self._thread: threading.Thread | None = None
        self._closed = False

    def submit(self, work: Work[A, R], argument: A, patience: float = 0.0) -> Future[R]:
        """Queue a job. Its future cannot be cancelled, and raises StoreError if the job could not be made durable.

        The commit may wait `patience` seconds for other jobs, unless no more are expected.
        """
        future: Future[R] = Future()
        future.set_running_or_notify_cancel()
        self._put(_Job(work, argument, future, patience))
        return future

    def asubmit(self, work: Work[A, R], argument: A, patience: float = 0.0) -> asyncio.Future[R]:
        """Async version of `submit`. The event loop is woken once per commit, not once per job."""
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._put(_Job(work, argument, future, patience))
        return future

    def _put(self, job: _Job) -> None:
        self.check_process()
        if self._read_only:
            raise StoreError(
                f"The store {self._path} is read-only: its answers can be used, but nothing new can be stored. Copy it "
                "to a folder that is writable, or use another store."
            )
        with self._lock:
            if self._closed:
                raise StoreError(f"The store {self._path} is closed: open it again.")
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="structgen-store", daemon=True)
                self._thread.start()
            self._jobs.put(job)
        # Wake the writer if no more jobs are expected, or if this one must not wait.
        if not job.patience or self._jobs.qsize() + 1 >= self._expected():  # the writer holds one more
            self._enough.set()

    def check_process(self) -> None:
        """Raise StoreError in a forked process: neither the thread nor SQLite's connections survive a fork."""
        if os.getpid() != self._process:
            raise StoreError(
                f"The store {self._path} was opened before this process was forked. Open it again in this process."
            )

    def close(self) -> None:
        """Write the remaining jobs and end the thread."""
        with self._lock:
            self._closed, thread = True, self._thread
            self._jobs.put(None)
            self._enough.set()
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def _run(self) -> None:
        try:
            connection = open_database(self._path)
        except StoreError as error:
            self._refuse(error)
            return
        try:
            while (job := self._jobs.get()) is not None:
                self._commit(connection, self._batch(job))
        finally:
            connection.close()

    def _batch(self, first: _Job) -> list[_Job]:
        """Return the first job and those queued behind it, after waiting for the expected ones."""
        self._enough.clear()
        if first.patience and self._jobs.qsize() + 1 < self._expected():
            self._enough.wait(min(first.patience, LONGEST))
        batch = [first]
        while len(batch) < MOST:
            try:
                job = self._jobs.get_nowait()
            except Empty:
                break
            if job is None:
                self._jobs.put(None)  # the end mark: handle it after this batch
                break
            batch.append(job)
        return batch

    def _commit(self, connection: sqlite3.Connection, batch: list[_Job]) -> None:
        """Run a batch in one transaction. If that fails, run each job in its own, so that only the bad job fails."""
        try:
            with immediate(connection):
                results = [result for jobs in _alike(batch) for result in jobs[0].work(connection, _arguments(jobs))]
        except Exception as error:  # the thread must go on; the exception belongs to the job's future
            # The transaction was rolled back, so nothing of the batch is stored, and each job can run again alone.
            if len(batch) == 1:
                failure = store_error(error, self._path) if isinstance(error, sqlite3.Error) else error
                _deliver([(batch[0], None, failure)])
            else:
                for job in batch:
                    self._commit(connection, [job])
        else:
            _deliver([(job, result, None) for job, result in zip(batch, results, strict=True)])

    def _refuse(self, error: StoreError) -> None:
        """Refuse every job, because the file cannot be opened. Otherwise their callers would wait forever."""
        while (job := self._jobs.get()) is not None:
            _deliver([(job, None, error)])


class _Job:
    __slots__ = ("argument", "future", "patience", "work")

    def __init__(
        self, work: Work[Any, Any], argument: Any, future: Future[Any] | asyncio.Future[Any], patience: float
    ) -> None:
        self.work = work
        self.argument = argument
        self.future = future
        self.patience = patience


_Outcome: TypeAlias = tuple[_Job, Any, Exception | None]


def _deliver(outcomes: list[_Outcome]) -> None:
    """Resolve the futures, those of each event loop in a single callback."""
    loops: dict[asyncio.AbstractEventLoop, list[_Outcome]] = {}
    for outcome in outcomes:
        future = outcome[0].future
        if isinstance(future, Future):
            _resolve([outcome])
        else:
            loops.setdefault(future.get_loop(), []).append(outcome)
    for loop, theirs in loops.items():
        with contextlib.suppress(RuntimeError):  # the loop was closed, so nothing waits on it
            loop.call_soon_threadsafe(_resolve, theirs)


def _resolve(outcomes: list[_Outcome]) -> None:
    for job, result, error in outcomes:
        if job.future.done():
            continue  # the caller was cancelled
        if error is None:
            job.future.set_result(result)
        else:
            job.future.set_exception(error)


def _alike(batch: list[_Job]) -> Iterator[list[_Job]]:
    """Group consecutive jobs with the same work."""
    return (list(jobs) for _, jobs in groupby(batch, key=lambda job: job.work))


def _arguments(jobs: list[_Job]) -> list[Any]:
    return [job.argument for job in jobs]
