"""Dates: found as printed, and turned into ISO 8601 only where day and month cannot be mistaken for each other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from structgen.rules.document.vocabulary import fold, lexicon

_NUMERIC = re.compile(r"(?<![\w./-])(\d{1,4})\s?([/.\-])\s?(\d{1,2})\s?\2\s?(\d{4}|\d{2})(?![\d/]|[.\-]\d)")
_DAY_FIRST = re.compile(
    r"(?<![\w/])(\d{1,2})(?:st|nd|rd|th|er|º|\.)?[ \-./]{0,2}(?:de |of )?([^\W\d_]{3,10})\.?[ \-./,']{0,2}(?:de |del )?"
    r"(\d{4}|\d{2})(?![\w/])"
)
_MONTH_FIRST = re.compile(r"(?<![^\W_])([^\W\d_]{3,10})\.?[ \-](\d{1,2})(?:st|nd|rd|th)?,?[ \-](\d{4})(?!\w)")
_COMPACT = re.compile(r"(?<![\w.,/-])(\d{8})(?![\w/-]|[.,]\d)")
_CLOCK = re.compile(r"[T ,]{1,3}(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\.\d{1,6})?\s?(am|pm|AM|PM|Z|[+-]\d{2}:?\d{2})?(?!\w)")


@dataclass(frozen=True, slots=True)
class Date:
    """A date as printed and the parts it may be made of: `orders` are (year, month, day), one where it is certain."""

    start: int
    end: int
    orders: tuple[tuple[int, int, int], ...]


def find_dates(text: str) -> Iterator[Date]:
    """Every date of a text, in order; a run of eight digits is one where it reads as one."""
    found = [
        Date(match.start(), match.end(), orders)
        for pattern, read in ((_NUMERIC, _numeric), (_DAY_FIRST, _named), (_MONTH_FIRST, _month_first))
        for match in pattern.finditer(text)
        if (orders := tuple(order for order in read(match) if _exists(order)))
    ]
    last = 0
    for one in sorted(found, key=lambda one: (one.start, -one.end)):
        if one.start >= last:
            yield one
            last = one.end


def find_compact_dates(text: str) -> Iterator[Date]:
    """Dates in eight digits, such as 25122018: too easily a number to be taken for dates without need."""
    for match in _COMPACT.finditer(text):
        digits = match.group()
        orders = ((digits[:4], digits[4:6], digits[6:]), (digits[4:], digits[2:4], digits[:2]))
        dated = tuple((int(y), int(m), int(d)) for y, m, d in orders if 1970 <= int(y) <= 2069)
        if len(kept := tuple(order for order in dated if _exists(order))) == 1:
            yield Date(match.start(), match.end(), kept)


def to_iso(found: Date, day_first: bool | None) -> str | None:
    """The date in ISO 8601; None where it reads in two ways and `day_first` does not settle it."""
    orders = set(found.orders)
    if len(orders) > 1 and day_first is not None:
        orders = {found.orders[0 if day_first else 1]}
    return date(*orders.pop()).isoformat() if len(orders) == 1 else None


def to_iso_time(text: str, found: Date, day_first: bool | None) -> tuple[str, int] | None:
    """Date and time in ISO 8601 and where they end; None where no time of day is printed after the date."""
    day, clock = to_iso(found, day_first), _CLOCK.match(text, found.end)
    if day is None or clock is None:
        return None
    hour, minute, second = (int(part or 0) for part in clock.group(1, 2, 3))
    zone = clock.group(4) or ""
    if zone.lower() in ("am", "pm"):
        hour, zone = hour % 12 + (12 if zone.lower() == "pm" else 0), ""
    if hour > 23 or minute > 59 or second > 59:
        return None
    return f"{day}T{hour:02}:{minute:02}:{second:02}{zone}", clock.end()


def day_comes_first(text: str) -> bool | None:
    """Whether the dates of a document put the day before the month; None where they do not say, or disagree."""
    seen = {len(one.orders) == 1 and one.orders[0] for one in find_dates(text)} - {False}
    firsts = {_first(match, order) for match in _NUMERIC.finditer(text) for order in seen if isinstance(order, tuple)}
    firsts.discard(None)
    return firsts.pop() if len(firsts) == 1 else None


def _first(match: re.Match[str], order: tuple[int, int, int]) -> bool | None:
    if len(match.group(1)) > 2 or _year(match.group(4)) != order[0]:
        return None
    a, b = int(match.group(1)), int(match.group(3))
    return None if a == b else True if (b, a) == order[1:] else False if (a, b) == order[1:] else None


def _numeric(match: re.Match[str]) -> Iterator[tuple[int, int, int]]:
    first, second, third = match.group(1), int(match.group(3)), match.group(4)
    if len(first) == 4:
        yield int(first), second, int(third)
    elif len(first) < 3:
        yield _year(third), second, int(first)
        yield _year(third), int(first), second


def _named(match: re.Match[str]) -> Iterator[tuple[int, int, int]]:
    yield _year(match.group(3)), lexicon().months.get(fold(match.group(2)), 0), int(match.group(1))


def _month_first(match: re.Match[str]) -> Iterator[tuple[int, int, int]]:
    yield int(match.group(3)), lexicon().months.get(fold(match.group(1)), 0), int(match.group(2))


def _year(written: str) -> int:
    """Two digits are of this half century: 18 is 2018, 85 is 1985."""
    return int(written) + (0 if len(written) == 4 else 2000 if int(written) < 70 else 1900)


def _exists(order: tuple[int, int, int]) -> bool:
    try:
        return 1800 <= date(*order).year <= 2200
    except ValueError:
        return False
