"""Numbers in digits, of any script: what the marks between the digits may mean."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

SPACES = " \u00a0\u2007\u2009\u202f"
"""White space that may stand between groups of digits. Only the first of these may also part two numbers."""
_MARK = r"(?:[.,'’\u066b\u066c]|\u00b7(?!10[\^⁺⁻⁰¹²³⁴-⁹]))"
"""What may stand between digits; a raised dot before a power of ten is that of a product."""
_WIDE_MARK = r"(?<=[\uff10-\uff19])[\uff0c\uff0e](?=[\uff10-\uff19])"
"""The comma and the full stop of Chinese and Japanese, which between ASCII digits part two numbers."""
# A first digit must come before: the search for one is quick.
REST = (
    rf"(?:\d{{0,2}}(?P<space>[{SPACES}])\d{{3}}(?!\d|/\d)(?:(?P=space)\d{{3}}(?!\d|/\d))*+(?:[.,\u066b]\d++)?+"
    rf"|\d*+(?:(?:{_MARK}|{_WIDE_MARK})\d++)*+)"
)
"""What a run of digits goes on with, as the source of a regular expression: groups of three, or digits and marks."""
_PARTS = re.compile(r"\d+|\D")
_PLAIN_MARKS = str.maketrans({"\u066c": ",", "\u066b": ".", "\uff0c": ",", "\uff0e": ".", "’": "'"})
_ALWAYS_A_POINT = "\u066b\u00b7"


class Digits(NamedTuple):
    """One way to read digits and marks: plain ASCII digits, with a full stop before the decimals."""

    plain: str
    point: str = ""
    group: str = ""


def ascii_digits(written: str) -> str:
    """The same with the digits of ASCII in place of those of another script."""
    return written if written.isascii() else "".join(str(unicodedata.decimal(c, c)) for c in written)


@lru_cache(maxsize=1 << 12)
def ways_to_read(written: str) -> tuple[Digits, ...]:
    """All that digits with marks between them may mean: ``1.299`` is 1299 or 1.299. None for what is no number."""
    pieces: list[str] = _PARTS.findall(ascii_digits(written))
    groups, marks = pieces[::2], pieces[1::2]
    if len(groups) == len(marks):  # it does not end with a digit
        return ()
    if not marks:
        return (Digits(groups[0]),)
    return tuple(_ways(groups, marks))


def _ways(groups: list[str], marks: list[str]) -> Iterator[Digits]:
    last = marks[-1]
    plain = [mark.translate(_PLAIN_MARKS) for mark in marks]
    if last not in _ALWAYS_A_POINT and _are_thousands(groups, plain):
        yield Digits("".join(groups), group=plain[0])
    if plain[-1] not in ".,\u00b7" or last == "\u066c" or plain[-1] in plain[:-1]:
        return
    if _are_thousands(groups[:-1], plain[:-1]):
        yield Digits(f"{''.join(groups[:-1])}.{groups[-1]}", plain[-1], plain[0] if len(plain) > 1 else "")


def _are_thousands(groups: list[str], marks: list[str]) -> bool:
    """Whether digits stand in groups of thousands, or of Indian lakhs, with one and the same mark between them."""
    if len(groups) == 1:
        return True
    if len(set(marks)) > 1 or not 1 <= len(groups[0]) <= 3 or groups[0][0] == "0" or len(groups[-1]) != 3:
        return False
    between = {len(group) for group in groups[1:-1]}
    return between <= {3} or (between == {2} and len(groups[0]) <= 2 and marks[0] == ",")
