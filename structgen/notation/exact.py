"""Exact arithmetic on what people write: a Decimal where the decimals end, else a Fraction. Nothing is ever rounded."""

from __future__ import annotations

from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, Inexact, InvalidOperation, Overflow
from fractions import Fraction
from typing import TypeAlias

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


def times(value: Value, factor: int) -> Value:
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
