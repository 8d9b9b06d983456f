"""Check whether a text supports a value at a known place, without a search.

Only a few words around the place are considered, which takes the same time in a text of any length.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress

from structgen.core.json import Json
from structgen.core.records import Status
from structgen.ground.identifiers import cuts_address
from structgen.ground.locate import locate_leaves
from structgen.ground.numerals import Figures, exact, standing
from structgen.ground.queries import Leaf, Relation
from structgen.ground.quote_support import UNITS_OF_TIME, may_show
from structgen.ground.words import cuts_character
from structgen.notation.digits import ascii_digits
from structgen.notation.durations import UNITS
from structgen.notation.number_words import han_numbers, word_numbers
from structgen.notation.numbers import digit_numbers
from structgen.notation.readings import Kind, Number, Value, product

_AROUND = 48
"""Maximum characters on either side of a place that may belong to what is written there."""
_WRITTEN = frozenset({Status.EXACT, Status.NORMALIZED, Status.AMBIGUOUS})
_DIGIT = re.compile(r"\d")
_DIGITS = re.compile(r"\d+")
_WORD = re.compile(r"[^\W\d_]+")
_UNSPACED = "\u0e00"
"""The first script without spaces between words. A word may end anywhere in these."""


def supports(text: str, start: int, end: int, value: Json) -> bool:
    """Whether the stretch of a text says a value (plain JSON without containers), and splits no word or number.

    A number has to be one of the readings of a number there, or count the time of a duration. A text has to be there in
    its own words or in another notation. A text that only adds words to those of the stretch ("4" for "4 servings") may
    add no number.
    """
    if not 0 <= start < end <= len(text):
        return False
    if isinstance(value, str) and text[start:end] == value and _fills_lines(text, start, end):
        return True  # usual for the items of lists, so worth a fast answer
    low = max(0, start - _AROUND)
    window = text[low : end + _AROUND]
    start, end = start - low, end - low
    if _splits_word(window, start, end):
        return False
    if isinstance(value, bool):
        return True  # yes or no in any language, or a check mark
    if isinstance(value, int | float):
        return _says_number(window, start, end, value)
    if not isinstance(value, str) or _splits_number(window, start, end) or cuts_address(window, start, end):
        return False
    return _says_text(window[start:end], value)


def _fills_lines(text: str, start: int, end: int) -> bool:
    return (not start or text[start - 1] == "\n") and (end == len(text) or text[end] == "\n")


def _splits_word(text: str, start: int, end: int) -> bool:
    return _is_inside_word(text, start) or _is_inside_word(text, end) or cuts_character(text, start, end)


def _is_inside_word(text: str, at: int) -> bool:
    """Whether letters, or digits, are on both sides of an offset. A capital after a small letter begins a word."""
    if not 0 < at < len(text):
        return False
    before, after = text[at - 1], text[at]
    if before.isdecimal() or after.isdecimal():
        return before.isdecimal() and after.isdecimal()
    return before.isalpha() and after.isalpha() and after < _UNSPACED and not (before.islower() and after.isupper())


def _splits_number(text: str, start: int, end: int) -> bool:
    """Whether a number continues beyond the stretch, so that another one is left: "234" of "1 234"."""
    if not _DIGIT.search(text, start, end):
        return False
    return Figures(text).bounds(start, end) is None


def _says_number(text: str, start: int, end: int, value: float) -> bool:
    there = (one for several in (digit_numbers(text), word_numbers(text), han_numbers(text)) for one in several)
    inside = [
        part
        for one in there
        for part in (one, *one.parts)
        if start <= part.digits and part.digits_end <= end and _is_apart(text, one)
    ]
    read = [reading.value for one in inside for reading in one.readings]
    return (
        any(_is(one, value) for one in read)
        or may_show(text[start:end], value)
        or _is_counted(text, start, read, value)
    )


def _is_apart(text: str, number: Number) -> bool:
    """Whether a number in digits is not part of a code, a time or a phone number."""
    if number.kind is not Kind.DIGITS or number.parts:
        return True
    return standing(text, number.digits, number.digits_end) is not None


def _is(one: Value, value: float) -> bool:
    with suppress(OverflowError):
        return one == exact(value) or float(one) == value
    return False


def _is_counted(text: str, start: int, read: Iterable[Value], value: float) -> bool:
    """Whether a label before the number names the unit of time that it counts: "Total time (hours): 1.5"."""
    named = {UNITS[word].seconds for word in _WORD.findall(text[:start].casefold()) if word in UNITS} - {0}
    return any(_is(product(one, int(unit)), value * other) for one in read for unit in named for other in UNITS_OF_TIME)


def _says_text(words: str, value: str) -> bool:
    if " ".join(value.split()) == " ".join(words.split()):
        return True
    leaf = Leaf("", value, "value", Relation.SIBLING)
    if locate_leaves([leaf], words, sharing=True)[0].status in _WRITTEN:
        return True
    added = set(_DIGITS.findall(_plain(value))) - set(_DIGITS.findall(_plain(words)))
    return not added and may_show(words, value)


def _plain(text: str) -> str:
    """Return a text with every digit in ASCII."""
    return text if text.isascii() else "".join(ascii_digits(char) if char.isdecimal() else char for char in text)
