"""Waiting for the rate limiter, in threads and on event loops at the same time: first come, first served.

A small call never overtakes a large one, which might otherwise wait forever. Only the first in the queue asks the state
machine; the others sleep until they are first. The end of any call wakes the first in the queue.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Generator
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Self

from structgen.compile.parameters import message_tokens
from structgen.core.errors import RateLimited
from structgen.core.records import Card, Completion, Request
from structgen.send.http.failures import Failure
from structgen.send.limits import limiter_state as limits
from structgen.send.limits.allotment import Exhausted
from structgen.send.limits.buckets import (
    RawHeaders,
    Sighting,
    names_limit,
    read_limits,
    read_rate_limit_error,
    read_raw_headers,
)
from structgen.send.limits.ledgers import Ledger
from structgen.send.limits.limiter_state import Grant, Need, State, Wait
from structgen.send.limits.purse import Purse

if TYPE_CHECKING:
    from structgen.send.sender import Allowance


LOOK = 0.25
"""Maximum seconds between two checks by the first in the queue: clocks may be adjusted, and runs stopped."""

TURN = 1.0
"""Seconds between two looks of the others, to check their deadline and that the first is still there. They need not be
short: a caller is woken when its turn comes."""

TELL = 0.5
"""Minimum seconds of a wait that is reported through `on_wait`."""

Transition = Callable[[State, float, Grant], State]
"""How a call ended: a transition of the state machine that ends a grant."""


class Place:
    """What one call needs, and the limiter's last answer to it."""

    __slots__ = ("answer", "need")

    def __init__(self, need: Need) -> None:
        self.need = need
        self.answer: Grant | Wait | None = None


