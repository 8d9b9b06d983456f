"""Convert dates, times and durations to ISO 8601, if `structgen.notation` finds exactly one reading.

The whole text must be the date or time: none is picked out of prose. The functions import `structgen.notation`
themselves, because most responses have no such text. `order` is how the documents write dates in digits, if that was
stated; without it, 03/04/2020 is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from structgen.core.options import DateOrder
from structgen.core.results import Issue
from structgen.parse.align.fit import Fit, changed

if TYPE_CHECKING:
    from structgen.notation.dates import DateReading

_MIDNIGHT = re.compile(r"\s*(\d{4}-\d\d-\d\d)[T ]00:00(?::00(?:\.0+)?)?(?:Z|[+-]00:?00)?\s*\Z", re.ASCII)
_DIGIT = re.compile(r"[\d〇一二三四五六七八九十元]")
"""What every date has."""
_MOST_CHARS = 60
_MOST_SECONDS = 86_400 * 999_999_999
"""The seconds of the longest timedelta."""
_CLOCK = re.compile(r"\s*[+-]?\d+:\d\d\s*\Z", re.ASCII)
_HOURS = re.compile(r"\s*\d\d?:\d\d\s?[-\u2212\u2013]\s?\d\d?:\d\d\s*\Z", re.ASCII)
_NUMERIC = re.compile(r"\s*[+-]?\d+(?:\.\d*)?\s*\Z", re.ASCII)

_ISO = {
    "date": re.compile(r"\d{4}-\d\d-\d\d\Z", re.ASCII),
    "date-time": re.compile(r"\d{4}-\d\d-\d\dT", re.ASCII),
    "time": re.compile(r"\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?\Z", re.ASCII),
    "duration": re.compile(r"[+-]?P", re.ASCII),
}
_RULES = {"date": "date", "date-time": "date", "time": "time", "duration": "duration"}
"""Format of a string -> the rule of the repair that converts it."""


def fit_moment(value: str, form: str, path: str, order: DateOrder | None = None) -> Fit:
    """Fit a string as a date, time or duration.

    A bare number is refused, because Pydantic takes it for seconds. So is 03:45 for a duration, which may be hours and
    minutes or minutes and seconds.
    """
    clock = form == "duration" and is_clock(value)
    found = None if clock or _is_moment(value, form) else moment_in(value, form, order)
    if found is not None:
        return changed(_RULES[form], path, value, found)
    if is_numeric(value) or clock or (form == "time" and is_range_of_times(value)):
        expected = f"an ISO 8601 {form}"
        return Fit(value, misfits=1, issues=(Issue(path, f"should be {expected}", "format", value, expected),))
    return Fit(value)


def _is_moment(value: str, form: str) -> bool:
    """Whether a string begins like ISO 8601, so that the validator alone decides whether it is valid."""
    return form in _ISO and _ISO[form].match(value) is not None


def moment_in(text: str, form: str, order: DateOrder | None = None) -> str | None:
    """Return the date, date-time, time or duration (`form`) that a text is, in ISO 8601; None if it may be another."""
    reader = _READERS.get(form)
    if reader is None or len(text) > _MOST_CHARS or (form.startswith("date") and not _DIGIT.search(text)):
        return None
    return reader(text, order)


def _date_in(text: str, order: DateOrder | None) -> str | None:
    """Return the day that a text is, possibly at midnight; None if it may be another day."""
    from structgen.notation.dates import read_dates
    from structgen.notation.readings import covering

    if match := _MIDNIGHT.match(text):
        text = match[1]
    found = _only_day(covering(text, read_dates(text)), order)
    return None if found is None else found.isoformat()


def _only_day(readings: Sequence[DateReading], order: DateOrder | None) -> date | None:
    """Return the only day of these readings, or None. An order says nothing about the century of a two-digit year."""
    from structgen.notation.readings import only

    agreeing = [one for one in readings if order is not None and one.order in (None, order)]
    return only(agreeing or readings)


def _datetime_in(text: str, order: DateOrder | None) -> str | None:
    """Return the date and time that a text is; a date alone means its midnight."""
    from structgen.notation.dates import read_dates
    from structgen.notation.readings import covering, only
    from structgen.notation.times import read_datetimes

    readings = covering(text, read_datetimes(text))
    if len(readings) > 1 and order is not None:
        days = {_only_day(written.readings, order) for written in read_dates(text)}
        readings = [one for one in readings if days == {one.value.date()}] or readings
    found = only(readings)
    if found is not None:
        return found.isoformat()
    # The time of day within "May 3 10:00:00 2024" may have several readings, and must not become midnight.
    day = None if ":" in text and not _MIDNIGHT.match(text) else _date_in(text, order)
    return None if day is None else f"{day}T00:00:00"


def _time_in(text: str, _order: DateOrder | None) -> str | None:
    """Return the time of day that a text is; None for ``2:30``, which may be in the afternoon."""
    from structgen.notation.readings import covering, only
    from structgen.notation.times import read_times

    found = only(covering(text, read_times(text)))
    return None if found is None else found.isoformat()


def _duration_in(text: str, _order: DateOrder | None) -> str | None:
    """Return the duration that a text is; None if it has months, whose length varies, or parts of a microsecond."""
    from structgen.notation.durations import iso_of, read_durations
    from structgen.notation.readings import covering, only

    found = only(covering(text, read_durations(text, labelled=True)))
    return None if found is None or abs(found.seconds) > _MOST_SECONDS else iso_of(found)


_READERS: Mapping[str, Callable[[str, DateOrder | None], str | None]] = {
    "date": _date_in,
    "date-time": _datetime_in,
    "time": _time_in,
    "duration": _duration_in,
}


def is_numeric(text: str) -> bool:
    """Whether a text is a bare number, which Pydantic takes for seconds since 1970."""
    return _NUMERIC.match(text) is not None


def is_clock(text: str) -> bool:
    """Whether a text is two numbers with a colon, which Pydantic takes for hours and minutes."""
    return _CLOCK.match(text) is not None


def is_range_of_times(text: str) -> bool:
    """Whether a text is two times with a dash, of which Pydantic takes the second for a time zone."""
    return _HOURS.match(text) is not None
