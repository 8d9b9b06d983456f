"""Dates as people write them -> ISO 8601, where they can mean one day only."""

from __future__ import annotations

import re
from datetime import date

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_FULL = (
    *("january", "february", "march", "april", "may", "june", "july", "august", "september", "october"),
    *("november", "december"),
)
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_MONTH = r"(?P<month>[a-z]{3,9})\.?"
_YEAR = r"(?P<year>\d{4})"
_WEEKDAY = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?\s+)?"
_WRITTEN = tuple(
    re.compile(rf"\s*{_WEEKDAY}{form}\s*\Z", re.IGNORECASE | re.ASCII)
    for form in (
        rf"{_DAY}(?:\s+of)?[\s-]+{_MONTH},?[\s-]+{_YEAR}",
        rf"{_MONTH}\s+{_DAY},?\s+{_YEAR}",
        rf"{_YEAR}[\s-]+{_MONTH}[\s-]+{_DAY}",
    )
)
_YEAR_FIRST = re.compile(r"\s*(\d{4})([-/.])(\d{1,2})\2(\d{1,2})\s*\Z", re.ASCII)
_YEAR_LAST = re.compile(r"\s*(\d{1,2})([-/.])(\d{1,2})\2(\d{4})\s*\Z", re.ASCII)
_BASIC = re.compile(r"\s*((?:19|20)\d\d)(\d\d)(\d\d)\s*\Z", re.ASCII)
_MIDNIGHT = re.compile(r"\s*(\d{4}-\d\d-\d\d)[T ]00:00(?::00(?:\.0+)?)?(?:Z|[+-]00:?00)?\s*\Z", re.ASCII)
_MOST_CHARS = 60
_CLOCK = re.compile(r"\s*[+-]?\d+:\d\d\s*\Z", re.ASCII)
_NUMERIC = re.compile(r"\s*[+-]?\d+(?:\.\d*)?\s*\Z", re.ASCII)


def date_in(text: str) -> str | None:
    """The ISO date that a text is, None where it may be another day as well (03/04/2020) or no day at all."""
    if len(text) > _MOST_CHARS:
        return None
    if match := _MIDNIGHT.match(text):
        return _iso(*match[1].split("-"))
    if (match := _YEAR_FIRST.match(text)) is not None:
        return _iso(match[1], match[3], match[4])
    if match := _BASIC.match(text):
        return _iso(*match.groups())
    if match := _YEAR_LAST.match(text):
        return _day_and_month(match[4], match[1], match[3])
    for form in _WRITTEN:
        if match := form.match(text):
            return _iso(match["year"], _month(match["month"]), match["day"])
    return None


def is_numeric(text: str) -> bool:
    """Whether a text is a bare number, which Pydantic would take for seconds since 1970."""
    return _NUMERIC.match(text) is not None


def is_clock(text: str) -> bool:
    """Whether a text is two numbers with a colon, which Pydantic would take for hours and minutes."""
    return _CLOCK.match(text) is not None


def _day_and_month(year: str, one: str, other: str) -> str | None:
    """Day and month in either order, where only one of the two makes a date (or both the same)."""
    found = {_iso(year, one, other), _iso(year, other, one)} - {None}
    return found.pop() if len(found) == 1 else None


def _month(name: str) -> str:
    name = name.casefold()
    if name == "sept":
        return "9"
    known = _MONTHS if len(name) == 3 else _FULL
    return str(known.index(name) + 1) if name in known else "0"


def _iso(year: str, month: str, day: str) -> str | None:
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return None
