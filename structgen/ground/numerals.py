"""Find the numbers of values in a text, and tell whether a stretch of the text splits a number.

`structgen.notation` reads the numbers, and this module grades their readings. A value that is one of two readings gets
the grade EITHER, unless other numbers of the text show which one is meant.

What surrounds the digits matters: the two ends of ``5-10``, both sides of ``120/80`` and the parts of a date are
numbers of the text. The digits of a time (``12:30``), a phone number (``555-1234``), a code (``A12``, ``COVID-19``)
and a kitchen fraction (``1/3``) are not.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Set
from decimal import Decimal, InvalidOperation
from functools import cached_property
from itertools import chain
from operator import attrgetter

from structgen.ground.places import Grade, Place
from structgen.notation.affixes import BEFORE
from structgen.notation.affixes import MINUSES as DASHES
from structgen.notation.digits import VULGAR, digit_runs, key
from structgen.notation.number_words import COUNTING_WORDS, han_numbers, word_numbers
from structgen.notation.numbers import digit_numbers, fraction_numbers, number_of
from structgen.notation.readings import Kind, Number, NumberReading, Value
from structgen.notation.style import Style, style_of

_ONE = r"\d++(?:[.,'’\u066b\u066c]\d++)*+"
"""A number with its separators, read forwards or backwards."""
_CHAINED = re.compile(rf"(?:[{DASHES}/:]{_ONE})*+")
_LONGEST_PIECE = 24
_JOINTS_BUT_SLASHES = frozenset(f"{DASHES}:")
_JOINT = re.compile(rf"[{DASHES}/:]")
_LONGEST_CHAIN = 64
"""Maximum characters that are considered on either side. Longer chains have no meaning."""
_PREFIX = re.compile(rf"(?:{BEFORE}|(?<![^\W\d_])(?:US|CA|AU|NZ|HK|[RSQxX]))$")
"""Letters directly before a number that are not part of it: currencies, the Q of a quarter, the x of "x2"."""
_UNIT_AFTER = re.compile(
    r"\s?(?:%|°|€|\$|(?:min|mins|minuten?|minutes?|hours?|hrs?|h|std|sec|seconds?|days?|weeks?|months?|years?|[kmµ]?g|m?l|[cmk]?m"
    r"|kcal|cal|oz|lbs?|cups?|tsp|tbsp|people|persons|servings?)(?![^\W_]))"
)
"""Units that show that a number measures something, even if a word is glued to it: "Total time40 min"."""
_CAPITALS = re.compile(r"(?<![^\W_])(?:[^\W\d_a-z]{1,6}|[a-z])$")
_CODE_AFTER = re.compile(r"(?![eE]\d{1,3}(?!\w))[^\W\d_]+\d")
_TIME = re.compile(r"\d{1,2}:[0-5]\d(?::[0-5]\d)?")
_PHONE = re.compile(r"\d{3}-\d{4}")
_DIALLED = re.compile(
    r"(?:\+|(?<!\w)(?i:tel(?:ephone|efon)?|phone|fax|mobile)[.:]{0,2}\s\(?)\d{1,5}(?:[ \u00a0().-]{1,3}\d{1,5}){2,7}"
)
"""A phone number in groups, after a word or sign that shows that it is one."""
_FEWEST_DIALLED, _LONGEST_DIALLED = 9, 48
_MODEL = re.compile(r"(?<![^\W_])[^\W\d_a-z][a-z]++[ \u00a0]([1-9]\d\d)[-\u2010\u2011]$")
"""A name with a three-digit number and a hyphen: "Boeing 737-" in "Boeing 737-19", which is not a range."""
_DATE = re.compile(r"(\d{1,4})(\D)(\d{1,2})\2(\d{1,4})")
_KITCHEN = frozenset({2, 3, 4, 6, 8, 16, 32, 64})
"""Denominators of measures. Any other fraction (``4/5``, ``3/10``) consists of two numbers."""


def standing(text: str, start: int, end: int) -> Grade | None:
    """Return the grade of the number ``text[start:end]``; None if it is part of something else."""
    before = text[max(0, start - _LONGEST_CHAIN) : start]
    after = text[end : end + _LONGEST_CHAIN]
    grade = _glued(before, after)
    if grade is None:
        return None
    if _is_dialled(text, start, end):
        return None
    left, right = _reach(before[::-1]), _reach(after)
    # Ranges go up, so "Boeing 737-19" is a model; but nobody knows whether its last part counts something.
    if (model := _MODEL.search(before)) and text[start:end].isdecimal() and int(model[1]) > int(text[start:end][:4]):
        return Grade.EITHER
    if not left and not right:
        return grade
    return _in_chain(before[len(before) - left :], text[start:end], after[:right])


def glued(text: str, start: int, end: int) -> Grade | None:
    """Return the grade by the neighbouring characters alone, without dashes, slashes and colons."""
    return _glued(text[max(0, start - _LONGEST_CHAIN) : start], text[end : end + _LONGEST_CHAIN])


def joined_span(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the span of these digits with everything joined by dashes, slashes and colons: ``415-555-1234``."""
    left, right = text[max(0, start - _LONGEST_CHAIN) : start], text[end : end + _LONGEST_CHAIN]
    return start - _reach(left[::-1]), end + _reach(right)


