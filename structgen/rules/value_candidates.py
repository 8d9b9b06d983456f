"""Values of one sort in a text: its dates, its links, its prices. Each as a field would have it, with its place.

A finder yields None for what is of the sort but has no certain value, such as 03/04/2024. What is only a part of an
address, a file name or a number is not of the sort.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from types import MappingProxyType

from structgen.core.json import Json
from structgen.notation.dates import WrittenDate
from structgen.notation.digits import digit_runs
from structgen.notation.durations import Duration, iso_of, read_durations
from structgen.notation.languages import region_of
from structgen.notation.numbers import number_of
from structgen.notation.readings import Number
from structgen.notation.times import read_times
from structgen.rules.document.vocabulary import fold
from structgen.rules.fields import Field, Kind
from structgen.rules.findings import Finding
from structgen.rules.libraries.installed import ADDRESSES, PHONES, SENTIMENTS
from structgen.rules.libraries.phone_numbers import phone_numbers
from structgen.rules.libraries.sentiment_lexicon import sentiment_of
from structgen.rules.libraries.us_addresses import us_addresses
from structgen.rules.number_context import is_part_of_offer
from structgen.rules.search import Search
from structgen.rules.sorts import Sort, Sought
from structgen.rules.unambiguous import (
    ZONE_BEHIND,
    Amount,
    find_amounts,
    find_dates,
    find_number,
    is_bound,
    iso,
    only_day,
    only_moment,
)
from structgen.rules.values import EMAIL, URL, amount_leaf, number_leaf

_REACH = 24
_JOINED_BEFORE = re.compile(r"[\w/#&=@_\\-]$|[\w)]\.$")
_JOINED_BEHIND = re.compile(r"[/_=&@#\\]|-[^\W_]|\.[^\W\d_]|[^\W\d_T]|T(?!\d)")
_CLOCK_WORD = re.compile(r"\b(?:at|by|from|until|um|ab|à|a las|alle|om|kl\.?|в|around)\s?$", re.IGNORECASE)
_CERTAIN_CLOCK = re.compile(
    r"[01]\d[:.h]\d\d|2[0-3][:.h]\d\d|.*(?:[ap]\.?\s?m|uhr|o['’]clock|noon|midnight)", re.IGNORECASE
)
_REPEATED = re.compile(
    r"\s?(?:/|per\b|each\b|a (?:day|week|month|year)\b|an hour\b|off\b|discount\b|p\.?\s?[am]\b)", re.IGNORECASE
)
_PARTIAL = re.compile(
    r"\b(?:from|ab|save|saved?|saves|starting at|as low as|between|plus|additional|extra|another|each|was|were|rrp|msrp"
    r"|minus|less|off|worth|deposit of|every)\s(?:only\s)?$",
    re.IGNORECASE,
)
"""Words before an amount that make it another one than the price or the total."""
_PHONE = re.compile(
    r"(?<![\w.,/+(#-])(?:\+\d{1,3}[ .-]?(?:\(\d{1,5}\)[ .-]?)?\d{1,5}(?:[ .-]?\d{2,5}){1,4}"
    r"|\(\d{3}\)[ ]?\d{3}[-. ]\d{4}|\d{3}-\d{3}-\d{4})(?![\w-]|[.,/]\d)"
)
"""Numbers with a country code, and those in the form that North America uses."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A value (plain JSON) at a span of the visible text. `same` is equal for equal values written differently."""

    value: Json
    start: int
    end: int
    same: object = None


Candidates = Iterator[Candidate | None]
Finder = Callable[[Search, Field, Sought], Candidates]


def _of(finding: Finding | None, start: int, end: int, same: object) -> Candidate | None:
    return None if finding is None else Candidate(finding.value, start, end, same)


def _is_part(text: str, start: int, end: int) -> bool:
    """Whether what is written here is a part of an address, a file name or a number."""
    return bool(_JOINED_BEFORE.search(text, max(0, start - 2), start) or _JOINED_BEHIND.match(text, end))


def _dates(search: Search, field: Field, _sought: Sought) -> Candidates:
    text, masks = search.page.text, _Masks(search.page.text)
    for written in find_dates(text):
        start, end = written.readings[0].start, written.readings[0].end
        if not masks.hides(start) and not _is_part(text, start, end):
            yield _date(search, field, written)


