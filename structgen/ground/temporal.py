"""Where dates, times of day and durations stand in a text, graded by what `structgen.notation` reads there.

What has one likely reading is WRITTEN there. Of several readings nobody knows which is meant, so that all of them are
EITHER, unless the other dates of the text tell its order, or the other numbers its decimal point. A year of two digits
stands for any century.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from datetime import date, time
from typing import TypeVar

from structgen.ground.numerals import Figures
from structgen.ground.places import Grade, Place, best
from structgen.notation.dates import MONTHS, WEEKDAYS, DateOrder, DateReading, order_of, read_dates, settle
from structgen.notation.durations import Duration, read_durations
from structgen.notation.readings import Reading, covering
from structgen.notation.times import read_times

_Value = TypeVar("_Value", date, time, Duration)

_BESIDE = 24
"""How many characters may lie between a date and its time of day."""
_LONGEST_DATE, _LONGEST_TIME = 40, 16
_FIRST_WORD = re.compile(r"(?:(?![\u2e80-\U0003ffff])[^\W\d_]|[\u0300-\u036f])+")
"""The letters that a text begins with, but for those of an era."""


_FIRST_WORDS = MONTHS.keys() | WEEKDAYS.keys()


def find_dates(text: str, wanted: Set[date]) -> dict[date, list[Place]]:
    """Where the wanted dates stand. Linear in the text."""
    if not wanted:
        return {}
    dates = list(read_dates(text))
    order = order_of(dates)
    return _found(wanted, (pair for written in dates for pair in _graded_dates(written.readings, order)))


def find_times(text: str, wanted: Set[time]) -> dict[time, list[Place]]:
    """Where the wanted times of day stand, to the minute or, if the text gives seconds, to the second."""
    several = read_times(text) if wanted else ()
    return _found(wanted, (pair for written in several for pair in _graded_times(written.readings)))


def find_durations(figures: Figures, wanted: Set[Duration]) -> dict[Duration, list[Place]]:
    """Where the wanted durations stand in a text, whose numbers are `figures`."""
    several = read_durations(figures.text, style=figures.style) if wanted else ()
    pairs = (
        pair
        for written in several
        for pair in _graded(written.readings, Grade.INSIDE if written.of_range else Grade.WRITTEN)
    )
    return _found(wanted, pairs)


def find_moments(
    day: date | None, moment: time | None, days: Mapping[date, list[Place]], moments: Mapping[time, list[Place]]
) -> list[Place]:
    """The places of a date, of a time of day, or of a date with its time beside it."""
    if day is None or moment is None:
        return days.get(day, []) if day else moments.get(moment, []) if moment else []
    return _pairs(best(days.get(day, ())), best(moments.get(moment, ())))


def date_of(value: str) -> date | None:
    """The date that a text is, all of it and read in one way only; None for any other text."""
    first = _FIRST_WORD.match(value)
    if len(value) > _LONGEST_DATE or (
        first and first[0].casefold() not in MONTHS and first[0].casefold() not in WEEKDAYS
    ):
        return None
    return _only(covering(value, read_dates(value)))


def time_of(value: str) -> time | None:
    """The time of day that a text is, all of it and in digits; None for any other text."""
    if len(value) > _LONGEST_TIME or not value[:1].isdecimal():
        return None
    likely = [one for one in covering(value, read_times(value)) if not one.unlikely]
    found = _only(likely)
    return None if found is None else _naive(found)


def _only(readings: Iterable[Reading[_Value]]) -> _Value | None:
    values = {one.value for one in readings}
    return values.pop() if len(values) == 1 else None


def _found(wanted: Set[_Value], pairs: Iterable[tuple[_Value, Place]]) -> dict[_Value, list[Place]]:
    found: dict[_Value, list[Place]] = {}
    for value, place in pairs:
        if value in wanted:
            found.setdefault(value, []).append(place)
    return found


def _graded_dates(readings: Sequence[DateReading], order: DateOrder | None) -> Iterator[tuple[date, Place]]:
    """The readings with their places: what the order of the text settles is sure, the others are possible still."""
    settled = settle(readings, order)
    days = {(one.value.month, one.value.day, one.value.year % 100) for one in settled if not one.unlikely}
    for one in readings:
        if one.unlikely and one.mark == "." and one.order is DateOrder.MONTH_FIRST:
            continue  # full stops go with the day first wherever people use them
        sure = len(days) == 1 and not one.unlikely and one in settled
        yield one.value, Place(one.start, one.end, Grade.WRITTEN if sure else Grade.EITHER)


def _graded_times(readings: Sequence[Reading[time]]) -> Iterator[tuple[time, Place]]:
    """The readings with their places, without the time zone, which few values have.

    If none is likely, as of ``2.30``, the first one is at least written within something: it is rather a price.
    """
    likely = any(not one.unlikely for one in readings)
    for number, one in enumerate(readings):
        grade = Grade.EITHER if one.unlikely and (likely or number) else Grade.WRITTEN if likely else Grade.INSIDE
        yield _naive(one.value), Place(one.start, one.end, grade)


def _naive(value: time) -> time:
    return value.replace(microsecond=0, tzinfo=None)


def _graded(readings: Sequence[Reading[_Value]], grade: Grade) -> Iterator[tuple[_Value, Place]]:
    """The readings with their places, of this grade if one alone is likely."""
    sure = len({one.value for one in readings if not one.unlikely}) == 1
    for one in readings:
        yield one.value, Place(one.start, one.end, grade if sure and not one.unlikely else Grade.EITHER)


def _pairs(days: Sequence[Place], moments: Sequence[Place]) -> list[Place]:
    """Stretches that hold a date and a time next to each other, in either order."""
    found: list[Place] = []
    for day in days:
        at = bisect_left(moments, (day.start,))
        found += (
            Place(min(day.start, moment.start), max(day.end, moment.end), max(Grade.WRITTEN, day.grade, moment.grade))
            for moment in moments[max(0, at - 1) : at + 1]
            if max(day.start, moment.start) - min(day.end, moment.end) <= _BESIDE
        )
    return found
