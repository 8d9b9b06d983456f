"""Rate limits as leaky buckets, and what a server says about them in headers and 429 messages. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple, Self, TypeAlias

from structgen.send.http.failures import go_duration

Tiers: TypeAlias = Mapping[str, Mapping[str, int]]
"""Tier -> {rpm, rpd, tpm, tpd}, as model cards have it."""

NO_LIMITS: Mapping[str, int] = MappingProxyType({})

MINUTE, DAY = 60.0, 86_400.0

SPARE = 1.8
"""In seconds. As much of a limit as drains in this time is left unused (at least 1), because requests reach the server
closer together or further apart than they were sent."""

NOTHING = 1e-6
"""An excess over a limit below this is a rounding error. Waiting for it would not even advance the clock."""


class Measure(StrEnum):
    """What is limited, by the names that cards use. A full bucket drains in `period` seconds."""

    RPM = "rpm", MINUTE, False
    RPD = "rpd", DAY, False
    TPM = "tpm", MINUTE, True
    TPD = "tpd", DAY, True

    period: float
    of_tokens: bool
    """Whether it counts tokens, not requests."""

    def __new__(cls, value: str, period: float, of_tokens: bool) -> Self:
        """Create a member with its two attributes."""
        member = str.__new__(cls, value)
        member._value_, member.period, member.of_tokens = value, period, of_tokens
        return member

    @property
    def words(self) -> str:
        """The measure in words."""
        return f"{'tokens' if self.of_tokens else 'requests'} a {'day' if self.period == DAY else 'minute'}"


class Sighting(NamedTuple):
    """What the server said about one limit. `exact`: a 429 said so, which describes this very moment."""

    measure: Measure
    limit: float
    used: float
    exact: bool = False


class Bucket(NamedTuple):
    """One limit, and the time at which its bucket will be empty. What is used drains steadily until then."""

    measure: Measure
    limit: float
    empty_at: float = 0.0

    @classmethod
    def filled(cls, measure: Measure, limit: float, used: float, time: float) -> Self:
        """Return a bucket of which `used` is used at this time."""
        return cls(measure, limit, time + used * measure.period / limit)

    def used(self, time: float) -> float:
        """Return how much is used at this time."""
        return max(self.empty_at - time, 0.0) * self.limit / self.measure.period

    def wait(self, time: float, amount: float, back: float = 0.0) -> float:
        """Return the seconds until this amount fits, if calls gave `back` that much of what they have reserved.

        An amount larger than the whole limit fits once the bucket is empty: only the server can refuse it for good.
        """
        # SPARE is kept free, at least one unit of it, but never more than what is used: an empty bucket takes anything.
        used = max(self.used(time) - back, 0.0)
        over = min(used, used + amount - self.limit + max(1.0, self.limit * SPARE / self.measure.period))
        return over * self.measure.period / self.limit if over > NOTHING else 0.0


def charged(buckets: tuple[Bucket, ...], time: float, requests: float, tokens: float) -> tuple[Bucket, ...]:
    """Return the buckets with this much more used, or less if the numbers are negative."""
    if not buckets:  # a server without limits: the common case, and this runs twice per call
        return buckets
    return tuple(
        Bucket(measure, limit, max(max(empty_at, time) + amount * measure.period / limit, time))
        if (amount := tokens if measure.of_tokens else requests)
        else bucket
        for bucket in buckets
        for measure, limit, empty_at in (bucket,)
    )


RawHeaders: TypeAlias = Iterable[tuple[bytes, bytes]]
"""Header names and values as httpx holds them."""

_SHOWN = (
    (Measure.RPD, b"x-ratelimit-limit-requests", b"x-ratelimit-remaining-requests"),
    (Measure.TPM, b"x-ratelimit-limit-tokens", b"x-ratelimit-remaining-tokens"),
)  # Groq's headers show requests per day and tokens per minute, and never the other two limits

_LONGEST = 12  # digits

_EXHAUSTED = re.compile(r"\((RPM|RPD|TPM|TPD)\): Limit (\d{1,12}), Used (\d{1,12})(?:, Requested (\d{1,12}))?")
_RETRY_IN = re.compile(r"try again in ([\d.hmsuµμn]{2,40})")


def read_headers(headers: Mapping[str, str]) -> tuple[Sighting, ...]:
    """Return the limits in ``x-ratelimit-limit-*`` and ``x-ratelimit-remaining-*``, whatever the case of the names."""
    return read_raw_headers((name.encode(), value.encode()) for name, value in headers.items())


def read_raw_headers(headers: RawHeaders) -> tuple[Sighting, ...]:
    """Like `read_headers`, but faster: lookups in httpx.Headers would cost more than the rest of the limiter."""
    found = {name: value for raw, value in headers if (name := raw.lower()).startswith(b"x-ratelimit-")}
    return tuple(_sightings(found)) if found else ()


def _sightings(found: Mapping[bytes, bytes]) -> Iterator[Sighting]:
    for measure, limit_name, remaining_name in _SHOWN:
        limit, left = _number(found.get(limit_name)), found.get(remaining_name, b"").strip()
        # A negative remainder means that more than the whole limit is used.
        remaining = 0.0 if left.startswith(b"-") else _number(left)
        if limit:
            yield Sighting(measure, limit, 0.0 if remaining is None else max(limit - remaining, 0.0))


def read_rate_limit_error(message: str) -> tuple[Sighting, ...]:
    """Return the limit that a 429 names. Its wait gives the used amount more precisely than its rounded count."""
    words = _EXHAUSTED.search(message)
    if words is None or not int(words[2]):
        return ()
    measure, limit, used = Measure[words[1]], float(words[2]), float(words[3])
    retry_in = _RETRY_IN.search(message, words.end())
    wait = go_duration(retry_in[1].rstrip(".")) if retry_in else None
    # The server waits until used + requested fits the limit, so its wait gives `used` to a fraction of a token.
    if wait is not None and words[4]:
        used = max(used, limit + wait * limit / measure.period - float(words[4]))
    # More than twice the limit is nonsense, and taken at its word would pause for years.
    return (Sighting(measure, limit, min(used, 2 * limit), exact=True),)


def _number(text: bytes | None) -> float | None:
    digits = (text or b"").strip()
    return float(digits) if digits.isdigit() and len(digits) <= _LONGEST else None
