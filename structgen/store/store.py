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
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from structgen.core.errors import BudgetExceeded, StoreError
from structgen.core.records import Completion, Request
from structgen.store import database
from structgen.store.database import open_database, shrink, store_error
from structgen.store.ledger import Answer, Entry, Recorded, Run, RunSpec, Sizes, StoredUsage, masked
from structgen.store.serialization import Written, decode, decode_all, encode, read, write
from structgen.store.writer import LONGEST, Writer

_PAGE = 200

SHARE = 0.05
"""How long a commit may wait for others, as a share of the time that the answer took."""


class Store:
    """Completions by request. Opens or creates the file. Raises StoreError if it cannot be used.

    A context manager. Closing is never required for a clean exit.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._lock = threading.Lock()
        self._reader = open_database(self.path)
        self._pending = PendingRequests()
        self._streams = OpenStreams()
        self._writer = Writer(self.path, self._pending.count)
        self._run: int | None = None
        self._end = weakref.finalize(self, _close, self._writer, self._reader)

    def __repr__(self) -> str:
        return f"Store({str(self.path)!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

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
        row = database.row(request, written, completion, time.time())
        return row, self._note_for(request, written.name)

    def _note_for(self, request: Request, name: bytes) -> database.Note | None:
        """Return the ledger's note about an answer, or None outside of a run or without a document."""
        run, document = self._run, request.document
        return None if run is None or document is None else (run, database.document_name(document), name)

    def note(self, entry: Entry) -> None:
        """Record in the ledger that the current run uses a stored answer."""
        self._shared(entry.request, write(entry.request), entry.completion)

    def once(self, request: Request, ask: Callable[[], Completion]) -> Answer:
        """Return the stored completion, that of an equal request in flight, or the result of `ask`, once it is stored.

        A `final` completion cost nothing and is not stored.
        """
        written = write(request)
        while True:
            pending, sends = self._pending.join(written.name)
            if sends:
                return self._ask(request, written, ask)
            if (
                pending.thread == threading.get_ident()
            ):  # a task of an event loop on this thread: waiting would deadlock
                return self._ask_alone(request, written, ask)
            try:
                return self._shared(request, written, pending.future.result())
            except Abandoned:  # the caller that asked has stopped, so this one, or another, asks in its place
                continue

    async def aonce(self, request: Request, ask: Callable[[], Awaitable[Completion]]) -> Answer:
        """Async version of `once`."""
        written = write(request)
        while True:
            pending, sends = self._pending.join(written.name)
            if sends:
                return await self._aask(request, written, ask)
            try:
                return self._shared(request, written, await asyncio.wrap_future(pending.future))
            except Abandoned:
                continue

    @contextlib.contextmanager
    def streaming(self, request: Request, patience: float) -> Generator[None]:
        """Enter when no other caller streams the answer to an equal request; look for a stored answer only then.

        After `patience` seconds, enter anyway: a consumer may hold its stream open for as long as it likes.
        """
        with contextlib.ExitStack() as stack:
            while (other := self._streams.open(write(request).name, stack)) is not None:
                # The consumer of that stream is on this thread, so waiting for it would deadlock.
                if other.thread == threading.get_ident():
                    break
                try:
                    other.ended.result(patience)
                except TimeoutError:
                    break
            yield

    @contextlib.asynccontextmanager
    async def astreaming(self, request: Request, patience: float) -> AsyncGenerator[None]:
        """Async version of `streaming`."""
        here = asyncio.current_task()
        with contextlib.ExitStack() as stack:
            while (other := self._streams.open(write(request).name, stack)) is not None:
                if other.task is here or (other.task is None and other.thread == threading.get_ident()):
                    break
                try:
                    await asyncio.wait_for(asyncio.wrap_future(other.ended), patience)
                except TimeoutError:
                    break
            yield

    def _shared(self, request: Request, written: Written, completion: Completion) -> Answer:
        """Return an answer that costs nothing now, and record its use."""
        noted = self._note_for(request, written.name)
        if noted is not None:
            self._writer.submit(database.note, noted, LONGEST)
        return Answer(completion, paid=False)

    def _ask_alone(self, request: Request, written: Written, ask: Callable[[], Completion]) -> Answer:
        found = self._find(written.name)
        if found is not None:
            return self._shared(request, written, found)
        completion = ask()
        if not completion.final:
            self._put(request, written, completion)
        return Answer(completion, paid=True)

    def _ask(self, request: Request, written: Written, ask: Callable[[], Completion]) -> Answer:
        try:
            # Look only now: an equal request that ended before this caller joined has been stored.
            found = self._find(written.name)
            answer = Answer(ask(), paid=True) if found is None else self._shared(request, written, found)
            if answer.paid and not answer.completion.final:
                self._put(request, written, answer.completion)
        except BaseException as error:
            self._fail(written.name, error)
            raise
        self._pending.complete(written.name, answer.completion)
        return answer

    async def _aask(self, request: Request, written: Written, ask: Callable[[], Awaitable[Completion]]) -> Answer:
        try:
            found = self._find(written.name)
            answer = Answer(await ask(), paid=True) if found is None else self._shared(request, written, found)
            if answer.paid and not answer.completion.final:
                await self._aput(request, written, answer.completion)
        except BaseException as error:
            self._fail(written.name, error)
            raise
        self._pending.complete(written.name, answer.completion)
        return answer

    def _fail(self, name: bytes, error: BaseException) -> None:
        """Pass an error on to those who wait, or the completion, if the error is only that it could not be stored."""
        # It was paid for and exists, so those who wait get it. Only the caller that asked hears of the full disk.
        if isinstance(error, StoreError) and error.completion is not None:
            self._pending.complete(name, error.completion)
        else:
            self._pending.fail(name, error)

    def _find(self, name: bytes) -> Completion | None:
        rows = self._read("SELECT completion FROM completion WHERE name = ? ORDER BY id DESC LIMIT 1", name)
        with self._readable():
            return decode(Completion, rows[0][0]) if rows else None

    def start_run(self, command: str, task: str, model: str, asked: Sequence[RunSpec] = ()) -> int:
        """Record a new run and return its id. From now on, every answer of this store is recorded as the run's."""
        row = (masked(command), masked(task), model, time.time(), encode(asked))
        self._run = self._writer.submit(database.start_run, row).result()
        return self._run

    def finish_run(self, run: int, rows: int) -> None:
        """Record the end of a run and the number of rows that it wrote."""
        self._run = None
        self._writer.submit(database.finish_run, (time.time(), rows, run)).result()

    def runs(self) -> tuple[Run, ...]:
        """Return all runs, newest first."""
        rows = self._read("SELECT id, command, task, model, started, finished, rows, asked FROM run ORDER BY id DESC")
        with self._readable():
            return tuple(Run(*row, asked=decode_all(RunSpec, asked or "[]")) for *row, asked in rows)

    def answers(self, run: int, document: str) -> tuple[Entry, ...]:
        """Return the answers that a run used for a document, in order, as far as they are still stored."""
        names = self._read(
            "SELECT name FROM answered WHERE run = ? AND document = ? GROUP BY name ORDER BY min(id)",
            run,
            database.document_name(document),
        )
        text = "SELECT request, rest, completion, at FROM completion WHERE name = ? ORDER BY id DESC LIMIT 1"
        return tuple(self._entry(*row) for (name,) in names for row in self._read(text, name))

    def entries(self) -> Iterator[Entry]:
        """Yield every completion with its request, oldest first. They are read page by page."""
        last = 0
        text = "SELECT id, request, rest, completion, at FROM completion WHERE id > ? ORDER BY id LIMIT ?"
        while rows := self._read(text, last, _PAGE):
            for _, said, rest, completion, at in rows:
                yield self._entry(said, rest, completion, at)
            last = rows[-1][0]

    def recorded(self) -> tuple[Recorded, ...]:
        """Return every model with stored completions, and its server."""
        names = ", ".join(
            f"coalesce(json_extract(request, '$.{name}'), '')" for name in ("provider", "model", "endpoint")
        )
        rows = self._read(f"SELECT DISTINCT {names} FROM completion ORDER BY 1, 2, 3")  # noqa: S608  those three
        return tuple(Recorded(*row) for row in rows)

    def usage_between(self, since: float, until: float | None = None) -> StoredUsage:
        """Count the completions that arrived between two times, in seconds since 1970; `until` defaults to now."""
        counts = "SELECT count(*), total(input_tokens), total(output_tokens) FROM completion WHERE at BETWEEN ? AND ?"
        ((completions, tokens_in, tokens_out),) = self._read(counts, since, time.time() if until is None else until)
        return StoredUsage(completions, int(tokens_in), int(tokens_out))

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


