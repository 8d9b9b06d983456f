"""A text as lines that know where they stand: plain text as it is, HTML as what a reader sees of it.

Every finder works on `Page.text`, the visible text. `Page.span` turns its offsets into offsets of the original
document, across tags and entities, so that evidence always points into what the caller gave.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

Span = tuple[int, int]
"""Start and end, in characters; which text they count in is said where it matters."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the visible text without the white space around it. `tag` is its HTML block (``h1``, ``li``)."""

    start: int
    end: int
    text: str
    tag: str = ""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A stretch of visible text and where it was written. A `whole` chunk (an entity) cannot be cut."""

    at: int
    start: int
    end: int
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """A document ready for the finders: the original, the visible text, its lines, and the way back."""

    source: str
    text: str
    lines: tuple[Line, ...]
    chunks: tuple[Chunk, ...] = ()
    struck: tuple[Span, ...] = ()
    """What is struck through, in offsets of the visible text."""

    def span(self, start: int, end: int) -> Span:
        """Where a stretch of the visible text stands in the original document."""
        if not self.chunks:
            return start, end
        return self._origin(start)[0], self._origin(max(start, end - 1))[1]

    def _origin(self, at: int) -> Span:
        """The original characters behind one visible character."""
        chunk = self.chunks[max(0, bisect_right(self.chunks, at, key=lambda chunk: chunk.at) - 1)]
        if chunk.whole:
            return chunk.start, chunk.end
        start = min(chunk.start + at - chunk.at, chunk.end)
        return start, start + 1


def lines_of(text: str, tags: dict[int, str] | None = None) -> tuple[Line, ...]:
    """The lines of a text that hold anything, in order. `tags` names the HTML block at the offset of a line's start."""
    lines: list[Line] = []
    at = 0
    for raw in text.splitlines(keepends=True):
        stripped = raw.strip()
        if stripped:
            start = at + raw.index(stripped[0])
            lines.append(Line(start, start + len(stripped), stripped, (tags or {}).get(at, "")))
        at += len(raw)
    return tuple(lines)
