"""The limiter of one API key and model, as a pure state machine. The clock is passed in; nothing here waits.

Groq's limits are leaky buckets, the daily ones included: what was used drains steadily, at `limit` per `period`. (The
numbers of a 429, such as ``Limit 8000, Used 4867, Requested 3264. Please try again in 982.5ms``, follow from that.) So
a call reserves what it may use before it is sent, and settles with what it did use afterwards. In between it holds a
`Grant`. The number of calls in flight is limited separately by a window, which each success widens a little and an
overloaded server narrows.

A bucket is stored as one number, the time at which it will be empty, so that draining needs no work. If the clock goes
backwards, no time has passed. Each step builds only a few tuples: it must be cheap, because every call takes two.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import inf
from types import MappingProxyType
from typing import NamedTuple

from structgen.core.records import Usage
from structgen.send.limits.buckets import NO_LIMITS, Amount, Bucket, Measure, Sighting, Tiers, charged

NO_TIERS: Tiers = MappingProxyType({})

PROBES = 8
"""Maximum calls in flight to a server that shows its limits, until it has shown them."""

PATIENCE = 3.0
"""How long the other calls wait after the first one for the limits to be shown, in seconds."""

BACK_OFF = 0.7
"""Factor by which an overloaded server narrows the window."""

REST = 0.5
"""Pause for an overloaded server that names no wait, in seconds."""


class Need(NamedTuple):
    """The tokens that a call may use: its estimated prompt, and all of ``max_completion_tokens``, as Groq counts it."""

    prompt: float
    answer: float = 0.0


class Grant(NamedTuple):
    """Permission to send one call now. It must be settled, refused, lost, abandoned or withdrawn exactly once.

    `returned` is the state's `returned` at the time of the grant.
    """

    need: Need
    amount: Amount
    number: int
    returned: float = 0.0

    @property
    def tokens(self) -> float:
        """The tokens that are reserved."""
        return self.amount.tokens


class Wait(NamedTuple):
    """No permission for at least `seconds`, even if the calls in flight use none of their reserved tokens.

    `seconds` is None if only the end of one of those calls can help. `why` is the exhausted limit, or None if the
    server asked for the pause.
    """

    seconds: float | None
    why: Measure | None = None


class State(NamedTuple):
    """Everything the limiter knows. `most` is the maximum number of calls in flight, `tiers` are the card's limits.

    `at` is the last reading of the clock, `time` the seconds that have passed since the start; all other times count in
    the latter. `reserved` are the tokens that the calls in flight may use. `returned` is the total of tokens that ended
    calls had reserved but not used, and `gives_back` says that the server was seen to return such tokens too. The
    server asked for a pause until `paused` because of the limit `paused_for`. `ratio` is actual over estimated prompt
    tokens. `shrunk` is the number of the first grant after the window was last narrowed. `trial` is the time at which
    the wait for the first limits ends, or None after it. `total` is what all calls have used and reserved so far: it is
    only counted for limits that are shared with other processes, and otherwise None.
    """

    most: float
    tiers: Tiers = NO_TIERS
    at: float = 0.0
    time: float = 0.0
    buckets: tuple[Bucket, ...] = ()
    window: float = 1.0
    under_way: int = 0
    reserved: Amount = Amount()
    returned: float = 0.0
    gives_back: bool = False
    number: int = 0
    shrunk: int = 0
    paused: float = 0.0
    paused_for: Measure | None = None
    ratio: float = 1.0
    trial: float | None = None
    total: Amount | None = None

    def find(self, measure: Measure | None) -> Bucket | None:
        """Return the bucket of a limit, or None if the limit is unknown."""
        return next((bucket for bucket in self.buckets if bucket.measure is measure), None)


def start(now: float, most: int, tiers: Tiers = NO_TIERS, *, shows: bool = True, counts: bool = False) -> State:
    """Return the state before the first response.

    If the server `shows` its limits, a few calls are sent, within the card's smallest tier, and the others wait until
    the first response shows the real limits. For any other server no limits are known, and none are assumed. `counts`
    says whether to count the total.
    """
    total = Amount() if counts else None
    if not shows:
        return State(most, tiers, now, window=most, total=total)
    smallest = min(tiers.values(), key=lambda tier: tier.get(Measure.TPM, inf), default=NO_LIMITS)
    buckets = tuple(Bucket(measure, smallest[measure]) for measure in Measure if smallest.get(measure))
    return State(most, tiers, now, buckets=buckets, window=min(most, PROBES), trial=inf, total=total)


def advance(state: State, now: float) -> State:
    """Return the state at a later time."""
    return state._replace(at=now, time=_time(state, now))


def acquire(state: State, now: float, need: Need) -> tuple[State, Grant | Wait]:
    """Return a grant with its tokens reserved, or how long to wait for one."""
    time = _time(state, now)
    if state.trial is not None and time >= state.trial:
        state = _open(state)
    amount = Amount(1.0, need.prompt * state.ratio, need.answer)
    wait = _wait(state, time, amount)
    if wait is not None:
        return state._replace(at=now, time=time), wait
    granted = Grant(need, amount, state.number, state.returned)
    buckets = charged(state.buckets, time, amount)
    trial = time + PATIENCE if state.trial == inf else state.trial
    state = state._replace(
        at=now,
        time=time,
        buckets=buckets,
        under_way=state.under_way + 1,
        reserved=state.reserved.plus(amount),
        number=state.number + 1,
        trial=trial,
    )
    return _counted(state, amount), granted


def _counted(state: State, used: Amount) -> State:
    """Add to the total, if it is counted."""
    return (
        state if state.total is None else state._replace(total=Amount(*map(sum, zip(state.total, used, strict=True))))
    )


def _wait(state: State, time: float, amount: Amount) -> Wait | None:
    """Return what a call of this amount must wait for, or None."""
    if state.under_way + 1 > state.window:  # the window is a float, so that it can grow by less than one call
        return Wait(None)
    paused = state.paused - time
    if paused <= 0:
        if not any(bucket.wait(time, amount.of(bucket.measure)) for bucket in state.buckets):
            return None
        if state.trial is not None:
            return Wait(None)  # the buckets are a guess (the smallest tier), so no time can be derived from them
    longest, why = max(paused, 0.0), state.paused_for
    # The shortest wait that is certain: as if the calls in flight returned all that they have reserved. The caller asks
    # again after each call that ends.
    for bucket in state.buckets:
        back = state.reserved.of(bucket.measure) if bucket.measure.of_tokens else 0.0
        wait = bucket.wait(time, amount.of(bucket.measure), back)
        if wait > longest:
            longest, why = wait, bucket.measure
    return Wait(longest or None, why)


def settle(
    state: State, now: float, grant: Grant, usage: Usage, sightings: Iterable[Sighting] = (), pause: float = 0.0
) -> State:
    """End a call with a completion: count what it used and widen the window. Unknown usage stays reserved.

    All calls wait for `pause` seconds, if a limit is used up that has an unknown name.
    """
    seen = tuple(sightings)
    state = _end(state, now, grant)
    if usage.input_tokens is not None and usage.output_tokens is not None:
        state = _count(state, grant, usage.input_tokens, usage.output_tokens, usage.cached_tokens or 0)
        unused = grant.need.answer - usage.output_tokens
        if seen and not state.gives_back and not state.reserved.tokens and _is_given_back(state, unused, seen):
            state = state._replace(gives_back=True)
    if state.window < state.most:
        # One more call in flight for each full window of successes, as TCP does to avoid congestion.
        state = state._replace(window=min(state.window + 1 / state.window, state.most))
    return _pause(replied(state, seen, grant), pause)


def _pause(state: State, seconds: float) -> State:
    until = state.time + seconds
    return state._replace(paused=until, paused_for=None) if until > state.paused else state


def _count(state: State, grant: Grant, prompt: int, answer: int, cached: int) -> State:
    """Count what a call used instead of what it had reserved, and adjust the estimate of prompts."""
    # Groq does not count cached prompt tokens against the limits.
    used, ratio = Amount(0.0, prompt - cached, answer), state.ratio
    if grant.need.prompt > 0:
        # Smoothed and clamped, because one odd document must not distort the estimates for all others.
        ratio = 0.8 * ratio + 0.2 * min(max(prompt / grant.need.prompt, 0.25), 4.0)
    more = Amount(0.0, used.prompt - grant.amount.prompt, used.answer - grant.amount.answer)
    state, buckets = _counted(state, more), charged(state.buckets, state.time, more)
    unused = max(grant.tokens - used.tokens, 0.0)
    return state._replace(buckets=buckets, ratio=ratio, returned=state.returned + unused)


def _is_given_back(state: State, unused: float, seen: tuple[Sighting, ...]) -> bool:
    """Return whether the server has returned the reserved answer tokens that were not used.

    Only meaningful if no other call is in flight. Groq does not document its behaviour: it may return those tokens
    before it writes the headers, later, or never. Until it is seen to return them, headers are taken at face value.
    """
    for sighting in seen:
        bucket = state.find(sighting.measure)
        if sighting.measure is Measure.TPM and bucket is not None:
            expected = bucket.used(state.time) + unused
            return expected - sighting.used > max(unused / 4, bucket.limit / 100)
    return False


def replied(state: State, sightings: Sequence[Sighting], grant: Grant | None = None) -> State:
    """Take over the limits in the headers of a successful response; none if the server shows no limits."""
    if sightings:
        returned = state.returned - grant.returned if grant and state.gives_back else 0.0
        state = learn(state, sightings, returned)
    return state if state.trial is None else _open(state)


def refuse(
    state: State,
    now: float,
    grant: Grant,
    wait: float | None = None,
    sightings: Iterable[Sighting] = (),
    *,
    limited: bool = False,
) -> State:
    """End a call that the server refused for now. It used nothing, and all calls wait as long as the server asks.

    If the server names the exhausted limit, that limit is learnt. If it is only known that a limit is exhausted
    (`limited`), its wait is kept to. If not, the server is overloaded, and the window is narrowed.
    """
    seen = tuple(sightings)
    named = next((sighting.measure for sighting in seen if sighting.exact), None)
    # The count was too low after all, so the server is no longer assumed to return unused tokens.
    state = withdraw(state, now, grant, seen)._replace(gives_back=False)
    if named is None and not limited:
        state = _shrink(state, grant)
    until = state.time + (wait if wait is not None else 0.0 if named else REST)
    return state._replace(paused=until, paused_for=named) if until > state.paused else state


def lose(state: State, now: float, grant: Grant) -> State:
    """End a call without a response. The server may have counted it, so it stays counted; the window is narrowed."""
    return _shrink(_end(state, now, grant), grant)


def abandon(state: State, now: float, grant: Grant) -> State:
    """End a call that the caller cancelled. Its usage is unknown and stays counted; the server is not to blame."""
    return _end(state, now, grant)


def withdraw(state: State, now: float, grant: Grant, sightings: Iterable[Sighting] = ()) -> State:
    """End a call that was not sent or not counted: return what it had reserved."""
    state = _counted(_end(state, now, grant), grant.amount.negative())
    return learn(state._replace(buckets=charged(state.buckets, state.time, grant.amount.negative())), sightings)


def learn(state: State, sightings: Iterable[Sighting], returned: float = 0.0) -> State:
    """Take over the limits that the server shows. The others follow from the tier with the same limit on tokens.

    A server may count more than this process does, because others use the key too. It counts less only while calls in
    flight have not reached it. So a header can only raise the count, and not by tokens that may have been `returned`
    since it was written. The numbers of a 429 are exact and replace the count.
    """
    seen = tuple(sightings)
    if not seen:
        return state
    known = {bucket.measure: bucket for bucket in state.buckets}
    tokens = next((sighting.limit for sighting in seen if sighting.measure is Measure.TPM), None)
    before = known.get(Measure.TPM)
    # A tier is recognized by its limit on tokens, so a new limit means a new tier.
    if state.trial is not None or (tokens is not None and (before is None or before.limit != tokens)):
        _take_tier(state, tokens, known, {sighting.measure for sighting in seen})
    for sighting in seen:
        used, before = sighting.used, known.get(sighting.measure)
        if before is not None and not sighting.exact:
            ours = before.used(state.time)
            if sighting.limit < before.limit:  # lowered by the server: the old usage may exceed the new limit
                ours = min(ours, sighting.limit)
            used = max(used - (returned if sighting.measure.of_tokens else 0.0), ours)
        known[sighting.measure] = Bucket.filled(sighting.measure, sighting.limit, used, state.time)
    state = state._replace(buckets=tuple(known.values()))
    return _open(state, known=True) if state.trial is not None else state


def _take_tier(state: State, tokens: float | None, known: dict[Measure, Bucket], shown: set[Measure]) -> None:
    """Replace the limits that no header shows by those of the tier with this limit on tokens, if there is one."""
    tier = next((one for one in state.tiers.values() if tokens and one.get(Measure.TPM) == tokens), NO_LIMITS)
    for silent in Measure if state.trial is not None else (Measure.RPM, Measure.TPD):
        if silent in shown:
            continue
        before = known.pop(silent, None)
        if silent in tier:
            used = before.used(state.time) if before else 0.0
            known[silent] = Bucket.filled(silent, tier[silent], used, state.time)


def _open(state: State, *, known: bool = False) -> State:
    """End the wait for the first limits. The guess from the smallest tier is dropped, unless the limits are `known`."""
    window = state.window if state.shrunk else state.most
    return state._replace(trial=None, window=window, buckets=state.buckets if known else ())


def _time(state: State, now: float) -> float:
    """Return the seconds that have passed at this reading of the clock, which may have gone backwards."""
    return state.time + (now - state.at) if now > state.at else state.time


def _end(state: State, now: float, grant: Grant) -> State:
    under_way = max(state.under_way - 1, 0)
    # With no call in flight nothing is reserved; this also clears the rounding errors of many additions.
    reserved = state.reserved.plus(grant.amount.negative()) if under_way else Amount()
    return state._replace(at=now, time=_time(state, now), under_way=under_way, reserved=reserved)


def _shrink(state: State, grant: Grant) -> State:
    """Narrow the window, once for all calls that were in flight together."""
    # A grant from before the last narrowing failed for the same reason: counting it again would close the window.
    if grant.number < state.shrunk:
        return state
    # Narrow what was really used: a window far wider than the calls in flight would shrink without any effect.
    wide = min(state.window, state.under_way + 1)
    return state._replace(window=max(wide * BACK_OFF, 1.0), shrunk=state.number)
