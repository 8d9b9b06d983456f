"""Times of day, with and without a date beside them, and everything that they may mean.

A time of day has the time zone that is written after it, as a fixed offset. Names of zones other than UTC and GMT are
not read, because most of them mean several zones.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta, timezone

from structgen.notation.dates import WrittenDate, read_dates
from structgen.notation.readings import Reading, Written, matches

WrittenTime = Written[Reading[time]]

# Searching is fast if a pattern begins with digits, so the code checks what precedes them afterwards.
_CLOCK = re.compile(
    r"(\d{1,2})(?:(?P<mark>[:h.]|\sh\s)(\d{2})(?:[:m.](\d{2})(?:[.,](?P<part>\d{1,6}))?)?)?"
    r"(?:\s?(?P<half>[ap])\.?\s?m\b\.?)?(?!\d)",
    re.IGNORECASE,
)
_MILITARY = re.compile(r"([01]\d|2[0-3])([0-5]\d)\s?(?:hrs?|hours|h)\b", re.IGNORECASE)
_HOUR = re.compile(
    r"(\d{1,2})\s?(?:o['’]clock\b|Uhr\b(?:\s(\d{2})\b)?|[時时点點시](?:\s?(?:(\d{1,2})\s?[分분]|(?P<half>半|반)))?)",
    re.IGNORECASE,
)
_WORD = re.compile(
    r"(?:(?<!\S)12\s)?\b(?P<word>noon|midday|midnight|mitternacht|medianoche|mediodía|mezzogiorno|mezzanotte)\b",
    re.IGNORECASE,
)
_NOONS = frozenset(["noon", "midday", "mediodía", "mezzogiorno"])
_HOUR_WORD = re.compile(r"\s?(?:Uhr\b|h\b|hrs?\b)", re.IGNORECASE)
"""Words that make ``2.30`` certainly a time, on the 24-hour clock."""
_BEFORE = frozenset(":.,-/+\u2212")
"""Marks directly before the digits that make them the end of something longer."""
_RANGE_DASHES = "-\u2010\u2011\u2012\u2013\u2014"
_TO = rf"(?:\s?[{_RANGE_DASHES}]\s?|\s(?:to|bis|until|till|and|und)\s)"
_RANGE_BEFORE = re.compile(rf"(?<!\d)\d{{1,2}}(?:[:.h]\d{{2}})?\s?(?:[ap]\.?\s?m\.?|h|Uhr)?{_TO}$", re.IGNORECASE)
_RANGE_BEHIND = re.compile(rf"{_TO}\d{{1,2}}(?!\d)", re.IGNORECASE)
_HALF_BEFORE = re.compile(r"(?:(?P<am>午前|上午|오전|凌晨|早上)|午後|下午|오후|晚上)\s?$")
_LONGEST_BEFORE, _LONGEST_HALF = 16, 4
_ZONE = re.compile(
    r"\s?(?P<utc>Z|UTC|GMT)(?![^\W\d_])(?:\s?(?P<sign>[+\-\u2212])(\d{1,2})(?::?(\d{2}))?(?![\d:.]))?"
    r"|\s?(?P<bare>[+\-\u2212])(\d{2})(?::?(\d{2}))?(?![\d:.])"
)
_FARTHEST_ZONE = 14
_COMPACT_CLOCK = re.compile(r"T(\d{2})(\d{2})(\d{2})?(?!\d)")
_DATE_THEN_TIME = re.compile(
    r"T|,?\s(?:at|um|à|a\slas|às|alle|kl\.?|om|в|klokken)\s|,\s?|\s[-\u2013|]\s|\s|(?<=[日일])", re.IGNORECASE
)
_TIME_THEN_DATE = re.compile(r",?\s(?:(?:on|am|of|le|el|il|den|op|em)\s)?|,\s?", re.IGNORECASE)
_LONGEST = 40
"""Maximum characters from the beginning of a time of day to the date after it."""


def read_times(text: str, start: int = 0, end: int = sys.maxsize) -> Iterator[WrittenTime]:
    """Yield every time of day that begins from `start` to before `end`: ``14:30``, ``2.30 pm``, noon. Linear.

    Without "am", "pm" or a leading zero, ``2:30`` has an unlikely reading in the afternoon. ``2.30`` alone is rather
    a number, so the time is unlikely.
    """
    yield from _times(text, start, min(end, len(text)))


def read_datetimes(text: str, start: int = 0, end: int = sys.maxsize) -> Iterator[Written[Reading[datetime]]]:
    """Yield every date that begins from `start` to before `end` with a time of day directly after or before it. Linear.

    A date alone is not completed.
    """
    for day in read_dates(text, start, end):
        for clock in _beside(text, day):
            span = min(day.start, clock.start), max(day.end, clock.end)
            readings = tuple(
                Reading(datetime.combine(one.value, other.value), *span, unlikely=one.unlikely or other.unlikely)
                for one in day.readings
                for other in clock.readings
            )
            yield Written(*span, readings, of_range=day.of_range or clock.of_range)
            break


def _times(text: str, start: int, end: int, *, dated: bool = False) -> Iterator[WrittenTime]:
    """Yield the times of day of a stretch. `dated`: a date and a T precede, so ``14:30-05:00`` is not a range."""
    last = start
    for match in matches(_CLOCK, text, start, end):
        if not (match[3] or match["half"]) or match.start() < last:
            continue
        if written := _of_clock(text, match, dated=dated):
            last = written.end
            yield written
    for pattern in (_MILITARY, _HOUR):
        for match in matches(pattern, text, start, end):
            if written := _of_hour(text, match):
                yield written
    for match in matches(_WORD, text, start, end):
        noon = time(12 if match["word"].lower() in _NOONS else 0)
        yield Written(*match.span(), (Reading(noon, *match.span()),))


def _begins(text: str, start: int) -> bool:
    """Whether nothing is joined to what begins here, except for the first end of a range."""
    before = text[start - 1 : start] if start else ""
    if before and before in _RANGE_DASHES:
        return _RANGE_BEFORE.search(text, max(0, start - _LONGEST_BEFORE), start) is not None
    return before not in _BEFORE and not before.isdecimal()


def _of_clock(text: str, match: re.Match[str], *, dated: bool) -> WrittenTime | None:
    """Return ``14:30``, ``2.30 pm``, ``14h30`` or ``2 pm``; None if it is not a time."""
    if not _begins(text, match.start()):
        return None
    half, hour, end = (match["half"] or "").lower(), int(match[1]), match.end()
    if half == "a" and hour > 12:  # "22:00 AM" contradicts itself
        return None
    word = None if half else _HOUR_WORD.match(text, end)
    end = word.end() if word else end
    read = _time(hour % 12 + 12 * (half == "p") if half and hour <= 12 else hour, match[3], match[4], match["part"])
    if read is None:
        return None
    stop = match["mark"] == "." and not half and not word
    reading = Reading(read, match.start(), end, unlikely=stop)
    readings = [reading]
    # A leading zero, an hour above 12, seconds or "Uhr" show the 24-hour clock. Otherwise it may be in the afternoon.
    if 0 < hour < 12 and match["mark"] in (":", ".") and not (half or word or match[4]) and match[1][0] != "0":
        readings.append(replace(reading, value=read.replace(hour=hour + 12), unlikely=True))
    return _with_surroundings(text, Written(match.start(), end, tuple(readings)), offset=dated or match[4] is not None)


def _of_hour(text: str, match: re.Match[str]) -> WrittenTime | None:
    """Return ``1430 hrs``, ``14 Uhr 30``, ``2 o'clock`` or ``午後2時30分``; None if it is not a time."""
    start, hour = match.start(), int(match[1])
    if not _begins(text, start):
        return None
    groups = match.groupdict()
    minute = "30" if groups.get("half") else next((group for group in match.groups()[1:] if group), None)
    half = _HALF_BEFORE.search(text, max(0, start - _LONGEST_BEFORE), start)
    if half and hour <= 12:
        start, hour = half.start(), hour % 12 + 12 * (half["am"] is None)
    read = _time(hour, minute)
    if read is None:
        return None
    readings = [Reading(read, start, match.end())]
    if match.group().lower().endswith("clock") and 0 < hour <= 12:
        readings.append(Reading(read.replace(hour=(hour + 12) % 24), start, match.end(), unlikely=True))
    return _with_surroundings(text, Written(start, match.end(), tuple(readings)), offset=False)


