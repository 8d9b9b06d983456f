"""Ground a value by the quotes that a model gave for it: the text must contain the quote, and the quote the value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Hashable, Mapping, Sequence
from dataclasses import replace

from structgen.core.records import Evidence, Example, Passage, Status
from structgen.ground.contradictions import names_a_number
from structgen.ground.distinct_items import Form, surplus
from structgen.ground.locate import locate, locate_leaves
from structgen.ground.numerals import Figures
from structgen.ground.passage import passage
from structgen.ground.queries import Leaf, leaves, query
from structgen.ground.quote_support import is_empty, is_figure, may_show

_WRITTEN = frozenset({Status.EXACT, Status.NORMALIZED, Status.AMBIGUOUS})
"""Statuses of a value that is written in its quote."""
_OF_A_QUOTE = {Status.EXACT: Status.QUOTED, Status.NORMALIZED: Status.QUOTED}
_ROOM = 8
"""Maximum characters by which a value may be longer in the text than itself."""
_LONGEST_WORD = 100


def locate_quoted(
    value: object,
    text: str,
    quotes: Mapping[str, str | None],
    apart: Container[str] = (),
    choices: Container[str] = (),
) -> tuple[Evidence, ...]:
    """Return the evidence for each leaf of a value, in document order, by its quote. `quotes` are by path.

    A quote that the text contains leads to the value's own place in it or around it, with the status of that place. If
    the value is not written there (a sentiment, a summary), the quote itself is the evidence, as QUOTED. A leaf is
    unsupported if its quote is None, not in the text or without a word that means something, even if the text contains
    its value elsewhere. So is a number, date, code or name that has nothing in common with its quote, unless it is one
    of the `choices` of the schema (their paths), and an item of a list whose place another item has. A leaf that is not
    in `quotes` was not to be quoted, so its value is searched for, unless its path is in `apart`. Linear like `locate`.
    """
    found = list(leaves(value, apart))
    return _once_each(found, *_pieces(found, text, quotes, choices))


def _pieces(
    found: Sequence[Leaf],
    text: str,
    quotes: Mapping[str, str | None],
    choices: Container[str],
    *,
    sharing: bool = False,
) -> tuple[dict[str, Evidence], Mapping[str, Evidence]]:
    """Return the evidence by path, and the part of it that is the value itself and not only its quote.

    `sharing`: leaves without a quote may share places, like those with one.
    """
    figures = Figures(text)
    placed = _places(found, figures, quotes)
    asked = [leaf for leaf in found if leaf.path in quotes]
    own = _own([leaf for leaf in asked if leaf.path in placed], figures, placed)
    pieces = {
        leaf.path: _evidence(leaf, placed.get(leaf.path), own.get(leaf.path), text, chosen=leaf.path in choices)
        for leaf in asked
    }
    if len(asked) < len(found):
        located = locate_leaves(found, text, figures=figures, sharing=sharing)
        pieces = {piece.path: piece for piece in located} | pieces
    return pieces, own


def _once_each(
    found: Sequence[Leaf], pieces: Mapping[str, Evidence], own: Mapping[str, Evidence]
) -> tuple[Evidence, ...]:
    """Return the evidence in the order of the leaves. Items without a place for themselves are unsupported."""
    spans = {n: _span(pieces[leaf.path]) for n, leaf in enumerate(found) if pieces[leaf.path].start is not None}

    def form_of(number: int) -> Form:
        path = found[number].path
        if path not in own:
            return Form.SHOWN
        return Form.OWN if own[path].status is Status.EXACT else Form.OTHER

    gone = surplus(found, spans, lambda number: query(found[number]), form_of)
    return tuple(
        Evidence(leaf.path, None, None, None, Status.UNSUPPORTED) if number in gone else pieces[leaf.path]
        for number, leaf in enumerate(found)
    )


def locate_in_part(
    value: object,
    text: str,
    above: Sequence[Passage],
    quotes: Mapping[str, str | None],
    apart: Container[str] = (),
    choices: Container[str] = (),
) -> tuple[Evidence, ...]:
    """Return the evidence for the leaves of a value that was read in a part of a longer text, like `locate_quoted`.

    What is not in the part itself may be in a passage `above` it, such as the date of a row. Its offsets are then
    negative, like those of the passage.
    """
    found = locate_quoted(value, text, quotes, apart, choices)
    if not above or not (open_ := _open(found, text)):
        return found
    words = "\n".join(one.text for one in above)
    # rows that are equal but for a value above them are at different places of the part, so they may share it
    above_them, _ = _pieces(list(leaves(value, apart)), words, quotes, choices, sharing=True)
    there = [piece for path, piece in above_them.items() if path in open_]
    placed = {piece.path: own for piece in there if (own := _in_passage(piece, above)) is not None}
    return tuple(placed.get(piece.path, piece) for piece in found)


def _open(found: Sequence[Evidence], text: str) -> set[str]:
    """Return the paths of leaves that may be above the part: found nowhere, or only below the rest of their item.

    The date of a row precedes the row. The same date further down is the date of other rows.
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
    """Return the evidence with its offsets in the passage that contains it, or None if no passage does."""
    begin = 0
    for one in above:
        end = begin + len(one.text)
        if piece.start is not None and piece.end is not None and begin <= piece.start and piece.end <= end:
            return replace(piece, start=one.start + piece.start - begin, end=one.start + piece.end - begin)
        begin = end + 1
    return None


def _places(found: Sequence[Leaf], figures: Figures, quotes: Mapping[str, str | None]) -> dict[str, Evidence]:
    """Return the place of each leaf's quote, by path.

    Equal quotes of different values in one object or list share one place. Equal values take successive places.
    """
    first: dict[tuple[str, str, int], Leaf] = {}
    same: dict[str, str] = {}
    turns: Counter[Hashable] = Counter()
    for leaf in found:
        quote = quotes.get(leaf.path)
        if quote is not None and quote.strip():
            above = leaf.path.rpartition("/")[0]
            equal = above, quote, query(leaf)
            one = first.setdefault((above, quote, turns[equal]), replace(leaf, value=quote))
            same[leaf.path] = one.path
            turns[equal] += 1
    pieces = locate_leaves(list(first.values()), figures.text, figures=figures, sharing=True)
    placed = {piece.path: piece for piece in pieces if piece.start is not None}
    return {path: placed[there] for path, there in same.items() if there in placed}


def _evidence(leaf: Leaf, quote: Evidence | None, own: Evidence | None, text: str, *, chosen: bool) -> Evidence:
    """Return the evidence by the place of the quote and of the value in it. `chosen`: the schema lists its values."""
    unsupported = Evidence(leaf.path, None, None, None, Status.UNSUPPORTED)
    if quote is None:
        return unsupported
    if own is None:
        words = text[slice(*_span(quote))]
        other_number = is_figure(leaf.value) and names_a_number(words)
        # A choice such as "Very Good" or 5 stars is a judgement, which any words may show.
        if is_empty(words) or other_number or not (chosen or may_show(words, leaf.value)):
            return unsupported
        return replace(quote, path=leaf.path, status=_OF_A_QUOTE.get(quote.status, quote.status))
    return replace(own, status=Status.AMBIGUOUS) if quote.status is Status.AMBIGUOUS else own


def _span(evidence: Evidence) -> tuple[int, int]:
    return evidence.start or 0, evidence.end or 0


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
        for piece in locate_leaves(named, text[low:high], figures=Figures(text[low:high], figures), sharing=True):
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
