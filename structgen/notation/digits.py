"""The digits of a number in any script: separators, fractions, exponents and Han characters among them."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from structgen.notation.number_words import CHAIN, chain_values
from structgen.notation.readings import LONGEST, Value, matches, plus, power_of_ten, ratio

SPACES = " \u00a0\u2007\u2009\u202f"
"""White space between groups of digits. Only the first of these may also separate two numbers."""
_MARK = r"(?:[.,'’\u066b\u066c]|\u00b7(?!10[\^⁺⁻⁰¹²³⁴-⁹]))"
"""Marks between digits. A raised dot before a power of ten is a multiplication sign instead."""
_WIDE_MARK = r"(?<=[\uff10-\uff19])[\uff0c\uff0e](?=[\uff10-\uff19])"
"""The full-width comma and full stop. Between ASCII digits they separate two numbers instead."""
# The first digit is matched separately, because searching for a digit is fast.
_REST = (
    rf"(?:\d{{0,2}}(?P<space>[{SPACES}])\d{{3}}(?!\d|/\d)(?:(?P=space)\d{{3}}(?!\d|/\d))*+(?:[.,\u066b]\d++)?+"
    rf"|\d*+(?:(?:{_MARK}|{_WIDE_MARK})\d++)*+)"
)
"""The rest of a run of digits: groups of three, or digits and marks (source of a regular expression)."""
_PARTS = re.compile(r"\d+|\D")
_PLAIN_MARKS = str.maketrans({"\u066c": ",", "\u066b": ".", "\uff0c": ",", "\uff0e": ".", "’": "'"})
_ALWAYS_A_POINT = "\u066b\u00b7"


class Digits(NamedTuple):
    """One way to read digits and marks: plain ASCII digits, with a full stop before the decimals."""

    plain: str
    point: str = ""
    group: str = ""


def ascii_digits(written: str) -> str:
    """Return the text with ASCII digits in place of those of another script."""
    return written if written.isascii() else "".join(str(unicodedata.decimal(c, c)) for c in written)


@lru_cache(maxsize=1 << 12)
def ways_to_read(written: str) -> tuple[Digits, ...]:
    """Return everything that digits with marks may mean: ``1.299`` is 1299 or 1.299. Empty if they are not a number."""
    pieces: list[str] = _PARTS.findall(ascii_digits(written))
    groups, marks = pieces[::2], pieces[1::2]
    if len(groups) == len(marks):  # the last piece is a mark
        return ()
    if not marks:
        return (Digits(groups[0]),)
    return tuple(_ways(groups, marks))


def _ways(groups: list[str], marks: list[str]) -> Iterator[Digits]:
    last = marks[-1]
    plain = [mark.translate(_PLAIN_MARKS) for mark in marks]
    # The last mark may separate thousands, or be the decimal point; both if three digits follow.
    if last not in _ALWAYS_A_POINT and _are_thousands(groups, plain):
        yield Digits("".join(groups), group=plain[0])
    if plain[-1] not in ".,\u00b7" or last == "\u066c" or plain[-1] in plain[:-1]:
        return
    if _are_thousands(groups[:-1], plain[:-1]):
        yield Digits(f"{''.join(groups[:-1])}.{groups[-1]}", plain[-1], plain[0] if len(plain) > 1 else "")


def _are_thousands(groups: list[str], marks: list[str]) -> bool:
    """Whether digits form groups of thousands, or of Indian lakhs, with the same mark between all groups."""
    if len(groups) == 1:
        return True
    if len(set(marks)) > 1 or not 1 <= len(groups[0]) <= 3 or groups[0][0] == "0" or len(groups[-1]) != 3:
        return False
    between = {len(group) for group in groups[1:-1]}
    return between <= {3} or (between == {2} and len(groups[0]) <= 2 and marks[0] == ",")


VULGAR = "\u00bc-\u00be\u2150-\u215e\u2189"
"""Single-character fractions (part of a character class)."""
_VALUES = {
    "¼": (1, 4),
    "½": (1, 2),
    "¾": (3, 4),
    "⅐": (1, 7),
    "⅑": (1, 9),
    "⅒": (1, 10),
    "⅓": (1, 3),
    "⅔": (2, 3),
    "⅕": (1, 5),
    "⅖": (2, 5),
    "⅗": (3, 5),
    "⅘": (4, 5),
    "⅙": (1, 6),
    "⅚": (5, 6),
    "⅛": (1, 8),
    "⅜": (3, 8),
    "⅝": (5, 8),
    "⅞": (7, 8),
    "↉": (0, 3),
}
_SLASH = "/\u2044\u2215"
_ONLY_A_FRACTION = "\u2044"
_MEASURES = {2: "1", 3: "[12]", 4: "[1-3]", 5: "[1-4]", 6: "[1-5]", 8: "[1-7]", 10: "[1-9]", 12: "[1-9]|1[01]"} | {
    16: "[1-9]|1[0-5]",
    32: r"[1-9]|[12]\d|3[01]",
    64: r"[1-9]|[1-5]\d|6[0-3]",
}
"""Denominators of measures and, for each, the numerators that may follow a whole number: ``2 1/2``."""
_PART = "|".join(rf"(?:{top})[{_SLASH}]{bottom}" for bottom, top in _MEASURES.items())
_RAISED = "[⁺⁻]?[⁰¹²³⁴-⁹]{1,3}"
_POWER = r"(?:\^|\*\*)[+\-−]?\d{1,3}(?![\d.])"
_TIMES_TEN = rf"\s?[x×·*⋅]\s?10(?P<power>{_POWER}|{_RAISED})"
_PLAIN_POWER = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻−", "0123456789+--", "^*eE")
# Searching for a digit is fast, so the pattern consumes one first and then checks what must not precede it.
_CORE = re.compile(
    rf"\d(?:(?<![\d/.,:]\d)\d{{0,2}}[ \u00a0-](?P<mixed>{_PART})(?![\d{_SLASH}]|[.,:]\d)"
    rf"|(?<![\d{_SLASH}.,:]\d)(?:(?<!\d[-\u2013]\d)|(?<=[{_SLASH}]\d[-\u2013]\d))\d{{0,3}}(?P<slash>[{_SLASH}])\d{{1,4}}"
    rf"(?!\d|[{_SLASH}.,:]\d|[-\u2013]\d(?!\d?[{_SLASH}]\d))"
    rf"|(?<![\d.,]1)(?<=1)0(?P<ten>{_POWER}|{_RAISED})"
    rf"|(?P<rest>{_REST})(?:(?P<exponent>[eE][+\-−]?\d{{1,3}})(?!\w)|{_TIMES_TEN}"
    rf"|[ \u00a0]?(?P<vulgar>[{VULGAR}])|(?P<chain>{CHAIN}))?)"
)
_LONE_FRACTION = re.compile(rf"[{VULGAR}]")
_DIGIT_BEFORE = re.compile(r"\d[ \u00a0]?$")
_NO_DIGIT = re.compile(r"\D")
_SEVERAL = re.compile(r"[ \u00a0\u00b7]|,\d+,|\.\d+,|,(?!\d{3}(?!\d))\d+\.")
"""What may separate two numbers."""
_CELLS = re.compile(r"\d+(?:\.\d+)?(?:,\d+(?:\.\d+)?)+")
"""Numbers in a row of comma-separated values: ``13.75,12``."""
_PIECE = re.compile(r"\d+")


class Core(NamedTuple):
    """The digits of a number and what they mean on their own.

    `parts` are the offsets of the numbers in it if it is certainly or perhaps several: "1,2,3", "10 200", "4/5".
    """

    start: int
    end: int
    ways: tuple[tuple[Value, Digits], ...]
    parts: tuple[tuple[int, int], ...] = ()
    simple: bool = False
    """Whether it consists of digits alone."""


def digit_runs(text: str, start: int = 0, end: int = sys.maxsize) -> Iterator[re.Match[str]]:
    """Yield the runs of digits that belong together and begin from `start` to before `end`. `core_of` reads them."""
    return matches(_CORE, text, start, end, 2 * LONGEST)


def lone_fractions(text: str, start: int = 0, end: int = sys.maxsize) -> Iterator[Core]:
    """Yield single-character fractions without a number before them: ``½``."""
    for match in () if text.isascii() else matches(_LONE_FRACTION, text, start, end):
        if not _DIGIT_BEFORE.search(text, max(0, match.start() - 2), match.start()):
            yield Core(*match.span(), ((ratio(*_VALUES[match.group()]), Digits("")),))


def plain_core(text: str, start: int, end: int) -> Core:
    """Return the core of the digits from `start` to `end`, which have no marks between them."""
    plain = ascii_digits(text[start:end])
    return Core(start, end, ((Decimal(plain), Digits(plain)),), simple=True)


def key_of(run: re.Match[str]) -> str | None:
    """Return the digits of a run that a search can compare, or None if more than digits and marks is written."""
    return key(run.group()) if run.lastgroup == "rest" and not _SEVERAL.search(run.group()) else None


def key(written: str) -> str:
    """Return the digits of a number in any notation, without the zeros at both ends."""
    return _NO_DIGIT.sub("", ascii_digits(written)).strip("0")


def core_of(run: re.Match[str]) -> Core:
    """Return what the digits of a run may mean."""
    start, end = run.span()
    if end - start > LONGEST:
        return Core(start, end, ())
    kind = run.lastgroup
    if kind == "mixed":
        whole = Decimal(ascii_digits(run.string[start : run.start("mixed") - 1]))
        return Core(start, end, ((plus(whole, _fraction(run["mixed"])), Digits("")),))
    if kind == "slash":
        return _slashed(run)
    if kind == "ten":
        return Core(start, end, ((power_of_ten(Decimal(1), _power(run["ten"])), Digits("")),))
    written = run.string[start : run.end("rest")]
    ways = tuple([(Decimal(way.plain), way) for way in ways_to_read(written)])
    if kind == "rest":
        simple = written.isdecimal()
        return Core(start, end, ways, () if simple else _parts(written, start, ways), simple)
    return Core(start, end, tuple(_continued(run, ways)))


def _continued(run: re.Match[str], ways: tuple[tuple[Value, Digits], ...]) -> Iterator[tuple[Value, Digits]]:
    """Yield the readings of digits that a power of ten, a fraction or Han characters follow."""
    for value, way in ways:
        if run["vulgar"]:
            if not way.point:
                yield plus(value, ratio(*_VALUES[run["vulgar"]])), way
        elif run["chain"]:
            # People who write 万 always put commas between thousands and a full stop before decimals.
            totals = () if way.point == "," or way.group == "." else chain_values(value, run["chain"])
            yield from ((total, way) for total in totals)
        else:
            yield power_of_ten(value, _power(run["exponent"] or run["power"])), way


def _power(written: str) -> int:
    return int(ascii_digits(written.translate(_PLAIN_POWER)))


def _fraction(written: str) -> Value:
    top, bottom = (int(ascii_digits(part)) for part in _PIECE.findall(written))
    return ratio(top, bottom)


def _slashed(run: re.Match[str]) -> Core:
    """Return two numbers with a slash between them: perhaps a fraction, and mostly two numbers as well."""
    pieces = [piece.span() for piece in _PIECE.finditer(run.string, *run.span())]
    top, bottom = (int(run.string[start:end]) for start, end in pieces)
    is_fraction = bottom > 0 and (top < bottom or bottom in _MEASURES)
    ways = ((ratio(top, bottom), Digits("")),) if is_fraction else ()
    return Core(*run.span(), ways, () if run["slash"] == _ONLY_A_FRACTION and is_fraction else tuple(pieces))


def _parts(written: str, start: int, ways: tuple[tuple[Value, Digits], ...]) -> tuple[tuple[int, int], ...]:
    """Return the spans of the numbers in something that is not a single number ("1,2,3"), or may be one ("10 200")."""
    marks = set(_NO_DIGIT.findall(written))
    if marks == {",", "."} and not ways and _CELLS.fullmatch(written):
        cells = re.finditer(r"[^,]+", written)
        return tuple((start + cell.start(), start + cell.end()) for cell in cells)
    if not marks <= ({" ", "\u00b7"} if ways else {" ", "\u00a0", ",", "\u00b7"}):
        return ()
    return tuple((start + piece.start(), start + piece.end()) for piece in _PIECE.finditer(written))
