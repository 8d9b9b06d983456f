"""A part of a longer text, read together with the lines above it that it depends on: headings, column names, dates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from structgen.core.records import Evidence, Passage
from structgen.rules.extract_by_rules import Found


def extract_below(above: Sequence[Passage], text: str, extract: Callable[[str], Found]) -> Found:
    """Return what `extract` finds in a text with the passages above it.

    The offsets of evidence from a passage are negative, like those of the passage.
    """
    if not above:
        return extract(text)
    head = "".join(f"{one.text}\n" for one in above)
    found = extract(head + text)
    return replace(found, evidence=tuple(_moved(piece, above, text, len(head)) for piece in found.evidence))


def _moved(piece: Evidence, above: Sequence[Passage], text: str, head: int) -> Evidence:
    """Return the evidence at its place in the text, or in the passage that it begins in."""
    if piece.start is None or piece.end is None:
        return piece
    if piece.end > head:  # from the label in a passage to its value, it is the value that counts
        start, end = max(0, piece.start - head), piece.end - head
        return replace(piece, start=start, end=end, text=text[start:end])
    begin = 0
    for one in above:
        stop = begin + len(one.text)
        if piece.start <= stop:
            start, end = piece.start - begin, min(piece.end, stop) - begin
            return replace(piece, start=one.start + start, end=one.start + end, text=one.text[start:end])
        begin = stop + 1
    return piece
