"""Single flight: of equal requests under way at once, one goes to the server and the others share its completion."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from dataclasses import dataclass, field

from structgen.core.errors import BudgetExceeded
from structgen.core.records import Completion


class Abandoned(Exception):
    """Who asked was interrupted or cancelled, or may not pay; those who waited ask themselves."""


@dataclass(frozen=True, slots=True)
class Flight:
    """A request under way, and the thread of the one who asked."""

    future: Future[Completion] = field(default_factory=Future[Completion])
    thread: int = field(default_factory=threading.get_ident)


class Flights:
    """The requests under way, by name; for threads and event loops alike."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._under_way: dict[bytes, Flight] = {}

    def board(self, name: bytes) -> tuple[Flight, bool]:
        """The flight of a request, and whether the caller is the one to ask."""
        with self._lock:
            flight = self._under_way.get(name)
            if flight is not None:
                return flight, False
            flight = self._under_way[name] = Flight()
            flight.future.set_running_or_notify_cancel()  # so that no single passenger can cancel it
            return flight, True

    def count(self) -> int:
        """How many requests are under way."""
        return len(self._under_way)

    def land(self, name: bytes, completion: Completion) -> None:
        """Hand the completion to all who wait."""
        self._leave(name).future.set_result(completion)

    def fail(self, name: bytes, error: BaseException) -> None:
        """Hand the error to all who wait; where only the one who asked had to stop, one of them asks again."""
        stopped = isinstance(error, asyncio.CancelledError | BudgetExceeded) or not isinstance(error, Exception)
        self._leave(name).future.set_exception(Abandoned() if stopped else error)

    def _leave(self, name: bytes) -> Flight:
        with self._lock:
            return self._under_way.pop(name)