def _time(hour: int, minute: str | None, second: str | None = None, part: str | None = None) -> time | None:
    with suppress(ValueError):
        return time(hour, int(minute or 0), int(second or 0), int((part or "").ljust(6, "0")))
    return None


def _with_surroundings(text: str, written: WrittenTime, *, offset: bool) -> WrittenTime:
    """Return the time with its zone, and with whether it is one end of a range.

    -05:00 after ``14:30`` is rather the end of a range, unless `offset` says that it is not.
    """
    zone = _zone(text, written.end, minus=offset)
    if zone is not None:
        span_end, tz = zone
        readings = tuple(replace(one, value=one.value.replace(tzinfo=tz), end=span_end) for one in written.readings)
        written = replace(written, end=span_end, readings=readings)
    before = _RANGE_BEFORE.search(text, max(0, written.start - _LONGEST_BEFORE), written.start)
    return replace(written, of_range=before is not None or _RANGE_BEHIND.match(text, written.end) is not None)


def _zone(text: str, at: int, *, minus: bool) -> tuple[int, timezone] | None:
    """Return the end of the time zone at an offset and its distance from UTC, or None."""
    match = _ZONE.match(text, at)
    if match is None:
        return None
    sign = match["sign"] or match["bare"]
    if sign is None:
        return match.end(), UTC
    hours, minutes = (match[3], match[4]) if match["utc"] else (match[6], match[7])
    spaced = match[0][0].isspace()
    # "14:30 -05" or "14:30 +5" may be a range or a sum. An offset alone needs two digits and, after a space, minutes.
    # After seconds, four digits are the offset of an email: "14:30:00 -0500".
    mailed = spaced and minus and match[7] is not None and ":" not in match[0]
    if match["bare"] and not mailed and ((spaced and minutes is None) or (sign != "+" and (spaced or not minus))):
        return None
    if int(hours) > _FARTHEST_ZONE or int(minutes or 0) >= 60:
        return None
    offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
    return match.end(), timezone(offset if sign == "+" else -offset)


def _beside(text: str, day: WrittenDate) -> Iterator[WrittenTime]:
    """Yield the time of day within a date ("May 3 10:00:00 2024"), directly after it, and directly before it."""
    yield from (clock for clock in _times(text, day.start, day.end) if clock.end < day.end)
    if (compact := _COMPACT_CLOCK.match(text, day.end)) and (read := _time(int(compact[1]), compact[2], compact[3])):
        bare = Written(day.end, compact.end(), (Reading(read, day.end, compact.end()),))
        yield _with_surroundings(text, bare, offset=True)
    if between := _DATE_THEN_TIME.match(text, day.end):
        at, dated = between.end(), between.group() == "T"
        # A word for the half of the day may precede the digits: "午後2時".
        several = _times(text, at, at + _LONGEST_HALF, dated=dated)
        yield from (clock for clock in several if clock.start == at)
    for clock in _times(text, max(0, day.start - _LONGEST), day.start):
        if clock.end <= day.start and _TIME_THEN_DATE.fullmatch(text, clock.end, day.start):
            yield clock
