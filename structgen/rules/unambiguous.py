"""Numbers, amounts of money, durations, dates and times of which there is exactly one reading.

`structgen.notation` returns every reading of a written number, and decides nothing. This is the policy of the rules:
they take a value only if one reading is left, and never a part of a number. ``1,299`` is one thousand two hundred and
ninety-nine in one country and just over one in another: it is read if the rest of the document shows which sign it uses
for the decimal point, and left alone otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal
from fractions import Fraction
from typing import Any

from structgen.core.options import DateOrder
from structgen.notation.affixes import AFTER, BEFORE, MINUSES
from structgen.notation.dates import MONTHS, DateReading, WrittenDate, read_dates, settle
from structgen.notation.digits import digit_runs
from structgen.notation.durations import read_durations
from structgen.notation.numbers import fraction_numbers, number_of, whole_number
from structgen.notation.readings import Number, NumberReading, Reading, Value, Written
from structgen.notation.style import Style
from structgen.notation.times import read_datetimes, read_times
from structgen.rules.number_context import is_doubtful_amount

_GOES_ON = re.compile(
    rf"[ \u00a0\u202f]?[.,:;x×*·±&|+=_'’′]{{0,2}}[ \u00a0]?(?:{BEFORE}[ \u00a0]?)?[.,]?\d"
    rf"|\s*(?:[-–—/]|to|or|and|bis|oder|und|à|ou|et|a|o|y|e|tot|of)\s*(?:{BEFORE}[ \u00a0]?)?\d"
    r"|[-\u2212+](?![^\W_])"
    r"|-?(?:['’]?s|ish)(?![^\W_])",
    re.IGNORECASE,
)
"""What makes a number a part of something longer: a range, a time, a list, a decade, digits that form no number."""
_BOUND = re.compile(
    r"(?:[<>≤≥±]|\b(?:max(?:imum|imal)?\.?|min(?:imum|imal)?\.?|almost|nearly"
    r"|fast|before|after|until|till|vor|nach|up to|over|under|above|below|(?:more|less|fewer) than"
    r"|at (?:least|most)|not|nicht|bis(?: zu)?"
    r"|über|unter|mehr als|weniger als|mindestens|höchstens|plus de|moins de|au moins|hasta|más de|menos de|al menos"
    r")\s)\s?$",
    re.IGNORECASE,
)
"""What makes the number behind it a bound instead of a value: "<5", "up to 20". Or it is denied: "not 20"."""
_OUT_OF = re.compile(r"\s*(?:/|of|out of|von|sur|de|su)\s*(?:5|10|100)(?!\d)", re.IGNORECASE)
"""The best that a rating can be: "4.3 of 5", "8/10"."""
_TO = re.compile(r"\s?(?:[-–—]|to|or|bis|à|tot|of)\s?")
_LEADS_ON = re.compile(r"\s?[/⁄:x×]\s?\d|[.,]?\d|[_/]")
_MEASURES = frozenset({2, 3, 4, 8, 16, 32, 64})
"""What measures are divided by. A slash before another number more likely belongs to a score or a date: "7/10"."""
_LONGEST_POWER = 300
_CENTS = re.compile(r"[.,](?:\d{2}[-−]?|[-–—]{1,2})\)?$")
_NO_CENTS = re.compile(r"[.,:][-–—]{1,2}(?!\d)")
_SPLIT = re.compile(r"[ \u00a0]?\d{2}(?![\d.,])")
"""The cents behind a currency in place of the point: "35 € 99"."""
_BROKEN = re.compile(r"\d(?:[.,] .| [.,])$")
"""Digits before a gap in a number: "1. 299,50", "12 .50"."""
_TAX_LETTER = re.compile(r"[.,]\d\d [A-Z]$")
"""A letter behind cents is a tax code on a receipt, and a scale elsewhere: "$5.00 T", "$1.25 B"."""
_FAR_CURRENCY = re.compile(rf"(?P<currency>{BEFORE})[ \t\u00a0]{{2,24}}$")
"""A currency in a separate column before the amount."""
_REACH = 32
_CURRENCY = re.compile(rf"{BEFORE}|{AFTER.pattern}")
_FURTHER_CURRENCIES = frozenset({"rm", "rs", "kr", "ft", "zł", "kč", "pound", "pounds"})
_JOINED = re.compile(
    r"\s*(?:[-–—/,;&+]|plus|to|until|till|through|bis|and|or|und|oder|et|ou|y|o|à|a)\s*(?:the\s)?", re.IGNORECASE
)
_TO_LAST = re.compile(r"\s*(?:[-–—]|to|until|till|through|thru|bis|au|al|tot|til|till)\s*(?:the\s)?", re.IGNORECASE)
_DAY_TO = re.compile(
    r"(?:\b(?P<name>[^\W\d_]{3,12})\.?\s\d{1,2}(?:st|nd|rd|th)?|\b\d{1,2}\.?\s(?P<month>[^\W\d_]{3,12})\.?)"
    r"\s?(?:[-–—]|to|bis)\s?$"
)
_RELATIVE_BEFORE = re.compile(
    r"\b(?:after|before|not|nach|vor|nicht|après|avant|después del?|antes del?"
    r"|(?:days?|weeks?|months?|years?) (?:of|from|following|since|ab|seit))\s(?:the\s|dem\s|le\s)?$",
    re.IGNORECASE,
)
_RELATIVE_BEHIND = re.compile(r"\s?[+\u2212]\s?\d")
_RANGE_BEHIND = re.compile(r"\s?[-–—/]\s?\d{1,4}[-/.]\d")
_CELL_ENDS = re.compile(r"[\t\n]")
_BEFORE_DURATION = " \t\u00a0:~≈.-–"
_YEARS = range(1800, 2201)
_SHORT_YEARS = range(1970, 2040)
"""The years that two digits mean: 18 is 2018, 85 is 1985. 45 may be 1945 or 2045, and means neither.

