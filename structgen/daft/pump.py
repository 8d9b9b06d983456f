"""Run Daft in a separate thread, so that the main thread can handle signals while it waits for results."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from queue import Empty, SimpleQueue
from typing import TypeVar

T = TypeVar("T")

LOOK = 0.1
"""Seconds between two checks for signals."""


class _End:
    """Marks the end of the results, with the error that ended them, if any."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


def pumped(produce: Callable[[], Iterable[T]]) -> Iterator[T]:
    """Yield what `produce` yields in another thread. Raises its error."""
    results: SimpleQueue[T | _End] = SimpleQueue()

    def run() -> None:
        error: BaseException | None = None
        try:
            for result in produce():
                results.put(result)
        except BaseException as raised:  # the exception belongs to the thread that waits
            error = raised
        results.put(_End(error))

    threading.Thread(target=run, name="structgen-daft", daemon=True).start()
    looked = 0.0
    while True:
        if time.monotonic() >= looked + LOOK:
            looked = time.monotonic()
            keep_interrupts()
        try:
            found = results.get(timeout=LOOK)
        except Empty:
            continue
        if isinstance(found, _End):
            if found.error is not None:
                raise found.error
            return
        yield found


def keep_interrupts() -> None:
    """Let Ctrl-C go to Python's handler alone.

    Daft handles Ctrl-C itself whenever it runs something, and cancels requests in flight, which may be paid for.
    """
    if threading.current_thread() is threading.main_thread() and (handler := signal.getsignal(signal.SIGINT)):
        signal.signal(signal.SIGINT, handler)
