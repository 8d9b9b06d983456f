"""The protocol that every sender implements, and the limits that one call must keep to."""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias, cast

from structgen.core.argument_checks import InvalidArgument, shown
from structgen.core.errors import NotSent
from structgen.core.records import Completion

if TYPE_CHECKING:
    from tenacity import BaseRetrying

    from structgen.core.errors import TransportError
    from structgen.core.records import Card, Request


Streamed: TypeAlias = str | Completion
"""A piece of the response text as it arrives; the last item of a stream is the completion."""


class DocumentClock:
    """A clock for the deadline of one document. It stands still during time that is not the document's own.

    That is the time in the queue for a rate limit, and the time for which the consumer of a stream is at work. A
    document that is read in chunks has several calls at once: their stops may overlap, and then count once.
    """

    def __init__(self, source: Callable[[], float] = time.monotonic) -> None:
        self._source = source
        self._lock = threading.Lock()
        self._held, self._began, self._stops = 0.0, 0.0, 0

    def __call__(self) -> float:
        """Return the reading of the source without the time for which the clock was stopped."""
        with self._lock:
            return (self._began if self._stops else self._source()) - self._held

    @contextmanager
    def stopped(self) -> Generator[None]:
        """Stop the clock."""
        with self._lock:
            self._began = self._began if self._stops else self._source()
            self._stops += 1
        try:
            yield
        finally:
            with self._lock:
                self._stops -= 1
                if not self._stops:
                    self._held += self._source() - self._began


@dataclass(frozen=True, slots=True)
class Allowance:
    """What one request may take on the wire, including all its transport retries.

    `transport_retries` is the maximum number of retries, or None if only time is limited. `deadline` is a reading of
    ``time.monotonic()`` that no wait and no attempt may exceed, or None. `timeout` limits each attempt, in seconds;
    None means the sender's default. `on_retry` is called before each retry with the error and the seconds to wait,
    `on_wait` before each longer wait for a rate limit with the seconds and the limit in words. `retrying` is a tenacity
    policy whose `stop` and `wait` replace the built-in ones; which errors are retried, and the deadline, cannot be
    replaced. `stopped` returns whether the run was stopped. It is polled during every wait, from any thread. `clock`
    replaces ``time.monotonic()`` for the deadline; a `DocumentClock` stands still while the call waits in a queue.
    """

    transport_retries: int | None = 4
    deadline: float | None = None
    timeout: float | None = None
    on_retry: Callable[[TransportError, float], None] | None = None
    on_wait: Callable[[float, str], None] | None = None
    retrying: BaseRetrying | None = None
    stopped: Callable[[], bool] | None = None
    clock: Callable[[], float] = time.monotonic

    def attempt_timeout(self, default: float) -> float:
        """Return the timeout of the next attempt in seconds: `timeout` or `default`, but never past the deadline."""
        return self.until_deadline(default if self.timeout is None else self.timeout)

    def until_deadline(self, seconds: float) -> float:
        """Return these seconds, or the time until the deadline if that is less."""
        # Never zero: HTTP libraries take a timeout of 0 as "no timeout" or raise ValueError.
        return seconds if self.deadline is None else max(min(seconds, self.deadline - self.clock()), 0.001)

    def paused(self) -> AbstractContextManager[None]:
        """Return a context whose time does not count against the deadline, if the clock can stand still."""
        return self.clock.stopped() if isinstance(self.clock, DocumentClock) else nullcontext()

    def check_stopped(self) -> None:
        """Raise NotSent if the run was stopped."""
        if self.stopped is not None and self.stopped():
            raise NotSent("The run was stopped while this call waited, so it was not sent. Run it again to continue.")

    def has_time_for(self, wait: float) -> bool:
        """Return whether there is time for another attempt after waiting these seconds."""
        return self.deadline is None or self.clock() + wait < self.deadline


def retry_policy(given: object) -> BaseRetrying | None:
    """Return a tenacity policy, recognized by its `stop` and `wait`; raise InvalidArgument for anything else."""
    if given is None or (callable(getattr(given, "stop", None)) and callable(getattr(given, "wait", None))):
        return cast("BaseRetrying | None", given)
    raise InvalidArgument(f"is {shown(given)}, but must be a tenacity policy: write Retrying(stop=..., wait=...)")


class Sender(Protocol):
    """Request -> Completion. One sender may be used from many threads and event loops at once.

    Every method that sends raises a `TransportError` if no completion arrives. Closing is never required for a clean
    exit.
    """

    @property
    def card(self) -> Card | None:
        """The model card, or None if the model is unknown."""
        ...

    def send(self, request: Request, allowance: Allowance) -> Completion:
        """Send the request and return its completion."""
        ...

    async def asend(self, request: Request, allowance: Allowance) -> Completion:
        """Async version of `send`."""
        ...

    def stream(self, request: Request, allowance: Allowance) -> Generator[Streamed, None, None]:
        """Yield the response text piece by piece as it arrives, then the completion.

        Closing the generator closes the connection. Only failures before the first piece are retried. A stream that
        breaks off later ends with a completion whose finish_reason is INTERRUPTED and whose text is what had arrived.
        Raises ConfigurationError if the provider does not support streaming.
        """
        ...

    def astream(self, request: Request, allowance: Allowance) -> AsyncGenerator[Streamed, None]:
        """Async version of `stream`."""
        ...

    def close(self) -> None:
        """Close the connections of sync calls. A later call opens new ones."""
        ...

    async def aclose(self) -> None:
        """Close the connections of the running event loop, and those of sync calls."""
        ...
