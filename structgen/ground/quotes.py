"""Ground a value by the quotes that a model gave for it: the text must contain the quote, and the quote the value."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from datetime import date, time, timedelta
from decimal import Decimal

from structgen.core.records import Evidence, Example, Passage, Status
from structgen.ground.contradictions import names_a_number
from structgen.ground.locate import locate, locate_leaves
from structgen.ground.numerals import Figures
from structgen.ground.passage import passage
from structgen.ground.queries import Leaf, leaves
from structgen.notation.numbers import whole_number
from structgen.notation.readings import Kind

_WRITTEN = frozenset({Status.EXACT, Status.NORMALIZED, Status.AMBIGUOUS})
"""Statuses of a value that is written in its quote."""
_OF_A_QUOTE = {Status.EXACT: Status.QUOTED, Status.NORMALIZED: Status.QUOTED}
_ROOM = 8
"""Maximum characters by which a value may be longer in the text than itself."""
_LONGEST_WORD = 100


def locate_quoted(
    value: object, text: str, quotes: Mapping[str, str | None], apart: Container[str] = ()
) -> tuple[Evidence, ...]:
    """Return the evidence for each leaf of a value, in document order, by its quote. `quotes` are by path.

    A quote that the text contains leads to the value's own place in it or around it, with the status of that place. If
    the value is not written there (a sentiment, a summary), the quote itself is the evidence, as QUOTED. A leaf is
    unsupported if its quote is None or not in the text, even if the text contains its value elsewhere; and so is a
    number or date whose quote has only other numbers. A leaf that is not in `quotes` was not to be quoted, so its value
    is searched for, unless its path is in `apart`. Linear like `locate`.
    """
    found, figures = list(leaves(value, apart)), Figures(text)
    placed = _places(found, figures, quotes)
    asked = [leaf for leaf in found if leaf.path in quotes]
    own = _own([leaf for leaf in asked if leaf.path in placed], figures, placed)
    counting = {span: names_a_number(text[slice(*span)]) for span in {_span(one) for one in placed.values()}}
    pieces = {leaf.path: _evidence(leaf, placed.get(leaf.path), own.get(leaf.path), counting) for leaf in asked}
    if len(asked) < len(found):
        pieces = {piece.path: piece for piece in locate_leaves(found, text, figures=figures)} | pieces
    return tuple(pieces[leaf.path] for leaf in found)


def locate_in_part(
    value: object,
    text: str,
    above: Sequence[Passage],
    quotes: Mapping[str, str | None],
    apart: Container[str] = (),
) -> tuple[Evidence, ...]:
    """Return the evidence for the leaves of a value that was read in a part of a longer text, like `locate_quoted`.

    What is not in the part itself may be in a passage `above` it, such as the date of a row. Its offsets are then
    negative, like those of the passage.
    """
    found = locate_quoted(value, text, quotes, apart)
    if not above or not (open_ := _open(found, text)):
        return found
    words = "\n".join(one.text for one in above)
    there = [piece for piece in locate_quoted(value, words, quotes, apart) if piece.path in open_]
    placed = {piece.path: own for piece in there if (own := _in_passage(piece, above)) is not None}
    return tuple(placed.get(piece.path, piece) for piece in found)


def _open(found: Sequence[Evidence], text: str) -> set[str]:
    """The leaves that may stand above: those found nowhere, and those of list items found only below all the rest.

    The date of a row stands before it. The same date further down is the date of other rows.
    """
    ends: dict[str, list[tuple[int, str]]] = {}
    for piece in found:
        if piece.end is not None:
            ends.setdefault(piece.path.rpartition("/")[0], []).append((piece.end, piece.path))
    behind = {
        piece.path
        for piece in found
        if (above := piece.path.rpartition("/")[0]).rpartition("/")[2].isdecimal()
        and piece.start is not None
        and len(ends[above]) > 1
        and "\n" in text[max(end for end, path in ends[above] if path != piece.path) : piece.start]
    }
    return behind | {piece.path for piece in found if piece.status is Status.UNSUPPORTED}


def _in_passage(piece: Evidence, above: Sequence[Passage]) -> Evidence | None:
    """The evidence at its place in the one passage that holds it; None if none does."""
    begin = 0
    for one in above:
        end = begin + len(one.text)
        if piece.start is not None and piece.end is not None and begin <= piece.start and piece.end <= end:
            return replace(piece, start=one.start + piece.start - begin, end=one.start + piece.end - begin)
        begin = end + 1
    return None


def _places(found: Sequence[Leaf], figures: Figures, quotes: Mapping[str, str | None]) -> dict[str, Evidence]:
    """Return the place of each leaf's quote, by path. Equal quotes within one object share one place."""
    first: dict[tuple[str, str], Leaf] = {}
    same: dict[str, str] = {}
    for leaf in found:
        quote = quotes.get(leaf.path)
        if quote is not None and quote.strip():
            above, _, step = leaf.path.rpartition("/")
            # fields of one object may have one quote; items of a list each have their own, however alike
            holder = leaf.path if step.isdecimal() else above
            one = first.setdefault((holder, quote), replace(leaf, value=quote))
            same[leaf.path] = one.path
    pieces = locate_leaves(list(first.values()), figures.text, figures=figures)
    placed = {piece.path: piece for piece in pieces if piece.start is not None}
    return {path: placed[there] for path, there in same.items() if there in placed}


