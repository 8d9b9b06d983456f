"""Phone numbers and other long codes of digits, which are written with all kinds of marks between the groups."""

from __future__ import annotations

import re
from collections.abc import Set

from structgen.ground.figures import chain
from structgen.ground.places import Grade, Place

_FEWEST, _MOST, _MOST_GROUPS = 7, 20, 10
_CODE = re.compile(r"\+?[\d().\s\u00a0\u2010-\u2013/-]+")
_RUN = re.compile(r"\d++(?:[().\s\u00a0\u2010-\u2013/-]{1,3}\d++)*+")
_JOINED_BEFORE = re.compile(r"[^\W_]$|\d\.$")
_JOINED_AFTER = re.compile(r"\.\d")
_DIGITS = re.compile(r"\d+")


def code_of(value: str) -> str | None:
    """The digits of a code; None for what is no code of at least seven digits."""
    if len(value) > 2 * _MOST or not _CODE.fullmatch(value):
        return None
    digits = "".join(_DIGITS.findall(value))
    return digits if _FEWEST <= len(digits) <= _MOST else None


def find_codes(text: str, wanted: Set[str]) -> dict[str, list[Place]]:
    """Where the digits of the wanted codes stand, as whole groups of which none goes on."""
    found: dict[str, list[Place]] = {}
    for run in _RUN.finditer(text) if wanted else ():
        groups = list(_DIGITS.finditer(text, run.start(), run.end()))
        for first, group in enumerate(groups):
            digits = ""
            for last in groups[first : first + _MOST_GROUPS]:
                digits += last.group()
                if len(digits) > _MOST:
                    break
                if digits in wanted and _is_whole(text, group.start(), last.end()):
                    found.setdefault(digits, []).append(_place(text, group.start(), last.end()))
    return found


def _is_whole(text: str, start: int, end: int) -> bool:
    if _JOINED_BEFORE.search(text, max(0, start - 2), start) or _JOINED_AFTER.match(text, end):
        return False
    return chain(text, start, end) == (start, end)


def _place(text: str, start: int, end: int) -> Place:
    """With the bracket and the plus sign that belong to the first group."""
    if text[start - 1 : start] == "(" and ")" in text[start:end]:
        start -= 1
    if text[start - 1 : start] == "+":
        start -= 1
    return Place(start, end, Grade.WRITTEN)
