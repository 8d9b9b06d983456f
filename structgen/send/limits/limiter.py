"""Waiting for the limiter, in threads and on event loops at once: first come, first served.

A small call never overtakes a large one, which would else wait for ever. Only the first in the line asks; the others
sleep until it is their turn. Whatever ends a call wakes the first.
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
from structgen.send.limits.buckets import RawHeaders, Sighting, read_raw_headers, read_refusal
from structgen.send.limits.limiter_state import Grant, Need, State, Wait

if TYPE_CHECKING:
    from structgen.send.sender import Allowance


LOOK = 0.25
"""The first in the line looks again after at most so many seconds: time may pass otherwise than it thought."""

TURN = 1.0
"""Seconds after which somebody further back looks whether there is time left, and whether the first is still there; it
is called when its turn has come."""

TELL = 0.5
"""A wait of at least so many seconds is told to whoever wants to know."""

Ending = Callable[[State, float, Grant], State]
"""How a call ended: one of the steps of the state machine that end a grant."""


class Place:
    """Where the limiter's answer to one call stands: what it was asked for, and what it said last."""

    __slots__ = ("answer", "need")

    def __init__(self, need: Need) -> None:
        self.need = need
        self.answer: Grant | Wait | None = None


class Limiter:
    """The limiter of one key and model, for any number of threads and event loops.

    A grant stands in the call's `Place` from the very step in which it is counted until the one in which it ends, so
    that no exception, wherever it strikes, can lose it in between.
    """

    def __init__(
        self,
        card: Card | None = None,
        most: int = 256,
        *,
        shows: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lock = threading.RLock()  # the garbage collector may close a stream, and so end its call, at any moment
        self._line: deque[_Turn] = deque()
        self._clock = clock
        self._state = limits.start(clock(), most, card.limits if card else limits.NO_TIERS, shows=shows)
        self.forgotten = False

    @property
    def state(self) -> State:
        """What the limiter knows at present."""
        return self._state

    @property
    def waiting(self) -> int:
        """How many calls wait for leave."""
        return len(self._line)

    def wait(self, place: Place, allowance: Allowance) -> None:
        """Get leave to send, blocking until there is.

        Raises RateLimited once the wait goes beyond the deadline, NotSent once the run is stopped.
        """
        if self._at_once(place):
            return
        called = threading.Event()
        with self._lined_up(_Turn(place, called)) as turn:
            while (seconds := self._look(turn, allowance)) is not None:
                called.wait(seconds)
                called.clear()

    async def await_turn(self, place: Place, allowance: Allowance) -> None:
        """`wait` on the running event loop."""
        if self._at_once(place):
            return
        called = asyncio.Event()
        with self._lined_up(_Turn(place, called, asyncio.get_running_loop())) as turn:
            while (seconds := self._look(turn, allowance)) is not None:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(seconds):
                        await called.wait()
                called.clear()

    def end(self, place: Place, ending: Ending) -> None:
        """The call is over; nothing happens where it had no grant, or has ended already."""
        with self._lock:
            while isinstance(grant := place.answer, Grant):
                before = self._state
                after = ending(before, self._clock(), grant)
                if self._state is before:
                    self._state, place.answer = after, None
        self._call_first()

    def replied(self, sightings: tuple[Sighting, ...]) -> None:
        """The server has let a call in, which goes on, and shows these limits."""
        with self._lock:
            while True:
                before = self._state
                after = limits.replied(limits.advance(before, self._clock()), sightings)
                if self._state is before:
                    break
            self._state = after
        self._call_first()

    def _at_once(self, place: Place) -> bool:
        """Whether there was leave without waiting."""
        with self._lock:
            if self._line:
                return False
            self._acquire(place)
        return isinstance(place.answer, Grant)

    def _acquire(self, place: Place) -> None:
        """Ask the state machine; again where the garbage collector has ended another call in the middle of it."""
        while True:
            before = self._state
            after, answer = limits.acquire(before, self._clock(), place.need)
            if self._state is before:
                self._state, place.answer = after, answer
                return

    def _look(self, turn: _Turn, allowance: Allowance) -> float | None:
        """None once there is leave, else the seconds until the next look. Raises NotSent where the run was stopped."""
        allowance.check_stopped()
        place = turn.place
        with self._lock:
            first = self._is_first(turn)
            if first:
                self._acquire(place)
        answer = place.answer
        if isinstance(answer, Grant):
            return None
        seconds = answer.seconds if first and answer is not None else None
        if not allowance.affords(seconds or 0.0):
            raise self._too_long(answer if first else None)
        if seconds is not None and seconds >= TELL and not turn.told and allowance.on_wait is not None:
            turn.told = True
            allowance.on_wait(seconds, self._words(answer))
        return allowance.at_most(min(seconds or LOOK, LOOK) if first else TURN)

    def _is_first(self, turn: _Turn) -> bool:
        """Whether nobody is before it. A loop that this thread blocks meanwhile cannot take its turn: it is passed."""
        while self._line[0].gone():
            self._line.popleft()
        return next(one for one in self._line if one is turn or not turn.blocks(one)) is turn

    def _call_first(self) -> None:
        """Wake the first in the line."""
        with self._lock:
            while self._line and self._line[0].gone():
                self._line.popleft()
            first = self._line[0] if self._line else None
        if first is not None:
            first.call()

    def _words(self, answer: Wait | None) -> str:
        """What is waited for."""
        bucket = self._state.find(answer.why) if answer else None
        return f"the limit of {bucket.limit:,.0f} {bucket.measure.words}" if bucket else "the server, which asks for it"

    def _too_long(self, answer: Wait | None) -> RateLimited:
        """The error of a wait that the time left does not allow."""
        if answer is None or answer.seconds is None:
            return RateLimited(
                "The time is up, and other calls of this key were still before this one. Allow more time, or send less "
                "at once."
            )
        return RateLimited(
            f"The next call would have to wait {answer.seconds:.0f} s for {self._words(answer)}: that is more than the "
            "time left. Run the same again later, or allow more time.",
            wait=answer.seconds,
        )

    @contextlib.contextmanager
    def _lined_up(self, turn: _Turn) -> Generator[_Turn, None, None]:
        """A place in the line, given up at the end; then the next one is called."""
        try:
            with self._lock:
                self._line.append(turn)
            yield turn
        finally:
            with self._lock, contextlib.suppress(ValueError):  # it was taken for gone
                self._line.remove(turn)
            self._call_first()


class _Turn:
    """Somebody in the line: a thread, or a task of the `loop` that runs in it. `told`: it has said that it waits."""

    __slots__ = ("called", "loop", "place", "thread", "told")

    def __init__(
        self, place: Place, called: threading.Event | asyncio.Event, loop: asyncio.AbstractEventLoop | None = None
    ) -> None:
        self.place = place
        self.called = called
        self.loop = loop
        self.thread = threading.get_ident()
        self.told = False

    def gone(self) -> bool:
        """Whether its loop was closed: nobody is waiting there any more."""
        return self.loop is not None and self.loop.is_closed()

    def blocks(self, other: _Turn) -> bool:
        """Whether this one keeps the other's loop from running for as long as it waits."""
        return self.loop is None and other.loop is not None and self.thread == other.thread

    def call(self) -> None:
        """Wake it, from any thread."""
        if self.loop is None or self.thread == threading.get_ident():
            self.called.set()
            return
        with contextlib.suppress(RuntimeError):  # its loop was closed at this moment
            self.loop.call_soon_threadsafe(self.called.set)


MOST_AT_ONCE = 1_024
"""Calls of one key and model under way at once, where no server is overloaded."""

_shared: weakref.WeakValueDictionary[str, Limiter] = weakref.WeakValueDictionary()
_sharing = threading.Lock()


def shared_limiter(base_url: str, key: str, model: str, card: Card | None = None, *, shows: bool = True) -> Limiter:
    """The one limiter of this process for a server, key and model. Keeps no key.

    `shows`: the server is known to show its limits in its headers.
    """
    name = hashlib.sha256("\0".join((base_url, key, model)).encode()).hexdigest()
    with _sharing:
        limiter = _shared.get(name)
        if limiter is None:
            limiter = _shared[name] = Limiter(card, MOST_AT_ONCE, shows=shows)
        return limiter


def forget_limiters() -> None:
    """Begin anew, as a new process would: from now on nothing is known of any limit. For tests."""
    with _sharing:
        for limiter in _shared.values():
            limiter.forgotten = True
        _shared.clear()


def _forked() -> None:
    """In the child of a fork: those who waited or were under way are threads of the parent, and would never end."""
    _sharing.release()
    forget_limiters()


if hasattr(os, "register_at_fork"):  # Windows has no forks
    os.register_at_fork(before=_sharing.acquire, after_in_parent=_sharing.release, after_in_child=_forked)


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
