"""What stands before the digits of a number: a sign, a currency, a decimal point."""

from __future__ import annotations

import re
from typing import NamedTuple

from structgen.notation import currencies

HYPHENS = "-\u2010\u2011\u2012\u2013"
"""Dashes that also stand between the ends of a range."""
MINUSES = f"{HYPHENS}\u2212\ufe63\uff0d"
"""What may stand for a minus before a number."""
_PLUSES = "+\uff0b"
_CLOSERS = frozenset("%٪％‰°)]}\"'’”″′_" + currencies.SIGNS + MINUSES + _PLUSES)
"""What ends another number, or begins something else, so that a dash behind it is no sign: ``5%-10%``, ``--5``."""
_HEAD = re.compile(
    rf"(?P<outer>[{MINUSES}{_PLUSES}]|(?<!\w)(?i:minus|negative)[ \u00a0])?"
    rf"(?:(?P<currency>{currencies.BEFORE})(?P<gap>[ \u00a0\u202f]?)(?P<inner>[{MINUSES}{_PLUSES}])?)?(?P<point>\.)?$"
)
_LONGEST = 20
_LONGEST_WORD = len("negative") + 1
_SPACES = " \u00a0\u202f"
_LAST_OF_A_HEAD = frozenset(f".{MINUSES}{_PLUSES}{currencies.SIGNS}")
_MINUS_WORDS = frozenset(["minus", "negative"])
_NO_POINT_BEHIND = re.compile(rf"[^{MINUSES}{_PLUSES}{currencies.SIGNS}\s(\[]")


class Head(NamedTuple):
    """What stands before a number.

    `sign` is where its minus begins, in ``-$20`` before the currency. `either` is whether the dash may be a minus or
    that of a range: ``10 -20``; `point` whether the digits are decimals: ``.5``.
    """

    start: int
    sign: int | None = None
    either: bool = False
    currency: tuple[int, int] | None = None
    point: bool = False


def head_at(text: str, start: int, *, simple: bool) -> Head:
    """What stands before the number that begins at `start`; `simple` where the number is digits alone."""
    if start == 0:
        return Head(start)
    end = start - 1 if text[start - 1] in _SPACES else start
    if end == 0 or not (text[end - 1] in _LAST_OF_A_HEAD or _is_word_of_a_head(text, end)):
        return Head(start)
    match = _HEAD.search(text, max(0, start - _LONGEST), start)
    if match is None:
        return Head(start)
    point = match["point"] is not None
    if point and not (simple and not (start > 1 and _NO_POINT_BEHIND.match(text, start - 2))):
        return Head(start)
    currency = match.span("currency") if match["currency"] else None
    first = currency[0] if currency else start - point
    if match["inner"] and (match["gap"] or not match["currency"][-1].isalpha()):
        return _signed(text, match.start("inner"), first, Head(first, currency=currency, point=point))
    if match["outer"]:
        return _signed(text, match.start("outer"), match.start("outer"), Head(first, currency=currency, point=point))
    return Head(first, currency=currency, point=point)


def _is_word_of_a_head(text: str, end: int) -> bool:
    """Whether the letters that end here are a currency or a word for a minus; most often they are neither."""
    low, start = max(0, end - _LONGEST_WORD), end
    while start > low and text[start - 1].isalpha():
        start -= 1
    word = text[start:end]
    return word in currencies.LETTERS or word.lower() in _MINUS_WORDS


def _signed(text: str, at: int, first: int, head: Head) -> Head:
    """The head with the sign, or the word for it, that stands at a place; without where that is no sign."""
    before = text[at - 1] if at else ""
    if first == at and (before.isalnum() or before in _CLOSERS):
        return head
    if text[at] in _PLUSES:
        return head._replace(start=min(first, head.start))
    either = text[at] in HYPHENS and before.isspace() and text[at - 2 : at - 1].isdecimal()
    return head._replace(start=first, sign=at, either=either)
