"""Numbers as people write them: digits with everything that belongs to them, and whole texts.

Nothing is decided here. ``1,299`` and ``(20.00)`` have two readings each. ``1.2 million`` has one, which is neither 1.2
nor a million.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Container, Iterator
from decimal import Decimal
from itertools import chain
from typing import NamedTuple

from structgen.notation.affixes import (
    AFTER,
    BEFORE,
    SIGNS,
    Force,
    Head,
    Scale,
    groups_by_comma,
    head_at,
    hundredth_at,
    scale_at,
)
from structgen.notation.digits import (
    Core,
    Digits,
    core_of,
    digit_runs,
    key_of,
    lone_fractions,
    plain_core,
    ways_to_read,
)
from structgen.notation.number_words import AND_A_PART, han_numbers, part_of, word_numbers
from structgen.notation.readings import (
    LONGEST,
    Number,
    NumberReading,
    Reading,
    Value,
    Written,
    minus,
    plus,
    power_of_ten,
    product,
)

_AND_A_PART = re.compile(AND_A_PART, re.IGNORECASE)
_MORE = re.compile(rf"\s{{0,3}}-?(?:[^\W\d_]|[{SIGNS}%٪％﹪‰؉&])|[.,:][-\u2013\u2014]|\.?[ºª]")
"""How everything begins that may follow the digits of a number, except for the minus and bracket of bookkeeping."""
_DASH_FOR_CENTS = re.compile(r"[.,:][-\u2013\u2014]{1,2}(?!\d)")
_MINUS_BEHIND = re.compile(r"[-\u2212](?=[\s)|;,]|\Z)(?!\s{0,3}[\d$€£])")
_ACCOUNT = re.compile(r"[ \u00a0]?(?:CR|DR|Cr|Dr)\b\.?")
_ORDINAL = re.compile(r"(?:st|nd|rd|th|er|re|ère|e|ème|\.?[ºª])(?![^\W_])", re.IGNORECASE)
_CURRENCY_BEFORE = re.compile(rf"{BEFORE}[ \u00a0]?$")
_LONGEST_CURRENCY = 6
_LOSS_BEFORE = re.compile(
    r"\b(?:loss|losses|deficit|shortfall|decrease|outflows?|verlust|fehlbetrag|perte|pérdida|perdita)[ :\t]{1,4}$",
    re.IGNORECASE,
)
"""Words before brackets that make them certainly a minus."""
_LONGEST_LOSS = 16
_OTHER_DIGITS = re.compile(r"[\s-]{1,3}(?:and\s|&|(?:to\s)?(?:\d{1,4}\s)?(?:do[zs]en|dutzend))", re.IGNORECASE)
"""What changes the digits of the number before it, so that they cannot be compared."""
_TO = re.compile(
    rf"(?:\s?[-\u2010-\u2013]\s?|\s(?:to|bis)\s)(?:{BEFORE}[ \u00a0]?)?"
    r"(?P<last>\d{1,12}(?:[.,]\d{1,6})?)(?![\d.,/-]\d)"
)
"""From the first to the last number of a range, whose scale word or percent sign applies to both."""
_CENTS = 2


class Money(NamedTuple):
    """An amount of money and its currency as written: ``$``, ``EUR``, "dollars"."""

    amount: Value
    currency: str


def read_numbers(text: str, start: int = 0, end: int = sys.maxsize) -> Iterator[Number]:
    """Yield every number that begins from `start` to before `end`: in digits, then words, then Han characters. Linear.

    What belongs to a number, such as its currency or scale word, may lie outside this stretch.
    """
    end = min(end, len(text))
    return chain(
        digit_numbers(text, start=start, end=end), word_numbers(text, start, end), han_numbers(text, start, end)
    )


def read_money(text: str, start: int = 0, end: int = sys.maxsize) -> Iterator[Written[Reading[Money]]]:
    """Yield every number in digits with a currency before or after it. Amounts may have several readings. Linear."""
    for number in digit_numbers(text, start=start, end=min(end, len(text))):
        if number.currency is not None:
            currency = text[slice(*number.currency)]
            yield Written(number.start, number.end, tuple(_money(one, currency) for one in number.readings))


def _money(one: NumberReading, currency: str) -> Reading[Money]:
    return Reading(Money(one.value, currency), one.start, one.end, one.unlikely)


def digit_numbers(
    text: str, keys: Container[str] | None = None, start: int = 0, end: int = sys.maxsize
) -> Iterator[Number]:
    """Yield the numbers in digits. With `keys`, most numbers that have another key are left out."""
    for run in digit_runs(text, start, end):
        if keys is None or (own := key_of(run)) is None or own in keys or _OTHER_DIGITS.match(text, run.end()):
            yield number_of(run)
    yield from fraction_numbers(text, start, end)


def fraction_numbers(text: str, start: int = 0, end: int = sys.maxsize) -> Iterator[Number]:
    """Yield single-character fractions without a number before them: ``½``."""
    return (_dressed(text, core) for core in lone_fractions(text, start, end))


def whole_number(text: str) -> Number | None:
    """Return the number that a text is, apart from white space around it, or None."""
    start, end = len(text) - len(text.lstrip()), len(text.rstrip())
    if end - start > LONGEST:
        return None
    first = (next(reader(text), None) for reader in (digit_numbers, word_numbers, han_numbers))
    return next((one for one in first if one and (one.start, one.end) == (start, end) and one.readings), None)


def number_of(run: re.Match[str]) -> Number:
    """Return the number for a run of `digit_runs`."""
    core, text = core_of(run), run.string
    number = _dressed(text, core)
    if not core.parts or (number.currency and " " in run.group()):  # "1 234 kr" is one amount
        return number
    return number._replace(parts=tuple(_dressed(text, plain_core(text, *part)) for part in core.parts))


class _Way(NamedTuple):
    """A value, the digits it was read from, where these and its scale end, and whether it is unlikely."""

    value: Value
    digits: Digits
    end: int
    unlikely: bool = False


def _dressed(text: str, core: Core) -> Number:
    """Return the number for these digits with everything around them."""
    head, ways = head_at(text, core.start, simple=core.simple), core.ways
    if head.point:
        ways = tuple((Decimal(f"0.{way.plain}"), Digits(f"0.{way.plain}", ".")) for _, way in ways)
    found = [_Way(value, way, core.end) for value, way in ways]
    start, currency, end, hundredth, ordinal = head.start, head.currency, core.end, None, False
    if _MORE.match(text, core.end):
        found = _scaled(text, _with_part(text, found), text[slice(*currency)] if currency else "")
        end = max((way.end for way in found), default=core.end)
        if behind := AFTER.match(text, end):
            currency, end = currency or behind.span("currency"), behind.end()
        elif (hundredth := None if currency else hundredth_at(text, end)) is not None:
            end = hundredth[0]
        elif core.simple and (ending := _ORDINAL.match(text, end)):
            ordinal, end = True, ending.end()
        if cents := _DASH_FOR_CENTS.match(text, end):
            end = cents.end()
    # Nothing follows the number, so the scale or percent sign after the other end of a range may be its own as well.
    if end == core.end and found and (match := _TO.match(text, end)) and _rises(found[0], match["last"]):
        found = _scaled_by_the_last(text, found, match.end(), text[slice(*currency)] if currency else "")
        hundredth = None if currency else hundredth_at(text, match.end())
    # "$1,299" is more than a thousand dollars everywhere, while "€1,299" is not.
    if currency and len(found) > 1 and groups_by_comma(text[slice(*currency)]):
        found = [way for way in found if way.digits.group == ","] or found
    # Only amounts get the minus signs of bookkeepers: "(20)" in a sentence is rather a remark.
    amount = currency is not None or (hundredth is None and any(_has_cents(way) for way in found))
    readings = tuple(_readings(found, head, core.start - head.point, hundredth))
    number = Number(start, end, core.start, core.end, readings, amount=amount, currency=currency, ordinal=ordinal)
    return number if head.sign is not None or not readings else _accounted(text, number)


def _with_part(text: str, ways: list[_Way]) -> list[_Way]:
    """Return the readings of "2 and a half"."""
    match = _AND_A_PART.match(text, ways[0].end) if ways else None
    if match is None:
        return ways
    return [
        way._replace(value=plus(way.value, part_of(match)), end=match.end()) for way in ways if not way.digits.point
    ]


def _scaled(text: str, ways: list[_Way], currency: str) -> list[_Way]:
    """Return the readings with the scale after them, and without it if that may mean something else."""
    if not ways:
        return ways
    scale = scale_at(text, ways[0].end, currency)
    if scale is None:
        return ways
    if scale.force is not Force.SURE and AFTER.match(text, scale.end):  # the currency of "5 M EUR" tells
        scale = scale._replace(force=Force.SURE)
    scaled = [_times(way, scale) for way in ways]
    if scale.force is Force.SURE:
        more = scale_at(text, scale.end)  # "2 hundred thousand"
        return [_times(way, more) for way in scaled] if more and more.force is Force.SURE else scaled
    bare = [way._replace(unlikely=scale.force is Force.LIKELY) for way in ways]
    return [*(way._replace(unlikely=scale.force is Force.UNLIKELY) for way in scaled), *bare]


def _rises(first: _Way, last: str) -> bool:
    """Whether the last number is larger, as in every range: "2019 - 5 million" is a year and a number."""
    return any(first.value < Decimal(way.plain) for way in ways_to_read(last))


def _scaled_by_the_last(text: str, ways: list[_Way], at: int, currency: str) -> list[_Way]:
    """Return the readings of the 50 in "$50-70k", which is probably 50,000, but may be 50."""
    scale = scale_at(text, at, currency)
    if scale is None or scale.force > Force.LIKELY:
        return ways
    return [*(_times(way, scale) for way in ways), *ways]


def _times(way: _Way, scale: Scale) -> _Way:
    return way._replace(value=power_of_ten(product(way.value, scale.factor), scale.power), end=scale.end)


def _has_cents(way: _Way) -> bool:
    """Whether these digits have two decimals, like an amount of money."""
    plain = way.digits.plain
    return plain[-_CENTS - 1 : -_CENTS] == "."


def _readings(ways: list[_Way], head: Head, start: int, hundredth: tuple[int, int] | None) -> Iterator[NumberReading]:
    """Yield the readings of a number with its sign and its percent sign."""
    for value, digits, end, unlikely in ways:
        signed: list[NumberReading] = []
        if head.sign is not None:
            signed.append(NumberReading(minus(value), head.sign, end, digits.point, digits.group, unlikely=unlikely))
        if head.sign is None or head.either:
            signed.append(NumberReading(value, start, end, digits.point, digits.group, unlikely=unlikely))
        yield from signed
        if hundredth:
            yield from (
                one._replace(value=power_of_ten(one.value, hundredth[1]), end=hundredth[0], percent=True)
                for one in signed
            )


def _accounted(text: str, number: Number) -> Number:
    """Return the number with the minus of bookkeepers: brackets around it, or a minus, CR or DR after it."""
    plain = number.readings
    if text[number.end : number.end + 1] == ")" and text[number.start - 1 : number.start] == "(":
        return _bracketed(text, number)
    if not number.amount or not plain:
        return number
    end = max(reading.end for reading in plain)
    if behind := _MINUS_BEHIND.match(text, end) or _MINUS_BEHIND.match(text, number.end):
        negative = tuple(_negative(reading, reading.start, behind.end()) for reading in plain)
        sure = any(reading.point for reading in plain)  # "$20-" may begin a range
        return number._replace(end=behind.end(), readings=negative if sure else (*plain, *negative))
    if behind := _ACCOUNT.match(text, number.end):
        negative = tuple(_negative(reading, reading.start, behind.end()) for reading in plain)
        return number._replace(end=behind.end(), readings=(*plain, *negative))
    return number


def _bracketed(text: str, number: Number) -> Number:
    """Return the number in brackets: a negative amount or, more likely if it is not an amount, a remark."""
    start, end = number.start - 1, number.end + 1
    before = _CURRENCY_BEFORE.search(text, max(0, start - _LONGEST_CURRENCY), start)
    if before is None and text[start - 1 : start].isalnum():  # "f(20)" calls a function
        return number
    amount = number.amount or before is not None
    unlikely = not amount and not any(reading.group for reading in number.readings)
    plain = number.readings
    if _LOSS_BEFORE.search(text, max(0, start - _LONGEST_LOSS), start):
        unlikely, plain = False, tuple(one._replace(unlikely=True) for one in plain)
    negative = (
        _negative(one, start, end)._replace(unlikely=unlikely or one.unlikely, bracketed=True)
        for one in number.readings
    )
    currency = number.currency or (before.span() if before else None)
    start = before.start() if before else start
    return number._replace(start=start, end=end, readings=(*plain, *negative), amount=amount, currency=currency)


def _negative(reading: NumberReading, start: int, end: int) -> NumberReading:
    return reading._replace(value=minus(reading.value), start=start, end=end)
