"""Transport retries: the same request again after a transport error, with tenacity.

tenacity costs 0.1 ms a call even if nothing fails, so it is entered only after the first failure. It then sees that
failure as its first attempt, so that its counts, waits and limits cover all attempts. Each call creates its own
`Retrying`, because a shared one is not safe under concurrency.
"""

from __future__ import annotations

import asyncio
import copy
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar, cast

from structgen.core.records import Completion, Usage
from structgen.send.http.failures import Failure
from structgen.send.sender import Allowance

if TYPE_CHECKING:
    from tenacity import RetryCallState


T = TypeVar("T")
Outcome = Completion | Failure
_FIRST, _LONGEST, _JITTER = 0.5, 30.0, 0.5  # seconds of the back-off if the server names no wait
_LOOK = 0.25  # seconds between two checks whether the run was stopped


def send_with_retries(once: Callable[[], Outcome], allowance: Allowance) -> Completion:
    """Call `once`, retrying as the allowance permits. Return its completion or raise the last error."""
    completion, retries = retry(once, allowance)
    return retries.added_to(completion)


async def asend_with_retries(once: Callable[[], Awaitable[Outcome]], allowance: Allowance) -> Completion:
    """Async version of `send_with_retries`."""
    completion, retries = await aretry(once, allowance)
    return retries.added_to(completion)


@dataclass(frozen=True, slots=True)
class Retries:
    """The retries of a call, and the number of failed attempts that may be billed."""

    retries: int = 0
    paid: int = 0

    def added_to(self, completion: Completion) -> Completion:
        """Return the completion with its retries. Failed attempts that may be billed count as calls without tokens."""
        if not self.retries:
            return completion
        usage = completion.usage + Usage(calls=self.paid)
        told = completion.usage if self.paid else None
        return replace(completion, transport_retries=self.retries, usage=usage, told=told)


def retry(once: Callable[[], T | Failure], allowance: Allowance) -> tuple[T, Retries]:
    """Like `send_with_retries`, for any result: return it with the attempts that it took."""
    outcome = once()
    if not isinstance(outcome, Failure):
        return outcome, Retries()
    _raise_if_final(outcome, allowance)
    return _retry_after(once, outcome, allowance)


async def aretry(once: Callable[[], Awaitable[T | Failure]], allowance: Allowance) -> tuple[T, Retries]:
    """Async version of `retry`."""
    outcome = await once()
    if not isinstance(outcome, Failure):
        return outcome, Retries()
    _raise_if_final(outcome, allowance)
    return await _aretry_after(once, outcome, allowance)


def _raise_if_final(failure: Failure, allowance: Allowance) -> None:
    # If no retry is allowed, tenacity need not even be imported.
    if not failure.transient or (allowance.retrying is None and allowance.transport_retries == 0):
        raise failure.error


def _retry_after(once: Callable[[], T | Failure], first: Failure, allowance: Allowance) -> tuple[T, Retries]:
    from tenacity import Retrying

    seen, policy = _Seen([first]), _Policy(allowance)
    retrying = Retrying(
        sleep=partial(_sleep, allowance),
        stop=policy.stop,
        wait=policy.wait,
        retry=policy.retry,
        before_sleep=policy.report,
        retry_error_callback=policy.give_up,
    )
    outcome = retrying(lambda: seen.waiting.pop() if seen.waiting else seen.count(once()))
    return _finish(outcome, retrying.statistics["attempt_number"], seen)


async def _aretry_after(
    once: Callable[[], Awaitable[T | Failure]], first: Failure, allowance: Allowance
) -> tuple[T, Retries]:
    from tenacity import AsyncRetrying

    seen, policy = _Seen([first]), _Policy(allowance)

    async def attempt() -> T | Failure:
        return seen.waiting.pop() if seen.waiting else seen.count(await once())

    retrying = AsyncRetrying(
        sleep=partial(_asleep, allowance),
        stop=policy.stop,
        wait=policy.wait,
        retry=policy.retry,
        before_sleep=policy.report,
        retry_error_callback=policy.give_up,
    )
    outcome = cast("T | Failure", await retrying(attempt))
    return _finish(outcome, retrying.statistics["attempt_number"], seen)


