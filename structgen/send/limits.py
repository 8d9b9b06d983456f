"""The limiter of one key and model: a pure state machine. The clock is passed in; nothing here waits.

Groq's limits are continuous buckets, the daily ones too: what was used drains steadily, `limit` in one `period` (a 429
that says ``Limit 8000, Used 4867, Requested 3264. Please try again in 982.5ms`` is that arithmetic). So a call reserves
what it may use before it is sent, and settles with what it did use after it; between the two a `Grant` is under way.
Calls under way are bounded apart: every success opens the window a little, a server that is overloaded halves it.

A reading of the clock that lies before the last one counts as no time at all, and time goes on from there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import TypeAlias

from structgen.core.records import Usage

Tiers: TypeAlias = Mapping[str, Mapping[str, int]]
"""Tier -> {rpm, rpd, tpm, tpd}, as cards have it."""

NO_TIERS: Tiers = MappingProxyType({})
NO_LIMITS: Mapping[str, int] = MappingProxyType({})

DAY = 86_400.0
SPARE = 0.03
"""This part of a limit is kept free (at least one of it): between us and the server, time may stretch a little."""


NOTHING = 1e-6
"""Less than this over a limit is rounding: waiting for it would not move the clock."""


class Measure(StrEnum):
    """What is limited; the values are the names that cards use."""

    RPM = "rpm"
    RPD = "rpd"
    TPM = "tpm"
    TPD = "tpd"

    @property
    def period(self) -> float:
        """Seconds in which the whole limit drains."""
        return DAY if self in {Measure.RPD, Measure.TPD} else 60.0

    @property
    def of_tokens(self) -> bool:
        """Whether tokens are counted, not requests."""
        return self in {Measure.TPM, Measure.TPD}


@dataclass(frozen=True, slots=True)
class Bucket:
    """One limit and what is used of it now."""

    limit: float
    used: float = 0.0

    def wait(self, amount: float, period: float) -> float:
        """Seconds until so much more fits. What never fits goes when the bucket is empty: the server judges it."""
        room = self.limit - max(1.0, self.limit * SPARE)
        over = min(self.used, self.used + amount - room)
        return over * period / self.limit if over > NOTHING else 0.0


@dataclass(frozen=True, slots=True)
class Need:
    """What a call may use, in tokens: its prompt as estimated, and ``max_completion_tokens``, which counts whole."""

    prompt: float
    answer: float = 0.0


@dataclass(frozen=True, slots=True)
class Grant:
    """Leave to send one call now. To be settled, refused or withdrawn, once."""

    need: Need
    tokens: float
    number: int


@dataclass(frozen=True, slots=True)
class Wait:
    """Not now: ask again after so many seconds. `why` is the limit in question, None for the server's own wish.

    `seconds` is None where only the end of a call under way can help.
    """

    seconds: float | None
    why: Measure | None = None


@dataclass(frozen=True, slots=True)
class Sighting:
    """What the server said about one limit. `exact`: it said so about this very moment, in a refusal."""

    measure: Measure
    limit: float
    used: float
    exact: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """Everything the limiter knows. `most` bounds the calls under way, `tiers` are the card's limits.

    `ratio` is how many tokens a prompt takes for each that was estimated. `pause` is what is left of a wait that the
    server asked for. `shrunk` is the number of the first grant after the window was last halved.
    """

    most: float
    tiers: Tiers = field(default_factory=lambda: NO_TIERS)
    at: float = 0.0
    buckets: Mapping[Measure, Bucket] = field(default_factory=lambda: MappingProxyType({}))
    window: float = 1.0
    under_way: int = 0
    number: int = 0
    shrunk: int = 0
    pause: float = 0.0
    ratio: float = 1.0


def start(now: float, most: int, tiers: Tiers = NO_TIERS) -> State:
    """A limiter that knows the card alone. Until the server shows a limit, the smallest tier holds."""
    smallest = min(tiers.values(), key=lambda tier: tier.get(Measure.TPM, float("inf")), default=NO_LIMITS)
    buckets = {measure: Bucket(smallest[measure]) for measure in Measure if smallest.get(measure)}
    return State(most=most, tiers=tiers, at=now, buckets=buckets, window=most)


def advance(state: State, now: float) -> State:
    """The state at a later moment: buckets have drained, a pause has shortened."""
    passed = max(now - state.at, 0.0)
    buckets = {
        measure: replace(bucket, used=max(bucket.used - bucket.limit * passed / measure.period, 0.0))
        for measure, bucket in state.buckets.items()
    }
    return replace(state, at=now, buckets=buckets, pause=max(state.pause - passed, 0.0))


def acquire(state: State, now: float, need: Need) -> tuple[State, Grant | Wait]:
    """Leave to send a call, its tokens reserved; or how long to wait."""
    state = advance(state, now)
    tokens = need.prompt * state.ratio + need.answer
    if state.under_way >= max(int(state.window), 1):
        return state, Wait(None)
    waits = {one: bucket.wait(_amount(one, tokens), one.period) for one, bucket in state.buckets.items()}
    why = max(waits, key=lambda one: waits[one], default=None)
    if state.pause > 0 and (why is None or state.pause >= waits[why]):
        return state, Wait(state.pause)
    if why is not None and waits[why] > 0:
        return state, Wait(waits[why], why)
    granted = Grant(need, tokens, state.number)
    state = replace(state, under_way=state.under_way + 1, number=state.number + 1)
    return _charge(state, requests=1, tokens=tokens), granted


def settle(state: State, now: float, grant: Grant, usage: Usage, sightings: Iterable[Sighting] = ()) -> State:
    """A completion came: count what it used, open the window. Cached tokens are free, unknown ones stay reserved."""
    state = _end(advance(state, now))
    state = replace(state, window=min(state.window + 1 / max(state.window, 1.0), state.most))
    if usage.input_tokens is not None and usage.output_tokens is not None:
        used = usage.input_tokens - (usage.cached_tokens or 0) + usage.output_tokens
        state = _charge(state, tokens=used - grant.tokens)
        if grant.need.prompt > 0:
            seen = min(max(usage.input_tokens / grant.need.prompt, 0.25), 4.0)
            state = replace(state, ratio=0.8 * state.ratio + 0.2 * seen)
    return learn(state, sightings)


def refuse(
    state: State, now: float, grant: Grant, wait: float | None = None, sightings: Iterable[Sighting] = ()
) -> State:
    """The server would not take the call, so nothing was used: it names a limit, or is overloaded, or asks to wait."""
    named = tuple(sightings)
    state = withdraw(state, now, grant)
    state = learn(_shrink(state, grant), named)
    if any(sighting.exact for sighting in named):
        return state
    return replace(state, pause=max(state.pause, wait or 0.0))


def lose(state: State, now: float, grant: Grant) -> State:
    """Nothing came back: the server may have counted the call, so it stays counted, and the window is halved."""
    return _shrink(_end(advance(state, now)), grant)


def withdraw(state: State, now: float, grant: Grant) -> State:
    """The call was not sent after all, or not counted: give back what was reserved."""
    return _charge(_end(advance(state, now)), requests=-1, tokens=-grant.tokens)


def learn(state: State, sightings: Iterable[Sighting]) -> State:
    """Take over the limits that the server shows; the others follow from the tier with the same limit on tokens.

    What the server counts may be more than what we know of (others use the key); it is less only where calls under
    way have not reached it yet, so a header can only raise the count. The words of a refusal are taken as they are.
    """
    buckets = dict(state.buckets)
    for seen in sightings:
        known = buckets.get(seen.measure)
        if seen.measure is Measure.TPM and (known is None or known.limit != seen.limit):
            _take_tier(state.tiers, seen.limit, buckets)
        used = seen.used if seen.exact or known is None else max(seen.used, known.used)
        buckets[seen.measure] = Bucket(seen.limit, used)
    return replace(state, buckets=buckets)


def _take_tier(tiers: Tiers, limit: float, buckets: dict[Measure, Bucket]) -> None:
    """Replace the limits that no header shows by those of the tier with this limit on tokens, if there is one."""
    tier = next((tier for tier in tiers.values() if tier.get(Measure.TPM) == limit), NO_LIMITS)
    for silent in (Measure.RPM, Measure.TPD):
        known = buckets.pop(silent, Bucket(0))
        if silent in tier:
            buckets[silent] = Bucket(tier[silent], known.used)


def _amount(measure: Measure, tokens: float) -> float:
    return tokens if measure.of_tokens else 1.0


def _charge(state: State, *, requests: float = 0.0, tokens: float = 0.0) -> State:
    """More, or less, is used."""
    buckets = {
        measure: replace(bucket, used=max(bucket.used + (tokens if measure.of_tokens else requests), 0.0))
        for measure, bucket in state.buckets.items()
    }
    return replace(state, buckets=buckets)


def _end(state: State) -> State:
    return replace(state, under_way=max(state.under_way - 1, 0))


def _shrink(state: State, grant: Grant) -> State:
    """Halve the window, once for all calls that were under way together."""
    if grant.number < state.shrunk:
        return state
    return replace(state, window=max(state.window / 2, 1.0), shrunk=state.number)