def _is_dialled(text: str, start: int, end: int) -> bool:
    """Whether this is one group of a phone number. All its digits together may still be a number: "+12 345 678"."""
    low, high = max(0, start - _LONGEST_DIALLED), end + _LONGEST_DIALLED
    if text[end : end + 1].isalnum():  # a unit follows: "+12 345 678g"
        return False
    for match in _DIALLED.finditer(text, low, high):
        if match.start() < start < match.end() or match.start() < end < match.end():
            digits = sum(map(str.isdecimal, match.group()))
            return digits >= _FEWEST_DIALLED and not (match.end() == end and match.start() + 1 >= start)
    return False


def _reach(around: str) -> int:
    """Return the length of the groups of digits with joints that follow."""
    match = _CHAINED.match(around)
    return match.end() if match else 0


def _glued(before: str, after: str) -> Grade | None:
    """Return the grade by the letters directly before and after the number."""
    if before[-1:] == "_" or _CODE_AFTER.match(after):
        return Grade.INSIDE if _is_size(after) else None
    if before[-1:].isalpha() and before[-1] < "\u0e00":  # scripts from Thai on have no space before a number
        known = _PREFIX.search(before) and not after[:1].isalpha()
        return Grade.INSIDE if known or _UNIT_AFTER.match(after) else None
    if before[-1:] and before[-1] in DASHES and before[-2:-1].isalpha():
        # "COVID-19" is a code, while "mid-1990" contains a year.
        return None if _CAPITALS.search(before[:-1]) else Grade.INSIDE
    return Grade.WRITTEN


def _is_size(after: str) -> bool:
    """Whether this is the first number of ``1920x1080``."""
    return after.startswith(("x", "X", "\u00d7")) and after[1:2].isdecimal()


def _in_chain(left: str, own: str, right: str) -> Grade | None:
    """Return the grade of one of several numbers that are joined."""
    written = left + own + right
    if _TIME.fullmatch(written) or _PHONE.fullmatch(written):
        round_ends = _PHONE.fullmatch(written) and written[2] == written[-1] == "0"  # ``500-1000`` is a range
        return Grade.INSIDE if round_ends else None
    pieces = [piece for piece in (*_JOINT.split(left), own, *_JOINT.split(right)) if piece]
    if max(map(len, pieces)) > _LONGEST_PIECE:
        return None
    # Two joined numbers are a range or a score. Of more, only dates and sizes ("1.5/2.5/10") are numbers of the text.
    if len(pieces) == 2:
        return None if _is_fraction(written, *pieces) else Grade.INSIDE
    sizes = "/" in written and _JOINTS_BUT_SLASHES.isdisjoint(written) and not all(map(str.isdecimal, pieces))
    return Grade.INSIDE if sizes or _is_date(written) else None


def _is_fraction(written: str, first: str, second: str) -> bool:
    """Whether two joined numbers are a kitchen fraction such as ``1/3``, which has no decimals."""
    if "/" not in written or not (first.isdecimal() and second.isdecimal()):
        return False
    return int(first) < int(second) and int(second) in _KITCHEN


def _is_date(written: str) -> bool:
    match = _DATE.fullmatch(written)
    if match is None or match[2] == ":":
        return False
    first, middle, last = int(match[1]), int(match[3]), int(match[4])
    if len(match[1]) > 2:
        return len(match[4]) <= 2 and 1 <= middle <= 12 and 1 <= last <= 31
    return 1 <= min(first, middle) <= 12 and 1 <= max(first, middle) <= 31


_LARGEST_EXPONENT = 400
_DIGIT = re.compile(r"\d")
_DIGIT_OR_FRACTION = re.compile(rf"[\d{VULGAR}]")
_COUNTING = "|".join(sorted(COUNTING_WORDS, key=len, reverse=True))
_FIRST_COUNTS = re.compile(rf"\W{{0,3}}(?P<word>[{VULGAR}]|(?:{_COUNTING})(?![^\W_]))", re.IGNORECASE)
_LAST_COUNTS = re.compile(rf"(?P<word>[{VULGAR}]|(?<![^\W_])(?:{_COUNTING}))\W{{0,3}}$", re.IGNORECASE)
_LONGEST_WORD = max(map(len, COUNTING_WORDS)) + 3
_AROUND = 40
"""Maximum characters on either side of the digits that may belong to a number."""
_SLASHES = "/\u2215"

