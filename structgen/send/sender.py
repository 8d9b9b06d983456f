"""What every way of getting a completion has in common."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias, cast

from structgen.core.argument_checks import Unfit, shown
from structgen.core.errors import NotSent
from structgen.core.records import Completion

if TYPE_CHECKING:
    from tenacity import BaseRetrying

    from structgen.core.errors import TransportError
    from structgen.core.records import Card, Request


Streamed: TypeAlias = str | Completion
"""A piece of an answer's text as it arrives; after the last one, once, the completion."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What one request may take on the wire, all its transport retries together.

    `transport_retries` is None where only time is a limit. `deadline` is a reading of ``time.monotonic()``: no wait and
    no try goes beyond it; None is no deadline. `timeout` bounds a single try, in seconds; None is the sender's own.
    `on_retry` is told of each fault that is followed by another try, and of the seconds in between; `on_wait` of each
    longer wait for a limit: its seconds, and in words what is waited for. `retrying` is a policy of tenacity's whose
    `stop` and `wait` are used in place of our own; which faults are worth another try, and the deadline, stay ours.
    `stopped` says that nothing is to be waited for any more: it is asked again and again during every wait, from any
    thread.
    """

    transport_retries: int | None = 4
    deadline: float | None = None
    timeout: float | None = None
    on_retry: Callable[[TransportError, float], None] | None = None
    on_wait: Callable[[float, str], None] | None = None
    retrying: BaseRetrying | None = None
    stopped: Callable[[], bool] | None = None

    def patience(self, default: float) -> float:
        """Seconds that the next try may take: the timeout, or what is left until the deadline where that is less."""
        return self.at_most(default if self.timeout is None else self.timeout)

    def at_most(self, seconds: float) -> float:
        """So many seconds, or what is left until the deadline where that is less."""
        return seconds if self.deadline is None else max(min(seconds, self.deadline - time.monotonic()), 0.001)

    def check_stopped(self) -> None:
        """Raise NotSent where nothing is to be waited for any more."""
        if self.stopped is not None and self.stopped():
            raise NotSent("The run was stopped while this call waited: it was not sent. Run the same again to go on.")

    def affords(self, wait: float) -> bool:
        """Whether there is still time for a try after waiting so many seconds."""
        return self.deadline is None or time.monotonic() + wait < self.deadline


def policy_in(given: object) -> BaseRetrying | None:
    """A policy of tenacity's, by what is asked of it; anything else is Unfit."""
    if given is None or (callable(getattr(given, "stop", None)) and callable(getattr(given, "wait", None))):
        return cast("BaseRetrying | None", given)
    raise Unfit(f"is {shown(given)}, and must be a policy of tenacity's: write Retrying(stop=..., wait=...)")


class Sender(Protocol):
    """Request -> Completion. One sender may serve many threads and event loops at once.

    Both ways raise a `TransportError` where no completion arrived. Closing is never required for a clean end.
    """

    @property
    def card(self) -> Card | None:
        """What is known about the model, None where nothing is."""
        ...

    def send(self, request: Request, allowance: Allowance) -> Completion:
        """The completion of the request, blocking."""
        ...

    async def asend(self, request: Request, allowance: Allowance) -> Completion:
        """The completion of the request, on the running event loop."""
        ...

    def stream(self, request: Request, allowance: Allowance) -> Generator[Streamed, None, None]:
        """The pieces of the answer as they arrive, and at last its completion; closing it closes the connection.

        Transport retries happen only before the first piece. A stream that breaks off after it ends with a completion
        whose finish_reason is INTERRUPTED and whose text is what came. Raises ConfigurationError at once where the
        provider cannot be streamed.
        """
        ...

    def astream(self, request: Request, allowance: Allowance) -> AsyncGenerator[Streamed, None]:
        """The same on the running event loop."""
        ...

    def close(self) -> None:
        """Close what the blocking calls opened. A later call opens it again."""
        ...

    async def aclose(self) -> None:
        """Close what this event loop's calls opened, and what `close` closes."""
        ...
