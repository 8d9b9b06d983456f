"""Quotes inside a string that nobody escaped: part of its text, or the sign that it ends elsewhere."""

from __future__ import annotations

import re
from collections.abc import Sequence

_MOST_DIGITS = 12
_OPENS_BEHIND = "(<¿¡$€£#@…*&+-"
_CLOSES_BEHIND = " \t\n.,;!?)—–-…’'/"
_OPENER = re.compile(r"(?:\A|[\s(/—–-])\Z")
_AFTER_SIGN = re.compile(r"[,:]\s{0,20}\Z")
_INCHES = re.compile(r"(?:\A|[\s(/×'’-])\d{1,5}(?:[.,/]\d{1,4})?\Z")
_OF_INCHES = re.compile(r" [^\W\d]|-[^\W\d]|\)| ?[x×] ?\d")
_WORD = re.compile(r"[ \t\n]+[^\W\d]|[.!?;]")
_LINE = re.compile(r"[\r\n]")


def are_text(raw: str, places: Sequence[int]) -> bool:
    """Whether the quotes at these places of a string can only be its text: quotations, and inches behind a number.

    A quotation begins before a word and ends behind one, in one line. Whatever else quotes stand beside (a bracket, a
    comma, another quote) may as well be the structure around a string whose own quote is missing, doubled or replaced.
    """
    if '\\"' in raw:  # a model that escapes some of its quotes and not others
        return False
    opened = -1
    for at in places:
        if opened < 0 and _is_inches(raw, at):
            continue
        if opened < 0 and not _opens(raw, at):
            return False
        if opened >= 0 and not _closes(raw, opened, at):
            return False
        opened = at if opened < 0 else -1
    return opened < 0


def _is_inches(raw: str, at: int) -> bool:
    return bool(_INCHES.search(raw[max(at - _MOST_DIGITS, 0) : at]) and _OF_INCHES.match(raw, at + 1))


def _opens(raw: str, at: int) -> bool:
    behind = raw[at + 1 : at + 2]
    return (
        bool(_OPENER.search(raw[max(at - 1, 0) : at]))
        and (behind.isalnum() or behind in _OPENS_BEHIND)
        and behind != ""
    )


def _closes(raw: str, opened: int, at: int) -> bool:
    """Whether a quotation ends here; one that began where a string may begin goes on as prose."""
    behind = raw[at + 1 : at + 2]
    if not raw[at - 1].isalnum() and raw[at - 1] not in ".,!?;)…%’'>*":
        return False
    if behind not in _CLOSES_BEHIND or _LINE.search(raw, opened, at):
        return False
    like_string = opened == 0 or _AFTER_SIGN.search(raw[max(opened - 20, 0) : opened]) is not None
    if behind == ",":
        return not like_string and _WORD.match(raw, at + 2) is not None
    return not like_string or _WORD.match(raw, at + 1) is not None
