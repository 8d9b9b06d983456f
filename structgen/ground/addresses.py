"""Email addresses and URLs: which stretches of them stand for something, and other ways to write them."""

from __future__ import annotations

import re

_LONGEST = 300
"""Characters of an address looked at on either side of a place."""
_SOLID = re.compile(r"[^\s<>\"'()\[\]{}|,;“”]*")
_ADDRESS = re.compile(
    r"(?:[a-z][a-z0-9+.-]{1,20}://|www\.)\S+|\S+@[\w-]+\.\S+|(?:[\w-]+\.)+[a-z]{2,12}/\S*", re.IGNORECASE
)
_GLUE = frozenset("/@?#&=:.-_~%+")
"""What joins the parts of an address."""
_DELIMITERS = frozenset("/@?#&=:")
_URL = re.compile(r"(?:https?://)?(?:www\.)?((?:[\w-]+\.)+[a-z]{2,24}(?::\d+)?(?:[/?#]\S*)?)", re.IGNORECASE)
_WWW = re.compile(r"(?:^|[/@])www\.$", re.IGNORECASE)
_END = ".:!?*_"
"""What ends a sentence or an emphasis and not an address."""


def bare_url(value: str) -> str | None:
    """A URL without scheme, ``www.`` and the slash at its end, which texts often leave out; None for what is none."""
    match = _URL.fullmatch(value)
    return None if match is None else match[1].rstrip("/") or None


def cuts_address(text: str, start: int, end: int) -> bool:
    """Whether this stretch is a piece of an address that means nothing by itself: the ``x`` of ``ann@x.org``.

    One whole part (the host, a step of the path, the name before the @) does, and so does the address without its
    scheme; the beginning of a longer one does not.
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
    """The characters up to the first that no address has."""
    match = _SOLID.match(around)
    return match.group() if match else ""