def _date(search: Search, field: Field, written: WrittenDate) -> Candidate | None:
    text = search.page.text
    day = only_day(written, search.date_order)
    if day is None:
        return None
    start, end = written.readings[0].start, written.readings[0].end
    if not _wants_moment(field):
        value = day.isoformat() if field.format == "date" else " ".join(text[start:end].split())
        return Candidate(value, start, end, day)
    moment = only_moment(text, written, search.date_order)
    if moment is None:
        # A day is a moment only if no time of day is near it that may belong to it.
        near = next(read_times(text, max(0, start - 2 * _REACH), end + 2 * _REACH), None)
        midnight = datetime.combine(day, time())
        return None if near or ZONE_BEHIND.match(text, end) else Candidate(iso(midnight), start, end, midnight)
    naive = moment.value.tzinfo is None
    if naive and ZONE_BEHIND.match(text, moment.end):
        return None
    return Candidate(iso(moment.value), moment.start, moment.end, moment.value)


def _wants_moment(field: Field) -> bool:
    """Whether a field takes a date with a time of day, by its format or, as a plain string, by its name."""
    wanted = field.item or field
    if wanted.format:
        return wanted.format == "date-time"
    return bool({"datetime", "timestamp"} & {fold(word) for word in re.findall(r"[^\W_]+", wanted.name)})


def _times(search: Search, field: Field, _sought: Sought) -> Candidates:
    text, end = search.page.text, 0
    for written in sorted(read_times(text), key=lambda one: (one.start, -one.end)):
        likely = {one.value for one in written.readings if not one.unlikely}
        shown = text[written.start : written.end]
        told = _CLOCK_WORD.search(text, max(0, written.start - _REACH), written.start) or _CERTAIN_CLOCK.match(shown)
        if written.start < end or not told or not likely:
            continue
        end = written.end
        if len(likely) > 1 or written.of_range:
            yield None
            continue
        moment = likely.pop()
        yield Candidate(iso(moment) if field.format == "time" else shown, written.start, written.end, moment)


def _matches(pattern: re.Pattern[str], *, trailing: str) -> Finder:
    def find(search: Search, _field: Field, _sought: Sought) -> Candidates:
        for match in pattern.finditer(search.page.text):
            value = match.group().rstrip(trailing)
            yield Candidate(value, match.start(), match.start() + len(value), value.casefold().rstrip("/"))

    return find


def _phones(search: Search, _field: Field, _sought: Sought) -> Candidates:
    text = search.page.text
    found = {match.span(): re.sub(r"\D", "", match.group()) for match in _PHONE.finditer(text)}
    if PHONES in search.libraries:
        # Of the numbers with a country code, only valid ones are left.
        found = {span: digits for span, digits in found.items() if not text.startswith("+", span[0])}
        numbers = phone_numbers(text, region_of(search.conventions.language))
        found |= {(start, end): written.lstrip("+") for start, end, written in numbers}
    for (start, end), digits in sorted(found.items()):
        yield Candidate(text[start:end], start, end, digits[-_LOCAL_DIGITS:])


_LOCAL_DIGITS = 9
"""The last digits of a number, which are equal with and without a country code."""


def _addresses(search: Search, _field: Field, _sought: Sought) -> Candidates:
    for found in us_addresses(search.page.text) if ADDRESSES in search.libraries else ():
        written = " ".join(search.page.text[found.start : found.end].split())
        yield Candidate(written, found.start, found.end, written.casefold())


def _sentiment(search: Search, field: Field, _sought: Sought) -> Candidates:
    text = search.page.text.strip()
    if SENTIMENTS not in search.libraries or not text:
        return
    value, start = sentiment_of(text, field, search.conventions.language), search.page.text.index(text[0])
    yield None if value is None else Candidate(value, start, start + len(text), value)


def _amounts(search: Search, field: Field, _sought: Sought) -> Candidates:
    for amount in _money(search):
        doubtful = amount.value is None or _is_another(search.page.text, amount)
        yield (
            None
            if doubtful
            else _of(amount_leaf(search, field, amount), amount.signed, amount.signed_end, amount.value)
        )


def _money(search: Search) -> Iterator[Amount]:
    """Yield the amounts with a currency, or with cents if the currency is stated, that are not struck through."""
    stated = search.conventions.currency is not None
    for amount in find_amounts(search.page.text, search.style):
        if (amount.currency or (stated and amount.cents)) and not any(
            a <= amount.start < b for a, b in search.page.struck
        ):
            yield amount


def _is_another(text: str, amount: Amount) -> bool:
    """Whether the words around an amount make it a bound, a part of a range, or the price of something else."""
    start, end = min(amount.signed, amount.start), max(amount.signed_end, amount.end)
    before = max(0, start - _REACH)
    dashed = text[max(0, start - 2) : start].strip()[-1:] in ("-", "–", "—") or re.match(
        r"\s?[-–—]\s?\S?\d", text[end : end + 4]
    )
    if is_part_of_offer(text, start, end):
        return True
    return bool(is_bound(text, start) or _PARTIAL.search(text, before, start) or _REPEATED.match(text, end) or dashed)


