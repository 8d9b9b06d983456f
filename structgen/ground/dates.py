"""Dates in the forms in which people write them, and where these stand in a text.

``03/04/2020`` may be in March or in April. Other dates of the text may tell (``25/12/2020``), and so do full stops
(``3.4.2020``); else both readings are kept and marked as one of two. A year of two digits stands for any century.
Nothing is completed: a month and a year are no date.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Set
from contextlib import suppress
from datetime import date
from typing import NamedTuple

from structgen.ground.months import MONTHS
from structgen.ground.places import Grade, Place
from structgen.ground.words import MARKS
from structgen.notation.number_words import HAN, han_value

Written = tuple[date, Place]
_CENTURIES = (1900, 2000)

# Where a pattern begins with digits, what stands before them is looked up afterwards, so that the search is quick.
_NUMERIC = re.compile(r"(\d{1,4})\s?([-/.\u2010-\u2013])\s?(\d{1,2})\s?\2\s?(\d{1,4})(?!\d)")
_JOINTS = frozenset("./,-_")
_HAN = rf"\d{{1,2}}|{HAN}{{1,3}}"
_CJK = re.compile(
    rf"(?:(?P<era>令和|平成|昭和|大正|明治|民[国國])|(?<!\d))(\d{{1,4}}|元|{HAN}{{1,4}})\s?[年년]"
    rf"\s?({_HAN})\s?[月월]\s?({_HAN})\s?[日일号號]?"
)
_ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925, "大正": 1911, "明治": 1867, "民国": 1911, "民國": 1911}
"""The year before the first one of an era."""
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?![\d.,-]\d|\d)")
_GAP = r"[\s\-/.,'’\]\[()]{0,3}"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th|er|º|ª|°|:e|\.)?"
_CLOCK = r"(?:\d{1,2}:\d{2}(?::\d{2})?\s+)?"
_TO = r"(?:\s?(?:[-\u2010-\u2013]|to)\s?(?P<last>\d{1,2})(?:st|nd|rd|th)?)?"
"""The last day of a few: the first one is a date too."""
_OF = r"(?:(?:(?:day\s+)?of|de|del|di|den|the|year)\s+)?"
_YEAR = r"(?P<year>\d{4}|['’]?\d{2})(?![\d:])"
_NUMBER = re.compile(r"\d{1,4}")
_NAME_BEFORE = re.compile(rf"(?<![^\W\d_])((?:[^\W\d_]|[{MARKS}]){{3,14}}){_GAP}{_OF}['’]?$", re.IGNORECASE)
"""The name of a month stands before the day or the year in all dates that have one."""
_DAY_BEFORE = re.compile(rf"(?<!\d){_DAY}{_TO}{_GAP}{_OF}$", re.IGNORECASE)
_YEAR_BEFORE = re.compile(rf"(?<!\d)(?P<year>\d{{4}}){_GAP}$")
_YEAR_AFTER = re.compile(rf"{_GAP}{_OF}{_YEAR}", re.IGNORECASE)
_DAY_AFTER = re.compile(rf"{_GAP}{_OF}{_DAY}(?!\d)", re.IGNORECASE)
_DAY_YEAR_AFTER = re.compile(rf"{_GAP}{_OF}{_DAY}{_TO}{_GAP}{_OF}{_CLOCK}{_YEAR}", re.IGNORECASE)
_FIRST_WORD = re.compile(rf"(?:(?![\u2e80-\U0003ffff])[^\W\d_]|[{MARKS}])+")
"""The letters that a text begins with, but for those of an era."""
_REACH = 32
"""How many characters before and after a month's name may belong to its date."""


def find_dates(text: str, wanted: Set[date]) -> dict[date, list[Place]]:
    """Where the wanted dates stand. Linear in the text."""
    found: dict[date, list[Place]] = {}
    if not wanted:
        return found
    for reader in _READERS:
        for day, place in reader(text):
            if day in wanted:
                found.setdefault(day, []).append(place)
    return found


def date_of(value: str) -> date | None:
    """The date that a text is, all of it and read in one way only; None for any other text."""
    first = _FIRST_WORD.match(value)
    if len(value) > _REACH or (first and first[0].casefold() not in MONTHS):
        return None
    read = {day for reader in _READERS for day, place in reader(value) if (place.start, place.end) == (0, len(value))}
    return read.pop() if len(read) == 1 else None


def _dates(years: Iterable[int], months: Iterable[int], day: int) -> list[date]:
    found: list[date] = []
    for year in years:
        for month in months:
            with suppress(ValueError):
                found.append(date(year, month, day))
    return found


