"""The store: every completion that was paid for, in one SQLite file, and the ledger of runs.

A completion that was acknowledged survives ``kill -9`` and a power failure. An equal request is answered from the
store. Threads, event loops and processes may use one file at the same time. No API key is ever stored: requests hold
none, and keys in command lines are masked.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
import time
import weakref
from collections.abc import Awaitable, Callable, Generator, Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from structgen.core.closing import Closing
from structgen.core.errors import StoreError
from structgen.core.records import Completion, Request
from structgen.store import database
from structgen.store.batch_ledger import Batching
from structgen.store.database import open_reader, shrink, store_error
from structgen.store.leases import Leases
from structgen.store.ledger import Answer, Entry, Recorded, Run, RunSpec, Sizes, StoredUsage, masked, run_name
from structgen.store.open_requests import Abandoned, PendingRequests
from structgen.store.request_turns import Turns
from structgen.store.run_rows import RunRows
from structgen.store.serialization import Written, decode, decode_all, encode, read, write
from structgen.store.stored_modes import StoredModes
from structgen.store.usage_samples import UsageSamples
from structgen.store.writer import LONGEST, Writer

_PAGE = 200

PATIENCE = 60.0
"""How long to wait for an equal request that another caller asks, in seconds."""

SHARE = 0.05
"""How long a commit may wait for others, as a share of the time that the answer took."""


class Store(RunRows, Batching, Closing):
    """Completions by request. Opens or creates the file. Raises StoreError if it cannot be used.

    A file that cannot be written, such as one on a read-only file system, is opened `read_only`: its answers can be
    used, and nothing new is stored. With ``read_only=True`` any existing file is, and no file is created beside it.

    A context manager. Closing is never required for a clean exit.
    """

    def __init__(self, path: str | Path, *, read_only: bool = False) -> None:
        self.path = Path(path)
        self._lock = threading.Lock()
        self._reader, self.read_only = open_reader(self.path, read_only=read_only)
        self._pending = PendingRequests()
        self._leases = Leases(self.path)
        self._turns = Turns(None if self.read_only else self._leases)
        self._writer = Writer(self.path, self._pending.count, read_only=self.read_only)
        self._run: int | None = None
        self._finding = True
        """Whether the last look found something."""
        self._afresh: dict[bytes, int] = {}
        self._batch_lock = threading.Lock()
        self._end = weakref.finalize(self, _close, self._writer, self._reader, self._leases)

    def __repr__(self) -> str:
        return f"Store({str(self.path)!r})"

    def close(self) -> None:
        """Write what is pending and close the file. Calling it again does nothing."""
        with self._lock:
            self._end()

    def get(self, request: Request) -> Completion | None:
        """Return the latest completion of an equal request, or None."""
        return self._find(write(request).name)

    def put(self, request: Request, completion: Completion) -> None:
        """Store a completion, durably when this returns. Raises StoreError, which carries the completion."""
        self._put(request, write(request), completion)

    async def aput(self, request: Request, completion: Completion) -> None:
        """Async version of `put`. Once begun it completes, even if the caller is cancelled."""
        await self._aput(request, write(request), completion)

    def _put(self, request: Request, written: Written, completion: Completion) -> None:
        try:
            self._submit(request, written, completion).result()
        except StoreError as error:
            raise StoreError(str(error), completion=completion) from error

    async def _aput(self, request: Request, written: Written, completion: Completion) -> None:
        try:
            await self._writer.asubmit(
                database.insert, self._insertion(request, written, completion), _patience(completion)
            )
        except StoreError as error:
            raise StoreError(str(error), completion=completion) from error

    def submit(self, request: Request, completion: Completion) -> Future[None]:
        """Store a completion, durably when the future resolves."""
        return self._submit(request, write(request), completion)

    def _submit(self, request: Request, written: Written, completion: Completion) -> Future[None]:
        insertion = self._insertion(request, written, completion)
        return self._writer.submit(database.insert, insertion, _patience(completion))

    def _insertion(self, request: Request, written: Written, completion: Completion) -> database.Insertion:
        row = database.row(request, written, completion, time.time(), self._run)
        return row, self._note_for(request, written.name)

    def _note_for(self, request: Request, name: bytes) -> database.Note | None:
        """Return the ledger's note about an answer, or None outside of a run or without a document."""
        run, document = self._run, request.document
        return (
            None if run is None or document is None or self.read_only else (run, database.document_name(document), name)
        )

    def note(self, entry: Entry) -> None:
        """Record in the ledger that the current run uses a stored answer."""
        self._shared(entry.request, write(entry.request), entry.completion)

    def once(
        self,
        request: Request,
        ask: Callable[[], Completion],
        patience: float = PATIENCE,
        check: Callable[[], None] = lambda: None,
    ) -> Answer:
        """Return the stored completion, that of an equal request in flight, or the result of `ask`, once it is stored.

        A stream of an equal request, and another process that asks it, are waited for at most `patience` seconds.
        `check` is called during the wait for another process, and may raise. A `final` completion cost nothing and is
        not stored.
        """
        written = write(request)
        while True:
            pending, sends = self._pending.join(written.name)
            if sends:
                return self._ask(request, written, ask, self._turns.take(written.name, patience, check))
            if (
                pending.thread == threading.get_ident()
            ):  # a task of an event loop on this thread: waiting would deadlock
                return self._ask_alone(request, written, ask)
            try:
                return self._shared(request, written, pending.future.result())
            except Abandoned:  # the caller that asked has stopped, so this one, or another, asks in its place
                continue

    async def aonce(
        self,
        request: Request,
        ask: Callable[[], Awaitable[Completion]],
        patience: float = PATIENCE,
        check: Callable[[], None] = lambda: None,
    ) -> Answer:
        """Async version of `once`."""
        written = write(request)
        while True:
            pending, sends = self._pending.join(written.name)
            if sends:
                return await self._aask(request, written, ask, self._turns.atake(written.name, patience, check))
            try:
                return self._shared(request, written, await asyncio.wrap_future(pending.future))
            except Abandoned:
                continue

    def streaming(
        self, request: Request, patience: float, check: Callable[[], None] = lambda: None
    ) -> contextlib.AbstractContextManager[None]:
        """Enter when no other caller asks an equal request, here or in another process; look for an answer only then.

        After `patience` seconds, enter anyway: a consumer may hold its stream open for as long as it likes. `check` is
        as in `once`.
        """
        return self._turns.take(write(request).name, patience, check)

    def astreaming(
        self, request: Request, patience: float, check: Callable[[], None] = lambda: None
    ) -> contextlib.AbstractAsyncContextManager[None]:
        """Async version of `streaming`."""
        return self._turns.atake(write(request).name, patience, check)

    def _shared(self, request: Request, written: Written, completion: Completion) -> Answer:
        """Return an answer that costs nothing now, and record its use."""
        noted = self._note_for(request, written.name)
        if noted is not None:
            self._writer.submit(database.note, noted, LONGEST)
        return Answer(completion, paid=False)

    def _ask_alone(self, request: Request, written: Written, ask: Callable[[], Completion]) -> Answer:
        found = self._find(written.name)
        self._finding = found is not None
        if found is not None:
            return self._shared(request, written, found)
        completion = ask()
        if not completion.final:
            self._put(request, written, completion)
        return Answer(completion, paid=True)

    def _ask(
        self,
        request: Request,
        written: Written,
        ask: Callable[[], Completion],
        turn: contextlib.AbstractContextManager[None],
    ) -> Answer:
        try:
            # Look only now: an equal request that ended before this caller joined has been stored.
            found = self._early(written.name)
            if found is not None:
                answer = self._shared(request, written, found)
            else:
                with turn:
                    answer = self._ask_alone(request, written, ask)
        except BaseException as error:
            self._fail(written.name, error)
            raise
        self._pending.complete(written.name, answer.completion)
        return answer

    async def _aask(
        self,
        request: Request,
        written: Written,
        ask: Callable[[], Awaitable[Completion]],
        turn: contextlib.AbstractAsyncContextManager[None],
    ) -> Answer:
        try:
            found = self._early(written.name)
            if found is not None:
                answer = self._shared(request, written, found)
            else:
                async with turn:
                    answer = await self._aask_alone(request, written, ask)
        except BaseException as error:
            self._fail(written.name, error)
            raise
        self._pending.complete(written.name, answer.completion)
        return answer

    async def _aask_alone(self, request: Request, written: Written, ask: Callable[[], Awaitable[Completion]]) -> Answer:
        found = self._find(written.name)
        self._finding = found is not None
        if found is not None:
            return self._shared(request, written, found)
        completion = await ask()
        if not completion.final:
            await self._aput(request, written, completion)
        return Answer(completion, paid=True)

    def _fail(self, name: bytes, error: BaseException) -> None:
        """Pass an error on to those who wait, or the completion, if the error is only that it could not be stored."""
        # It was paid for and exists, so those who wait get it. Only the caller that asked hears of the full disk.
        if isinstance(error, StoreError) and error.completion is not None:
            self._pending.complete(name, error.completion)
        else:
            self._pending.fail(name, error)

    def _early(self, name: bytes) -> Completion | None:
        """Return a stored completion before the caller takes its turn, or None if it is not found or not worth a look.

        The look that counts is the one within the turn. In a run that finds nothing, a second one for each request
        would only take time.
        """
        if not self._finding and not self._turns.is_taken(name):
            return None
        found = self._find(name)
        self._finding = found is not None
        return found

    def _find(self, name: bytes) -> Completion | None:
        text = "SELECT completion FROM completion WHERE name = ? AND id > ? ORDER BY id DESC LIMIT 1"
        rows = self._read(text, name, self._afresh.get(name, 0))
        with self._readable():
            return decode(Completion, rows[0][0]) if rows else None

    def start_run(self, command: str, task: str, model: str, asked: Sequence[RunSpec] = ()) -> int:
        """Record a new run and return its id. From now on, every answer of this store is recorded as the run's."""
        row = (masked(command), masked(task), model, time.time(), encode(asked))
        self._run = self._writer.submit(database.start_run, row).result()
        self._leases.take(run_name(self._run))  # it ends with the process
        return self._run

    def join_run(self, run: int) -> None:
        """Record from now on every answer of this store as that of a run which another process has started."""
        self._run = run

    def finish_run(self, run: int, rows: int) -> None:
        """Record the end of a run and the number of rows that it wrote."""
        self._run = None
        self._leases.give_back(run_name(run))
        self._writer.submit(database.finish_run, (time.time(), rows, run)).result()

    def is_going(self, run: Run) -> bool:
        """Whether a run has no end yet because a process is still at it; otherwise it was interrupted."""
        if run.finished is not None or self.read_only or not self._leases.take(run_name(run.id)):
            return run.finished is None and not self.read_only
        self._leases.give_back(run_name(run.id))
        return False

    def runs(self) -> tuple[Run, ...]:
        """Return all runs, newest first."""
        rows = self._read("SELECT id, command, task, model, started, finished, rows, asked FROM run ORDER BY id DESC")
        with self._readable():
            return tuple(Run(*row, asked=decode_all(RunSpec, asked or "[]")) for *row, asked in rows)

    def answers(self, run: int, document: str | bytes) -> tuple[Entry, ...]:
        """Return the answers that a run used for a document, or for its name, in order, as far as still stored."""
        names = self._read(
            "SELECT name FROM answered WHERE run = ? AND document = ? GROUP BY name ORDER BY min(id)",
            run,
            database.document_name(document) if isinstance(document, str) else document,
        )
        text = "SELECT request, rest, completion, at FROM completion WHERE name = ? ORDER BY id DESC LIMIT 1"
        return tuple(self._entry(*row) for (name,) in names for row in self._read(text, name))

    def servers_of(self, run: int) -> frozenset[str]:
        """Return the servers whose answers a run used, as requests name them, if the answers are still stored."""
        rows = self._read(
            "SELECT DISTINCT coalesce(json_extract(request, '$.endpoint'), '') FROM completion "
            "WHERE name IN (SELECT name FROM answered WHERE run = ?)",
            run,
        )
        return frozenset(endpoint for (endpoint,) in rows)

    def entries(self) -> Iterator[Entry]:
        """Yield every completion with its request, oldest first. They are read page by page."""
        last = 0
        text = "SELECT id, request, rest, completion, at FROM completion WHERE id > ? ORDER BY id LIMIT ?"
        while rows := self._read(text, last, _PAGE):
            for _, said, rest, completion, at in rows:
                yield self._entry(said, rest, completion, at)
            last = rows[-1][0]

    def recorded(self, *, speech: bool = False) -> tuple[Recorded, ...]:
        """Return every model with stored completions, and its server: chat models, or with `speech` speech models."""
        names = ", ".join(
            f"coalesce(json_extract(request, '$.{name}'), '')" for name in ("provider", "model", "endpoint")
        )
        audio = f"json_extract(request, '$.audio') IS {'NOT NULL' if speech else 'NULL'}"
        rows = self._read(f"SELECT DISTINCT {names} FROM completion WHERE {audio} ORDER BY 1, 2, 3")  # noqa: S608  no input
        return tuple(Recorded(*row) for row in rows)

    def usage_between(self, since: float, until: float | None = None) -> StoredUsage:
        """Count the completions that arrived between two times, in seconds since 1970; `until` defaults to now."""
        return self.usage_samples().between(since, until)

    def usage_of(self, run: Run) -> StoredUsage:
        """Count the completions that a run paid for, as far as they are still stored.

        Of a run of an older structgen, which did not record it, count those that arrived while it ran.
        """
        return self.usage_samples().of_run(run)

    def modes_of(self, endpoint: str, model: str) -> StoredModes:
        """Return what is known about the modes of a model on a server."""
        return StoredModes(self._read, None if self.read_only else self._writer, endpoint, model)

    def usage_samples(self) -> UsageSamples:
        """Return what finds stored completions whose usage tells about that of others."""
        return UsageSamples(self._read)

    def sizes(self) -> Sizes:
        """Return the size of the store's contents."""
        counts = "SELECT count(*), total(input_tokens), total(output_tokens) FROM completion"
        ((completions, tokens_in, tokens_out),) = self._read(counts)
        ((runs,),) = self._read("SELECT count(*) FROM run")
        files = (self.path, self.path.with_name(f"{self.path.name}-wal"))
        size = sum(file.stat().st_size for file in files if file.exists())
        return Sizes(completions, runs, size, int(tokens_in), int(tokens_out))

    def prune(self, older_than: float) -> int:
        """Delete completions and runs older than these seconds; return the number of deleted completions.

        The age of a run counts from its end, or from its start if it never ended.
        """
        deleted = self._writer.submit(database.prune, time.time() - older_than).result()
        shrink(self.path)
        return deleted

    def _read(self, text: str, *values: object) -> list[Any]:
        self._writer.check_process()
        try:
            with self._lock:  # one reader for all threads: SQLite's connections are not safe to use concurrently
                return self._reader.execute(text, values).fetchall()
        except sqlite3.ProgrammingError as error:
            raise StoreError(f"The store {self.path} is closed: open it again.") from error
        except sqlite3.Error as error:
            raise store_error(error, self.path) from error

    def _entry(self, said: str, rest: str, completion: str, at: float) -> Entry:
        with self._readable():
            return Entry(read(said, rest), decode(Completion, completion), at)

    @contextlib.contextmanager
    def _readable(self) -> Generator[None, None, None]:
        try:
            yield
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise StoreError(
                f"The store {self.path} contains an entry that cannot be read ({error}). Move it away."
            ) from error


def _patience(completion: Completion) -> float:
    """Return how long a commit may wait for others: a small share of the time that the answer took, if known."""
    return (completion.seconds or 0.0) * SHARE


def _close(writer: Writer, reader: sqlite3.Connection, leases: Leases) -> None:
    writer.close()
    reader.close()
    leases.close()
