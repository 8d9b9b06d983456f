"""What is limited, how much of it is used, and what a server says about it. Pure, like the limiter above it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple, Self, TypeAlias

from structgen.send.http.failures import go_duration

Tiers: TypeAlias = Mapping[str, Mapping[str, int]]
"""Tier -> {rpm, rpd, tpm, tpd}, as cards have it."""

NO_LIMITS: Mapping[str, int] = MappingProxyType({})

MINUTE, DAY = 60.0, 86_400.0

SPARE = 1.8
"""What drains of a limit in so many seconds is kept free (at least one of it): on the way to the server, time may
stretch a little."""

NOTHING = 1e-6
"""Less than this over a limit is rounding: waiting for it would not move the clock."""


class Measure(StrEnum):
    """What is limited; the values are the names that cards use. The whole of a limit drains in `period` seconds."""

    RPM = "rpm", MINUTE, False
    RPD = "rpd", DAY, False
    TPM = "tpm", MINUTE, True
    TPD = "tpd", DAY, True

    period: float
    of_tokens: bool
    """Whether tokens are counted, not requests."""

    def __new__(cls, value: str, period: float, of_tokens: bool) -> Self:
        """A member with its two attributes."""
        member = str.__new__(cls, value)
        member._value_, member.period, member.of_tokens = value, period, of_tokens
        return member

    @property
    def words(self) -> str:
        """As people say it."""
        return f"{'tokens' if self.of_tokens else 'requests'} a {'day' if self.period == DAY else 'minute'}"


class Sighting(NamedTuple):
    """What the server said about one limit. `exact`: it said so about this very moment, in a refusal."""

    measure: Measure
    limit: float
    used: float
    exact: bool = False


class Bucket(NamedTuple):
    """One limit, and the moment at which it will be empty: until then, what is used of it drains steadily."""

    measure: Measure
    limit: float
    empty_at: float = 0.0

    @classmethod
    def filled(cls, measure: Measure, limit: float, used: float, time: float) -> Self:
        """A bucket of which so much is used at this moment."""
        return cls(measure, limit, time + used * measure.period / limit)

    def used(self, time: float) -> float:
        """How much is used at this moment."""
        return max(self.empty_at - time, 0.0) * self.limit / self.measure.period

    def wait(self, time: float, amount: float, back: float = 0.0) -> float:
        """Seconds until so much more fits, or would, were so much given `back`.

        What never fits goes when the bucket is empty: the server judges it.
        """
        used = max(self.used(time) - back, 0.0)
        over = min(used, used + amount - self.limit + max(1.0, self.limit * SPARE / self.measure.period))
        return over * self.measure.period / self.limit if over > NOTHING else 0.0


def charged(buckets: tuple[Bucket, ...], time: float, requests: float, tokens: float) -> tuple[Bucket, ...]:
    """The buckets with more used, or less where the numbers are negative."""
    if not buckets:
        return buckets
    return tuple(
        Bucket(measure, limit, max(max(empty_at, time) + amount * measure.period / limit, time))
        if (amount := tokens if measure.of_tokens else requests)
        else bucket
        for bucket in buckets
        for measure, limit, empty_at in (bucket,)
    )


RawHeaders: TypeAlias = Iterable[tuple[bytes, bytes]]
"""Headers as they came."""

_SHOWN = (
    (Measure.RPD, b"x-ratelimit-limit-requests", b"x-ratelimit-remaining-requests"),
    (Measure.TPM, b"x-ratelimit-limit-tokens", b"x-ratelimit-remaining-tokens"),
)  # Groq's headers speak of requests a day and tokens a minute; the other two limits stand in no header

_LONGEST = 12  # digits

_REFUSAL = re.compile(r"\((RPM|RPD|TPM|TPD)\): Limit (\d{1,12}), Used (\d{1,12})(?:, Requested (\d{1,12}))?")
_AGAIN = re.compile(r"try again in ([\d.hmsuµμn]{2,40})")


def read_headers(headers: Mapping[str, str]) -> tuple[Sighting, ...]:
    """The limits in ``x-ratelimit-limit-*`` and ``x-ratelimit-remaining-*``; names in any case."""
    return read_raw_headers((name.encode(), value.encode()) for name, value in headers.items())


def read_raw_headers(headers: RawHeaders) -> tuple[Sighting, ...]:
    """The same, faster: looking names up in httpx's own form would cost more than all the rest of the limiter."""
    told = {name: value for raw, value in headers if (name := raw.lower()).startswith(b"x-ratelimit-")}
    return tuple(_sightings(told)) if told else ()


def _sightings(told: Mapping[bytes, bytes]) -> Iterator[Sighting]:
    for measure, limit_name, remaining_name in _SHOWN:
        limit, left = _number(told.get(limit_name)), told.get(remaining_name, b"").strip()
        remaining = 0.0 if left.startswith(b"-") else _number(left)
        if limit:
            yield Sighting(measure, limit, 0.0 if remaining is None else max(limit - remaining, 0.0))


def read_refusal(message: str) -> tuple[Sighting, ...]:
    """The limit that a 429 names. Its wait says how much is used to more digits than the count does."""
    words = _REFUSAL.search(message)
    if words is None or not int(words[2]):
        return ()
    measure, limit, used = Measure[words[1]], float(words[2]), float(words[3])
    again = _AGAIN.search(message, words.end())
    wait = go_duration(again[1].rstrip(".")) if again else None
    if wait is not None and words[4]:
        used = max(used, limit + wait * limit / measure.period - float(words[4]))
    return (Sighting(measure, limit, min(used, 2 * limit), exact=True),)  # more is nonsense, and would pause for years


def _number(text: bytes | None) -> float | None:
    digits = (text or b"").strip()
    return float(digits) if digits.isdigit() and len(digits) <= _LONGEST else None
