"""What a reader of numbers returns: a written number with all that it may mean, and no decision between these."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from structgen.notation.exact import Value


class Reading(NamedTuple):
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
    readings: tuple[Reading, ...]
    parts: tuple[Number, ...] = ()
    kind: Kind = Kind.DIGITS
    amount: bool = False
    """Whether it looks like an amount of money: it has a currency, or two decimals and no percent sign."""
    currency: tuple[int, int] | None = None
    ordinal: bool = False