def _currencies(search: Search, _field: Field, _sought: Sought) -> Candidates:
    amounts = list(_money(search))
    if amounts and not any(amount.currency for amount in amounts):
        for amount in amounts:  # none is printed with a currency, so all have the one that the user states
            yield Candidate(search.conventions.currency, amount.start, amount.end, search.conventions.currency)
    for amount in amounts:
        if amount.currency:
            (start, end), written = amount.currency, search.page.text[slice(*amount.currency)]
            # A full stop behind a word ends the sentence; behind "Rs." it belongs to the currency.
            sign = written.rstrip(".") if len(written) > _LONGEST_ABBREVIATION else written
            yield Candidate(sign, start, end - len(written) + len(sign), sign.casefold())


_LONGEST_ABBREVIATION = 4


def _numbers(search: Search) -> Iterator[Number]:
    for run in digit_runs(search.page.text):
        number = number_of(run)
        if number.readings and not _JOINED_BEFORE.search(search.page.text, max(0, number.start - 2), number.start):
            yield number


def _percents(search: Search, field: Field, _sought: Sought) -> Candidates:
    for number in _numbers(search):
        if any(one.percent for one in number.readings):
            # A field that takes at most 1 wants 0.05 for 5 %. Nobody knows about one that takes both.
            yield None if field.maximum == 1 else _number(search, field, number, number.end)


def _quantities(search: Search, field: Field, sought: Sought) -> Candidates:
    text = search.page.text
    for number in _numbers(search):
        end = max(one.end for one in number.readings)
        unit = _UNIT.match(text, end)
        if unit and fold(unit[1]) in sought.of:
            yield _number(search, field, number, unit.end(1))


_UNIT = re.compile(r"[ \u00a0-]?([^\W\d_]{1,12})(?![^\W_])")


def _number(search: Search, field: Field, number: Number, end: int) -> Candidate | None:
    """Return a number if it has one reading, and is neither a bound nor an end of a range."""
    text = search.page.text
    digits_end = max(one.end for one in number.readings)
    ranged = re.search(r"\d\s?(?:[-–—/]|to|bis)\s?$", text[max(0, number.start - 8) : number.start]) or _RANGED.match(
        text, end
    )
    found = find_number(text[number.start : digits_end], search.style)
    if found is None or ranged or is_bound(text, number.start):
        return None
    return _of(number_leaf(search, field, found.value, number.start, end), number.start, end, found.value)


_RANGED = re.compile(r"\s?(?:[-–—]|to|bis)\s?\d")


def _durations(search: Search, field: Field, _sought: Sought) -> Candidates:
    text, end = search.page.text, 0
    for written in sorted(read_durations(text, style=search.style), key=lambda one: (one.start, -one.end)):
        if written.start < end or _JOINED_BEFORE.search(text, max(0, written.start - 2), written.start):
            continue
        end = written.end
        lengths = {one.value for one in written.readings if not one.unlikely}
        length = lengths.pop() if len(lengths) == 1 and not written.of_range else None
        yield _length(search, field, length, written.start, written.end)


def _length(search: Search, field: Field, length: Duration | None, start: int, end: int) -> Candidate | None:
    if length is None or is_bound(search.page.text, start):
        return None
    if field.kind is Kind.STRING:
        value = iso_of(length)
        return None if value is None else Candidate(value, start, end, length)
    if length.months or not field.seconds:
        return None
    return _of(number_leaf(search, field, float(length.seconds) / field.seconds, start, end), start, end, length)


class _Masks:
    """The spans of links and mail addresses, asked for in ascending order."""

    def __init__(self, text: str) -> None:
        spans = sorted(match.span() for pattern in (URL, EMAIL) for match in pattern.finditer(text))
        self._spans, self._at = spans, 0

    def hides(self, at: int) -> bool:
        """Whether an offset is inside a link or a mail address."""
        while self._at < len(self._spans) and self._spans[self._at][1] <= at:
            self._at += 1
        return self._at < len(self._spans) and self._spans[self._at][0] <= at


FINDERS: Mapping[Sort, Finder] = MappingProxyType(
    {
        Sort.DATE: _dates,
        Sort.TIME: _times,
        Sort.EMAIL: _matches(EMAIL, trailing=".,;)"),
        Sort.URL: _matches(URL, trailing=".,;:!?)]"),
        Sort.PHONE: _phones,
        Sort.ADDRESS: _addresses,
        Sort.SENTIMENT: _sentiment,
        Sort.MONEY: _amounts,
        Sort.CURRENCY: _currencies,
        Sort.PERCENT: _percents,
        Sort.QUANTITY: _quantities,
        Sort.DURATION: _durations,
    }
)
