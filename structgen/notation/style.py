"""The sign that a text uses as decimal point, if its numbers tell: ``.`` in English, ``,`` in German.

A number with only one reading is evidence: ``1,299.00`` and ``1'299.50`` for the full stop, ``12.500,00`` and
``1.234.567`` for the comma. A plain ``3.5`` is weaker evidence, because sections, versions, dates and times look like
it. It counts if there is no strong evidence, unless the words around it make it a name. If evidence of the same
strength disagrees, nothing is settled.

Brackets are a minus in columns of amounts: if a bracketed amount and a bare one each fill a cell of a table.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from structgen.notation.affixes import SIGNS
from structgen.notation.digits import Digits, digit_runs, ways_to_read
from structgen.notation.numbers import number_of
from structgen.notation.readings import NumberReading

_OTHER = {".": ",", ",": "."}
_MARKED = re.compile(r"\d[.,]\d")
_JOINTS = frozenset("-–/:_")
_NAMES = (
    "abb abs absatz abschnitt anhang annex app appendix art article articles artikel bild ch chap chapter clause eq "
    "equation exhibit fig figure figures item kap kapitel level no nr number page pages para paragraph part phase "
    "point pp punkt release rule satz sec schedule section sections seite sheet step tab table tabelle task teil v "
    "ver version vol volume ziff ziffer"
)
_NAME_BEFORE = re.compile(rf"(?:§|#|\b(?:{'|'.join(_NAMES.split())})\.?)\s?$", re.IGNORECASE)
_TITLE_BEFORE = re.compile(r"(?<![^\W_])[^\W\d_a-z]\w*[.:]?[ ]$")
_LINE_BEFORE = re.compile(r"(?:\A|\n)[ \t]*$")
_HEADING_BEHIND = re.compile(r"[ \t]+[^\W\d_a-z]")
_LISTED_BEHIND = re.compile(r"[)\]]|,? (?:and|or|und|oder|et|ou|y|e|o|&) ?\d")
_CLOCK_BEFORE = re.compile(r"\b(?:at|um|ab|bis|kl\.?|kello|alle|ore|klokken)[ ]$", re.IGNORECASE)
_MINUTES = re.compile(r"[.,][0-5]\d$")
_CLOCK_BEHIND = re.compile(r"\s?(?:Uhr|uhr|[hH]\b|[ap]\.?\s?m\b)")
_LINE_ENDS = re.compile(r"[ \t]*(?:\r?\n|\Z)")
_LONGEST_WORD = 24
_AMOUNT = rf"[{SIGNS}]?[ ]?\d[\d.,'’]{{0,24}}[.,]\d\d\d?"
_CELL_ENDS = r"[ ]?(?=\r?\n|\t|  |\||\Z)"
_CELL = re.compile(rf"(?:\A|\n|\t|  |\|)[ ]?{_AMOUNT}{_CELL_ENDS}")
_BRACKETED_CELL = re.compile(rf"(?:\A|\n|\t|  |\|)[ ]?[{SIGNS}]?[ ]?\({_AMOUNT}\){_CELL_ENDS}")


@dataclass(frozen=True, slots=True)
class Style:
    """How a text writes its numbers. Empty if its numbers do not tell."""

    point: str = ""
    """The sign before decimals, ``.`` or ``,``."""
    brackets: bool = False
    """Whether amounts form columns, in which brackets around an amount are a minus."""

    def settle(self, readings: Iterable[NumberReading]) -> tuple[NumberReading, ...]:
        """Return the readings that agree with the style; all of them if none does, or if the style is unknown."""
        found = tuple(readings)
        if self.brackets:
            found = tuple(one for one in found if one.bracketed and not one.unlikely) or found
        if not self.point or len(found) < 2:
            return found
        agreeing = tuple(one for one in found if one.point in ("", self.point) and one.group != self.point)
        return agreeing or found


UNSETTLED = Style()
"""The style of a text whose numbers do not tell, or are not looked at."""


def style_of(text: str) -> Style:
    """Return the style of a text. Linear. Only numbers with a full stop or comma between digits are considered."""
    strong, weak = set[str](), set[str]()
    for run in digit_runs(text) if _MARKED.search(text) else ():
        marks = _marks(run)
        if not marks or _is_joined(text, *run.span()):
            continue
        if len(marks) == 1 and marks[0].group:
            strong.add(_point(marks))
        elif not (len(marks) == 1 and marks[0].point in strong):
            number = number_of(run)
            point = _point({Digits("", one.point, one.group) for one in number.readings if not one.unlikely})
            if number.currency or any(reading.percent for reading in number.readings):
                strong.add(point)
            elif not strong and not _is_name(text, *run.span()):
                weak.add(point)
    points = (strong - {""}) or (weak - {""})
    return Style(points.pop() if len(points) == 1 else "", _has_columns(text))


def _has_columns(text: str) -> bool:
    """Whether amounts fill cells of a table, some with brackets and some without."""
    return _BRACKETED_CELL.search(text) is not None and _CELL.search(text) is not None


def _marks(run: re.Match[str]) -> tuple[Digits, ...]:
    """Return the ways to read a number that has a full stop or a comma; empty for any other."""
    written = run.group()
    return ways_to_read(written) if run.lastgroup == "rest" and ("." in written or "," in written) else ()


def _point(ways: Iterable[Digits]) -> str:
    """Return the decimal point that a number shows; empty if it shows none, or has two readings."""
    points = {way.point if way.point in _OTHER else _OTHER.get(way.group, "") for way in ways}
    return points.pop() if len(points) == 1 else ""


def _is_joined(text: str, start: int, end: int) -> bool:
    """Whether it belongs to a date, a time, a range or a code."""
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    return (
        (before[-1:] in _JOINTS and before[:-1].isalnum())
        or (after[:1] in _JOINTS and after[1:].isdecimal())
        or before[-1:].isalpha()
    )


def _is_name(text: str, start: int, end: int) -> bool:
    """Whether it may be the number of a section, a version, a date or a time, or two numbers of a list."""
    if text[end : end + 1] == "." or _CLOCK_BEHIND.match(text, end):
        return True
    if text[start] == "0" and text[start + 1].isdecimal():
        return True
    low = max(0, start - _LONGEST_WORD)
    if _NAME_BEFORE.search(text, low, start):
        return True
    if _LINE_BEFORE.search(text, low, start):
        return _HEADING_BEHIND.match(text, end) is not None
    if "," in text[start:end] and _LISTED_BEHIND.match(text, end):
        return True
    if _MINUTES.search(text, start, end) and _CLOCK_BEFORE.search(text, low, start):
        return True
    return _TITLE_BEFORE.search(text, low, start) is not None and not _LINE_ENDS.match(text, end)
