"""What a reader of notation returns: a written number, date or amount with all that it may mean, and no decision."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, Inexact, InvalidOperation, Overflow
from enum import Enum
from fractions import Fraction
from itertools import takewhile
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

Value: TypeAlias = Decimal | Fraction
"""Equal values are equal, and hash alike, whichever of the two classes they have."""

LONGEST = 400
"""Characters of the longest run of digits that is read as a number."""
_EXACT = Context(prec=4 * LONGEST, Emin=MIN_EMIN, Emax=MAX_EMAX, traps=[Inexact, InvalidOperation, Overflow])
_TWOS_AND_FIVES = 64
"""Denominators up to two and five to this power are tried for decimals that end."""


def power_of_ten(value: Value, power: int) -> Value:
    """The value times ten to a power."""
    if isinstance(value, Decimal):
        return _EXACT.scaleb(value, power)
    return tidy(value * Fraction(10) ** power)


def product(value: Value, factor: int) -> Value:
    """The value times an integer."""
    return _EXACT.multiply(value, Decimal(factor)) if isinstance(value, Decimal) else tidy(value * factor)


def plus(one: Value, other: Value) -> Value:
    """The sum of two values."""
    if isinstance(one, Decimal) and isinstance(other, Decimal):
        return _EXACT.add(one, other)
    return tidy(Fraction(one) + Fraction(other))


def minus(value: Value) -> Value:
    """The value with the other sign; zero has none."""
    if not value:
        return value
    return value.copy_negate() if isinstance(value, Decimal) else -value


def ratio(top: int, bottom: int) -> Value:
    """One integer divided by another, which is not zero."""
    return tidy(Fraction(top, bottom))


def tidy(value: Fraction) -> Value:
    """The fraction as a Decimal where its decimals end."""
    rest, twos, fives = value.denominator, 0, 0
    while rest % 2 == 0 and twos < _TWOS_AND_FIVES:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0 and fives < _TWOS_AND_FIVES:
        rest, fives = rest // 5, fives + 1
    return value if rest != 1 else _EXACT.divide(Decimal(value.numerator), Decimal(value.denominator))


T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Reading(Generic[T_co]):
    """One value that a written date, time, duration or amount of money may have; it is written from `start` to `end`.

    An `unlikely` reading is possible, but not what most people mean by this form.
    """

    value: T_co
    start: int
    end: int
    unlikely: bool = False


AnyReading = TypeVar("AnyReading", bound=Reading[Any])


@dataclass(frozen=True, slots=True)
class Written(Generic[AnyReading]):
    """What stands at one place of a text, with all its readings; of several at most one is meant.

    `start` to `end` holds everything that belongs to it, such as a weekday. `of_range`: it is one end of a range,
    "2-3 hours", so that it is not all that is said there.
    """

    start: int
    end: int
    readings: tuple[AnyReading, ...]
    of_range: bool = False

    def moved(self, by: int) -> Written[AnyReading]:
        """The same of a part of a text that begins at the offset `by`."""
        readings = tuple(replace(one, start=one.start + by, end=one.end + by) for one in self.readings)
        return Written(self.start + by, self.end + by, readings, self.of_range)


def covering(text: str, several: Iterable[Written[AnyReading]]) -> tuple[AnyReading, ...]:
    """All readings of what is the whole text but for white space around it; none if nothing is."""
    start, end = len(text) - len(text.lstrip()), len(text.rstrip())
    whole = (one for one in several if (one.start, one.end) == (start, end))
    return tuple(reading for one in whole for reading in one.readings)


def only(readings: Sequence[Reading[T]]) -> T | None:
    """The value of readings that all have this value and are likely; None if there is none, or another is possible."""
    values = {one.value for one in readings}
    return values.pop() if len(values) == 1 and not any(one.unlikely for one in readings) else None


_FARTHEST = 64
"""Characters that something may go on behind the end of the stretch in which it begins."""


def matches(
    pattern: re.Pattern[str], text: str, start: int, end: int, farthest: int = _FARTHEST
) -> Iterator[re.Match[str]]:
    """The matches that begin from `start` to before `end`, in time linear in this stretch."""
    if end >= len(text):
        return pattern.finditer(text, start)
    # Without a bound the search for a match far behind the stretch would be repeated for each of many short ones.
    found = pattern.finditer(text, start, min(len(text), end + farthest))
    return takewhile(lambda match: match.start() < end, found)


class NumberReading(NamedTuple):
    """One value that a written number may have.

    `start` and `end` hold the whole number as far as it makes this value: with its sign, scale word and fraction, but
    not with a currency, a percent sign or the ending of an ordinal unless these lie within. `point` and `group` are the
    signs that it takes for the decimal point and between groups of digits (empty: none). `percent` is the reading of
    "5 %" as 0.05, beside that as 5. An `unlikely` reading is possible, but not what most people mean by this form: the
    -20 of "(20)", the 300 of "300K". A `bracketed` one takes brackets for a minus.
    """

    value: Value
    start: int
    end: int
    point: str = ""
    group: str = ""
    percent: bool = False
    unlikely: bool = False
    bracketed: bool = False


class Kind(Enum):
    """In which characters a number is written."""

    DIGITS = "digits"
    WORDS = "words"
    HAN = "han"


class Number(NamedTuple):
    """A number as it is written. From `start` to `end` with everything that belongs to it, such as its currency.

    `digits` and `digits_end` are the offsets from its first to its last digit, of words from the first to the last one.
    `parts` are the numbers that it consists of where it is no single number, or perhaps none: the 10 and 200 of
    "10 200", the 4 and 5 of "4/5". Without readings it is no number as a whole: "1.2.3", "1,2,3".
    """

    start: int
    end: int
    digits: int
    digits_end: int
    readings: tuple[NumberReading, ...]
    parts: tuple[Number, ...] = ()
    kind: Kind = Kind.DIGITS
    amount: bool = False
    """Whether it looks like an amount of money: it has a currency, or two decimals and no percent sign."""
    currency: tuple[int, int] | None = None
    ordinal: bool = False

    def moved(self, by: int) -> Number:
        """The same number of a part of a text that begins at the offset `by`."""
        currency = (self.currency[0] + by, self.currency[1] + by) if self.currency else None
        readings = tuple(one._replace(start=one.start + by, end=one.end + by) for one in self.readings)
        first, last, digits, digits_end = (at + by for at in self[:4])
        parts = tuple(part.moved(by) for part in self.parts)
        return Number(first, last, digits, digits_end, readings, parts, self.kind, self.amount, currency, self.ordinal)
