"""Numbers, amounts of money, durations, dates and times of which there is exactly one reading.

`structgen.notation` returns every reading of what is written, and the rules take a value only if one is left: ``1,299``
is one thousand two hundred and ninety-nine in one country and one and a bit in another. It is read if the document
shows elsewhere which sign it uses for the decimal point, and left alone otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal
from fractions import Fraction

from structgen.notation.affixes import AFTER, BEFORE, MINUSES
from structgen.notation.dates import DateOrder, DateReading, WrittenDate, read_dates, settle
from structgen.notation.digits import digit_runs
from structgen.notation.durations import read_durations
from structgen.notation.numbers import fraction_numbers, number_of, whole_number
from structgen.notation.readings import Number, NumberReading, Reading, Value
from structgen.notation.style import Style
from structgen.notation.times import read_datetimes, read_times

_GOES_ON = re.compile(
    r"[ \u00a0]?[:x×*·±][ \u00a0]?\d|[ \u00a0\u202f]\d|[.,]\d"
    rf"|\s*(?:[-–—/]|to|or|bis|oder|à|ou|a|o|tot|of)\s*(?:{BEFORE}[ \u00a0]?)?\d",
    re.IGNORECASE,
)
"""What makes a number a part of something longer: a range, a time, dimensions, digits that nobody can group."""
_TO = re.compile(r"\s?(?:[-–—]|to|or|bis|à|tot|of)\s?")
_LEADS_ON = re.compile(r"\s?[/⁄:x×]\s?\d|[.,]?\d|[_/]")
_OUT_OF = re.compile(r"\s*(?:/|of|out of|von|sur|de|su)\s*(?:5|10|100)(?!\d)", re.IGNORECASE)
"""The best that a rating can be: "4.3 of 5", "8/10"."""
_BOUND = re.compile(r"[<>≤≥]\s?$")
"""What stands before a bound, which is no value: ``<5``."""
_FRACTION = re.compile(r"(?:\d{1,4}[ \u00a0-])?\d{1,3}[/⁄∕]\d{1,3}")
_LONGEST_POWER = 300
_CENTS = re.compile(r"[.,](?:\d{2}[-−]?|[-–—]{1,2})\)?$")
_NO_CENTS = re.compile(r"[.,:][-–—]{1,2}(?!\d)")
_SPLIT = re.compile(r"[ \u00a0]?\d{2}(?![\d.,])")
"""The cents behind a currency that stands in place of the point: "35 € 99"."""
_FAR_CURRENCY = re.compile(rf"(?P<currency>{BEFORE})[ \t\u00a0]{{2,24}}$")
"""A currency in a column of its own before the amount."""
_REACH = 32
_CURRENCY = re.compile(rf"{BEFORE}|{AFTER.pattern}")
_FURTHER_CURRENCIES = frozenset({"rm", "rs", "kr", "ft", "zł", "kč", "pound", "pounds"})


_CELL_ENDS = re.compile(r"[\t\n]")
_BEFORE_DURATION = " \t\u00a0:~≈.-–"
_YEARS = range(1800, 2201)
_SHORT_YEARS = range(1970, 2070)
"""The years that two digits stand for: 18 is 2018, 85 is 1985. Eight digits with another year are rather a number."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A number and where it stands in the text it was read from."""

    value: int | float
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount in a text. `start` to `end` is the number, `signed` to `signed_end` the number with its currency."""

    start: int
    end: int
    signed: int
    signed_end: int
    currency: tuple[int, int] | None
    written: str
    value: int | float | None
    """The number, or None if it can be read in two ways."""

    @property
    def cents(self) -> bool:
        """Whether two decimals are printed, as amounts of money have."""
        return _CENTS.search(self.written) is not None


def find_number(text: str, style: Style, *, rating: bool = False) -> Figure | None:
    """The first number of a text, or None if it has none, or one that may mean more than one thing.

    A `rating` may be followed by the best that there is.
    """
    number = _first_number(text) or whole_number(text)
    if number is None or _BOUND.search(text, 0, number.start):
        return None
    if rating and (part := _part_of_rating(text, number)):
        number = part
    elif _GOES_ON.match(text, number.end) or _is_no_fraction(text, number):
        return None
    reading = only_reading(number, style, alone=_is_alone(text, number))
    value = None if reading is None else as_json(reading.value)
    return None if reading is None or value is None else Figure(value, reading.start, reading.end)


def leading_number(text: str) -> int | None:
    """Where the number or the range of numbers ends that a text begins with; None if it begins with none.

    Digits that may be one number or two, as in "2 400 g tins", are none.
    """
    first = _first_number(text)
    if first is None or first.start or not first.readings or text[0] in f"({MINUSES}" or _may_be_two(text, first):
        return None
    if first.currency or any(one.percent for one in first.readings):
        return None
    end = max(one.end for one in first.readings)
    if to := _TO.match(text, end):
        last = _first_number(text[to.end() :])
        end = to.end() + max(one.end for one in last.readings) if last and not last.start and last.readings else end
    return None if _LEADS_ON.match(text, end) else end


def _may_be_two(text: str, number: Number) -> bool:
    """Whether plain spaces in a number may part two numbers."""
    return bool(number.parts) and " " in text[number.digits : number.digits_end]


def _first_number(text: str) -> Number | None:
    """The first number in digits that is not glued to a word before it."""
    numbers = (number_of(run) for run in digit_runs(text))
    first = next((one for one in numbers if not _is_glued(text, one.start)), None)
    fraction = next(fraction_numbers(text), None)
    return fraction if fraction and (first is None or fraction.start < first.start) else first


def _is_glued(text: str, at: int) -> bool:
    before = text[at - 1 : at] if at else ""
    return before == "_" or before.isalnum()


def _part_of_rating(text: str, number: Number) -> Number | None:
    """The number that is rated: the 8 of "8/10"."""
    rated = number.parts[0] if number.parts else number
    return rated if _OUT_OF.match(text, rated.end) else None


def _is_no_fraction(text: str, number: Number) -> bool:
    """Whether the slash in a number is rather that of a date: "12/2020"."""
    written = text[number.digits : number.digits_end]
    return bool(number.parts) and "/" in written and _FRACTION.fullmatch(written) is None


def _is_alone(text: str, number: Number) -> bool:
    return text[number.start : number.end] == text.strip(" *:\t")


def only_reading(number: Number, style: Style, *, alone: bool) -> NumberReading | None:
    """The one reading that a number has in a text of this style, or None. `alone`: it is all that the text says."""
    readings = [one for one in style.settle(number.readings) if not one.percent]
    if any(one.bracketed for one in readings):
        # An amount that is nothing but brackets is a minus. Among words, brackets around it may be a remark.
        in_brackets = alone and number.amount
        readings = [one for one in readings if (one.bracketed if in_brackets else not one.unlikely)]
    return readings[0] if len({one.value for one in readings}) == 1 else None


def as_json(value: Value) -> int | float | None:
    """The value as a number of JSON, or None if a float cannot hold its digits."""
    if isinstance(value, Fraction):
        return float(value)
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent >= 0:
        return int(value) if value.adjusted() <= _LONGEST_POWER else None
    number = float(value)
    return number if Decimal(repr(number)) == value else None


def find_amounts(text: str, style: Style, at: int = 0) -> Iterator[Amount]:
    """Every number of a text that may be an amount, in order, with its currency. The text begins at an offset `at`."""
    for run in digit_runs(text):
        number = number_of(run)
        before, after = text[max(0, number.start - 1) : number.start], text[number.end : number.end + 2]
        if not number.readings or any(one.percent for one in number.readings):
            continue
        if before.isalnum() or before in (*".,/_",) or (after[:1].isalpha() and after[1:].isalnum()):
            continue
        yield _amount(text, number, style, at)


def _amount(text: str, number: Number, style: Style, at: int) -> Amount:
    """The amount that a number is, in offsets that are moved by `at`."""
    reading = only_reading(number, style, alone=_is_alone(text, number))
    start, end = (reading or number.readings[0])[1:3]
    if number.currency and number.currency[0] >= end and (split := _SPLIT.match(text, number.end)):
        reading, end = None, split.end()
    signed, currency = start, number.currency
    if dash := _NO_CENTS.match(text, end):
        end = dash.end()
        behind = AFTER.match(text, end)
        currency = currency or (behind.span("currency") if behind else None)
    signed_end = end
    if currency is None and (far := _FAR_CURRENCY.search(text, max(0, start - _REACH), start)):
        currency = far.span("currency")
    elif currency and currency[1] == start:
        signed = currency[0]
    elif currency and currency[0] == end:
        signed_end = currency[1]
    return Amount(
        start + at,
        end + at,
        signed + at,
        signed_end + at,
        (currency[0] + at, currency[1] + at) if currency else None,
        text[start:end],
        as_json(reading.value) if reading else None,
    )


def is_currency(sign: str) -> bool:
    """Whether a sign, code or word is a currency."""
    return _CURRENCY.fullmatch(sign) is not None or sign.casefold() in _FURTHER_CURRENCIES


def leading_duration(text: str, style: Style) -> Figure | None:
    """The seconds of the duration that a text begins with; None if it is a range or names no unit."""
    start = len(text) - len(text.lstrip(_BEFORE_DURATION))
    found = [one for one in read_durations(text, start, style=style, labelled=True) if one.start == start]
    lengths = {one.value for written in found for one in written.readings}
    if len(lengths) != 1 or any(written.of_range for written in found):
        return None
    length = lengths.pop()
    seconds = None if length.months else as_json(length.seconds)
    return None if seconds is None else Figure(seconds, start, found[0].end)


def find_date(text: str) -> WrittenDate | None:
    """The first date of a text. Eight digits in a row are one only if no other date stands there."""
    written = [kept for one in read_dates(text) if (kept := _likely_in_a_line(text, one)).readings]
    plain = [one for one in written if not _is_compact(text, one)]
    compact = [one for one in written if _is_compact(text, one) and len({day.value for day in one.readings}) == 1]
    return min(plain or compact, key=lambda one: (one.start, -one.end), default=None)


def _likely_in_a_line(text: str, written: WrittenDate) -> WrittenDate:
    """The date without readings in a year that documents hardly speak of, or across lines or cells of a table."""
    return replace(
        written,
        readings=tuple(
            one
            for one in written.readings
            if one.value.year in (_SHORT_YEARS if one.short_year or _is_compact(text, written) else _YEARS)
            and not _CELL_ENDS.search(text, one.start, one.end)
        ),
    )


def _is_compact(text: str, written: WrittenDate) -> bool:
    return text[written.readings[0].start : written.readings[0].end].isdecimal()


def only_day(written: WrittenDate, order: DateOrder | None) -> date | None:
    """The day that a date is, by the order of the other dates of its document; None if it may be two, or a range."""
    days = {one.value for one in settle(_likely(written.readings), order)}
    return days.pop() if len(days) == 1 and not written.of_range else None


def _likely(readings: Iterable[DateReading]) -> list[DateReading]:
    """The readings that people mean. None are left of a date on another weekday than it says."""
    found = list(readings)
    compact = [one for one in found if one.order and not one.mark]
    return [one for one in found if not one.unlikely] or compact


def only_moment(text: str, written: WrittenDate, order: DateOrder | None) -> tuple[datetime, int] | None:
    """The date with the time of day beside it, and where they end; None if no time stands there, or several may."""
    day = only_day(written, order)
    for timed in read_datetimes(text, written.start, written.start + 1):
        moments = {one.value for one in timed.readings if not one.unlikely and one.value.date() == day}
        if len(moments) == 1 and not timed.of_range:
            return moments.pop(), timed.end
    return None


def iso(moment: datetime | time) -> str:
    """The date and time, or time, in ISO 8601; UTC as Z."""
    return moment.isoformat().replace("+00:00", "Z")


def find_time(text: str) -> Reading[time] | None:
    """The first time of day of a text; None if that is one end of a range."""
    written = [one for one in read_times(text) if any(not reading.unlikely for reading in one.readings)]
    first = min(written, key=lambda one: (one.start, -one.end), default=None)
    likely = [one for one in first.readings if not one.unlikely] if first and not first.of_range else []
    return likely[0] if len({one.value for one in likely}) == 1 else None
