"""Worked examples with the quotes that a model should have given for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from structgen.core.records import Evidence, Example, Status
from structgen.ground.locate import locate
from structgen.ground.passage import passage

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
