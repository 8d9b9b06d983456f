"""Dates and times in the forms in which people write them, and where these stand in a text.

``03/04/2020`` may be in March or in April: both readings are kept, since the question is only whether a given date is
written here. A year of two digits stands for any century. Nothing is completed: a month and a year are no date.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Set
from contextlib import suppress
from datetime import date, time

from structgen.ground.months import MONTHS
from structgen.ground.places import Grade, Place

Written = tuple[date, Place]
_CENTURIES = (1900, 2000)

_NUMERIC = re.compile(r"(?<![\d./-])(\d{1,4})\s?([-/.\u2010-\u2013])\s?(\d{1,2})\s?\2\s?(\d{1,4})(?!\d)")
_CJK = re.compile(r"(?<!\d)(\d{4})\s?[年년]\s?(\d{1,2})\s?[月월]\s?(\d{1,2})\s?[日일号號]?")
_COMPACT = re.compile(r"(?<![\w.,-])(\d{4})(\d{2})(\d{2})(?![\d.,-]\d|\d)")
_NAME = re.compile(r"[^\W\d_]{3,12}")
_GAP = r"[\s\-/.,'’\]\[()]{0,3}"
_DAY = r"(\d{1,2})(?:st|nd|rd|th|er|º|ª|°|:e|\.)?"
_CLOCK = r"(?:\d{1,2}:\d{2}(?::\d{2})?\s+)?"
_OF = r"(?:(?:of|de|del|di|den|the)\s+)?"
_YEAR = r"(\d{4}|['’]?\d{2})(?![\d:])"
_DAY_BEFORE = re.compile(rf"(?<!\d){_DAY}{_GAP}{_OF}$", re.IGNORECASE)
_YEAR_BEFORE = re.compile(rf"(?<!\d)(\d{{4}}){_GAP}$")
_YEAR_AFTER = re.compile(rf"{_GAP}{_OF}{_YEAR}", re.IGNORECASE)
_DAY_AFTER = re.compile(rf"{_GAP}{_OF}{_DAY}(?!\d)", re.IGNORECASE)
_DAY_YEAR_AFTER = re.compile(rf"{_GAP}{_OF}{_DAY}{_GAP}{_OF}{_CLOCK}{_YEAR}", re.IGNORECASE)
_REACH = 32
"""How many characters before and after a month's name may belong to its date."""

_TIME = re.compile(
    r"(?<![\d:.])(\d{1,2})(?:[:h.](\d{2})(?:[:m.](\d{2}))?)?(?:\s?([ap])\.?\s?m\b\.?)?(?!\d)", re.IGNORECASE
)


def find_dates(text: str, wanted: Set[date]) -> dict[date, list[Place]]:
    """Where the wanted dates stand. Linear in the text."""
    found: dict[date, list[Place]] = {}
    if not wanted:
        return found
    for reader in (_numeric, _eastern, _named):
        for day, place in reader(text):
            if day in wanted:
                found.setdefault(day, []).append(place)
    return found


def _dates(years: Iterable[int], months: Iterable[int], day: int) -> Iterator[date]:
    for year in years:
        for month in months:
            with suppress(ValueError):
                yield date(year, month, day)


def _years(written: str) -> tuple[int, ...]:
    digits = written.lstrip("'’")
    if len(digits) == 4:
        return (int(digits),)
    return tuple(century + int(digits) for century in _CENTURIES) if len(digits) == 2 else ()


def _numeric(text: str) -> Iterator[Written]:
    for match in _NUMERIC.finditer(text):
        first, middle, last = match[1], int(match[3]), match[4]
        place = Place(match.start(), match.end(), Grade.WRITTEN)
        readings = {
            *_dates(_years(first) if len(last) <= 2 else (), (middle,), int(last)),
            *_dates(_years(last) if len(first) <= 2 else (), (middle,), int(first)),
            *_dates(_years(last) if len(first) <= 2 else (), (int(first),), middle),
        }
        yield from ((day, place) for day in sorted(readings))


def _eastern(text: str) -> Iterator[Written]:
    """``2014年9月4日`` and ``20140904``."""
    for pattern in (_CJK, _COMPACT):
        for match in pattern.finditer(text):
            place = Place(match.start(), match.end(), Grade.WRITTEN)
            yield from ((day, place) for day in _dates((int(match[1]),), (int(match[2]),), int(match[3])))


def _named(text: str) -> Iterator[Written]:
    """Dates with the name of a month, in any order of the three parts."""
    for match in _NAME.finditer(text):
        months = MONTHS.get(match.group().casefold())
        if months:
            yield from _around(text, match.start(), match.end(), months)


def _around(text: str, start: int, end: int, months: tuple[int, ...]) -> Iterator[Written]:
    before, after = text[max(0, start - _REACH) : start], text[end : end + _REACH]
    for ahead, behind in ((_DAY_BEFORE, _YEAR_AFTER), (None, _DAY_YEAR_AFTER), (_YEAR_BEFORE, _DAY_AFTER)):
        left = ahead.search(before) if ahead else None
        right = behind.match(after)
        if right is None or (ahead and left is None):
            continue
        numbers = [*(left.groups() if left else ()), *right.groups()]
        year, day = sorted(numbers, key=len, reverse=True) if ahead is _YEAR_BEFORE else (numbers[1], numbers[0])
        place = Place(start - len(before) + left.start() if left else start, end + right.end(), Grade.WRITTEN)
        yield from ((found, place) for found in _dates(_years(year), months, int(day)))


def find_times(text: str, wanted: Set[time]) -> dict[time, list[Place]]:
    """Where the wanted times of day stand, to the minute or, where the text gives seconds, to the second."""
    found: dict[time, list[Place]] = {}
    if not wanted:
        return found
    for match in _TIME.finditer(text):
        if match[2] is None and match[4] is None:
            continue
        hour, half = int(match[1]), (match[4] or "").lower()
        hour = hour % 12 + 12 * (half == "p") if half and hour <= 12 else hour
        with suppress(ValueError):
            moment = time(hour, int(match[2] or 0), int(match[3] or 0))
            if moment in wanted:
                found.setdefault(moment, []).append(Place(match.start(), match.end(), Grade.WRITTEN))
    return found