def _years(written: str) -> tuple[int, ...]:
    digits = written.lstrip("'’")
    if len(digits) == 4:
        return (int(digits),)
    return tuple(century + int(digits) for century in _CENTURIES) if len(digits) == 2 else ()


class _Numeric(NamedTuple):
    """A date in digits: its place, and what it is with the year, the day or the month first."""

    place: Place
    year_first: list[date]
    day_first: list[date]
    month_first: list[date]

    @classmethod
    def of(cls, match: re.Match[str]) -> _Numeric:
        first, middle, last = match[1], int(match[3]), match[4]
        last_years = _years(last) if len(first) <= 2 else ()
        return cls(
            Place(match.start(), match.end(), Grade.WRITTEN),
            _dates(_years(first) if len(last) <= 2 else (), (middle,), int(last)),
            _dates(last_years, (middle,), int(first)),
            [] if match[2] == "." else _dates(last_years, (int(first),), middle),
        )

    def readings(self, *, day_first: bool, month_first: bool) -> Iterator[Written]:
        """The dates that this may be, where the text is known to put the day, or the month, first."""
        either = self.place._replace(grade=Grade.EITHER)
        ends_with_year = self.day_first or self.month_first
        orders = (
            (self.year_first, not ends_with_year),
            (self.day_first, day_first or not self.month_first or self.day_first == self.month_first),
            (self.month_first, month_first or not self.day_first or self.day_first == self.month_first),
        )
        for days, sure in orders:
            yield from ((day, self.place if sure else either) for day in days)


def _joined(text: str, start: int) -> bool:
    """Whether the digits that begin here go on something before them."""
    before = text[start - 1 : start] if start else ""
    return before.isdecimal() or before in _JOINTS


def _numeric(text: str) -> Iterator[Written]:
    found = [_Numeric.of(match) for match in _NUMERIC.finditer(text) if not _joined(text, match.start())]
    day_first = any(
        one.day_first and not one.month_first and "." not in text[one.place.start : one.place.end] for one in found
    )
    month_first = any(one.month_first and not one.day_first for one in found)
    for one in found:
        yield from one.readings(day_first=day_first and not month_first, month_first=month_first and not day_first)


def _eastern(text: str) -> Iterator[Written]:
    """``2014年9月4日``, ``二〇一四年九月四日`` and ``平成26年9月4日``."""
    if text.isascii():
        return
    for match in _CJK.finditer(text):
        year, month, day = (_han(written) for written in match.groups()[1:])
        if match["era"] is not None:
            year += _ERAS[match["era"]]
        place = Place(match.start(), match.end(), Grade.WRITTEN)
        yield from ((found, place) for found in _dates((year,), (month,), day))


def _han(written: str) -> int:
    """A number in digits or in Han characters; 0 where it is none."""
    if written == "元":  # the first year of an era
        return 1
    return int(written) if written.isdecimal() else han_value(written) or 0


def _compact(text: str) -> Iterator[Written]:
    """``20140904``."""
    for match in _COMPACT.finditer(text):
        if _joined(text, match.start()) or text[match.start() - 1 : match.start()].isalpha():
            continue
        place = Place(match.start(), match.end(), Grade.WRITTEN)
        yield from ((day, place) for day in _dates((int(match[1]),), (int(match[2]),), int(match[3])))


def _named(text: str) -> Iterator[Written]:
    """Dates with the name of a month, in any order of the three parts."""
    for number in _NUMBER.finditer(text):
        low = max(0, number.start() - _REACH)
        name = _NAME_BEFORE.search(text[low : number.start()])
        months = MONTHS.get(name[1].casefold()) if name else None
        if name and months:
            yield from _around(text, low + name.start(), low + name.end(1), months)


def _around(text: str, start: int, end: int, months: tuple[int, ...]) -> Iterator[Written]:
    """The dates whose month stands at these offsets, by the day and the year around it."""
    before, after = text[max(0, start - _REACH) : start], text[end : end + _REACH]
    for ahead, behind in ((_DAY_BEFORE, _YEAR_AFTER), (None, _DAY_YEAR_AFTER), (_YEAR_BEFORE, _DAY_AFTER)):
        left = ahead.search(before) if ahead else None
        right = behind.match(after)
        if right is None or (ahead and left is None):
            continue
        parts = {**(left.groupdict() if left else {}), **right.groupdict()}
        place = Place(start - len(before) + left.start() if left else start, end + right.end(), Grade.WRITTEN)
        for day in filter(None, (parts["day"], parts.get("last"))):
            yield from ((found, place) for found in _dates(_years(parts["year"]), months, int(day)))


_READERS = (_numeric, _eastern, _compact, _named)
