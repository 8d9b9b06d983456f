"""Count the progress of a run from its outcomes and events. No I/O, no clock: callers pass the time."""

from __future__ import annotations

import threading
from collections import deque

from structgen.core.events import CompletionReceived, Event, WaitingForLimit
from structgen.core.progress import Progress
from structgen.engine.budget import Prices, Told
from structgen.engine.outcome_status import RowStatus

WINDOW = 60.0
"""Seconds over which rates are averaged."""

STEP = 0.5
"""Minimum seconds between two samples for the rates."""


class ProgressCount:
    """The counts of a run. Threads may share it: events arrive from the threads that call the model."""

    def __init__(self, total: int | None, prices: Prices, now: float) -> None:
        """`total` is the number of texts, or None if it is not known. `now` is the time of a monotonic clock."""
        self._total, self._prices, self._began = total, prices, now
        self._lock = threading.Lock()
        self._ended = dict.fromkeys(RowStatus, 0)
        self._repaired = self._calls = self._asked_again = self._paid = 0
        self._told = Told()
        self._waiting_for, self._until = "", now
        self._samples: deque[tuple[float, int, int]] = deque([(now, 0, 0)])

    @property
    def failed(self) -> int:
        """The number of texts that failed."""
        return self._ended[RowStatus.FAILED]

    def set_total(self, total: int | None) -> None:
        """Set the number of texts, once it is known."""
        self._total = total

    def observe(self, event: Event, now: float) -> None:
        """Count a completion that was paid for, or note what the next call waits for. Other events are ignored."""
        if isinstance(event, WaitingForLimit):
            self._waiting_for, self._until = event.limit, now + event.wait
        elif isinstance(event, CompletionReceived) and event.completion.usage.calls:
            told = self._prices.told_by(event.request, event.completion)
            with self._lock:
                self._told += told
                self._calls += event.completion.usage.calls
                self._asked_again += event.attempt > 1

    def end(self, status: RowStatus, *, repaired: bool, paid: bool) -> None:
        """Count a text that has ended. `paid` says that calls were paid for it now."""
        with self._lock:
            self._ended[status] += 1
            self._repaired += repaired
            self._paid += paid

    def read(self, now: float) -> Progress:
        """Return how far the run is."""
        with self._lock:
            done, told = sum(self._ended.values()), self._told
            documents, tokens = self._rates(now, done, told.input_tokens + told.output_tokens)
            waiting = max(self._until - now, 0.0)
            return Progress(
                done,
                self._total,
                self._ended[RowStatus.OK],
                self._ended[RowStatus.INCOMPLETE],
                self._ended[RowStatus.FAILED],
                self._repaired,
                self._calls,
                self._asked_again,
                told.input_tokens,
                told.output_tokens,
                told.untold_calls,
                told.cost,
                self._projected(done),
                documents,
                tokens * 60,
                self._waiting_for if waiting else None,
                waiting,
                now - self._began,
                self._seconds_left(done, documents, waiting),
            )

    def _rates(self, now: float, done: int, tokens: int) -> tuple[float, float]:
        """Return the texts and the tokens a second over the last minute."""
        samples = self._samples
        while len(samples) > 1 and samples[1][0] <= now - WINDOW:
            samples.popleft()
        then, done_then, tokens_then = samples[0]
        if now - samples[-1][0] >= STEP:
            samples.append((now, done, tokens))
        seconds = now - then
        return ((done - done_then) / seconds, (tokens - tokens_then) / seconds) if seconds > 0 else (0.0, 0.0)

    def _projected(self, done: int) -> float | None:
        """Return the cost of the whole run, or None if it is not known yet."""
        cost, total = self._told.cost, self._total
        if cost is None or total is None:
            return None
        left = max(total - done, 0)
        # A run that continues begins with texts that the store answers; those that are left must be paid for.
        if left and not self._paid:
            return None
        return cost + left * cost / self._paid if left else cost

    def _seconds_left(self, done: int, documents_a_second: float, waiting: float) -> float | None:
        if self._total is None:
            return None
        left = max(self._total - done, 0)
        if left and not documents_a_second:
            return None
        return max(left / documents_a_second, waiting) if left else 0.0