def _evidence(
    leaf: Leaf, quote: Evidence | None, own: Evidence | None, counting: Mapping[tuple[int, int], bool]
) -> Evidence:
    """Return the evidence by the place of the quote and of the value in it. `counting`: which quotes have a number."""
    if quote is None or (own is None and _is_figure(leaf.value) and counting[_span(quote)]):
        return Evidence(leaf.path, None, None, None, Status.UNSUPPORTED)
    if own is None:
        return replace(quote, path=leaf.path, status=_OF_A_QUOTE.get(quote.status, quote.status))
    return replace(own, status=Status.AMBIGUOUS) if quote.status is Status.AMBIGUOUS else own


def _span(evidence: Evidence) -> tuple[int, int]:
    return evidence.start or 0, evidence.end or 0


def _is_figure(value: object) -> bool:
    """Whether a value is a number, date or time, or a text that is a number in digits."""
    if isinstance(value, str):
        number = whole_number(value)
        return number is not None and number.kind is Kind.DIGITS
    return isinstance(value, int | float | Decimal | date | time | timedelta) and not isinstance(value, bool)


def _own(found: Sequence[Leaf], figures: Figures, placed: Mapping[str, Evidence]) -> dict[str, Evidence]:
    """Return where values are written in their quotes, or around quotes that are only a part of the value.

    The values of one quote are searched for together, because all parts of a long list may share a quote.
    """
    text = figures.text
    together: dict[tuple[int, int], list[Leaf]] = {}
    for leaf in found:
        together.setdefault(_stretch(leaf, text, *_span(placed[leaf.path])), []).append(leaf)
    own: dict[str, Evidence] = {}
    for (low, high), several in together.items():
        named = [replace(leaf, name=leaf.name or "value") for leaf in several]
        for piece in locate_leaves(named, text[low:high], figures=Figures(text[low:high], figures)):
            if piece.start is not None and piece.end is not None and piece.status in _WRITTEN:
                first, last = piece.start + low, piece.end + low
                start, end = _span(placed[piece.path])
                if first < end and last > start and figures.bounds(first, last) is not None:
                    own[piece.path] = replace(piece, start=first, end=last)
    return own


def _stretch(leaf: Leaf, text: str, start: int, end: int) -> tuple[int, int]:
    """Return the part of a text in which a value may be written: its quote, or more if the value is longer."""
    longer = len(leaf.value) - (end - start) if isinstance(leaf.value, str) else 0
    return (start, end) if longer <= 0 else _around(text, start - longer - _ROOM, end + longer + _ROOM)


def _around(text: str, low: int, high: int) -> tuple[int, int]:
    """Return the stretch without splitting a word at its ends, because a part of a number is another number."""
    low, high = max(0, low), min(len(text), high)
    least, most = max(0, low - _LONGEST_WORD), min(len(text), high + _LONGEST_WORD)
    while low > least and not text[low - 1].isspace():
        low -= 1
    while high < most and not text[high].isspace():
        high += 1
    return low, high


LONGEST = 160
"""Maximum characters of a quote for a value that the text does not contain."""
_SHORT = 40
"""Lines and sentences up to this length are quoted whole, because a bare number hardly shows its place."""


def quote_example(example: Example) -> Example:
    """Return the example with a quote for each value: its own, else its place, else what surrounds it.

    A value that the text does not contain (a sentiment) gets the words of its neighbours in the same object if they are
    close together, else no quote.
    """
    found = locate(example.value, example.text)
    placed = [piece for piece in found if piece.status is not Status.UNSUPPORTED]
    quotes = dict(example.quotes)
    for piece in found:
        quote = quotes.get(piece.path) or _quote(example.text, piece, placed)
        if quote:
            quotes[piece.path] = quote
    return replace(example, quotes=quotes)


def _quote(text: str, piece: Evidence, placed: Sequence[Evidence]) -> str:
    """Return the quote for one value; empty if there is none."""
    if piece.start is None or piece.end is None:
        return _beside(text, piece, placed)
    around = _passage(text, [piece])
    return around if 0 < len(around) <= _SHORT else text[piece.start : piece.end]


def _beside(text: str, piece: Evidence, placed: Sequence[Evidence]) -> str:
    """Return what surrounds the other values of the same object, or the whole text if it is short."""
    above = piece.path.rpartition("/")[0]
    near = [one for one in placed if one.path.rpartition("/")[0] == above] if above else []
    quote = _passage(text, near) if near else text.strip()
    return quote if len(quote) <= LONGEST else ""


def _passage(text: str, pieces: Sequence[Evidence]) -> str:
    start, end = passage(text, pieces, around=0)
    return text[start:end].strip()