def _sleep(allowance: Allowance, seconds: float) -> None:
    """Sleep before a retry. Raises NotSent if the run is stopped meanwhile."""
    for nap in _naps(allowance, seconds):
        time.sleep(nap)


async def _asleep(allowance: Allowance, seconds: float) -> None:
    """Async version of `_sleep`."""
    for nap in _naps(allowance, seconds):
        await asyncio.sleep(nap)


def _naps(allowance: Allowance, seconds: float) -> Iterator[float]:
    """Split a wait into short pieces, to notice a stopped run between them."""
    if allowance.stopped is None:
        yield seconds
        return
    while seconds > 0:
        allowance.check_stopped()
        yield min(seconds, _LOOK)
        seconds -= _LOOK
    allowance.check_stopped()


@dataclass(slots=True)
class _Seen:
    """The first failure, until tenacity has seen it, and the number of failed attempts that may be billed."""

    waiting: list[Failure]
    paid: int = 0

    def __post_init__(self) -> None:
        self.paid = sum(failure.paid for failure in self.waiting)

    def count(self, outcome: T | Failure) -> T | Failure:
        """Count an outcome, and return it."""
        self.paid += isinstance(outcome, Failure) and outcome.paid
        return outcome


def _finish(outcome: T | Failure, attempts: int, seen: _Seen) -> tuple[T, Retries]:
    if isinstance(outcome, Failure):
        raise outcome.error
    return outcome, Retries(attempts - 1, seen.paid)


@dataclass(frozen=True, slots=True)
class _Policy:
    """When to retry and how long to wait before, as tenacity's callbacks."""

    allowance: Allowance

    def retry(self, state: RetryCallState) -> bool:
        failure = _failure(state)
        return failure is not None and failure.transient

    def wait(self, state: RetryCallState) -> float:
        from tenacity import wait_exponential, wait_random

        failure, own = _failure(state), self.allowance.retrying
        if own is not None:
            return own.wait(state)
        requested = failure.wait if failure is not None else None
        if requested is not None:  # an earlier retry would only fail again
            return requested
        # The random part keeps callers that failed together from coming back together.
        return wait_exponential(multiplier=_FIRST, max=_LONGEST)(state) + wait_random(0, _JITTER)(state)

    def stop(self, state: RetryCallState) -> bool:
        # tenacity computes the wait before it asks whether to stop, so a wait that ends too late is not begun.
        return self._used_up(state) or not self.allowance.has_time_for(state.upcoming_sleep)

    def report(self, state: RetryCallState) -> None:
        failure = _failure(state)
        if self.allowance.on_retry is not None and failure is not None:
            self.allowance.on_retry(failure.error, state.upcoming_sleep)

    def give_up(self, state: RetryCallState) -> Failure:
        failure = cast("Failure", _failure(state))
        if self._used_up(state):
            return _add(failure, f"Gave up after {state.attempt_number} attempts.")
        wait = f"{state.upcoming_sleep:.1f} s"
        return _add(
            failure,
            f"The next attempt would start in {wait}, which is more than the time left. Allow more time, or try later.",
        )

    def _used_up(self, state: RetryCallState) -> bool:
        if self.allowance.retrying is not None:
            return bool(self.allowance.retrying.stop(state))
        most = self.allowance.transport_retries
        return most is not None and state.attempt_number > most


def _failure(state: RetryCallState) -> Failure | None:
    """Return the failure of an attempt, or None if it succeeded or raised an unexpected exception."""
    if state.outcome is None or state.outcome.failed:
        return None
    result: object = state.outcome.result()
    return result if isinstance(result, Failure) else None


def _add(failure: Failure, words: str) -> Failure:
    # A copy, because others may hold the original: it was passed to `on_retry`.
    error = copy.copy(failure.error)
    error.args = (f"{error} {words}",)
    return replace(failure, error=error)
