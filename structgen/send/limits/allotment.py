"""Share the rate limits of a key among processes: each takes about a second's budget from one bucket per limit.

Pure: where the account is kept, and whose clock counts, is up to the ledger. A process that dies with its allotment
gives it back by time, because buckets drain whoever has filled them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from math import floor
from typing import NamedTuple, cast

from structgen.core.json import Json, as_object
from structgen.send.limits.buckets import Amount, Bucket, Measure, charged

LIFETIME = 1.0
"""Seconds for which an allotment may be spent. The server counts a call when it arrives, so that the shared account may
run ahead of the server by this time, and keeps as much unused."""

_MOST = 2.0
"""Maximum periods that a bucket may need to drain: a clock that was set back must not block everybody for years."""


class Line(NamedTuple):
    """One limit of an account. `sure`: the server has shown it; otherwise it is the guess of a process that starts."""

    bucket: Bucket
    sure: bool


Account = tuple[Line, ...]
"""The limits of one key and model, as far as any of its processes knows them."""


class Known(NamedTuple):
    """What one process knows about the limits."""

    buckets: tuple[Bucket, ...]
    sure: bool


class Allotment(NamedTuple):
    """What a process may spend now, and the measures that limit it."""

    amount: Amount
    measures: tuple[Measure, ...]


class Exhausted(NamedTuple):
    """Nothing can be allotted for this many seconds, because of this limit."""

    seconds: float
    why: Measure


def allot(
    account: Account, now: float, known: Known, need: Amount, back: Amount
) -> tuple[Account, Allotment | Exhausted]:
    """Return the account after an allotment that is enough for `need`, and the allotment or the wait for it.

    `back` is what the process has left of its last allotment; negative if its calls used more. The allotment is enough
    for about a second of calls of this size, or for one.
    """
    lines = _learned(account, now, known)
    buckets = charged(tuple(_bounded(line.bucket, now) for line in lines), now, back.negative())
    times = _calls_a_second(buckets, need)
    while (wait := _longest_wait(buckets, now, _times(need, times))) is not None and times > 1:
        times //= 2
    if wait is None:
        amount = _times(need, times)
        buckets = charged(buckets, now, amount)
    account = tuple(Line(bucket, line.sure) for bucket, line in zip(buckets, lines, strict=True))
    return account, wait or Allotment(_times(need, times), tuple(bucket.measure for bucket in buckets))


def _learned(account: Account, now: float, known: Known) -> Account:
    """Return the account with the limits that the process knows. What the server has shown replaces guesses."""
    lines = {line.bucket.measure: line for line in account if line.sure or not known.sure}
    before = {line.bucket.measure: line.bucket for line in account}
    for measure, limit, _ in known.buckets:
        line = lines.get(measure)
        if line is not None and (line.bucket.limit == limit or not known.sure):
            continue
        if line is None and not known.sure and any(line.sure for line in account):
            continue  # others know the tier already, and it has no such limit
        used = min(before[measure].used(now), limit) if measure in before else 0.0
        lines[measure] = Line(Bucket.filled(measure, limit, used, now), known.sure)
    return tuple(lines.values())


def _bounded(bucket: Bucket, now: float) -> Bucket:
    return bucket._replace(empty_at=min(bucket.empty_at, now + _MOST * bucket.measure.period))


def _calls_a_second(buckets: Iterable[Bucket], need: Amount) -> int:
    """Return how many calls of this size the limits of a minute allow while an allotment lasts; at least 1."""
    rates = [
        bucket.limit * LIFETIME / bucket.measure.period / need.of(bucket.measure)
        for bucket in buckets
        if need.of(bucket.measure) > 0 and bucket.measure.period <= Measure.RPM.period
    ]
    return max(floor(min(rates, default=1.0)), 1)


def _times(need: Amount, times: int) -> Amount:
    return Amount(*(part * times for part in need))


def _longest_wait(buckets: Iterable[Bucket], now: float, amount: Amount) -> Exhausted | None:
    waits = [
        Exhausted(bucket.wait(now, amount.of(bucket.measure) + _ahead(bucket)), bucket.measure)
        for bucket in buckets
        if amount.of(bucket.measure) > 0
    ]
    longest = max(waits, default=None)
    return longest if longest is not None and longest.seconds > 0 else None


def _ahead(bucket: Bucket) -> float:
    """Return how much of a limit may arrive late, from calls that were allotted before."""
    return bucket.limit * LIFETIME / bucket.measure.period


def encode(account: Account) -> str:
    """Return an account as JSON."""
    return json.dumps({line.bucket.measure: [line.bucket.limit, line.bucket.empty_at, line.sure] for line in account})


def decode(text: str | None) -> Account:
    """Return the account that `encode` wrote; an empty one for anything else."""
    try:
        held = cast(Json, json.loads(text or "{}"))
        return tuple(_line(name, said) for name, said in as_object(held).items())
    except (ValueError, TypeError):
        return ()  # from a later version, or damaged: the limits are learned again


def _line(name: str, said: Json) -> Line:
    limit, empty_at, sure = cast("list[float]", said)
    return Line(Bucket(Measure(name), float(limit), float(empty_at)), bool(sure))