class Limiter:
    """The limiter of one API key and model, for any number of threads and event loops.

    A grant is stored in the call's `Place` in the same step in which it is counted, and removed in the step in which it
    ends. So no exception in between, such as KeyboardInterrupt, can lose it and block other calls forever.
    """

    def __init__(
        self,
        card: Card | None = None,
        most: int = 256,
        *,
        shows: bool = True,
        clock: Callable[[], float] = time.monotonic,
        purse: Purse | None = None,
    ) -> None:
        """`purse` holds this process's part of limits that it shares with others."""
        self._purse = purse
        self._lock = threading.RLock()  # the garbage collector may close a stream, and so end its call, at any moment
        self._queue: deque[_Waiter] = deque()
        self._clock = clock
        tiers = card.limits if card else limits.NO_TIERS
        self._state = limits.start(clock(), most, tiers, shows=shows, counts=purse is not None)
        self.forgotten = False

    @property
    def state(self) -> State:
        """What the limiter knows now."""
        return self._state

    @property
    def waiting(self) -> int:
        """The number of calls that wait."""
        return len(self._queue)

    def wait(self, place: Place, allowance: Allowance) -> None:
        """Block until the call may be sent.

        Raises RateLimited if the wait would exceed the deadline, NotSent if the run is stopped.
        """
        if self._at_once(place):  # nearly always: no event and no place in the queue are needed
            return
        called = threading.Event()
        # A document's time does not run while it waits behind other calls, most of which are of the same program.
        with allowance.paused(), self._queued(_Waiter(place, called)) as waiter:
            while (seconds := self._look(waiter, allowance)) is not None:
                called.wait(seconds)
                called.clear()

    async def async_wait(self, place: Place, allowance: Allowance) -> None:
        """Async version of `wait`."""
        if self._at_once(place):
            return
        called = asyncio.Event()
        with allowance.paused(), self._queued(_Waiter(place, called, asyncio.get_running_loop())) as waiter:
            while (seconds := self._look(waiter, allowance)) is not None:
                # Not asyncio.wait_for, which creates a task for each wait before Python 3.12.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(seconds):
                        await called.wait()
                called.clear()

    def end(self, place: Place, ending: Transition) -> None:
        """End the call. Does nothing if it has no grant or has ended already."""
        with self._lock:
            while isinstance(
                grant := place.answer, Grant
            ):  # again if the garbage collector ended another call, as below
                before = self._state
                after = ending(before, self._clock(), grant)
                if self._state is before:
                    self._state, place.answer = after, None
        self._call_first()

    def replied(self, sightings: tuple[Sighting, ...]) -> None:
        """Take over the limits that a response shows whose body is still arriving."""
        with self._lock:
            while True:
                before = self._state
                after = limits.replied(limits.advance(before, self._clock()), sightings)
                if self._state is before:
                    break
            self._state = after
        self._call_first()

    def _at_once(self, place: Place) -> bool:
        """Try to get a grant without waiting; return whether that worked."""
        with self._lock:
            if self._queue:  # someone waits, and must not be overtaken
                return False
            self._acquire(place)
        return isinstance(place.answer, Grant)

    def _acquire(self, place: Place) -> None:
        """Ask the state machine for a grant."""
        # The lock is reentrant, so within this very step the garbage collector may close a stream of this thread and
        # end its call, which replaces the state. Then the answer is out of date, and the step is repeated.
        while True:
            before = self._state
            after, answer = limits.acquire(before, self._clock(), place.need)
            if isinstance(answer, Grant) and (exhausted := self._shared_wait(before, answer)) is not None:
                after, answer = limits.advance(before, self._clock()), Wait(exhausted.seconds, exhausted.why)
            if self._state is before:
                self._state, place.answer = after, answer
                return

    def _shared_wait(self, state: State, grant: Grant) -> Exhausted | None:
        """Return how long the call must wait for limits that are shared with other processes, or None."""
        if self._purse is None or state.total is None:
            return None
        return self._purse.wait_for(grant.amount, state.total, state.buckets, sure=state.trial is None)

    def _look(self, waiter: _Waiter, allowance: Allowance) -> float | None:
        """Return None if there is a grant, else the seconds until the next look. Raises NotSent for a stopped run."""
        allowance.check_stopped()
        place = waiter.place
        with self._lock:
            first = self._is_first(waiter)
            if first:
                self._acquire(place)
        answer = place.answer
        if isinstance(answer, Grant):
            return None
        seconds = answer.seconds if first and answer is not None else None
        # Fail now, not after the deadline, so that a batch can stop and tell the user how long to wait.
        if not allowance.has_time_for(seconds or 0.0):
            raise self._too_long(answer if first else None)
        if seconds is not None and seconds >= TELL and not waiter.reported and allowance.on_wait is not None:
            waiter.reported = True
            allowance.on_wait(seconds, self._words(answer))
        return allowance.until_deadline(min(seconds or LOOK, LOOK) if first else TURN)

    def _is_first(self, waiter: _Waiter) -> bool:
        """Return whether this one is first, apart from tasks of a loop that its own thread blocks: they cannot run."""
        while self._queue[0].gone():
            self._queue.popleft()
        # A sync call on a thread whose event loop has waiting tasks: they cannot move until this call returns.
        return next(one for one in self._queue if one is waiter or not waiter.blocks(one)) is waiter

    def _call_first(self) -> None:
        """Wake the first in the queue."""
        with self._lock:
            while self._queue and self._queue[0].gone():
                self._queue.popleft()
            first = self._queue[0] if self._queue else None
        if first is not None:
            first.call()

    def _words(self, answer: Wait | None) -> str:
        """Return in words what the call waits for."""
        bucket = self._state.find(answer.why) if answer else None
        if bucket is None and answer is not None and answer.why is not None:
            return f"the limit of {answer.why.words}"  # only other processes know how high it is
        return (
            f"the limit of {bucket.limit:,.0f} {bucket.measure.words}"
            if bucket
            else "the server, which asked for a pause"
        )

    def _too_long(self, answer: Wait | None) -> RateLimited:
        """Return the error for a wait that would exceed the deadline."""
        if answer is None or answer.seconds is None:
            return RateLimited(
                "The time ran out while other calls of this key were ahead of this one. Allow more time, or lower the "
                "concurrency."
            )
        return RateLimited(
            f"The next call would have to wait {answer.seconds:.0f} s for {self._words(answer)}, which is more than "
            "the time left. Allow more time, or run it again later.",
            wait=answer.seconds,
        )

    @contextlib.contextmanager
    def _queued(self, waiter: _Waiter) -> Generator[_Waiter, None, None]:
        """Hold a place in the queue. On leaving it, wake the next one."""
        try:
            with self._lock:
                self._queue.append(waiter)
            yield waiter
        finally:
            with self._lock, contextlib.suppress(ValueError):  # it was removed as gone
                self._queue.remove(waiter)
            self._call_first()


class _Waiter:
    """A waiting caller: a thread, or a task on `loop` in that thread. `reported`: its wait was reported."""

    __slots__ = ("called", "loop", "place", "reported", "thread")

    def __init__(
        self, place: Place, called: threading.Event | asyncio.Event, loop: asyncio.AbstractEventLoop | None = None
    ) -> None:
        self.place = place
        self.called = called
        self.loop = loop
        self.thread = threading.get_ident()
        self.reported = False

    def gone(self) -> bool:
        """Return whether its loop was closed: then no caller waits there."""
        return self.loop is not None and self.loop.is_closed()

    def blocks(self, other: _Waiter) -> bool:
        """Return whether this one, while it waits, blocks the thread that runs the other's loop."""
        return self.loop is None and other.loop is not None and self.thread == other.thread

    def call(self) -> None:
        """Wake it. Safe to call from any thread."""
        if self.loop is None or self.thread == threading.get_ident():
            self.called.set()
            return
        with contextlib.suppress(RuntimeError):  # its loop was closed in this moment
            self.loop.call_soon_threadsafe(self.called.set)