Numeral = tuple[Value, Place]
"""A number and its place."""


def exact(value: object) -> Decimal | None:
    """Return an int, float, Decimal or number in a string as written; None if it is not a finite number."""
    try:
        number = Decimal(repr(value) if isinstance(value, float) else str(value))
    except (InvalidOperation, ValueError):  # ValueError: an int with more digits than Python converts to text
        return None
    return number if number.is_finite() and abs(number.adjusted()) <= _LARGEST_EXPONENT else None


def may_count(text: str) -> bool:
    """Whether this phrase begins or ends with a number, which may continue in a text that contains the phrase."""
    return _DIGIT_OR_FRACTION.search(text) is not None or bool(counting_words(text, 0, len(text)))


def counting_words(text: str, start: int, end: int) -> set[int]:
    """Return the offsets of the first and last word of a stretch, if they are numbers or single-character fractions."""
    first = _FIRST_COUNTS.match(text, start, end)
    last = _LAST_COUNTS.search(text, max(start, end - _LONGEST_WORD), end)
    return {match.start("word") for match in (first, last) if match is not None}


class Figures:
    """The numbers of one text. Each is read when it is needed, and cached.

    The style is that of `whole`, if the text is a part of a longer one.
    """

    def __init__(self, text: str, whole: Figures | None = None) -> None:
        self.text = text
        self._whole = whole
        self._read: dict[int, Number] = {}

    @cached_property
    def style(self) -> Style:
        """The style in which the text writes its numbers."""
        return style_of(self.text) if self._whole is None else self._whole.style

    @cached_property
    def _runs(self) -> list[re.Match[str]]:
        return list(digit_runs(self.text))

    @cached_property
    def _starts(self) -> array[int]:
        return array("l", [run.start() for run in self._runs])

    @cached_property
    def _spelled(self) -> list[Number]:
        """Numbers in words and single-character fractions."""
        return sorted(chain(word_numbers(self.text), fraction_numbers(self.text)), key=attrgetter("digits"))

    @cached_property
    def _spelled_starts(self) -> array[int]:
        return array("l", [number.digits for number in self._spelled])

    def find(self, wanted: Set[Value]) -> dict[Value, list[Place]]:
        """Return where the wanted numbers are, in digits or in words."""
        found: dict[Value, list[Place]] = {}
        # The keys only skip numbers that cannot match; what remains is compared exactly.
        for value, place in self._numerals(wanted) if wanted else ():
            if value in wanted:
                found.setdefault(value, []).append(place)
        return found

    def _numerals(self, wanted: Set[Value]) -> Iterator[Numeral]:
        keys = {key(format(value, "f") if isinstance(value, Decimal) else str(value)) for value in wanted}
        for number in digit_numbers(self.text, keys):
            yield from self._places(number)
        for number in chain(word_numbers(self.text), han_numbers(self.text)):
            yield from self._graded(number, Grade.INSIDE if number.ordinal else Grade.WRITTEN)

    def _places(self, number: Number) -> Iterator[Numeral]:
        """Yield the numbers that a written number may be, each with its place."""
        first, last = number.digits, number.digits_end
        slashed = self._is_slashed(number)
        grade = glued(self.text, first, last) if slashed else standing(self.text, first, last)
        if grade is not None:
            yield from self._graded(number, grade)
        if slashed:  # its parts are numbers too, unless it is a measure
            for part in number.parts:
                yield from self._places(part)
        elif grade is not None and number.parts:
            # "10 200" is one number or two. "1,2,3" is certainly a list.
            rest = Grade.EITHER if number.readings else max(grade, Grade.INSIDE) if self._is_list(number) else grade
            yield from ((one.value, Place(one.start, one.end, rest)) for part in number.parts for one in part.readings)

    def _is_list(self, number: Number) -> bool:
        return "," in self.text[number.digits : number.digits_end] and not self._are_cells(number)

    def _are_cells(self, number: Number) -> bool:
        """Whether its parts are cells of comma-separated values: "13.75,12" is not a number in any notation."""
        written = self.text[number.digits : number.digits_end]
        return bool(number.parts) and not number.readings and "," in written and "." in written

    def _graded(self, number: Number, grade: Grade) -> Iterator[Numeral]:
        """Yield the readings that the style of the text leaves, as EITHER if several are likely."""
        settled = self._settled(number.readings)
        sure = len(_values(settled)) == 1
        for one in settled:
            yield one.value, Place(one.start, one.end, grade if sure and not one.unlikely else Grade.EITHER)

    def _settled(self, readings: tuple[NumberReading, ...]) -> tuple[NumberReading, ...]:
        return self.style.settle(readings) if len(_values(readings)) > 1 else readings

    def _around(self, at: int) -> Number | None:
        """Return the number whose digits, words or scale word include an offset, or None."""
        run, spelled = bisect_right(self._starts, at) - 1, bisect_right(self._spelled_starts, at) - 1
        # A scale word belongs to the digits before it, unless it begins a number in words itself.
        if run >= 0 and self._runs[run].end() > at:
            return self._number(run)
        if spelled >= 0 and self._spelled[spelled].digits_end > at:
            return self._spelled[spelled]
        return self._number(run) if run >= 0 and self._number(run).end > at else None

    def _is_slashed(self, number: Number) -> bool:
        """Whether its parts are numbers with a slash between them, like 4 and 5 in "4/5"."""
        return bool(number.parts) and self.text[number.parts[0].digits_end] in _SLASHES

    def bounds(self, start: int, end: int) -> Grade | None:
        """Return OWN if the ends of a stretch split no number, and None if they split one.

        A stretch with one of two likely readings is EITHER: 20.00 in "(20.00)".
        """
        grade = Grade.OWN
        for number in self._at_the_ends(start, end):
            own = self._cut(number, start, end)
            if own is None:
                return None
            grade = max(grade, own)
        return grade

    def _at_the_ends(self, start: int, end: int) -> Iterator[Number]:
        """Yield the first and last number of a stretch in digits, and the numbers in words at its ends."""
        if _DIGIT.search(self.text, start, end):
            first, last = bisect_right(self._starts, start) - 1, bisect_right(self._starts, end - 1) - 1
            if first < 0 or self._runs[first].end() <= start:
                first += 1
            yield from (self._number(place) for place in sorted({first, last}) if place >= first)
        for at in counting_words(self.text, start, end):
            if (number := self._around(at)) is not None:
                yield number

    def _number(self, place: int) -> Number:
        """Return the number of a run of digits, by the index of the run."""
        if place not in self._read:
            self._read[place] = number_of(self._runs[place])
        return self._read[place]

    def _cut(self, number: Number, start: int, end: int) -> Grade | None:
        """Return what a stretch does to a number: OWN, EITHER, or None if what remains is another number."""
        readings = [one for one in self._settled(number.readings) if not one.percent]
        likely = [one for one in readings if not one.unlikely]
        if all(start <= one.start and one.end <= end for one in likely):
            return Grade.OWN
        if self._are_cells(number):
            at_start = start <= number.digits or any(part.digits == start for part in number.parts)
            at_end = end >= number.digits_end or any(part.digits_end == end for part in number.parts)
            return Grade.OWN if at_start and at_end else None
        if self._is_slashed(number):
            return Grade.OWN  # `standing` has graded its two numbers
        # A part of a number is evidence only if it says the same value: "234" of "1 234" does not.
        left = self._alone(number, max(start, number.start - _AROUND), min(end, number.end + _AROUND))
        if left & {one.value for one in likely}:
            return Grade.OWN if {one.value for one in likely} <= left else Grade.EITHER
        if number.kind is Kind.WORDS:  # a quote may end within a number: "lived five" of "lived five hundred years"
            return Grade.EITHER
        others = (one for several in (readings, *(part.readings for part in number.parts)) for one in several)
        return Grade.EITHER if left & {one.value for one in others} else None

    def _alone(self, number: Number, start: int, end: int) -> set[Value]:
        """Return the values of that part of a number that is within a stretch."""
        clipped = self.text[start:end]
        found = word_numbers(clipped) if number.kind is Kind.WORDS else digit_numbers(clipped)
        near = (one for one in found if one.end + start > number.digits and one.start + start < number.digits_end)
        return {one.value for several in near for one in self._settled(several.readings) if not one.percent}

    def values_at(self, at: int) -> set[Value]:
        """Return the likely values of the number at an offset; empty if it is not a number as a whole."""
        number = self._around(at)
        return _values(self._settled(number.readings)) if number is not None else set()

    def values_between(self, start: int, end: int) -> set[Value]:
        """Return all values that the numbers in digits of a stretch may have."""
        first, last = bisect_left(self._starts, start), bisect_left(self._starts, end)
        found = (self._number(place) for place in range(first, last))
        several = (one for number in found for one in (number, *number.parts))
        return {reading.value for number in several for reading in self._settled(number.readings)}


def _values(readings: Iterable[NumberReading]) -> set[Value]:
    """Return the likely values among readings."""
    return {one.value for one in readings if not one.percent and not one.unlikely}
