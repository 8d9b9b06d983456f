"""Waiting for the limiter, in threads and on event loops at once: first come, first served.

A small call never overtakes a large one, which would else wait for ever. Only the first in the line asks again; the
others sleep until it is their turn.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Generator, Mapping
from typing import TYPE_CHECKING

from structgen.core.errors import RateLimited
from structgen.core.records import Card, Usage
from structgen.send import limits
from structgen.send.limits import Grant, Measure, Need, State, Wait
from structgen.send.limits_read import read_headers, read_refusal

if TYPE_CHECKING:
    from structgen.send.base import Allowance

LOOK = 0.25
"""The first in the line looks again after at most so many seconds: what others settle may shorten its wait."""

POLL = 0.005
"""Seconds between two looks where only the end of another call can help."""

TURN = 1.0
"""Seconds after which somebody further back looks whether there is time left; it is woken when its turn has come."""

_WORDS = {
    Measure.RPM: "requests a minute",
    Measure.RPD: "requests a day",
    Measure.TPM: "tokens a minute",
    Measure.TPD: "tokens a day",
}


class Limiter:
    """The limiter of one key and model, for any number of threads and event loops.

    Every grant is to be given back by exactly one of `settle`, `refuse`, `lose` and `withdraw`.
    """

    def __init__(self, card: Card | None = None, most: int = 256) -> None:
        self._lock = threading.Lock()
        self._line: deque[_Turn] = deque()
        self._state = limits.start(time.monotonic(), most, card.limits if card else {})

    @property
    def state(self) -> State:
        """What the limiter knows at present."""
        return self._state

    @property
    def waiting(self) -> int:
        """How many calls wait for leave."""
        return len(self._line)

    def wait(self, need: Need, allowance: Allowance) -> Grant:
        """Leave to send, blocking until there is. Raises RateLimited as soon as the wait goes beyond the deadline."""
        called = threading.Event()
        with self._place(called.set) as turn:
            while not isinstance(answer := self._look(turn, need, allowance), Grant):
                if answer is None:
                    called.wait(TURN)
                else:
                    time.sleep(answer)
        return answer

    async def await_turn(self, need: Need, allowance: Allowance) -> Grant:
        """`wait` on the running event loop."""
        loop, called = asyncio.get_running_loop(), asyncio.Event()

        def call() -> None:
            with contextlib.suppress(RuntimeError):  # its loop was closed: nobody is waiting there any more
                loop.call_soon_threadsafe(called.set)

        with self._place(call) as turn:
            while not isinstance(answer := self._look(turn, need, allowance), Grant):
                if answer is None:
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(called.wait(), TURN)
                else:
                    await asyncio.sleep(answer)
        return answer

    def settle(self, grant: Grant, usage: Usage, headers: Mapping[str, str]) -> None:
        """A completion came, with these headers (names in lower case)."""
        seen = read_headers(headers)
        self._change(lambda state, now: limits.settle(state, now, grant, usage, seen))

    def refuse(self, grant: Grant, wait: float | None, message: str, headers: Mapping[str, str]) -> None:
        """The server refused the call for now; `message` is what its error says, `wait` how long it asks to wait."""
        seen = (*read_headers(headers), *read_refusal(message))
        self._change(lambda state, now: limits.refuse(state, now, grant, wait, seen))

    def lose(self, grant: Grant) -> None:
        """The call got no answer; whether the server counted it is not known."""
        self._change(lambda state, now: limits.lose(state, now, grant))

    def withdraw(self, grant: Grant) -> None:
        """The call was not sent, or refused for good."""
        self._change(lambda state, now: limits.withdraw(state, now, grant))

    def _change(self, change: Callable[[State, float], State]) -> None:
        with self._lock:
            self._state = change(self._state, time.monotonic())

    def _look(self, turn: _Turn, need: Need, allowance: Allowance) -> Grant | float | None:
        """A grant, the seconds until the next look, or None where others are first."""
        with self._lock:
            first = self._line[0] is turn
            answer: Grant | Wait = Wait(None)
            if first:
                self._state, answer = limits.acquire(self._state, time.monotonic(), need)
        if isinstance(answer, Grant):
            return answer
        if not allowance.affords(answer.seconds or 0.0):
            raise self._too_long(answer)
        if not first:
            return None
        return POLL if answer.seconds is None else min(answer.seconds, LOOK)

    def _too_long(self, answer: Wait) -> RateLimited:
        """The error of a wait that the time left does not allow."""
        if answer.seconds is None:
            return RateLimited(
                "The time is up while other calls were under way. Allow more time, or send less at once."
            )
        bucket = self._state.buckets.get(answer.why) if answer.why else None
        limit = f"the limit of {bucket.limit:.0f} {_WORDS[answer.why]}" if bucket and answer.why else "the server"
        return RateLimited(
            f"The next call would have to wait {answer.seconds:.0f} s for {limit}, which is more than the time left. "
            "Run the same again later, or allow more time.",
            wait=answer.seconds,
        )

    @contextlib.contextmanager
    def _place(self, call: Callable[[], object]) -> Generator[_Turn, None, None]:
        """A place in the line, given up at the end; then the next one is called."""
        turn = _Turn(call)
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
    """Somebody in the line; `call` tells it that it is the first."""

    __slots__ = ("call",)

    def __init__(self, call: Callable[[], object]) -> None:
        self.call = call


_shared: weakref.WeakValueDictionary[str, Limiter] = weakref.WeakValueDictionary()
_sharing = threading.Lock()


def shared_limiter(base_url: str, key: str, model: str, card: Card | None = None, most: int = 256) -> Limiter:
    """The one limiter of this process for a key and model, for as long as somebody holds it. Keeps no key."""
    name = hashlib.sha256("\0".join((base_url, key, model)).encode()).hexdigest()
    with _sharing:
        limiter = _shared.get(name)
        if limiter is None:
            limiter = _shared[name] = Limiter(card, most)
        return limiter
