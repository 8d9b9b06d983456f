"""A long text -> chunks, cut at headings, paragraphs, lines or blocks, sentences, or at least between words. Pure.

Where to cut is looked for in the second half of each chunk, and where to begin the next in the end of it, so that no
character is looked at more than a few times however long the text is.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from structgen.documents.chunks_headings import Heading, contexts, read_headings

_PARAGRAPH = re.compile(r"\n[^\S\n]*\n\s*")
_LINE = re.compile(r"\n|</(?:p|div|li|[uod]l|d[dt]|t[rd]|table|section|article|h[1-6])>\s*|<br ?/?>", re.IGNORECASE)
_SENTENCE = re.compile(
    r"(?:[!?…؟۔।॥։።፧]|(?<!\b\w)\.)[\"'”’»)\]]*\s+|[。！？｡][」』”’）】]*",
)
_WORD = re.compile(r"\s+|[、，；：]")
_ZERO_WIDTH_JOINER = "\u200d"

OVERLAP = 8
"""One part in so many of a chunk is read again with the next, so that nothing is seen in halves only."""
SHORTEST_OVERLAP, LONGEST_OVERLAP = 100, 1_000


@dataclass(frozen=True, slots=True)
class Chunk:
    """``text[start:end]`` of a document. `context` is the title and the headings above it."""

    start: int
    end: int
    context: str = ""


class _Cut(NamedTuple):
    at: int
    heading: bool = False


def cut_text(text: str, size: int, passes: int = 1) -> tuple[Chunk, ...]:
    """The chunks of a text, of at most `size` characters each, in the order of the text within each pass.

    Every character that is no white space stands in a chunk of every pass. A chunk begins a little before the end of
    the one before it, but for one that begins with a heading. Each pass cuts at other places; a chunk that an earlier
    pass has is left out. `size` is at least 1.
    """
    headings = read_headings(text)
    size = min(size, max(1, len(text)))
    chunks: dict[tuple[int, int], Chunk] = {}
    for number in range(passes):
        spans = list(_spans(text, headings, size, max(1, size * (passes - number) // passes)))
        above = contexts(text, headings, [start for start, _ in spans])
        for (start, end), context in zip(spans, above, strict=True):
            chunks.setdefault((start, end), Chunk(start, end, context))
    return tuple(chunks.values())


def _spans(text: str, headings: Sequence[Heading], size: int, first: int) -> Iterator[tuple[int, int]]:
    """Offsets of the chunks; the first one has at most `first` characters."""
    starts = [heading.start for heading in headings]
    overlap = min(max(size // OVERLAP, SHORTEST_OVERLAP), LONGEST_OVERLAP)
    start, limit = 0, first
    while len(text) - start > limit:
        cut = _end(text, start, limit, headings, starts)
        if not text[start : cut.at].isspace():
            yield start, cut.at
        start = cut.at if cut.heading else _resume(text, start, cut.at, overlap)
        limit = size
    if text[start:].strip():
        yield start, len(text)


def _end(text: str, start: int, limit: int, headings: Sequence[Heading], starts: Sequence[int]) -> _Cut:
    """Where a chunk ends: before the highest heading in its second half, else at the last end of something smaller."""
    low, high = start + limit // 2, start + limit
    within = headings[bisect_right(starts, low) : bisect_right(starts, high)]
    if within:
        return _Cut(max(within, key=lambda heading: (-heading.level, heading.start)).start, heading=True)
    for breaks in (_PARAGRAPH, _LINE, _SENTENCE, _WORD):
        last = max(find_breaks(breaks, text, low, high), default=None)
        if last is not None:
            return _Cut(last)
    whole = (at for at in range(high, max(low, start), -1) if not is_joined(text, at))
    return _Cut(next(whole, high))


def _resume(text: str, start: int, end: int, overlap: int) -> int:
    """Where the next chunk begins: at a sentence shortly before the end of the last one, else at a word.

    In scripts without spaces that may be any character; elsewhere no word is begun in its middle.
    """
    low = end - min(overlap, (end - start) // 2)
    for breaks in (_SENTENCE, _LINE, _WORD):
        first = next((at for at in find_breaks(breaks, text, low, end) if at < end), None)
        if first is not None:
            return first
    if text[end - 1].isspace():
        return end
    return next((at for at in range(low, end) if not is_joined(text, at)), end)


def find_breaks(breaks: re.Pattern[str], text: str, low: int, high: int) -> Iterator[int]:
    """The ends of what `breaks` matches between two places. No sentence ends before a small letter ("approx. ten")."""
    for match in breaks.finditer(text, low, high):
        at = match.end()
        if breaks is not _SENTENCE or at == len(text) or not text[at].islower():
            yield at


def is_joined(text: str, at: int) -> bool:
    """Whether the code points before and after a place belong together."""
    if not 0 < at < len(text):
        return False
    before, after = text[at - 1], text[at]
    if _ZERO_WIDTH_JOINER in {before, after} or before + after == "\r\n":
        return True
    return unicodedata.category(after).startswith("M") or "\U0001f3fb" <= after <= "\U0001f3ff"
