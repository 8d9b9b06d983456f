"""An HTML page -> its text in Markdown, and the source of every character.

A reader of HTML spends most tokens on scripts, styles and attributes. Kept is what a person sees (headings, labels,
lists, tables, links, alternative texts) and what the page says about itself (title, descriptions, JSON-LD).
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import cached_property

from structgen.documents.html_text.page_reader import PageReader
from structgen.documents.html_text.tokens import Piece, rendered

_PAGE = re.compile(
    r"\s*(?:<\?xml[^>]{0,300}>\s*)?(?:<!--(?:(?!-->).){0,5000}-->\s*)?<(?:!doctype\s+html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)

_TAG = re.compile(r"</[a-z][a-z0-9]*\s*>|<(?:p|br|hr|li|td|tr|div|img|h[1-6])\b[^<>]{0,2000}>", re.IGNORECASE)


def is_page(text: str) -> bool:
    """Whether a text is the source of an HTML page."""
    return _PAGE.match(text) is not None


def is_html_file(name: str, text: str) -> bool:
    """Whether a text has tags, and the name of its file or address says that they are HTML.

    The name alone would take "a<b" of a text that was read off a page for a tag, and lose it.
    """
    return name.lower().endswith((".html", ".htm", ".xhtml")) and _TAG.search(text) is not None


@dataclass(frozen=True)
class PageText:
    """The text of a page, and the pieces it was made of, in order."""

    source: str
    text: str
    pieces: tuple[Piece, ...]

    def source_span(self, start: int, end: int) -> tuple[int, int]:
        """Return the span in the source of a span in the text."""
        if not self.pieces:
            return 0, 0
        first, last = self._piece(start), self._piece(max(start, end - 1))
        begin = first.start if first.whole else min(first.start + start - first.at, first.end)
        stop = last.end if last.whole else min(last.start + end - last.at, last.end)
        return begin, max(begin, stop)

    def text_span(self, start: int, end: int) -> tuple[int, int] | None:
        """Return the span in the text of a span in the source, or None if the text shows nothing of it."""
        shown = self._in_source_order
        first = max(0, bisect_right(shown, start, key=lambda piece: piece.start) - 1)
        last = bisect_left(shown, end, key=lambda piece: piece.start)
        found = [piece for piece in shown[first:last] if piece.end > start]
        if not found:
            return None
        begin, final = found[0], found[-1]
        at = begin.at if begin.whole else begin.at + max(0, start - begin.start)
        stop = final.at + (final.length if final.whole else min(end - final.start, final.length))
        # The title comes first in the text, wherever the source has it: then only the first piece is shown.
        return (at, stop) if at < stop else (at, begin.at + begin.length)

    @cached_property
    def _in_source_order(self) -> list[Piece]:
        """Return the pieces with a source, in its order."""
        return sorted((piece for piece in self.pieces if piece.end > piece.start), key=lambda piece: piece.start)

    def _piece(self, at: int) -> Piece:
        return self.pieces[max(0, bisect_right(self.pieces, at, key=lambda piece: piece.at) - 1)]


def page_text(source: str) -> PageText:
    """Return the text of a page. It is empty if the page shows nothing, for instance if scripts build it."""
    reader = PageReader(source)
    reader.run()
    text, pieces = rendered(reader.finish())
    return PageText(source, text, pieces)