def _close(writer: Writer, reader: sqlite3.Connection) -> None:
    writer.close()
    reader.close()


class Abandoned(Exception):
    """The caller that asked was interrupted or cancelled, or may not pay. Those who wait must ask themselves."""


@dataclass(frozen=True, slots=True)
class PendingRequest:
    """A request in flight, and the thread of the caller that sent it."""

    future: Future[Completion] = field(default_factory=Future[Completion])
    thread: int = field(default_factory=threading.get_ident)


@dataclass(frozen=True, slots=True)
class OpenStream:
    """A stream that is being consumed: by which thread, and by which task if it was opened in one."""

    thread: int
    task: asyncio.Task[Any] | None
    ended: Future[None] = field(default_factory=Future[None])


class OpenStreams:
    """The streams that are being consumed, by the names of their requests."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_name: dict[bytes, OpenStream] = {}

    def open(self, name: bytes, stack: contextlib.ExitStack) -> OpenStream | None:
        """Return the open stream of that name. If there is none, open one that ends with `stack`, and return None."""
        with self._lock:
            other = self._by_name.get(name)
            if other is None:
                mine = self._by_name[name] = OpenStream(threading.get_ident(), _running_task())
                mine.ended.set_running_or_notify_cancel()  # no single waiting caller may cancel it
                stack.callback(self._close, name)
            return other

    def _close(self, name: bytes) -> None:
        with self._lock:
            ended = self._by_name.pop(name).ended
        ended.set_result(None)


def _running_task() -> asyncio.Task[Any] | None:
    try:
        return asyncio.current_task()
    except RuntimeError:  # no event loop runs on this thread
        return None


class PendingRequests:
    """The requests in flight, by name (single flight): equal requests are sent once, and share the completion."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_name: dict[bytes, PendingRequest] = {}

    def join(self, name: bytes) -> tuple[PendingRequest, bool]:
        """Return the pending request of that name, and whether the caller must send it."""
        with self._lock:
            pending = self._by_name.get(name)
            if pending is not None:
                return pending, False
            pending = self._by_name[name] = PendingRequest()
            pending.future.set_running_or_notify_cancel()  # no single waiting caller may cancel it
            return pending, True

    def count(self) -> int:
        """Return the number of requests in flight."""
        return len(self._by_name)

    def complete(self, name: bytes, completion: Completion) -> None:
        """Pass the completion to all who wait."""
        self._remove(name).future.set_result(completion)

    def fail(self, name: bytes, error: BaseException) -> None:
        """Pass the error to all who wait. If only the caller that asked had to stop, one of them asks again."""
        stopped = isinstance(error, asyncio.CancelledError | BudgetExceeded) or not isinstance(error, Exception)
        self._remove(name).future.set_exception(Abandoned() if stopped else error)

    def _remove(self, name: bytes) -> PendingRequest:
        with self._lock:
            return self._by_name.pop(name)
