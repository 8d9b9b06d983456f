"""What the readers of notation return: a written number, date or amount with everything that it may mean."""

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
"""Values of both classes compare and hash equal if they are the same number."""

LONGEST = 400
"""Maximum characters of a run of digits that is read as a number."""
_EXACT = Context(prec=4 * LONGEST, Emin=MIN_EMIN, Emax=MAX_EMAX, traps=[Inexact, InvalidOperation, Overflow])
_TWOS_AND_FIVES = 64
"""Maximum powers of two and of five in a denominator that is converted to decimals."""


def power_of_ten(value: Value, power: int) -> Value:
    """Return the value times ten to a power."""
    if isinstance(value, Decimal):
        return _EXACT.scaleb(value, power)
    return tidy(value * Fraction(10) ** power)


def product(value: Value, factor: int) -> Value:
    """Return the value times an integer."""
    return _EXACT.multiply(value, Decimal(factor)) if isinstance(value, Decimal) else tidy(value * factor)


def plus(one: Value, other: Value) -> Value:
    """Return the sum of two values."""
    if isinstance(one, Decimal) and isinstance(other, Decimal):
        return _EXACT.add(one, other)
    return tidy(Fraction(one) + Fraction(other))


def minus(value: Value) -> Value:
    """Return the negated value. Zero stays without a sign."""
    if not value:
        return value
    return value.copy_negate() if isinstance(value, Decimal) else -value


def ratio(top: int, bottom: int) -> Value:
    """Return one integer divided by another one, which must not be zero."""
    return tidy(Fraction(top, bottom))


def tidy(value: Fraction) -> Value:
    """Return the fraction as a Decimal if its decimals end, else as it is."""
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
    """One value that a written date, time, duration or amount may have. It is written from `start` to `end`.

    An `unlikely` reading is possible, but not what most people mean by this form.
    """

    value: T_co
    start: int
    end: int
    unlikely: bool = False


AnyReading = TypeVar("AnyReading", bound=Reading[Any])


@dataclass(frozen=True, slots=True)
class Written(Generic[AnyReading]):
    """What is written at one place of a text, with all its readings. At most one of them is meant.

    `start` to `end` includes everything that belongs to it, such as a weekday. `of_range`: it is one end of a range,
    "2-3 hours", and not everything that is said there.
    """

    start: int
    end: int
    readings: tuple[AnyReading, ...]
    of_range: bool = False

    def moved(self, by: int) -> Written[AnyReading]:
        """Return it with all offsets increased by `by`."""
        readings = tuple(replace(one, start=one.start + by, end=one.end + by) for one in self.readings)
        return Written(self.start + by, self.end + by, readings, self.of_range)


def covering(text: str, several: Iterable[Written[AnyReading]]) -> tuple[AnyReading, ...]:
    """Return all readings of what is the whole text, apart from white space around it."""
    start, end = len(text) - len(text.lstrip()), len(text.rstrip())
    whole = (one for one in several if (one.start, one.end) == (start, end))
    return tuple(reading for one in whole for reading in one.readings)


def only(readings: Sequence[Reading[T]]) -> T | None:
    """Return the only value of these readings; None if there is none, another one, or a doubt about it."""
    values = {one.value for one in readings}
    return values.pop() if len(values) == 1 and not any(one.unlikely for one in readings) else None


_FARTHEST = 64
"""Maximum characters that something may extend beyond the stretch in which it begins."""


def matches(
    pattern: re.Pattern[str], text: str, start: int, end: int, farthest: int = _FARTHEST
) -> Iterator[re.Match[str]]:
    """Return the matches that begin from `start` to before `end`, in time linear in this stretch."""
    if end >= len(text):
        return pattern.finditer(text, start)
    # Without a bound, each of many short stretches would search the whole rest of the text for its next match.
    found = pattern.finditer(text, start, min(len(text), end + farthest))
    return takewhile(lambda match: match.start() < end, found)


class NumberReading(NamedTuple):
    """One value that a written number may have.

    `start` to `end` includes what makes this value: the sign, scale word and fraction, but no currency, percent sign or
    ending of an ordinal, unless these lie within. `point` and `group` are the decimal point and the sign between groups
    of digits in this reading (empty: none). `percent`: this is the reading of "5 %" as 0.05, besides that as 5. An
    `unlikely` reading is possible, but not what most people mean: -20 for "(20)", 300 for "300K". A `bracketed` one
    takes brackets for a minus.
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
    """The characters in which a number is written."""

    DIGITS = "digits"
    WORDS = "words"
    HAN = "han"


class Number(NamedTuple):
    """A number as written. `start` to `end` includes everything that belongs to it, such as its currency.

    `digits` to `digits_end` are its digits from the first to the last one, or its words.
    `parts` are the numbers in it if it is certainly or perhaps several: 10 and 200 in "10 200", 4 and 5 in "4/5".
    Without readings it is not a number as a whole: "1.2.3", "1,2,3".
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
        """Return the number with all offsets increased by `by`."""
        currency = (self.currency[0] + by, self.currency[1] + by) if self.currency else None
        readings = tuple(one._replace(start=one.start + by, end=one.end + by) for one in self.readings)
        first, last, digits, digits_end = (at + by for at in self[:4])
        parts = tuple(part.moved(by) for part in self.parts)
        return Number(first, last, digits, digits_end, readings, parts, self.kind, self.amount, currency, self.ordinal)
