"""Find dates, times of day and durations in a text, graded by the readings of `structgen.notation`.

The only likely reading of a place is WRITTEN there. If several are likely, all of them are EITHER, unless the other
dates of the text show its order, or the other numbers its decimal point. A two-digit year may be in any century.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from datetime import date, datetime, time, timedelta
from typing import NamedTuple, TypeVar

from structgen.core.options import DateOrder
from structgen.ground.numerals import Figures
from structgen.ground.places import Grade, Place, best
from structgen.notation.dates import MONTHS, WEEKDAYS, DateReading, order_of, read_dates, settle
from structgen.notation.durations import Duration, read_durations
from structgen.notation.readings import Reading, Written, covering
from structgen.notation.times import read_datetimes, read_times

_Value = TypeVar("_Value", date, time, Duration)

_BESIDE = 24
"""Maximum characters between a date and its time of day."""
_LONGEST_DATE, _LONGEST_TIME = 40, 16
_FIRST_WORD = re.compile(r"(?:(?![\u2e80-\U0003ffff])[^\W\d_]|[\u0300-\u036f])+")
"""The letters at the beginning of a text, except for those of an era."""


def find_dates(text: str, wanted: Set[date]) -> dict[date, list[Place]]:
    """Return where the wanted dates are. Linear in the text."""
    if not wanted:
        return {}
    dates = list(read_dates(text))
    order = order_of(dates)
    return _found(wanted, (pair for written in dates for pair in _graded_dates(written.readings, order)))


class Clocks(NamedTuple):
    """Where the wanted times of day are in a text, and `zones`, the distances from UTC that are written there.

    `dated` are the dates with a time of day directly beside them, in order.
    """

    places: Mapping[time, list[Place]]
    zones: Mapping[tuple[int, int], timedelta]
    dated: Sequence[Written[Reading[datetime]]]


def find_times(text: str, wanted: Set[time]) -> Clocks:
    """Return where the wanted times of day are, to the minute or, if the text has seconds, to the second."""
    if not wanted:
        return Clocks({}, {}, ())
    several = list(read_times(text))
    places = _found(wanted, (pair for written in several for pair in _graded_times(written.readings)))
    readings = (one for written in several for one in written.readings)
    zones = {(one.start, one.end): zone for one in readings if (zone := one.value.utcoffset()) is not None}
    return Clocks(places, zones, sorted(read_datetimes(text), key=_start))


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
    day: date | None, moment: time | None, zone: timedelta | None, days: Mapping[date, list[Place]], clocks: Clocks
) -> list[Place]:
    """Return the places of a date, of a time of day, or of a date with its time beside it.

    A time in another time zone than the value's is another time. A text without a zone leaves it open.
    """
    if day is None or moment is None:
        found = days.get(day, []) if day else clocks.places.get(moment, []) if moment else []
        return found if zone is None else [one for one in found if clocks.zones.get(one[:2], zone) == zone]
    found = _pairs(best(days.get(day, ())), best(clocks.places.get(moment, ())))
    if not found and moment == time():  # a date without a time of day is often given as midnight
        found = days.get(day, [])
    return [one for one in found if not _contradicts(one, moment, zone, clocks.dated)]


def _contradicts(
    place: Place, moment: time, zone: timedelta | None, dated: Sequence[Written[Reading[datetime]]]
) -> bool:
    """Whether another time of day, or another time zone, is written at a date."""
    at = bisect_right(dated, place.start, key=_start)
    if not at or place.end > dated[at - 1].end:
        return False
    there = [one.value for one in dated[at - 1].readings]
    zones = {one.utcoffset() for one in there}
    return zones.isdisjoint({None, zone} if zone is not None else zones) or moment not in {
        _naive(one.time()) for one in there
    }


def _start(written: Written[Reading[datetime]]) -> int:
    return written.start


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
        if one.unlikely and one.mark == "." and one.order is DateOrder.MDY:
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
