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
"""A smaller excess over a limit is a rounding error. A wait for it would not even advance the clock."""


class Measure(StrEnum):
    """What is limited, by the names in model cards. A full bucket drains in `period` seconds."""

    RPM = "rpm", MINUTE, "requests"
    RPD = "rpd", DAY, "requests"
    TPM = "tpm", MINUTE, "tokens"
    TPD = "tpd", DAY, "tokens"
    ITPM = "itpm", MINUTE, "input tokens"
    OTPM = "otpm", MINUTE, "output tokens"

    period: float
    unit: str
    """What it counts, in words."""

    def __new__(cls, value: str, period: float, unit: str) -> Self:
        """Create a member with its two attributes."""
        member = str.__new__(cls, value)
        member._value_, member.period, member.unit = value, period, unit
        return member

    @property
    def of_tokens(self) -> bool:
        """Whether it counts tokens, not requests."""
        return self.unit != "requests"

    @property
    def words(self) -> str:
        """The measure in words."""
        return f"{self.unit} a {'day' if self.period == DAY else 'minute'}"


class Amount(NamedTuple):
    """What calls use of all limits: requests, tokens of prompts, tokens of answers. Negative to give some back."""

    requests: float = 0.0
    prompt: float = 0.0
    answer: float = 0.0

    @property
    def tokens(self) -> float:
        """The tokens of prompts and answers."""
        return self.prompt + self.answer

    def of(self, measure: Measure) -> float:
        """Return how much of this limit it is."""
        return getattr(self, _FIELDS[measure])

    def plus(self, other: Amount) -> Amount:
        """Return the sum, in which no count is negative."""
        return Amount(*(max(mine + theirs, 0.0) for mine, theirs in zip(self, other, strict=True)))

    def negative(self) -> Amount:
        """Return the amount to give back."""
        return Amount(-self.requests, -self.prompt, -self.answer)


_FIELDS: Mapping[Measure, str] = MappingProxyType(
    {
        Measure.RPM: "requests",
        Measure.RPD: "requests",
        Measure.TPM: "tokens",
        Measure.TPD: "tokens",
        Measure.ITPM: "prompt",
        Measure.OTPM: "answer",
    }
)


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


def charged(buckets: tuple[Bucket, ...], time: float, used: Amount) -> tuple[Bucket, ...]:
    """Return the buckets with this much more used, or less if the numbers are negative."""
    if not buckets:  # a server without limits: the common case, and this runs twice per call
        return buckets
    return tuple(
        Bucket(measure, limit, max(max(empty_at, time) + amount * measure.period / limit, time))
        if (amount := used.of(measure))
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

_PREFIX, _REMAINING, _RESET = b"x-ratelimit-", b"x-ratelimit-remaining-", b"x-ratelimit-reset-"
_KNOWN = frozenset(
    f"x-ratelimit-{what}-{of}".encode() for what in ("limit", "remaining", "reset") for of in ("requests", "tokens")
)

_LONGEST = 12  # digits

_EXHAUSTED = re.compile(
    r"\((RPM|RPD|TPM|TPD|ITPM|OTPM)\): Limit (\d{1,12}), Used (\d{1,12})(?:, Requested (\d{1,12}))?"
)
_SOME_LIMIT = re.compile(r"\bLimit \d+, Used \d")
_RETRY_IN = re.compile(r"try again in ([\d.hmsuµμn]{2,40})")


def read_headers(headers: Mapping[str, str]) -> tuple[Sighting, ...]:
    """Return the limits in ``x-ratelimit-limit-*`` and ``x-ratelimit-remaining-*``, whatever the case of the names."""
    return read_raw_headers((name.encode(), value.encode()) for name, value in headers.items())


def read_raw_headers(headers: RawHeaders) -> tuple[Sighting, ...]:
    """Like `read_headers`, but faster: lookups in httpx.Headers would cost more than the rest of the limiter."""
    return read_limits(headers)[0]


def read_limits(headers: RawHeaders) -> tuple[tuple[Sighting, ...], float]:
    """Return the limits in the headers, and how long to pause for a used up limit whose name is unknown."""
    found = {name: value for raw, value in headers if (name := raw.lower()).startswith(_PREFIX)}
    if not found:
        return (), 0.0
    return tuple(_sightings(found)), _unknown_wait(found) if found.keys() - _KNOWN else 0.0


def _unknown_wait(found: Mapping[bytes, bytes]) -> float:
    """Return the longest reset of a limit with another name of which nothing remains."""
    waits = [0.0]
    for name, left in found.items():
        if name.startswith(_REMAINING) and name not in _KNOWN and _number(left) == 0:
            reset = found.get(_RESET + name.removeprefix(_REMAINING), b"").strip()
            wait = go_duration(reset.decode("latin-1"))
            waits.append(min((_number(reset) or 0.0) if wait is None else wait, DAY))
    return max(waits)


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


def names_limit(message: str) -> bool:
    """Return whether a 429 is about a used up limit, whatever the limit's name, and not about an overloaded server."""
    return _SOME_LIMIT.search(message) is not None


def _number(text: bytes | None) -> float | None:
    digits = (text or b"").strip()
    return float(digits) if digits.isdigit() and len(digits) <= _LONGEST else None
