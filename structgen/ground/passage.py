"""The passage of a text around given places: what a model has to read again, and no more."""

from __future__ import annotations

import re
from collections.abc import Iterable

from structgen.core.records import Evidence

_END = re.compile(r"[.!?؟۔।]+[\"'”’»)\]]*(?=\s)|[。！？]+[」』”’）]*|\n")
"""The end of a sentence or line."""


Span = tuple[int, int]


def passage(text: str, spans: Iterable[Evidence | Span], *, around: int = 1, most: int = 4_000) -> Span:
    """Return the offsets of the sentences or lines that include all spans, and of `around` more on either side.

    Evidence without a place is ignored. If no span has a place, or the passage would be longer than `most` characters,
    it is cut to that length: around the spans, or from the beginning of the text.
    """
    placed = [span for item in spans if (span := _span(item)) is not None]
    if not placed:
        return 0, min(most, len(text))
    first, last = min(start for start, _ in placed), max(end for _, end in placed)
    low, high = max(0, first - most), min(len(text), last + most)
    starts = [low, *(match.end() for match in _END.finditer(text, low, first))]
    ends = [*(match.end() for match in _END.finditer(text, max(low, last - 1), high)), high]
    start, end = starts[max(0, len(starts) - 1 - around)], ends[min(around, len(ends) - 1)]
    return _cut(start, end, first, last, most)


def _span(item: Evidence | Span) -> Span | None:
    if isinstance(item, tuple):
        return item
    return None if item.start is None or item.end is None else (item.start, item.end)


def _cut(start: int, end: int, first: int, last: int, most: int) -> Span:
    """Return at most `most` characters, with the spans in the middle."""
    if end - start <= most:
        return start, end
    room = max(0, most - (last - first)) // 2
    start = max(start, first - room)
    return start, min(end, start + most)
