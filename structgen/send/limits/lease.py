"""One call's leave from the limiter: taken once, and given back exactly once, whatever happens to the call."""

from __future__ import annotations

from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Self

from structgen.compile.estimate import message_tokens
from structgen.core.errors import RateLimited
from structgen.core.records import Completion, Request
from structgen.send.faults import Failure
from structgen.send.limits import state as limits
from structgen.send.limits.read import RawHeaders, read_raw_headers, read_refusal
from structgen.send.limits.state import Grant, Need, State
from structgen.send.limits.wait import Limiter, Place

if TYPE_CHECKING:
    from structgen.send.base import Allowance

OVERLOADED = frozenset({503})
"""The statuses, beside those of RateLimited, that say: later. The call was refused, and took nothing."""


def need_of(request: Request) -> Need:
    """What a request may use: its prompt as estimated, and all that its answer may take, which counts whole."""
    return Need(message_tokens(request.messages), request.parameters.max_completion_tokens or 0)


class Lease:
    """Leave for one call, from `take` to the end of the ``with`` block at the latest.

    A call of which `end` hears nothing is lost where an exception ended it. Where it was cancelled or closed early,
    nothing is wrong with the server, but what the call took is not known: that stays reserved.
    """

    __slots__ = ("_limiter", "_place")

    def __init__(self, limiter: Limiter, need: Need) -> None:
        self._limiter = limiter
        self._place = Place(need)

    def take(self, allowance: Allowance) -> None:
        """Wait for leave, blocking. Raises RateLimited where that takes longer than there is time."""
        self._limiter.wait(self._place, allowance)

    async def atake(self, allowance: Allowance) -> None:
        """The same on the running event loop."""
        await self._limiter.await_turn(self._place, allowance)

    def see(self, headers: RawHeaders) -> None:
        """The reply begins, and its headers tell of limits as they are at this moment."""
        self._limiter.replied(read_raw_headers(headers))

    def end(self, outcome: Completion | Failure, headers: RawHeaders = ()) -> None:
        """How the call ended, and what the headers of its reply say about limits."""
        if isinstance(outcome, Completion):
            seen, usage = read_raw_headers(headers), outcome.usage
            self._limiter.end(self._place, lambda state, now, grant: limits.settle(state, now, grant, usage, seen))
        else:
            self._limiter.end(self._place, partial(_failed, failure=outcome, headers=headers))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._place.answer is not None:
            self._limiter.end(self._place, limits.lose if isinstance(error, Exception) else limits.abandon)


def _failed(state: State, now: float, grant: Grant, *, failure: Failure, headers: RawHeaders) -> State:
    """The end of a call that brought no completion."""
    error, seen = failure.error, read_raw_headers(headers)
    if isinstance(error, RateLimited) or error.status in OVERLOADED:
        return limits.refuse(state, now, grant, failure.wait, (*seen, *read_refusal(str(error))))
    if failure.transient:
        return limits.lose(state, now, grant)
    return limits.withdraw(state, now, grant, seen)
