"""The requests in flight in this process, so that equal ones are sent once."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from structgen.core.errors import BudgetExceeded
from structgen.core.records import Completion


class Abandoned(Exception):
    """The sending caller was interrupted or cancelled, or may not pay. The waiting callers must send it themselves."""


@dataclass(frozen=True, slots=True)
class PendingRequest:
    """A request in flight, and the thread of the caller that sent it."""

    future: Future[Completion] = field(default_factory=Future[Completion])
    thread: int = field(default_factory=threading.get_ident)


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """A request that is being asked, or its stream consumed: by which thread, and by which task if it was in one."""

    thread: int
    task: asyncio.Task[Any] | None
    ended: Future[None] = field(default_factory=Future[None])


class OpenRequests:
    """The requests that are being asked, and the streams that are being consumed, by the names of the requests."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_name: dict[bytes, OpenRequest] = {}

    def open(self, name: bytes, stack: contextlib.ExitStack) -> OpenRequest | None:
        """Return the open request of that name. If there is none, open one that ends with `stack`, and return None."""
        with self._lock:
            other = self._by_name.get(name)
            if other is None:
                mine = self._by_name[name] = OpenRequest(threading.get_ident(), _running_task())
                mine.ended.set_running_or_notify_cancel()  # no single waiting caller may cancel it
                stack.callback(self._close, name)
            return other

    def is_open(self, name: bytes) -> bool:
        """Whether a request of that name is open."""
        return name in self._by_name

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