MAX_IN_FLIGHT = 1_024
"""Maximum calls in flight per API key and model."""

_shared: weakref.WeakValueDictionary[str, Limiter] = weakref.WeakValueDictionary()
_sharing = threading.Lock()


def shared_limiter(
    base_url: str,
    key: str,
    model: str,
    card: Card | None = None,
    *,
    shows: bool = True,
    group: str = "",
    ledger: Ledger | None = None,
) -> Limiter:
    """Return this process's limiter for a server, key and model. The key is stored only as a hash.

    Keys of one `group` share their limiters, because limits belong to the organization. `shows` says that the server
    shows its rate limits in its headers. With a `ledger`, the limits are shared with all processes that use it.
    """
    owner = ("group", group) if group else ("key", key)
    name = hashlib.sha256("\0".join((base_url, *owner, model)).encode()).hexdigest()
    with _sharing:
        known = name if ledger is None else f"{name} in {id(ledger)}"
        limiter = _shared.get(known)
        if limiter is None:
            purse = None if ledger is None else Purse(ledger, name)
            limiter = _shared[known] = Limiter(card, MAX_IN_FLIGHT, shows=shows, purse=purse)
        return limiter


def forget_limiters() -> None:
    """Forget all limiters, so that the next call starts like a new process. For tests and after a fork."""
    with _sharing:
        for limiter in _shared.values():
            limiter.forgotten = True
        _shared.clear()


def _forked() -> None:
    """In a forked child: waiting calls and calls in flight belong to threads of the parent and would never end."""
    _sharing.release()
    forget_limiters()


if hasattr(os, "register_at_fork"):  # Windows has no forks
    os.register_at_fork(before=_sharing.acquire, after_in_parent=_sharing.release, after_in_child=_forked)


OVERLOADED = frozenset({503})
"""Statuses, besides those of RateLimited, of calls that were refused for now and used nothing."""


def need_of(request: Request) -> Need:
    """Return the tokens that a request may use: its estimated prompt, and all of its ``max_completion_tokens``."""
    return Need(message_tokens(request.messages), request.parameters.max_completion_tokens or 0)


class Lease:
    """Permission for one call, from `take` until `end`, or until the ``with`` block exits.

    If the block exits without `end`, an exception means that the call was lost. A cancelled or closed call says nothing
    about the server, but its usage is unknown and stays counted.
    """

    __slots__ = ("_has_policy", "_limiter", "_place")

    def __init__(self, limiter: Limiter, need: Need) -> None:
        self._limiter = limiter
        self._place = Place(need)
        self._has_policy = False

    def take(self, allowance: Allowance) -> None:
        """Block until the call may be sent. Raises RateLimited if that would exceed the deadline."""
        self._has_policy = allowance.retrying is not None
        self._limiter.wait(self._place, allowance)

    async def atake(self, allowance: Allowance) -> None:
        """Async version of `take`."""
        self._has_policy = allowance.retrying is not None
        await self._limiter.async_wait(self._place, allowance)

    def learn(self, headers: RawHeaders) -> None:
        """Take over the limits in the headers of a response that has begun."""
        self._limiter.replied(read_raw_headers(headers))

    def end(self, outcome: Completion | Failure, headers: RawHeaders = ()) -> None:
        """End the call with its outcome and the limits in the headers of its response."""
        if isinstance(outcome, Completion):
            (seen, pause), usage = read_limits(headers), outcome.usage
            self._limiter.end(
                self._place, lambda state, now, grant: limits.settle(state, now, grant, usage, seen, pause)
            )
        else:
            self._limiter.end(
                self._place, partial(_failed, failure=outcome, headers=headers, has_policy=self._has_policy)
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._place.answer is not None:
            # CancelledError and GeneratorExit are not Exceptions: the caller gave up, and the server is not to blame.
            self._limiter.end(self._place, limits.lose if isinstance(error, Exception) else limits.abandon)


def _failed(
    state: State, now: float, grant: Grant, *, failure: Failure, headers: RawHeaders, has_policy: bool
) -> State:
    """Return the state after a call without a completion."""
    error, seen = failure.error, read_raw_headers(headers)
    if isinstance(error, RateLimited) or error.status in OVERLOADED:
        if has_policy:
            # The user's retry policy says how long to wait after a refusal. A pause here would be added to its wait.
            return limits.refuse(state, now, grant, 0.0, seen)
        seen, limited = (*seen, *read_rate_limit_error(str(error))), names_limit(str(error))
        return limits.refuse(state, now, grant, failure.wait, seen, limited=limited)
    # A transient failure may hide a counted call; a final one was rejected before the server generated anything.
    if failure.transient:
        return limits.lose(state, now, grant)
    return limits.withdraw(state, now, grant, seen)
