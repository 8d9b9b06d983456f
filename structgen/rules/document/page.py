"""The visible text of a document and its lines: plain text as it is, HTML as a reader sees it.

Every finder works on `Page.text`, the visible text. `Page.span` converts its offsets to offsets of the original
document, across tags and entities, so that evidence always points into the text that the caller passed.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

Span = tuple[int, int]
"""Start and end, in characters of the visible text unless stated otherwise."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the visible text, without white space around it. `tag` is its HTML block (``h1``, ``li``)."""

    start: int
    end: int
    text: str
    tag: str = ""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Visible text from offset `at` on, and its span in the source. A `whole` chunk is an entity: it cannot be cut."""

    at: int
    start: int
    end: int
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """A document: its source, its visible text and lines, and the chunks that lead back to the source."""

    source: str
    text: str
    lines: tuple[Line, ...]
    chunks: tuple[Chunk, ...] = ()
    struck: tuple[Span, ...] = ()
    """Spans that are struck through."""

    def span(self, start: int, end: int) -> Span:
        """Return the span in the source of a span of the visible text."""
        if not self.chunks:
            return start, end
        return self._origin(start)[0], self._origin(max(start, end - 1))[1]

    def _origin(self, at: int) -> Span:
        """Return the span in the source of one visible character."""
        chunk = self.chunks[max(0, bisect_right(self.chunks, at, key=lambda chunk: chunk.at) - 1)]
        if chunk.whole:
            return chunk.start, chunk.end
        # A tab or line break that replaces a tag has no characters in the source, so its chunk is empty.
        start = min(chunk.start + at - chunk.at, chunk.end)
        return start, start + 1


def lines_of(text: str, tags: dict[int, str] | None = None) -> tuple[Line, ...]:
    """Return the lines of a text that are not blank. `tags` maps the start of a line to its HTML block."""
    lines: list[Line] = []
    at = 0
    for raw in text.splitlines(keepends=True):
        stripped = raw.strip()
        if stripped:
            start = at + raw.index(stripped[0])
            lines.append(Line(start, start + len(stripped), stripped, (tags or {}).get(at, "")))
        at += len(raw)
    return tuple(lines)
