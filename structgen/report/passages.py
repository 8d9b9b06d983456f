"""The text with the places of the values: cut into pieces at the ends of the places, long stretches left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import pairwise
from typing import NamedTuple

from structgen.report.entries import Entry
from structgen.report.view import Limits


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the document, `document[start:end]`, or one that is left out.

    `owner` is the number of the entry whose place it is, of several the innermost; `mark` counts the pieces that have
    an owner.
    """

    start: int
    end: int
    owner: int | None = None
    mark: int | None = None
    left_out: bool = False


@dataclass(frozen=True, slots=True)
class Passages:
    """What is shown of a text. `reach` gives for an entry the first and the last of the marks that are its place.

    `misplaced` counts the entries whose place says something else in this text: it is another one.
    """

    pieces: tuple[Piece, ...]
    reach: Mapping[int, tuple[int, int]]
    misplaced: int = 0


class _Span(NamedTuple):
    start: int
    end: int
    entry: int


def passages_of(document: str, entries: Sequence[Entry], limits: Limits) -> Passages:
    """The text around the places of the entries, or all of it where it is short; n log n in the number of entries."""
    placed = [(number, entry.evidence) for number, entry in enumerate(entries) if entry.evidence]
    found = [(n, piece.start, piece.end, piece.text) for n, piece in placed if piece.start is not None]
    spans = sorted(
        _Span(start, min(end, start + limits.place), number)
        for number, start, end, text in found
        if end is not None and 0 <= start < end and document[start:end] == text
    )
    pieces = tuple(_pieces(spans, _windows(document, spans, limits), len(document)))
    marks = [piece for piece in pieces if piece.mark is not None]
    first = {piece.start: number for number, piece in enumerate(marks)}
    last = {piece.end: number for number, piece in enumerate(marks)}
    reach = {span.entry: (first[span.start], last[span.end]) for span in spans}
    return Passages(pieces, reach, len(found) - len(spans))


def _windows(document: str, spans: Sequence[_Span], limits: Limits) -> list[tuple[int, int]]:
    """The stretches that are shown, in order; what is left out between two is more than its notice would take."""
    if len(document) <= limits.text:
        return [(0, len(document))]
    windows = [_window(document, 0, limits.context, limits.context)]
    for span in spans:
        start, end = _window(document, span.start, span.end, limits.context)
        if start <= windows[-1][1] + limits.context:
            windows[-1] = (windows[-1][0], max(windows[-1][1], end))
        else:
            windows.append((start, end))
    return windows


def _window(document: str, start: int, end: int, context: int) -> tuple[int, int]:
    """A stretch with its context, which begins and ends with a line, or with a word, where there is such a place."""
    low, high = max(0, start - context), min(len(document), end + context)
    for between in "\n ":
        if low and (at := document.find(between, low, start)) >= 0:
            low = at + 1
            break
    for between in "\n ":
        if high < len(document) and (at := document.rfind(between, end, high)) >= 0:
            high = at
            break
    return low, high


def _pieces(spans: Sequence[_Span], windows: Sequence[tuple[int, int]], length: int) -> Iterator[Piece]:
    """The pieces of the windows and of what is between them."""
    edges = {edge for window in windows for edge in window}
    shown = {start for start, _ in windows}
    cuts = sorted(edges.union({0, length}, *((span.start, span.end) for span in spans)))
    owners = _Owners(spans)
    mark, inside = 0, False
    for start, end in pairwise(cuts):
        if start in edges:
            inside = start in shown
        owner = owners.at(start)
        if not inside or owner is None:
            yield Piece(start, end, left_out=not inside)
            continue
        yield Piece(start, end, owner, mark)
        mark += 1


class _Owners:
    """Which span is the innermost at a place; asked from left to right."""

    def __init__(self, spans: Sequence[_Span]) -> None:
        self._coming = spans
        self._next = 0
        self._open: list[tuple[int, int, int]] = []

    def at(self, place: int) -> int | None:
        """The entry of the span that began last, of several the one that ends first."""
        while self._next < len(self._coming) and self._coming[self._next].start <= place:
            span = self._coming[self._next]
            heappush(self._open, (-span.start, span.end, span.entry))
            self._next += 1
        while self._open and self._open[0][1] <= place:
            heappop(self._open)
        return self._open[0][2] if self._open else None