Eight digits with another year are more likely a number.
"""


@dataclass(frozen=True, slots=True)
class Figure:
    """A number and its span."""

    value: int | float
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Amount:
    """A number that may be an amount. `signed` to `signed_end` is its span with a currency that is attached to it."""

    start: int
    end: int
    signed: int
    signed_end: int
    currency: tuple[int, int] | None
    written: str
    value: int | float | None
    """The number, or None if it can be read in two ways."""
    doubt: bool = False
    """Whether its sign is uncertain, or it is only an estimate: "- 20.00", "~20.00"."""

    @property
    def cents(self) -> bool:
        """Whether it is printed with two decimals, as amounts of money are."""
        return _CENTS.search(self.written) is not None


def find_number(text: str, style: Style, *, rating: bool = False, whole: bool = False) -> Figure | None:
    """Return the first number of a text, or None if there is none, or if it may mean more than one thing.

    The best `rating` may follow a rating: "4.3 of 5". If only a `whole` number will do, "1,299" has one reading.
    """
    number = _first_number(text) or whole_number(text)
    if number is None or text[number.start - 1 : number.start] in (".", ",") or is_bound(text, number.start):
        return None
    if rating and (part := _part_of_rating(text, number)):
        number = part
    elif _GOES_ON.match(text, number.end) or _is_no_fraction(text, number):
        return None
    reading = _only_reading(text, _without_decimals(number) if whole else number, style)
    value = None if reading is None else _as_json(reading.value)
    return None if reading is None or value is None else Figure(value, reading.start, reading.end)


def leading_number(text: str) -> int | None:
    """Return the end of the number, or of the range of numbers, that a text begins with. None if there is none.

    Digits that may be one number or two, as in "2 400 g tins", count as none.
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
    """Whether a space in a number may separate two numbers."""
    return bool(number.parts) and " " in text[number.digits : number.digits_end]


def _first_number(text: str) -> Number | None:
    """Return the first number in digits that is not glued to a word before it, or None."""
    numbers = (number_of(run) for run in digit_runs(text))
    first = next((one for one in numbers if not _is_glued(text, one.start)), None)
    fraction = next(fraction_numbers(text), None)
    return fraction if fraction and (first is None or fraction.start < first.start) else first


def _is_glued(text: str, at: int) -> bool:
    before = text[at - 1 : at] if at else ""
    return before == "_" or before.isalnum()


def _part_of_rating(text: str, number: Number) -> Number | None:
    """Return the rating before the best one, such as the 8 of "8/10". None if no best one follows."""
    rated = number.parts[0] if number.parts else number
    return rated if _OUT_OF.match(text, rated.end) else None


def _is_no_fraction(text: str, number: Number) -> bool:
    """Whether the slash in a number is perhaps not that of a fraction: "12/2020", "10/2"."""
    if not number.parts or "/" not in text[number.digits : number.digits_end]:
        return False
    top, bottom = (part.readings[0].value for part in number.parts)
    return bottom not in _MEASURES or top >= bottom


def _without_decimals(number: Number) -> Number:
    """Return a number without readings that differ only in the decimal point and are not whole: "1,299", not 1.299."""
    whole = tuple(one for one in number.readings if one.value == int(one.value))
    separated = any(one.group for one in number.readings) and len({one.end for one in number.readings}) == 1
    return number._replace(readings=whole) if whole and separated else number


def is_bound(text: str, at: int) -> bool:
    """Whether the number at an offset is only a bound of the value: "<5", "up to 20"."""
    return _BOUND.search(text, max(0, at - _REACH), at) is not None


