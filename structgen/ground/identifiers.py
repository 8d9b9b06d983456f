"""Email addresses, URLs, phone numbers and other codes: their spellings, and which stretches of them are whole."""

from __future__ import annotations

import re
from collections.abc import Set

from structgen.ground.numerals import joined_span
from structgen.ground.places import Grade, Place

_LONGEST = 300
"""Maximum characters of an address that are considered on either side of a place."""
_SOLID = re.compile(r"[^\s<>\"'()\[\]{}|,;“”]*")
_ADDRESS = re.compile(
    r"(?:[a-z][a-z0-9+.-]{1,20}://|www\.)\S+|\S+@[\w-]+\.\S+|(?:[\w-]+\.)+[a-z]{2,12}/\S*", re.IGNORECASE
)
_GLUE = frozenset("/@?#&=:.-_~%+")
"""Characters that join the parts of an address."""
_DELIMITERS = frozenset("/@?#&=:")
_URL = re.compile(r"(?:https?://)?(?:www\.)?((?:[\w-]+\.)+[a-z]{2,24}(?::\d+)?(?:[/?#]\S*)?)", re.IGNORECASE)
_WWW = re.compile(r"(?:^|[/@])www\.$", re.IGNORECASE)
_END = ".:!?*_"
"""Characters that end a sentence or an emphasis, not an address."""


def bare_url(value: str) -> str | None:
    """Return a URL without the scheme, ``www.`` and final slash that texts often omit; None if it is not a URL."""
    match = _URL.fullmatch(value)
    return None if match is None else match[1].rstrip("/") or None


def cuts_address(text: str, start: int, end: int) -> bool:
    """Whether this stretch is a meaningless piece of an address: ``x`` in ``ann@x.org``.

    A complete part (the host, a step of the path, the name before the @) has a meaning, and so has the address without
    its scheme. The beginning of a longer address has none.
    """
    if text[start - 1 : start] not in _GLUE and text[end : end + 1] not in _GLUE:
        return False
    before, after = text[max(0, start - _LONGEST) : start], text[end : end + _LONGEST]
    head, tail = _solid(before[::-1])[::-1], _solid(after).rstrip(_END)
    inside = text[start:end]
    if not (head or tail) or any(mark.isspace() for mark in inside) or not _ADDRESS.fullmatch(head + inside + tail):
        return False
    starts = not head or head[-1] in _DELIMITERS or _WWW.search(head) is not None
    if _DELIMITERS.isdisjoint(inside.rstrip("/")):
        return not starts or not (tail == "" or tail[0] in _DELIMITERS)
    return not starts or tail not in ("", "/")


def _solid(around: str) -> str:
    """Return the characters up to the first one that no address contains."""
    match = _SOLID.match(around)
    return match.group() if match else ""


_FEWEST, _MOST, _MOST_GROUPS = 7, 20, 10
_CODE = re.compile(r"\+?[\d().\s\u00a0\u2010-\u2013/-]+")
_RUN = re.compile(r"\d++(?:[().\s\u00a0\u2010-\u2013/-]{1,3}\d++)*+")
_JOINED_BEFORE = re.compile(r"[^\W_]$|\d\.$")
_JOINED_AFTER = re.compile(r"\.\d")
_DIGITS = re.compile(r"\d+")


def code_of(value: str) -> str | None:
    """Return the digits of a code; None if it is not a code of at least seven digits."""
    if len(value) > 2 * _MOST or not _CODE.fullmatch(value):
        return None
    digits = "".join(_DIGITS.findall(value))
    return digits if _FEWEST <= len(digits) <= _MOST else None


def find_codes(text: str, wanted: Set[str]) -> dict[str, list[Place]]:
    """Return where the digits of the wanted codes are, as complete groups."""
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
    return joined_span(text, start, end) == (start, end)


def _place(text: str, start: int, end: int) -> Place:
    """Return the place with the bracket and the plus sign of its first group."""
    if text[start - 1 : start] == "(" and ")" in text[start:end]:
        start -= 1
    if text[start - 1 : start] == "+":
        start -= 1
    return Place(start, end, Grade.WRITTEN)
