"""What a server says about its limits, in headers and in the words of a refusal."""

from __future__ import annotations

import re
from collections.abc import Mapping

from structgen.send.faults import go_duration
from structgen.send.limits import Measure, Sighting

SHOWN = {"requests": Measure.RPD, "tokens": Measure.TPM}
"""Groq's headers speak of requests a day and tokens a minute; the other two limits stand in no header."""

_REFUSAL = re.compile(r"\((RPM|RPD|TPM|TPD)\): Limit (\d{1,12}), Used (\d{1,12})(?:, Requested (\d{1,12}))?")
_AGAIN = re.compile(r"try again in ([\d.hmsuµμn]{2,40})")


def read_headers(headers: Mapping[str, str], shown: Mapping[str, Measure] = SHOWN) -> tuple[Sighting, ...]:
    """The limits in ``x-ratelimit-limit-*`` and ``x-ratelimit-remaining-*``; header names in lower case."""
    found: list[Sighting] = []
    for name, measure in shown.items():
        limit = _number(headers.get(f"x-ratelimit-limit-{name}", ""))
        remaining = _number(headers.get(f"x-ratelimit-remaining-{name}", ""))
        if limit:
            found.append(Sighting(measure, limit, 0.0 if remaining is None else max(limit - remaining, 0.0)))
    return tuple(found)


def read_refusal(message: str) -> tuple[Sighting, ...]:
    """The limit that a 429 names. Its wait says how much is used to more digits than the count does."""
    words = _REFUSAL.search(message)
    if words is None or not int(words[2]):
        return ()
    measure, limit, used = Measure(words[1].lower()), float(words[2]), float(words[3])
    again = _AGAIN.search(message, words.end())
    wait = go_duration(again[1].rstrip(".")) if again else None
    if wait is not None and words[4]:
        used = max(used, limit + wait * limit / measure.period - float(words[4]))
    return (Sighting(measure, limit, used, exact=True),)


def _number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"\d{1,12}", text.strip()) else None