def _only_reading(text: str, number: Number, style: Style) -> NumberReading | None:
    """Return the one reading that a number has in a text of this style, or None."""
    readings = [one for one in style.settle(number.readings) if not one.percent]
    if any(one.bracketed for one in readings):
        # An amount that is nothing but brackets is a minus. Among words, brackets around it may be a remark.
        short = len(text) <= number.end - number.start + _REACH
        alone = number.amount and short and text[number.start : number.end] == text.strip(" *:\t")
        readings = [one for one in readings if (one.bracketed if alone else not one.unlikely)]
    elif number.amount and text.startswith("( ", max(0, number.start - 2)) and text.startswith(" )", number.end):
        return None
    if len({one.value for one in readings}) != 1 or _TAX_LETTER.search(text, readings[0].start, readings[0].end):
        return None
    return readings[0]


def _as_json(value: Value) -> int | float | None:
    """Return a value as a JSON number, or None if a float cannot hold all of its digits."""
    if isinstance(value, Fraction):
        return float(value)
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent >= 0:
        return int(value) if value.adjusted() <= _LONGEST_POWER else None
    number = float(value)
    return number if Decimal(repr(number)) == value else None


def find_amounts(text: str, style: Style, at: int = 0) -> Iterator[Amount]:
    """Yield every number of a text that may be an amount. The offsets count from `at`, where the text begins."""
    end = 0
    for run in digit_runs(text):
        number = number_of(run)
        before, after = text[max(0, number.start - 1) : number.start], text[number.end : number.end + 2]
        if not number.readings or any(one.percent for one in number.readings):
            continue
        # Amounts are not fractions: "3/12" is more likely a date.
        if number.parts and "/" in text[number.digits : number.digits_end]:
            continue
        if before.isalnum() or before in (*".,/_",) or (after[:1].isalpha() and after[1:].isalnum()):
            continue
        if number.digits < end:  # these are the cents of "35 € 99"
            continue
        amount = _amount(text, number, style, at)
        yield amount
        end = amount.signed_end - at


def _amount(text: str, number: Number, style: Style, at: int) -> Amount:
    """Return a number as an amount, with offsets that count from `at`."""
    reading = _only_reading(text, number, style)
    start, end = (reading or number.readings[0])[1:3]
    if _BROKEN.search(text, max(0, start - _REACH), start + 1):
        reading = None
    if number.currency and (split := _SPLIT.match(text, number.end)):
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
    doubt = is_doubtful_amount(text, signed, signed_end)
    return Amount(
        start + at,
        end + at,
        signed + at,
        signed_end + at,
        (currency[0] + at, currency[1] + at) if currency else None,
        text[start:end],
        _as_json(reading.value) if reading and not doubt else None,
        doubt,
    )


def is_currency(sign: str) -> bool:
    """Whether a sign, code, or word is a currency."""
    return _CURRENCY.fullmatch(sign) is not None or sign.casefold() in _FURTHER_CURRENCIES


def leading_duration(text: str, style: Style) -> Figure | None:
    """Return the seconds of the duration that a text begins with. None if it has no unit, or is one of several."""
    start = len(text) - len(text.lstrip(_BEFORE_DURATION))
    written = list(read_durations(text, start, style=style, labelled=True))
    found = [one for one in written if one.start == start]
    lengths = {one.value for one_place in found for one in one_place.readings}
    if len(lengths) != 1 or any(one.of_range for one in found) or _is_one_of_several(text, found[0], written):
        return None
    length = lengths.pop()
    seconds = None if length.months else _as_json(length.seconds)
    return None if seconds is None else Figure(seconds, start, found[0].end)


def _is_one_of_several(text: str, first: Written[Any], others: Iterable[Written[Any]]) -> bool:
    """Whether a sign or word joins something to another one behind it: "30 min + 1 hour", "14:30 or 15:30"."""
    behind = (one.start for one in others if one.start > first.end)
    return text.startswith("+", first.end) or any(_JOINED.fullmatch(text, first.end, start) for start in behind)


def find_date(text: str) -> WrittenDate | None:
    """Return the first date of a text. Eight digits in a row are one only if there is no other date."""
    written = [kept for one in read_dates(text) if (kept := _likely_in_a_line(text, one)).readings]
    plain = [one for one in written if not _is_compact(text, one)]
    compact = [one for one in written if _is_compact(text, one) and len({day.value for day in one.readings}) == 1]
    first = min(plain or compact, key=lambda one: (one.start, -one.end), default=None)
    return None if first is None else _in_doubt(text, first, plain)


