"""Waiting for the limiter, in threads and on event loops at once: first come, first served.

A small call never overtakes a large one, which would else wait for ever. Only the first in the line asks; the others
sleep until it is their turn. Whatever ends a call wakes the first.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING

from structgen.core.errors import RateLimited
from structgen.core.records import Card
from structgen.send.limits import state as limits
from structgen.send.limits.measures import Sighting
from structgen.send.limits.state import Grant, Need, State, Wait

if TYPE_CHECKING:
    from structgen.send.base import Allowance

LOOK = 0.25
"""The first in the line looks again after at most so many seconds: time may pass otherwise than it thought."""

TURN = 1.0
"""Seconds after which somebody further back looks whether there is time left; it is called when its turn has come."""

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
        self._lock = threading.Lock()
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
        """Get leave to send, blocking until there is. Raises RateLimited once the wait goes beyond the deadline."""
        if self._at_once(place):
            return
        called = threading.Event()
        with self._lined_up(place, called.set) as turn:
            while (seconds := self._look(turn, allowance)) is not None:
                called.wait(seconds)
                called.clear()

    async def await_turn(self, place: Place, allowance: Allowance) -> None:
        """`wait` on the running event loop."""
        if self._at_once(place):
            return
        called = asyncio.Event()
        with self._lined_up(place, _caller(called)) as turn:
            while (seconds := self._look(turn, allowance)) is not None:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(seconds):
                        await called.wait()
                called.clear()

    def end(self, place: Place, ending: Ending) -> None:
        """The call is over; nothing happens where it had no grant, or has ended already."""
        with self._lock:
            grant = place.answer
            if not isinstance(grant, Grant):
                return
            self._state, place.answer = ending(self._state, self._clock(), grant), None
            first = self._line[0] if self._line else None
        if first is not None:
            first.call()

    def replied(self, sightings: tuple[Sighting, ...]) -> None:
        """The server has let a call in, which goes on, and shows these limits."""
        with self._lock:
            self._state = limits.replied(limits.advance(self._state, self._clock()), sightings)
            first = self._line[0] if self._line else None
        if first is not None:
            first.call()

    def _at_once(self, place: Place) -> bool:
        """Whether there was leave without waiting."""
        with self._lock:
            if self._line:
                return False
            self._state, place.answer = limits.acquire(self._state, self._clock(), place.need)
        return isinstance(place.answer, Grant)

    def _look(self, turn: _Turn, allowance: Allowance) -> float | None:
        """None once there is leave, else the seconds until the next look."""
        place = turn.place
        with self._lock:
            first = self._line[0] is turn
            if first:
                self._state, place.answer = limits.acquire(self._state, self._clock(), place.need)
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
    def _lined_up(self, place: Place, call: Callable[[], object]) -> Generator[_Turn, None, None]:
        """A place in the line, given up at the end; then the next one is called."""
        turn = _Turn(place, call)
        with self._lock:
            self._line.append(turn)
        try:
            yield turn
        finally:
            with self._lock:
                self._line.remove(turn)
                first = self._line[0] if self._line else None
            if first is not None:
                first.call()


class _Turn:
    """Somebody in the line; `call` wakes it. `told`: whether it has said that it waits."""

    __slots__ = ("call", "place", "told")

    def __init__(self, place: Place, call: Callable[[], object]) -> None:
        self.place = place
        self.call = call
        self.told = False


def _caller(called: asyncio.Event) -> Callable[[], None]:
    """How to wake somebody on the running loop, from there or from another thread."""
    loop, home = asyncio.get_running_loop(), threading.get_ident()

    def call() -> None:
        if threading.get_ident() == home:
            called.set()
            return
        with contextlib.suppress(RuntimeError):  # its loop was closed: nobody is waiting there any more
            loop.call_soon_threadsafe(called.set)

    return call
