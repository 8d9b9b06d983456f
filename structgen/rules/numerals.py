"""Numbers as people write them, read only where the reading is certain.

"1,299" is one thousand two hundred and ninety-nine in one country and one and a bit in another. It is read where the
document shows elsewhere which mark it uses for decimals, and left alone otherwise.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

NUMBER = re.compile(
    r"(?<![\w.,])[-−+]?(?:\d{1,3}(?:([.,'’\u00a0\u202f])\d{3}(?!\d))(?:\1\d{3}(?!\d)){0,4}|\d{1,18})(?:[.,]\d{1,6})?(?![.,]?\d)"
    r"|(?<![\w.,])[.,]\d{1,4}(?!\w)"
)
_FRACTION = re.compile(r"(?:(\d{1,4})[ \u00a0-])?(\d{1,3})\s?[/⁄]\s?(\d{1,3})(?![\d/])|(\d{1,4})?\s?([¼½¾⅐-⅞])")
_DECIMALS = re.compile(r"\d([.,])\d{2}(?!\d|[.,]\d)")


@dataclass(frozen=True, slots=True)
class Number:
    """A number and where it stands in the text it was read from."""

    value: int | float
    start: int
    end: int


def decimal_mark(text: str) -> str:
    """The mark that a document uses before decimals: ``.`` or ``,``; empty where it shows none, or both."""
    marks = {match.group(1) for match in _DECIMALS.finditer(text)}
    return marks.pop() if len(marks) == 1 else ""


def parse_number(written: str, mark: str = "") -> int | float | None:
    """The value of a number as written; None where two readings are possible and `mark` does not settle it."""
    sign = -1 if written[:1] in ("-", "−") else 1
    digits = written.lstrip("-−+")
    marks = [char for char in digits if char in ".,"]
    plain = re.sub(r"['’\u00a0\u202f ]", "", digits)
    decimal = _decimal(plain, marks, mark)
    if decimal is None:
        return None
    whole, _, part = plain.rpartition(decimal) if decimal else (plain, "", "")
    whole = re.sub(r"[.,]", "", whole)
    if not decimal:
        return sign * int(whole) if whole else None
    return sign * float(f"{whole or '0'}.{part}")


def _decimal(digits: str, marks: list[str], mark: str) -> str | None:
    """Which mark stands before the decimals: one of them, "" for neither, None where nobody can know."""
    if not marks:
        return ""
    last, tail = marks[-1], digits[digits.rindex(marks[-1]) + 1 :]
    if len(set(marks)) == 2:
        return last if marks.count(last) == 1 else None
    if len(marks) > 1:
        return "" if len(tail) == 3 else None
    if len(tail) != 3 or digits.startswith(("0", last)):
        return last
    return None if not mark else last if mark == last else ""


def find_number(text: str, mark: str = "") -> Number | None:
    """The first number of a text, fractions included; None where there is none or it could be read in two ways."""
    plain, fraction = NUMBER.search(text), _FRACTION.search(text)
    if fraction and (plain is None or fraction.start() <= plain.start()):
        value = _fraction(fraction)
        return None if value is None else Number(value, fraction.start(), fraction.end())
    if plain is None:
        return None
    value = parse_number(plain.group(), mark)
    return None if value is None else Number(value, plain.start(), plain.end())


def _fraction(match: re.Match[str]) -> float | None:
    if match.group(5):
        return int(match.group(4) or 0) + unicodedata.numeric(match.group(5))
    return int(match.group(1) or 0) + int(match.group(2)) / int(match.group(3)) if int(match.group(3)) else None
