"""Ground a value by the quotes that a model gave for it: the quote must stand in the text, the value best within it."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from datetime import date, time, timedelta
from decimal import Decimal

from structgen.core.records import Evidence, Status
from structgen.ground.contradict import names_a_number
from structgen.ground.leaves import Leaf, leaves
from structgen.ground.locate import locate, locate_leaves

_WRITTEN = frozenset({Status.EXACT, Status.NORMALIZED, Status.AMBIGUOUS})
"""How a value may stand in its quote: in its own words or digits, once or several times."""
_OF_A_QUOTE = {Status.EXACT: Status.QUOTED, Status.NORMALIZED: Status.QUOTED}
_ROOM = 8
"""Characters by which a value may be longer in the text than it is written itself."""
_LONGEST_WORD = 100


def locate_quoted(
    value: object, text: str, quotes: Mapping[str, str | None], apart: Container[str] = ()
) -> tuple[Evidence, ...]:
    """The evidence for each leaf of a value, in document order, by its quote; `quotes` are by path.

    A quote that stands in the text leads to the value's own place in it or around it, with the status of that; where
    the value is not written there (a sentiment, a summary) to the quote itself, as QUOTED. A leaf whose quote is None
    or stands nowhere is unsupported, wherever else its value may stand, and so is a number or a date whose quote names
    others. A leaf that `quotes` does not name was not to be quoted, and is looked for by its value; what stands `apart`
    is not. Linear as `locate` is.
    """
    found = list(leaves(value, apart))
    places = _places(found, text, quotes)
    asked = [leaf for leaf in found if leaf.path in quotes]
    own = {leaf.path: _evidence(leaf, text, places.get(leaf.path)) for leaf in asked}
    if len(asked) < len(found):
        own = {piece.path: piece for piece in locate_leaves(found, text)} | own
    return tuple(own[leaf.path] for leaf in found)


def _places(found: Sequence[Leaf], text: str, quotes: Mapping[str, str | None]) -> dict[str, Evidence]:
    """Path of a leaf -> where its quote stands. Equal quotes within one object are one place."""
    first: dict[tuple[str, str], Leaf] = {}
    same: dict[str, str] = {}
    for leaf in found:
        quote = quotes.get(leaf.path)
        if quote is not None and quote.strip():
            one = first.setdefault((leaf.path.rpartition("/")[0], quote), replace(leaf, value=quote))
            same[leaf.path] = one.path
    placed = {piece.path: piece for piece in locate_leaves(list(first.values()), text)}
    return {path: placed[there] for path, there in same.items()}


def _evidence(leaf: Leaf, text: str, quote: Evidence | None) -> Evidence:
    if quote is None or quote.start is None or quote.end is None:
        return Evidence(leaf.path, None, None, None, Status.UNSUPPORTED)
    own = _own(leaf, text, quote.start, quote.end)
    if own is None and _is_figure(leaf.value) and names_a_number(text[quote.start : quote.end]):
        return Evidence(leaf.path, None, None, None, Status.UNSUPPORTED)
    if own is None:
        return replace(quote, path=leaf.path, status=_OF_A_QUOTE.get(quote.status, quote.status))
    return replace(own, status=Status.AMBIGUOUS) if quote.status is Status.AMBIGUOUS else own


def _is_figure(value: object) -> bool:
    return isinstance(value, int | float | Decimal | date | time | timedelta) and not isinstance(value, bool)


def _own(leaf: Leaf, text: str, start: int, end: int) -> Evidence | None:
    """Where the value itself is written in its quote, or around it where the quote is only a part of it."""
    longer = len(leaf.value) - (end - start) if isinstance(leaf.value, str) else 0
    low, high = (start, end) if longer <= 0 else _around(text, start - longer - _ROOM, end + longer + _ROOM)
    key = leaf.name or "value"
    piece = next(iter(locate({key: leaf.value}, text[low:high])), None)
    if piece is None or piece.start is None or piece.end is None or piece.status not in _WRITTEN:
        return None
    begin, finish = piece.start + low, piece.end + low
    return replace(piece, path=leaf.path, start=begin, end=finish) if begin < end and finish > start else None


def _around(text: str, low: int, high: int) -> tuple[int, int]:
    """The stretch, widened so that it cuts no word in two: a part of a number is another number."""
    low, high = max(0, low), min(len(text), high)
    least, most = max(0, low - _LONGEST_WORD), min(len(text), high + _LONGEST_WORD)
    while low > least and not text[low - 1].isspace():
        low -= 1
    while high < most and not text[high].isspace():
        high += 1
    return low, high
