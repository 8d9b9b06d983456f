"""The limiter of one key and model: a pure state machine. The clock is passed in; nothing here waits.

Groq's limits are continuous buckets, the daily ones too: what was used drains steadily, `limit` in one `period` (a 429
that says ``Limit 8000, Used 4867, Requested 3264. Please try again in 982.5ms`` is that arithmetic). So a call reserves
what it may use before it is sent, and settles with what it did use after it; between the two a `Grant` is under way.
Calls under way are bounded apart: every success opens the window a little, a server that is overloaded narrows it.

A bucket is one number, the moment at which it will be empty, so that time passes in it without any work. A reading of
the clock that lies before the last one counts as no time at all, and time goes on from there. A step is a few tuples:
it has to be cheap, because every call takes two.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import inf
from types import MappingProxyType
from typing import NamedTuple

from structgen.core.records import Usage
from structgen.send.limits.buckets import NO_LIMITS, Bucket, Measure, Sighting, Tiers, charged

NO_TIERS: Tiers = MappingProxyType({})

PROBES = 8
"""So many calls go to a server that is known to show its limits before it has shown them."""

PATIENCE = 3.0
"""Seconds after the first call for which the others wait for the limits to be shown."""

BACK_OFF = 0.7
"""What is left of the window where a server is overloaded."""

REST = 0.5
"""Seconds to leave an overloaded server alone that names no wait itself."""


class Need(NamedTuple):
    """What a call may use, in tokens: its prompt as estimated, and ``max_completion_tokens``, which counts whole."""

    prompt: float
    answer: float = 0.0


class Grant(NamedTuple):
    """Leave to send one call now. To be settled, refused, lost, abandoned or withdrawn, once.

    `returned` is what calls had given back by then.
    """

    need: Need
    tokens: float
    number: int
    returned: float = 0.0


class Wait(NamedTuple):
    """Not now: not before so many seconds, even if the calls under way used nothing of what they reserved.

    `why` is the limit in question, None for the server's own wish. `seconds` is None where it is all up to those calls.
    """

    seconds: float | None
    why: Measure | None = None


class State(NamedTuple):
    """Everything the limiter knows. `most` bounds the calls under way, `tiers` are the card's limits.

    `at` is the last reading of the clock, `time` the seconds that have passed, which the other moments count in.
    `reserved` are the tokens that the calls under way may use, `returned` those that calls so far reserved and did not
    use; the server `gives_back` such too, as far as was seen. It asked for a pause until `paused`, because of
    `paused_for`. `ratio` is how many tokens a prompt takes for each that was estimated. `shrunk` is the number of the
    first grant after the window was last narrowed. `trial` is the moment at which the wait for the first limits ends,
    None where it has.
    """

    most: float
    tiers: Tiers = NO_TIERS
    at: float = 0.0
    time: float = 0.0
    buckets: tuple[Bucket, ...] = ()
    window: float = 1.0
    under_way: int = 0
    reserved: float = 0.0
    returned: float = 0.0
    gives_back: bool = False
    number: int = 0
    shrunk: int = 0
    paused: float = 0.0
    paused_for: Measure | None = None
    ratio: float = 1.0
    trial: float | None = None

    def find(self, measure: Measure | None) -> Bucket | None:
        """What is known about one limit."""
        return next((bucket for bucket in self.buckets if bucket.measure is measure), None)


def start(now: float, most: int, tiers: Tiers = NO_TIERS, *, shows: bool = True) -> State:
    """A limiter that has seen no reply yet.

    Of a server that `shows` its limits nothing is known so far: a few calls go, as far as the card's smallest tier
    allows, and the others wait until the first reply says more. Of any other no limit is known, and none assumed.
    """
    if not shows:
        return State(most, tiers, now, window=most)
    smallest = min(tiers.values(), key=lambda tier: tier.get(Measure.TPM, inf), default=NO_LIMITS)
    buckets = tuple(Bucket(measure, smallest[measure]) for measure in Measure if smallest.get(measure))
    return State(most, tiers, now, buckets=buckets, window=min(most, PROBES), trial=inf)


def advance(state: State, now: float) -> State:
    """The state at a later moment."""
    return state._replace(at=now, time=_time(state, now))


def acquire(state: State, now: float, need: Need) -> tuple[State, Grant | Wait]:
    """Leave to send a call, its tokens reserved; or how long to wait."""
    time = _time(state, now)
    if state.trial is not None and time >= state.trial:
        state = _open(state)
    wait = _wait(state, time, tokens := need.prompt * state.ratio + need.answer)
    if wait is not None:
        return state._replace(at=now, time=time), wait
    granted = Grant(need, tokens, state.number, state.returned)
    buckets = charged(state.buckets, time, 1.0, tokens)
    trial = time + PATIENCE if state.trial == inf else state.trial
    state = state._replace(
        at=now,
        time=time,
        buckets=buckets,
        under_way=state.under_way + 1,
        reserved=state.reserved + tokens,
        number=state.number + 1,
        trial=trial,
    )
    return state, granted


def _wait(state: State, time: float, tokens: float) -> Wait | None:
    """What a call of so many tokens has to wait for, if anything."""
    if state.under_way + 1 > state.window:
        return Wait(None)
    paused = state.paused - time
    if paused <= 0:
        if not any(bucket.wait(time, tokens if bucket.measure.of_tokens else 1.0) for bucket in state.buckets):
            return None
        if state.trial is not None:
            return Wait(None)  # the limits are merely assumed
    longest, why = max(paused, 0.0), state.paused_for
    for bucket in state.buckets:
        amount, back = (tokens, state.reserved) if bucket.measure.of_tokens else (1.0, 0.0)
        wait = bucket.wait(time, amount, back)
        if wait > longest:
            longest, why = wait, bucket.measure
    return Wait(longest or None, why)


def settle(state: State, now: float, grant: Grant, usage: Usage, sightings: Iterable[Sighting] = ()) -> State:
    """A completion came: count what it used, open the window. Cached tokens are free, unknown ones stay reserved."""
    seen = tuple(sightings)
    state = _end(state, now, grant)
    if usage.input_tokens is not None and usage.output_tokens is not None:
        state = _count(state, grant, usage.input_tokens, usage.output_tokens, usage.cached_tokens or 0)
        unused = grant.need.answer - usage.output_tokens
        if seen and not state.gives_back and not state.reserved and _is_given_back(state, unused, seen):
            state = state._replace(gives_back=True)
    if state.window < state.most:
        state = state._replace(window=min(state.window + 1 / state.window, state.most))
    return replied(state, seen, grant)


def _count(state: State, grant: Grant, prompt: int, answer: int, cached: int) -> State:
    """Count what a call used in place of what it had reserved, and correct the estimate of prompts."""
    used, ratio = prompt - cached + answer, state.ratio
    if grant.need.prompt > 0:
        ratio = 0.8 * ratio + 0.2 * min(max(prompt / grant.need.prompt, 0.25), 4.0)
    buckets = charged(state.buckets, state.time, 0.0, used - grant.tokens)
    return state._replace(buckets=buckets, ratio=ratio, returned=state.returned + max(grant.tokens - used, 0.0))


def _is_given_back(state: State, unused: float, seen: tuple[Sighting, ...]) -> bool:
    """Whether the server counts less than if it kept the room for answers that was not used.

    To be asked when no other call is under way. What the server does is not documented: it may give that room back
    before it writes the headers, after that, or never. Unless it is seen to, no part of what the headers say is put
    down to it.
    """
    for sighting in seen:
        bucket = state.find(sighting.measure)
        if sighting.measure is Measure.TPM and bucket is not None:
            kept = bucket.used(state.time) + unused
            return kept - sighting.used > max(unused / 4, bucket.limit / 100)
    return False


def replied(state: State, sightings: Sequence[Sighting], grant: Grant | None = None) -> State:
    """A call was let in, and this is what the server shows with it: nothing, where it is one that shows no limits."""
    if sightings:
        returned = state.returned - grant.returned if grant and state.gives_back else 0.0
        state = learn(state, sightings, returned)
    return state if state.trial is None else _open(state)


def refuse(
    state: State, now: float, grant: Grant, wait: float | None = None, sightings: Iterable[Sighting] = ()
) -> State:
    """The server would not take the call now, so nothing was used. Everybody waits as long as it asks for.

    It names the limit that was reached; or it is overloaded, and gets fewer calls at once from now on.
    """
    seen = tuple(sightings)
    named = next((sighting.measure for sighting in seen if sighting.exact), None)
    state = withdraw(state, now, grant, seen)._replace(gives_back=False)
    if named is None:
        state = _shrink(state, grant)
    until = state.time + (wait if wait is not None else 0.0 if named else REST)
    return state._replace(paused=until, paused_for=named) if until > state.paused else state


def lose(state: State, now: float, grant: Grant) -> State:
    """Nothing came back: the server may have counted the call, so it stays counted, and the window is narrowed."""
    return _shrink(_end(state, now, grant), grant)


def abandon(state: State, now: float, grant: Grant) -> State:
    """Nobody waited for the reply: what it took is not known and stays reserved; nothing is wrong with the server."""
    return _end(state, now, grant)


def withdraw(state: State, now: float, grant: Grant, sightings: Iterable[Sighting] = ()) -> State:
    """The call was not sent after all, or not counted: give back what was reserved."""
    state = _end(state, now, grant)
    return learn(state._replace(buckets=charged(state.buckets, state.time, -1.0, -grant.tokens)), sightings)


def learn(state: State, sightings: Iterable[Sighting], returned: float = 0.0) -> State:
    """Take over the limits that the server shows; the others follow from the tier with the same limit on tokens.

    What the server counts may be more than what we know of (others use the key); it is less only where calls under
    way have not reached it yet, so a header can only raise the count; and not by what may have been `returned` since it
    was written. The words of a refusal are taken as they are.
    """
    seen = tuple(sightings)
    if not seen:
        return state
    known = {bucket.measure: bucket for bucket in state.buckets}
    tokens = next((sighting.limit for sighting in seen if sighting.measure is Measure.TPM), None)
    before = known.get(Measure.TPM)
    if state.trial is not None or (tokens is not None and (before is None or before.limit != tokens)):
        _take_tier(state, tokens, known, {sighting.measure for sighting in seen})
    for sighting in seen:
        used, before = sighting.used, known.get(sighting.measure)
        if before is not None and not sighting.exact:
            ours = before.used(state.time)
            if sighting.limit < before.limit:  # the server lowered it: what was used of the old one fills the new one
                ours = min(ours, sighting.limit)
            used = max(used - (returned if sighting.measure.of_tokens else 0.0), ours)
        known[sighting.measure] = Bucket.filled(sighting.measure, sighting.limit, used, state.time)
    state = state._replace(buckets=tuple(known.values()))
    return _open(state, known=True) if state.trial is not None else state


def _take_tier(state: State, tokens: float | None, known: dict[Measure, Bucket], shown: set[Measure]) -> None:
    """Replace the limits that nothing shows by those of the tier with this limit on tokens, if there is one."""
    tier = next((one for one in state.tiers.values() if tokens and one.get(Measure.TPM) == tokens), NO_LIMITS)
    for silent in Measure if state.trial is not None else (Measure.RPM, Measure.TPD):
        if silent in shown:
            continue
        before = known.pop(silent, None)
        if silent in tier:
            used = before.used(state.time) if before else 0.0
            known[silent] = Bucket.filled(silent, tier[silent], used, state.time)


def _open(state: State, *, known: bool = False) -> State:
    """The wait for the first limits is over: what the card's smallest tier says holds no more, unless it is `known`."""
    window = state.window if state.shrunk else state.most
    return state._replace(trial=None, window=window, buckets=state.buckets if known else ())


def _time(state: State, now: float) -> float:
    """The seconds that have passed until this reading of the clock."""
    return state.time + (now - state.at) if now > state.at else state.time


def _end(state: State, now: float, grant: Grant) -> State:
    under_way = max(state.under_way - 1, 0)
    reserved = max(state.reserved - grant.tokens, 0.0) if under_way else 0.0
    return state._replace(at=now, time=_time(state, now), under_way=under_way, reserved=reserved)


def _shrink(state: State, grant: Grant) -> State:
    """Narrow the window, once for all calls that were under way together."""
    if grant.number < state.shrunk:
        return state
    wide = min(state.window, state.under_way + 1)
    return state._replace(window=max(wide * BACK_OFF, 1.0), shrunk=state.number)
