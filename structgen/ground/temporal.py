"""Find dates, times of day and durations in a text, graded by the readings of `structgen.notation`.

The only likely reading of a place is WRITTEN there. If several are likely, all of them are EITHER, unless the other
dates of the text show its order, or the other numbers its decimal point. A two-digit year may be in any century.
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
"""Maximum characters between a date and its time of day."""
_LONGEST_DATE, _LONGEST_TIME = 40, 16
_FIRST_WORD = re.compile(r"(?:(?![\u2e80-\U0003ffff])[^\W\d_]|[\u0300-\u036f])+")
"""The letters at the beginning of a text, except for those of an era."""


_FIRST_WORDS = MONTHS.keys() | WEEKDAYS.keys()


def find_dates(text: str, wanted: Set[date]) -> dict[date, list[Place]]:
    """Return where the wanted dates are. Linear in the text."""
    if not wanted:
        return {}
    dates = list(read_dates(text))
    order = order_of(dates)
    return _found(wanted, (pair for written in dates for pair in _graded_dates(written.readings, order)))


def find_times(text: str, wanted: Set[time]) -> dict[time, list[Place]]:
    """Return where the wanted times of day are, to the minute or, if the text has seconds, to the second."""
    several = read_times(text) if wanted else ()
    return _found(wanted, (pair for written in several for pair in _graded_times(written.readings)))


def find_durations(figures: Figures, wanted: Set[Duration]) -> dict[Duration, list[Place]]:
    """Return where the wanted durations are in the text of `figures`."""
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
    """Return the places of a date, of a time of day, or of a date with its time beside it."""
    if day is None or moment is None:
        return days.get(day, []) if day else moments.get(moment, []) if moment else []
    return _pairs(best(days.get(day, ())), best(moments.get(moment, ())))


def date_of(value: str) -> date | None:
    """Return the date that a whole text is; None if it is none, or has another reading."""
    first = _FIRST_WORD.match(value)
    if len(value) > _LONGEST_DATE or (
        first and first[0].casefold() not in MONTHS and first[0].casefold() not in WEEKDAYS
    ):
        return None
    return _only(covering(value, read_dates(value)))


def time_of(value: str) -> time | None:
    """Return the time of day that a whole text is in digits, or None."""
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
    """Yield the readings with their places. Those in the order of the text are certain, the others remain possible."""
    settled = settle(readings, order)
    days = {(one.value.month, one.value.day, one.value.year % 100) for one in settled if not one.unlikely}
    for one in readings:
        if one.unlikely and one.mark == "." and one.order is DateOrder.MONTH_FIRST:
            continue  # people who write full stops put the day first
        sure = len(days) == 1 and not one.unlikely and one in settled
        yield one.value, Place(one.start, one.end, Grade.WRITTEN if sure else Grade.EITHER)


def _graded_times(readings: Sequence[Reading[time]]) -> Iterator[tuple[time, Place]]:
    """Yield the readings with their places, without the time zone, which few values have.

    If none is likely, as for ``2.30``, the first one is INSIDE something else, such as a price.
    """
    likely = any(not one.unlikely for one in readings)
    for number, one in enumerate(readings):
        grade = Grade.EITHER if one.unlikely and (likely or number) else Grade.WRITTEN if likely else Grade.INSIDE
        yield _naive(one.value), Place(one.start, one.end, grade)


def _naive(value: time) -> time:
    return value.replace(microsecond=0, tzinfo=None)


def _graded(readings: Sequence[Reading[_Value]], grade: Grade) -> Iterator[tuple[_Value, Place]]:
    """Yield the readings with their places, with this grade if only one is likely."""
    sure = len({one.value for one in readings if not one.unlikely}) == 1
    for one in readings:
        yield one.value, Place(one.start, one.end, grade if sure and not one.unlikely else Grade.EITHER)


def _pairs(days: Sequence[Place], moments: Sequence[Place]) -> list[Place]:
    """Return the stretches with a date and a time next to each other, in either order."""
    found: list[Place] = []
    for day in days:
        at = bisect_left(moments, (day.start,))
        found += (
            Place(min(day.start, moment.start), max(day.end, moment.end), max(Grade.WRITTEN, day.grade, moment.grade))
            for moment in moments[max(0, at - 1) : at + 1]
            if max(day.start, moment.start) - min(day.end, moment.end) <= _BESIDE
        )
    return found
