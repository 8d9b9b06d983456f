"""Turns: of equal requests, in this and other processes, only one is in flight at a time."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncGenerator, Callable, Generator

from structgen.store.leases import LOOK, Leases
from structgen.store.open_requests import OpenRequests


class Turns:
    """The turns of the callers of one store, by the names of their requests. `leases` is None for a read-only store."""

    def __init__(self, leases: Leases | None) -> None:
        self._asked = OpenRequests()
        self._leases = leases

    def is_taken(self, name: bytes) -> bool:
        """Return whether a caller of this process asks this request now, or consumes its stream."""
        return self._asked.is_open(name)

    @contextlib.contextmanager
    def take(self, name: bytes, patience: float, check: Callable[[], None]) -> Generator[None]:
        """Enter when no other caller asks this request, or after `patience` seconds. `check` may raise meanwhile."""
        until = time.monotonic() + patience
        with contextlib.ExitStack() as stack:
            while (other := self._asked.open(name, stack)) is not None:
                # The consumer of that stream is on this thread, so waiting for it would deadlock.
                if other.thread == threading.get_ident():
                    break
                try:
                    other.ended.result(max(until - time.monotonic(), 0.0))
                except TimeoutError:
                    break
            else:
                while not self._is_leased(name, stack) and time.monotonic() < until:
                    check()
                    time.sleep(LOOK)
            yield

    @contextlib.asynccontextmanager
    async def atake(self, name: bytes, patience: float, check: Callable[[], None]) -> AsyncGenerator[None]:
        """Async version of `take`."""
        here, until = asyncio.current_task(), time.monotonic() + patience
        with contextlib.ExitStack() as stack:
            while (other := self._asked.open(name, stack)) is not None:
                if other.task is here or (other.task is None and other.thread == threading.get_ident()):
                    break
                try:
                    await asyncio.wait_for(asyncio.wrap_future(other.ended), max(until - time.monotonic(), 0.0))
                except TimeoutError:
                    break
            else:
                while not self._is_leased(name, stack) and time.monotonic() < until:
                    check()
                    await asyncio.sleep(LOOK)
            yield

    def _is_leased(self, name: bytes, stack: contextlib.ExitStack) -> bool:
        """Take the lease of a request, until `stack` ends; return whether no other process holds it."""
        if self._leases is None:
            return True
        taken = self._leases.take(name)
        if taken:
            stack.callback(self._leases.give_back, name)
        return taken
