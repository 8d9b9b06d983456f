"""Ground a value by the quotes that a model gave for it: the quote must stand in the text, the value best within it."""

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
    """The evidence for the leaves of a value that was read in a part of a longer text, as `locate_quoted` finds it.

    What stands nowhere in the part itself may stand in a passage `above` it, such as the date of a row: then its
    offsets are less than 0, like those of the passage.
    """
    found = locate_quoted(value, text, quotes, apart)
    missing = {piece.path for piece in found if piece.status is Status.UNSUPPORTED} if above else set[str]()
    if not missing:
        return found
    words = "\n".join(one.text for one in above)
    there = [piece for piece in locate_quoted(value, words, quotes, apart) if piece.path in missing]
    placed = {piece.path: own for piece in there if (own := _in_passage(piece, above)) is not None}
    return tuple(placed.get(piece.path, piece) for piece in found)


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
    """Path of a leaf -> where its quote stands. Equal quotes within one object are one place."""
    first: dict[tuple[str, str], Leaf] = {}
    same: dict[str, str] = {}
    for leaf in found:
        quote = quotes.get(leaf.path)
        if quote is not None and quote.strip():
            one = first.setdefault((leaf.path.rpartition("/")[0], quote), replace(leaf, value=quote))
            same[leaf.path] = one.path
    pieces = locate_leaves(list(first.values()), figures.text, figures=figures)
    placed = {piece.path: piece for piece in pieces if piece.start is not None}
    return {path: placed[there] for path, there in same.items() if there in placed}


def _evidence(
    leaf: Leaf, quote: Evidence | None, own: Evidence | None, counting: Mapping[tuple[int, int], bool]
) -> Evidence:
    """By where its quote stands, and itself in it; `counting` says which places of quotes name a number."""
    if quote is None or (own is None and _is_figure(leaf.value) and counting[_span(quote)]):
        return Evidence(leaf.path, None, None, None, Status.UNSUPPORTED)
    if own is None:
        return replace(quote, path=leaf.path, status=_OF_A_QUOTE.get(quote.status, quote.status))
    return replace(own, status=Status.AMBIGUOUS) if quote.status is Status.AMBIGUOUS else own


def _span(evidence: Evidence) -> tuple[int, int]:
    return evidence.start or 0, evidence.end or 0


def _is_figure(value: object) -> bool:
    """Whether a value is a number, a date or a time, or a text that is a number in digits."""
    if isinstance(value, str):
        number = whole_number(value)
        return number is not None and number.kind is Kind.DIGITS
    return isinstance(value, int | float | Decimal | date | time | timedelta) and not isinstance(value, bool)


def _own(found: Sequence[Leaf], figures: Figures, placed: Mapping[str, Evidence]) -> dict[str, Evidence]:
    """Where values themselves are written in their quotes, or around one that is only a part of its value.

    The values of one quote are looked for together: a quote may be that of all parts of a long list.
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
    """The part of a text in which a value may be written: its quote, or more where the value is longer than it."""
    longer = len(leaf.value) - (end - start) if isinstance(leaf.value, str) else 0
    return (start, end) if longer <= 0 else _around(text, start - longer - _ROOM, end + longer + _ROOM)


def _around(text: str, low: int, high: int) -> tuple[int, int]:
    """The stretch, widened so that it cuts no word in two: a part of a number is another number."""
    low, high = max(0, low), min(len(text), high)
    least, most = max(0, low - _LONGEST_WORD), min(len(text), high + _LONGEST_WORD)
    while low > least and not text[low - 1].isspace():
        low -= 1
    while high < most and not text[high].isspace():
        high += 1
    return low, high


LONGEST = 160
"""Characters of the longest quote that is shown for a value that does not stand in the text itself."""
_SHORT = 40
"""A line or sentence of so many characters is quoted whole: a bare number says little about where it stands."""


def quote_example(example: Example) -> Example:
    """The example with a quote for each value: its own, else where the value stands, else what is around it.

    A value that does not stand in the text (a sentiment) gets the words of its neighbours in the same object, where
    they are close together; none where they are not.
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
    """The words for one value; empty where there are none."""
    if piece.start is None or piece.end is None:
        return _beside(text, piece, placed)
    around = _passage(text, [piece])
    return around if 0 < len(around) <= _SHORT else text[piece.start : piece.end]


def _beside(text: str, piece: Evidence, placed: Sequence[Evidence]) -> str:
    """What stands around the other values of the same object; the whole text where it is short."""
    above = piece.path.rpartition("/")[0]
    near = [one for one in placed if one.path.rpartition("/")[0] == above] if above else []
    quote = _passage(text, near) if near else text.strip()
    return quote if len(quote) <= LONGEST else ""


def _passage(text: str, pieces: Sequence[Evidence]) -> str:
    start, end = passage(text, pieces, around=0)
    return text[start:end].strip()
