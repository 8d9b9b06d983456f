"""Numbers in the forms in which people write them, and where these stand in a text.

A number is known by its canonical form: digits without leading zeros, a point and the fraction without trailing zeros,
a minus sign where it is negative (``-1299.5``). Nothing is ever rounded.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Set
from decimal import Decimal, InvalidOperation
from math import gcd

from structgen.ground.figures import DASHES, standing
from structgen.ground.hannumbers import han_numbers
from structgen.ground.numberwords import number_words
from structgen.ground.places import Grade, Place

_LARGEST_EXPONENT = 400
_LONGEST_SCALED = 40
_TERMINATING = frozenset(2**twos * 5**fives for twos in range(14) for fives in range(6))
"""Denominators whose fractions have a decimal form that ends."""
_SPACES = " \u00a0\u2007\u2009\u202f"
_COMPOUND = re.compile(rf"\d+(?:[.,'’\u066b\u066c]\d+|[{_SPACES}]\d{{3}}(?!\d))*")
_POINT_BEFORE = re.compile(r"(?<![^\s(+$€£-])\.$")
"""The point of ``.5``, which is no end of a sentence."""
_MARK = re.compile(r"\D")
_SCALE = re.compile(
    rf"(?P<exponent>[eE][+-]?\d{{1,3}})(?!\w)|(?:[{_SPACES}]?(?P<percent>[%٪％]|per\s?cent\b))"
    rf"|[{_SPACES}]?(?P<scale>(?:k|thousand|lakh|crore|mn|million|mio|bn|billion|mrd|trillion|[BKM])(?!\w)|[千万萬億亿兆])"
)
_GOES_ON = re.compile(r"[eE][+-]?\d{1,3}(?!\w)|[ \u00a0]?(?:[\u00bc-\u00be\u2150-\u215e]|\d{1,2}[/\u2044]\d)")
"""What makes another number of the one before it: a power of ten, a fraction."""
_POWERS: Mapping[str, int] = {
    **dict.fromkeys(("k", "thousand"), 3),
    **dict.fromkeys(("m", "mn", "million", "mio"), 6),
    **dict.fromkeys(("b", "bn", "billion", "mrd"), 9),
    **dict.fromkeys(("trillion", "兆"), 12),
    **dict.fromkeys("万萬", 4),
    **dict.fromkeys("億亿", 8),
    "千": 3,
    "lakh": 5,
    "crore": 7,
}
_NEGATIVE = re.compile(r"(?<!\w)(?:minus|negative)\s$", re.IGNORECASE)
_NEGATIVE_LENGTH = len("_negative ")
_SLASH = re.compile(r"[/\u2044](\d{1,4})(?![/.,:-]?\d)")
_VULGAR = re.compile(r"[\u00bc-\u00be\u2150-\u215e]")
_TOP = re.compile(r"(?<![\d/.,:-])(?:(\d{1,4})[ \u00a0])?(\d{1,4})$")
_WHOLE = re.compile(r"(?<![\d/.,:-])(\d{1,4}) ?$")
_LONGEST_TOP = 10


def canonical(value: object) -> str | None:
    """The canonical form of an int, a float, a Decimal or a number in a string; None for what is no finite number."""
    try:
        number = Decimal(repr(value) if isinstance(value, float) else str(value))
    except (InvalidOperation, ValueError):  # ValueError: an int of more digits than Python turns into text
        return None
    if not number.is_finite() or abs(number.adjusted()) > _LARGEST_EXPONENT:
        return None
    return _trimmed(format(number, "f"))


def _trimmed(digits: str) -> str:
    sign, digits = ("-", digits[1:]) if digits.startswith("-") else ("", digits)
    whole, _, fraction = digits.partition(".")
    whole, fraction = whole.lstrip("0") or "0", fraction.rstrip("0")
    plain = f"{whole}.{fraction}" if fraction else whole
    return sign + plain if plain != "0" else "0"


def readings(written: str) -> set[str]:
    """What a run of ASCII digits and separators may mean, in canonical form: ``1.299`` is 1299 or 1.299."""
    parts = re.split(r"(\D)", written)
    groups, marks = parts[::2], parts[1::2]
    if not marks:
        return {_trimmed(groups[0])}
    found = {_trimmed("".join(groups))} if _grouped(groups, marks) else set[str]()
    if marks[-1] in ".,\u066b" and marks[-1] not in marks[:-1] and _grouped(groups[:-1], marks[:-1]):
        found.add(_trimmed(f"{''.join(groups[:-1])}.{groups[-1]}"))
    return found


def _grouped(groups: list[str], marks: list[str]) -> bool:
    """Whether digits stand in groups of thousands (or lakhs), with one and the same separator."""
    if len(groups) == 1:
        return True
    if len(set(marks)) > 1 or not 1 <= len(groups[0]) <= 3 or groups[0][0] == "0" or len(groups[-1]) != 3:
        return False
    return len({len(group) for group in groups[1:-1]} | {3}) == 1 or {len(group) for group in groups[1:-1]} == {2}


def _ascii(written: str) -> str:
    return written if written.isascii() else "".join(str(unicodedata.decimal(c, c)) for c in written)


Numeral = tuple[str, Place]
"""A canonical number and where it stands."""


def numerals(text: str, wanted: Set[str]) -> Iterator[Numeral]:
    """The numbers written in digits, in each of their readings; of those that cannot be wanted, many are left out."""
    keys = {_key(number) for number in wanted}
    for match in _COMPOUND.finditer(text):
        written = _ascii(match.group())
        start = match.start()
        if written.isdecimal() and _POINT_BEFORE.search(text, max(0, start - 2), start):
            start, written = start - 1, f"0.{written}"
        found = readings(written) if _key(written) in keys else set[str]()
        if not found and written.isdecimal():
            continue
        grade = standing(text, start, match.end())
        if grade is None:
            continue
        for number in found:
            if not _GOES_ON.match(text, match.end()):
                yield from _signed(text, number, start, match.end(), grade)
            yield from _scaled(text, number, start, match.end(), grade)
        if not written.isdecimal():
            yield from _parts(written, start, grade)
    yield from _fractions(text)


def _key(written: str) -> str:
    """The digits that a sign, separators, a percent sign or a power of ten do not change."""
    return _MARK.sub("", written).strip("0")


def _parts(written: str, start: int, grade: Grade) -> Iterator[Numeral]:
    """The numbers side by side in what is no one number ("1,2,3"), or only perhaps one ("10 200")."""
    marks = set(_MARK.findall(written))
    read = bool(readings(written))
    if not marks <= ({*_SPACES} if read else {*_SPACES, ","}):
        return
    for part in re.finditer(r"\d+", written):
        place = Place(start + part.start(), start + part.end(), Grade.INSIDE if read or "," in marks else grade)
        yield _trimmed(part.group()), place


def _signed(text: str, number: str, start: int, end: int, grade: Grade) -> Iterator[Numeral]:
    """The number, or its negative where a minus sign, a word, or the brackets of bookkeeping say so."""
    before, after = text[max(0, start - _NEGATIVE_LENGTH) : start], text[end : end + 1]
    minus = before[-1:] in DASHES and before[-1:] != "" and not before[-2:-1].isalnum()
    word = _NEGATIVE.search(before)
    if number != "0" and (minus or word):
        yield "-" + number, Place(start - 1 if word is None else start - len(word.group()), end, Grade.WRITTEN)
        return
    if number != "0" and before[-1:] == "(" and after == ")":
        yield "-" + number, Place(start - 1, end + 1, Grade.INSIDE)
    yield number, Place(start, end, grade)


def _scaled(text: str, number: str, start: int, end: int, grade: Grade) -> Iterator[Numeral]:
    """The number times what follows it: ``5 %`` is also 0.05, ``2 million`` 2000000, ``1e3`` 1000."""
    match = _SCALE.match(text, end)
    if match is None or len(number) > _LONGEST_SCALED:
        return
    if match["exponent"]:
        power = int(_ascii(match["exponent"][1:]))
    else:
        power = -2 if match["percent"] else _POWERS[match["scale"].lower()]
    yield _trimmed(format(Decimal(number).scaleb(power), "f")), Place(start, match.end(), grade)


def _fractions(text: str) -> Iterator[Numeral]:
    """Fractions alone or after a whole number, ``1 1/2`` and ``1½``."""
    for match in _SLASH.finditer(text):
        top = _TOP.search(text[max(0, match.start() - _LONGEST_TOP) : match.start()])
        if top is not None:
            begin = match.start() - len(top.group()) + top.start(2) - top.start()
            yield from _fraction(
                top[1], int(top[2]), int(match[1]), Place(begin, match.end(), Grade.WRITTEN), top.start(2) - top.start()
            )
    for match in () if text.isascii() else _VULGAR.finditer(text):
        above, below = unicodedata.normalize("NFKC", match.group()).split("\u2044")
        whole = _WHOLE.search(text[max(0, match.start() - _LONGEST_TOP) : match.start()])
        place = Place(match.start(), match.end(), Grade.WRITTEN)
        length = len(whole.group()) if whole else 0
        yield from _fraction(whole[1] if whole else None, int(above), int(below), place, length)


def _fraction(whole: str | None, top: int, bottom: int, place: Place, before: int) -> Iterator[Numeral]:
    """A fraction whose decimals end, by itself and with the whole number that begins so many characters before."""
    if not bottom or bottom // gcd(top, bottom) not in _TERMINATING:
        return
    part = Decimal(top) / Decimal(bottom)
    yield _trimmed(format(part, "f")), place
    if whole:
        yield _trimmed(format(part + int(whole), "f")), place._replace(start=place.start - before)


def find_numbers(text: str, wanted: Set[str]) -> dict[str, list[Place]]:
    """Where the wanted numbers (canonical) stand, in digits or in words."""
    found: dict[str, list[Place]] = {}
    if not wanted:
        return found
    for written in (numerals(text, wanted), number_words(text), han_numbers(text)):
        for number, place in written:
            if number in wanted:
                found.setdefault(number, []).append(place)
    return found
