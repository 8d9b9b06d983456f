"""A clock that tests can turn: the emulator's rate limits go by it, not by the machine's."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

from structgen.core.errors import ConfigurationError


class Clock:
    """Seconds that pass `speed` times as fast as those of `source`: at 60 a second is a minute, at 0 time stands still.

        clock = Clock(speed=0)
        with Emulator(limits="free", clock=clock) as emulator:
            ...
            clock.advance(60)  # the minute has passed

    It may be read and turned from any thread, backwards too: a server's clock does jump. Only limits follow it;
    latency and slow bodies take real time, because the client waits in real time for them.
    """

    def __init__(self, speed: float = 1.0, *, source: Callable[[], float] = time.monotonic) -> None:
        if not (math.isfinite(speed) and speed >= 0):
            raise ConfigurationError(f"The speed of a clock must be 0 or more, not {speed}.")
        self._lock = threading.Lock()
        self._speed, self._source = speed, source
        self._started, self._turned = source(), 0.0

    def now(self) -> float:
        """Seconds since the clock was made, and those it was turned by."""
        return (self._source() - self._started) * self._speed + self._turned

    def advance(self, seconds: float) -> None:
        """Turn it forward by so many seconds; back, where they are negative."""
        with self._lock:
            self._turned += seconds