def find_dates(text: str) -> Iterator[WrittenDate]:
    """Yield every date of a text, without eight digits in a row. Linear.

    `of_range` also marks what is not a date by itself: an end of a range, or the day that another one counts from.
    """
    written = (kept for one in read_dates(text) if (kept := _likely_in_a_line(text, one)).readings)
    ordered = sorted((one for one in written if not _is_compact(text, one)), key=lambda one: (one.start, -one.end))
    end = 0
    for at, one in enumerate(ordered):
        if one.start >= end:  # two readers may find the same date, or a part of it
            ranged = any(_TO_LAST.fullmatch(text, a, b) for a, b in _gaps(ordered[max(0, at - 2) : at + 3], one))
            yield replace(one, of_range=True) if ranged else _in_doubt(text, one, ())
            end = one.end


def _gaps(around: Sequence[WrittenDate], date: WrittenDate) -> Iterator[tuple[int, int]]:
    """Yield the stretches between a date and the other ones around it."""
    for other in around:
        first, last = sorted((date, other), key=lambda one: one.start)
        if first.end <= last.start:
            yield first.end, last.start


def _in_doubt(text: str, date: WrittenDate, others: Sequence[WrittenDate]) -> WrittenDate:
    """Return a date, marked as of a range if the words around it make it another day, or one of several."""
    ranged = _ends_range(text, date.start) or _RANGE_BEHIND.match(text, date.end)
    # "30 days after 1 May 2024" is another day.
    relative = _RELATIVE_BEFORE.search(text, max(0, date.start - _REACH), date.start)
    if ranged or relative or _RELATIVE_BEHIND.match(text, date.end) or _is_one_of_several(text, date, others):
        return replace(date, of_range=True)
    return date


def _ends_range(text: str, at: int) -> bool:
    """Whether a day without a year is before a date, as its range begins: "May 3 - June 4, 2024"."""
    before = _DAY_TO.search(text, max(0, at - _REACH), at)
    return before is not None and (before["name"] or before["month"]).casefold() in MONTHS


def _likely_in_a_line(text: str, written: WrittenDate) -> WrittenDate:
    """Return a date without readings in an unlikely year, and without those across lines or cells of a table."""
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
    """Return the day that a date means, given the order of the document's dates. None if it may be two, or a range."""
    days = {one.value for one in _likely(written.readings, order)}
    return days.pop() if len(days) == 1 and not written.of_range else None


def _likely(readings: Sequence[DateReading], order: DateOrder | None) -> Sequence[DateReading]:
    """Return the likely readings. A date that names the wrong weekday has none."""
    likely = [one for one in readings if not one.unlikely]
    year_first = [one for one in readings if one.order is DateOrder.YMD]
    if year_first and order is DateOrder.YMD:  # no text shows this order, so it was stated
        return year_first
    if any(one.mark == "-" and one.short_year for one in year_first):
        return readings  # "24-05-13" may begin with its year, as ISO dates do
    return settle(likely or [one for one in readings if one.order and not one.mark], order)


def only_moment(text: str, written: WrittenDate, order: DateOrder | None) -> Reading[datetime] | None:
    """Return a date with the time of day beside it. None if there is no time, or it is ambiguous."""
    day, first = only_day(written, order), min(one.start for one in written.readings)
    # An article or a weekday before a date belongs to it, but a reader finds the date where its parts begin.
    for timed in read_datetimes(text, first, first + 1):
        moments = {one.value for one in timed.readings if not one.unlikely and one.value.date() == day}
        if len(moments) == 1 and not timed.of_range:
            zoned = ZONE_BEHIND.match(text, timed.end)
            return None if zoned else Reading(moments.pop(), timed.start, timed.end)
    return None


ZONE_BEHIND = re.compile(
    r"\s?(?:[+\-\u2212]\d|\(?(?:[A-Z]{1,2}[SD]T|CES?T|EES?T|WES?T|UTC|GMT|[A-Z]{3,4}T|MEZ|MESZ|[ECMP]T)\b)"
)
"""A time zone that was not read: the moment is another one than without it."""


def iso(moment: datetime | time) -> str:
    """Return a date with time, or a time, in ISO 8601, with Z for UTC."""
    return moment.isoformat().replace("+00:00", "Z")


def find_time(text: str) -> Reading[time] | None:
    """Return the first time of day of a text. None if it is one end of a range, or one of several."""
    written = [one for one in read_times(text) if any(not reading.unlikely for reading in one.readings)]
    first = min(written, key=lambda one: (one.start, -one.end), default=None)
    if (
        first is None
        or first.of_range
        or _is_one_of_several(text, first, written)
        or ZONE_BEHIND.match(text, first.end)
    ):
        return None
    likely = [one for one in first.readings if not one.unlikely]
    return likely[0] if len({one.value for one in likely}) == 1 else None
