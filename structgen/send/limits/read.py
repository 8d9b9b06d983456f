"""What a server says about its limits, in headers and in the words of a refusal."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from structgen.send.faults import go_duration
from structgen.send.limits.measures import Measure, Sighting

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
