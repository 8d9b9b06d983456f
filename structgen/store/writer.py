"""One thread that writes for all: whatever came while one commit was under way is the next commit."""

from __future__ import annotations

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
from structgen.store.database import immediate, open_database, trouble

A = TypeVar("A")
R = TypeVar("R")

Work: TypeAlias = Callable[[sqlite3.Connection, list[A]], Sequence[R]]
"""What to do for many arguments at once; a result for each.

Not one after another: SQLite gives the interpreter's lock away in every call, and must queue to get it back.
"""

MOST = 500
"""So many jobs at most go into one commit; that takes far less than 50 ms."""


class Writer:
    """Runs jobs on its own connection, in order, several in one commit. A job's future resolves when it is durable."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.RLock()  # the garbage collector may close the store within `submit`
        self._process = os.getpid()
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._closed = False

    def submit(self, work: Work[A, R], argument: A) -> Future[R]:
        """Have the work done. The future raises StoreError where it could not be made durable; nobody can cancel it."""
        self.check_process()
        future: Future[R] = Future()
        future.set_running_or_notify_cancel()
        with self._lock:
            if self._closed:
                raise StoreError(f"The store {self._path} is closed: open it again.")
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="structgen-store", daemon=True)
                self._thread.start()
            self._jobs.put(_Job(work, argument, future))
        return future

    def check_process(self) -> None:
        """Raise StoreError in a fork: neither the thread nor SQLite's connections live on there."""
        if os.getpid() != self._process:
            raise StoreError(f"The store {self._path} was opened before this process was forked: open it here again.")

    def close(self) -> None:
        """Write what is left and end the thread."""
        with self._lock:
            self._closed, thread = True, self._thread
            self._jobs.put(None)
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
        """The first job and all that wait behind it."""
        batch = [first]
        while len(batch) < MOST:
            try:
                job = self._jobs.get_nowait()
            except Empty:
                break
            if job is None:
                self._jobs.put(None)  # the end: after this batch
                break
            batch.append(job)
        return batch

    def _commit(self, connection: sqlite3.Connection, batch: list[_Job]) -> None:
        """Do a batch in one transaction; where that fails, each job in one of its own, so that only its cause fails."""
        try:
            with immediate(connection):
                results = [result for jobs in _alike(batch) for result in jobs[0].work(connection, _arguments(jobs))]
        except Exception as error:  # whatever a job raises belongs to its future
            if len(batch) == 1:
                failure = trouble(error, self._path) if isinstance(error, sqlite3.Error) else error
                batch[0].future.set_exception(failure)
            else:
                for job in batch:
                    self._commit(connection, [job])
        else:
            for job, result in zip(batch, results, strict=True):
                job.future.set_result(result)

    def _refuse(self, error: StoreError) -> None:
        """The file cannot be opened: nobody waits for ever."""
        while (job := self._jobs.get()) is not None:
            job.future.set_exception(error)


class _Job:
    __slots__ = ("argument", "future", "work")

    def __init__(self, work: Work[Any, Any], argument: Any, future: Future[Any]) -> None:
        self.work = work
        self.argument = argument
        self.future = future


def _alike(batch: list[_Job]) -> Iterator[list[_Job]]:
    """Runs of jobs with the same work."""
    return (list(jobs) for _, jobs in groupby(batch, key=lambda job: job.work))


def _arguments(jobs: list[_Job]) -> list[Any]:
    return [job.argument for job in jobs]
