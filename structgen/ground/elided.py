"""Quotes in which an ellipsis stands for what was left out: "the first words ... the last words"."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence

from structgen.ground.places import Grade, Place

_ELLIPSIS = re.compile(r"[ \t]?(?:[\[(](?:\.{3}|\u2026)[\])]|\.{3,4}|\u2026)[ \t]?")
_FARTHEST = 2_000
"""Characters that may have been left out in one place."""
_FEWEST_WORDS, _MOST_PIECES = 2, 8


def pieces(value: str) -> tuple[str, ...]:
    """What stands between the ellipses of a quote; nothing where it has none, or a piece is too short to tell."""
    found = tuple(piece for piece in _ELLIPSIS.split(value) if piece.strip())
    short = any(len(piece.split()) < _FEWEST_WORDS and piece.isascii() for piece in found)
    return () if short or not 2 <= len(found) <= _MOST_PIECES else found


def joined(parts: Sequence[Sequence[Place]]) -> list[Place]:
    """The stretches that hold all pieces in their order, from the first to the last; the shortest for each end."""
    if not parts or not all(parts):
        return []
    shortest: dict[int, Place] = {}
    for first in sorted(parts[0]):
        last = first
        for places in parts[1:]:
            at = bisect_left(places, (last.end,))
            if at == len(places) or places[at].start - last.end > _FARTHEST:
                break
            last = places[at]
        else:
            shortest[last.end] = Place(first.start, last.end, Grade.WRITTEN)
    return list(shortest.values())
