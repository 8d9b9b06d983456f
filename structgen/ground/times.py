"""Times of day and durations in the forms in which people write them, and where these stand in a text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from contextlib import suppress
from datetime import time

from structgen.ground.places import Grade, Place
from structgen.notation.number_words import lowered

# The patterns begin with what they look for, so that the search is quick; what stands before is looked up afterwards.
_TIME = re.compile(r"(\d{1,2})(?:[:h.](\d{2})(?:[:m.](\d{2}))?)?(?:\s?([ap])\.?\s?m\b\.?)?(?!\d)", re.IGNORECASE)
_MILITARY = re.compile(r"([01]\d|2[0-3])([0-5]\d)\s?(?:hrs?|hours|h)\b", re.IGNORECASE)
_HOUR = re.compile(
    r"(\d{1,2})\s?(?:o['’]clock\b|Uhr\b(?:\s(\d{2})\b)?|[時时点點시]\s?(?:(\d{1,2})\s?[分분])?)", re.IGNORECASE
)
_WORD = re.compile(r"(?:noon|midday|midnight)\b")
_BEFORE = frozenset(":.,-/")
"""Marks that, right before the digits, make them the end of something longer."""
_LONGEST = 16


def find_times(text: str, wanted: Set[time]) -> dict[time, list[Place]]:
    """Where the wanted times of day stand, to the minute or, where the text gives seconds, to the second."""
    found: dict[time, list[Place]] = {}
    if not wanted:
        return found
    for reader in (_clock, _spelled):
        for moment, place in reader(text):
            if moment in wanted:
                found.setdefault(moment, []).append(place)
    return found


def time_of(value: str) -> time | None:
    """The time of day that a text is, all of it; None for any other text."""
    if len(value) > _LONGEST:
        return None
    read = (moment for reader in (_clock, _spelled) for moment, place in reader(value) if place.end == len(value))
    return next(read, None) if value[:1].isdecimal() else None


def _begins(text: str, start: int) -> bool:
    """Whether nothing is joined to what begins here."""
    before = text[start - 1 : start] if start else ""
    return before not in _BEFORE and not before.isdecimal()


def _clock(text: str) -> Iterator[tuple[time, Place]]:
    """``14:30``, ``2.30 pm``, ``14h30``; a full stop without am or pm is rather that of a price."""
    for match in _TIME.finditer(text):
        if (match[2] is None and match[4] is None) or not _begins(text, match.start()):
            continue
        hour, half = int(match[1]), (match[4] or "").lower()
        hour = hour % 12 + 12 * (half == "p") if half and hour <= 12 else hour
        stop = match[2] is not None and text[match.end(1)] == "." and not half
        place = Place(match.start(), match.end(), Grade.INSIDE if stop else Grade.WRITTEN)
        with suppress(ValueError):
            yield time(hour, int(match[2] or 0), int(match[3] or 0)), place


def _spelled(text: str) -> Iterator[tuple[time, Place]]:
    """``1430 hrs``, ``14 Uhr 30``, ``14時30分``, ``noon``."""
    for pattern in (_MILITARY, _HOUR):
        for match in pattern.finditer(text):
            minute = next((group for group in match.groups()[1:] if group), "0")
            if _begins(text, match.start()):
                with suppress(ValueError):
                    yield time(int(match[1]), int(minute)), Place(match.start(), match.end(), Grade.WRITTEN)
    for match in _WORD.finditer(lowered(text)):
        if not text[match.start() - 1 : match.start()].isalnum():
            yield time(0 if match.group() == "midnight" else 12), Place(match.start(), match.end(), Grade.WRITTEN)
