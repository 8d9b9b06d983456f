"""A long text -> chunks, split at headings, paragraphs, lines or blocks, sentences, or at least between words. Pure.

A split is searched for in the second half of each chunk, and the start of the next chunk near its end, so that each
character is examined only a few times however long the text is.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from structgen.core.options import SHORTEST_CHUNK
from structgen.documents.chunks.blocks import Line, Span, lines_of
from structgen.documents.chunks.lines_above import PLAIN, Heads, LinesAbove

_PARAGRAPH = re.compile(r"\n[^\S\n]*\n\s*")
_ROW = re.compile(r"</(?:p|div|li|[uod]l|dd|tr|table|section|article|h[1-6])>\s*", re.IGNORECASE)
_LINE = re.compile(r"\n")
_CELL = re.compile(r"</(?:t[dh]|dt)>\s*|<br ?/?>", re.IGNORECASE)
_SENTENCE = re.compile(
    r"(?:[!?…؟۔।॥։።፧]|(?<!\b\w)\.)[\"'”’»)\]]*\s+|[。！？｡][」』”’）】]*",
)
_WORD = re.compile(r"\s+|[、，；：]")
_ZERO_WIDTH_JOINER = "\u200d"

OVERLAP = 8
"""The next chunk repeats an eighth of each chunk, so that anything split in one is whole in the other."""
SHORTEST_OVERLAP, LONGEST_OVERLAP = 100, 1_000
_LEAST_FIRST = SHORTEST_CHUNK * 4 // 3 + 1
"""The first chunk of a pass has room for at least this much, so that no fragment is cut off it."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """``text[start:end]`` of a document.

    `context` is the title, the headings and the lines above it on which its text depends, such as the header row of a
    table. `above` are the offsets of all these in the document.
    """

    start: int
    end: int
    context: str = ""
    above: tuple[Span, ...] = ()


class _Cut(NamedTuple):
    at: int
    heading: bool = False


def cut_text(text: str, size: int, passes: int = 1) -> tuple[Chunk, ...]:
    """Split a text into chunks of at most `size` characters (at least 1), in the order of the text within each pass.

    Every pass covers all characters except white space. A chunk starts a little before the end of the previous one,
    unless it starts with a heading. Each pass splits at different places; chunks of earlier passes are not repeated. A
    pass that cannot split differently, because the text fits or the chunks are short, reads the same chunks again.
    """
    headings = read_headings(text)
    chunks: list[Chunk] = []
    seen: set[tuple[int, int]] = set()
    for number in range(passes):
        first = max(min(size, _LEAST_FIRST), size * (passes - number) // passes)
        spans = list(_spans(text, headings, size, len(text) if len(text) <= size else first))
        # said only if the same is read again: the store would answer an equal request
        again = f"Reading {number + 1} of {passes}." if seen.issuperset(spans) else ""
        above = contexts(text, headings, [start for start, _ in spans])
        for span, (context, lines) in zip(spans, above, strict=True):
            if again and number:
                chunks.append(Chunk(*span, "\n".join(filter(None, [again, context])), lines))
            elif span not in seen:
                chunks.append(Chunk(*span, context, lines))
        seen.update(spans)
    return tuple(chunks)


def _spans(text: str, headings: Sequence[Heading], size: int, first: int) -> Iterator[tuple[int, int]]:
    """Yield the offsets of the chunks. The first chunk has at most `first` characters."""
    starts = [heading.start for heading in headings]
    overlap = min(max(size // OVERLAP, SHORTEST_OVERLAP), LONGEST_OVERLAP)
    start, limit = 0, first
    while len(text) - start > limit:
        cut = _end(text, start, limit, headings, starts)
        if not text[start : cut.at].isspace():
            yield start, cut.at
        before = start
        # a heading starts a new topic, so nothing before it needs repeating
        start = cut.at if cut.heading else _resume(text, start, cut.at, overlap)
        limit = size
        shortest = _shortest(size)
        if 0 < len(text) - start < shortest:  # too short on its own: the last chunk starts earlier
            start = _resume(text, before, len(text), min(shortest * 3 // 2, size), least=shortest)
    if text[start:].strip():
        yield start, len(text)


def _shortest(size: int) -> int:
    """Return the minimum characters of a chunk of `size`, which leaves a range to choose the split from."""
    return min(SHORTEST_CHUNK, size * 3 // 4) if size >= SHORTEST_CHUNK else size // 2


def _end(text: str, start: int, limit: int, headings: Sequence[Heading], starts: Sequence[int]) -> _Cut:
    """Return the end of a chunk: before the highest heading in its second part, else after the last smaller unit."""
    low, high = start + max(limit // 2, _shortest(limit)), start + limit
    within = headings[bisect_right(starts, low) : bisect_right(starts, high)]
    if within:
        # the highest level, and of several the last one, to fill the chunk
        return _Cut(max(within, key=lambda heading: (-heading.level, heading.start)).start, heading=True)
    for breaks in (_PARAGRAPH, _ROW, _LINE, _CELL, _SENTENCE, _WORD):
        last = max(find_breaks(breaks, text, low, high), default=None)
        if last is not None:
            return _Cut(last)
    # one endless word: split anywhere but inside a character
    whole = (at for at in range(high, max(low, start), -1) if not is_joined(text, at))
    return _Cut(next(whole, high))


def _resume(text: str, start: int, end: int, overlap: int, least: int = 0) -> int:
    """Return the start of the next chunk: a line or sentence shortly before the end of this one, else a word.

    A word is never split, except in scripts without spaces, where any character may start a chunk. With `least` the
    next chunk starts at least that many characters before the end.
    """
    low, high = max(start + 1, end - min(overlap, (end - start) // 2 if not least else end - start)), end - least
    for breaks in (_PARAGRAPH, _ROW, _LINE, _CELL, _SENTENCE, _WORD):
        first = next((at for at in find_breaks(breaks, text, low, high) if at < end), None)
        if first is not None:
            return first
    if not least and text[end - 1].isspace():
        return end
    return next((at for at in range(low, high) if not is_joined(text, at)), high)


def find_breaks(breaks: re.Pattern[str], text: str, low: int, high: int) -> Iterator[int]:
    """Yield the ends of matches between two places. No sentence ends before a small letter ("approx. ten")."""
    for match in breaks.finditer(text, low, high):
        at = match.end()
        # a small letter shows that the full stop ended an abbreviation
        if breaks is not _SENTENCE or at == len(text) or not text[at].islower():
            yield at


def is_joined(text: str, at: int) -> bool:
    """Whether the code points before and after a place form one character: accents, emoji, CRLF."""
    if not 0 < at < len(text):
        return False
    before, after = text[at - 1], text[at]
    if _ZERO_WIDTH_JOINER in {before, after} or before + after == "\r\n":
        return True
    return unicodedata.category(after).startswith("M") or "\U0001f3fb" <= after <= "\U0001f3ff"


_MARKDOWN = re.compile(r" {0,3}(#{1,6})[ \t]+(\S.*)")
_UNDERLINE = re.compile(r"(?:={2,}|-{3,})\s*\Z")
_HTML = re.compile(r"<h([1-6])(?:\s[^<>]{0,300})?>(.{1,300}?)</h\1\s*>", re.IGNORECASE)
_HTML_TITLE = re.compile(r"<title[^<>]{0,100}>([^<]{1,300})</title", re.IGNORECASE)
_NUMBERED = re.compile(r"(?:\d{1,3}(?:\.\d{1,3}){0,5}\.?|[IVXLC]{1,7}\.|§\s?\d{1,4})\s+\S")
_LIST_MARK = re.compile(r"[-*•+>|]|\d{1,3}[.)]\s")
_TAG = re.compile(r"<[^<>]{0,300}>")
_LETTER = re.compile(r"[^\W\d_]")

_LONGEST = 80
"""A longer line on its own is a paragraph."""
_LONGEST_TITLE = 120
_TITLE_WITHIN = 10_000
_NO_END = tuple(".,;:!?…。！？；：،؛؟۔।")
"""A heading does not end with these."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading: the offset of its line, its level (1 is the highest), and the offset behind its words."""

    start: int
    level: int
    text: str
    end: int


def read_headings(text: str) -> tuple[Heading, ...]:
    """Return the headings in the order of the text: Markdown, HTML, and short lines on their own."""
    found: list[Heading] = []
    before = Line(0, "", blank=True)
    for line, after in pairwise([*lines_of(text.rstrip()), Line(len(text), ".", blank=False)]):
        if not line.blank:
            heading = _marked(line, after) or _plain(before, line, after)
            if heading is not None:
                found.append(heading)
        before = line
    return tuple(found)


def _marked(line: Line, after: Line) -> Heading | None:
    """A heading that markup shows."""
    if mark := _MARKDOWN.match(line.text):
        return Heading(line.start, len(mark[1]), _one_line(mark[2].rstrip("# \t\r")), line.end)
    if html := _HTML.search(line.text):
        return Heading(
            line.start + html.start(), int(html[1]), _one_line(_TAG.sub(" ", html[2])), line.start + html.end()
        )
    words = line.text.strip()
    if len(words) <= _LONGEST_TITLE and _UNDERLINE.match(after.text) and _LETTER.search(words):
        return Heading(line.start, 1 if after.text.startswith("=") else 2, _one_line(words), line.end)
    return None


def _plain(before: Line, line: Line, after: Line) -> Heading | None:
    """A short line between blank ones, neither a sentence nor an item of a list; or a numbered one above its text."""
    words = line.text.strip()
    if not before.blank or len(words) > _LONGEST or words.endswith(_NO_END) or not _LETTER.search(words):
        return None
    # "1. Introduction" looks like a list item, so it must be set apart by blank lines
    if numbered := _NUMBERED.match(words):
        number = numbered[0].split()[0].rstrip(".")
        level = min(6, 1 + number.count("."))
        return Heading(line.start, level, _one_line(words), line.end) if after.blank else None
    if not after.blank or _LIST_MARK.match(words) or "<" in words:
        return None
    return Heading(line.start, PLAIN, _one_line(words), line.end)


def title_of(text: str) -> Heading | None:
    """Return the title: that of an HTML page, else the first line if it is short, else None."""
    head = text[:_TITLE_WITHIN]
    if page := _HTML_TITLE.search(head):
        return Heading(page.start(1), 0, _one_line(page[1]), page.end(1))
    first = next((line for line in lines_of(head) if not line.blank), None)
    words = first.text.strip().lstrip("#").strip() if first else ""
    fits = first and len(words) <= _LONGEST_TITLE and not words.startswith("<") and _LETTER.search(words)
    return (
        Heading(first.start, 0, _one_line(words), first.end) if first and fits and not words.endswith(_NO_END) else None
    )


def contexts(text: str, headings: Sequence[Heading], starts: Iterable[int]) -> Iterator[tuple[str, tuple[Span, ...]]]:
    """Yield for each offset (ascending) its context, as text and as the places of its parts.

    The context is the title and the headings above, from the highest to the nearest, then the other lines verbatim. A
    heading that starts at the offset itself belongs to the text below, not to the context.
    """
    title, above, passed = title_of(text), list[Heading](), 0
    levels = [0 if title and title.start == one.start else one.level for one in headings]
    lines = LinesAbove(text, Heads([one.start for one in headings], levels))
    if title and lines.is_in_block(title.start):
        title = None  # it is the header row of a table
    for start in starts:
        while passed < len(headings) and headings[passed].start < start:
            heading = headings[passed]
            above = [*(one for one in above if one.level < heading.level), heading]
            passed += 1
        # a chunk that starts with a heading is not below headings of the same or a lower level
        begins = passed < len(headings) and headings[passed].start == start
        level = headings[passed].level if begins else PLAIN + 1
        carried, held = lines.at(start), [one for one in above if one.level < level]
        if title and title.start < start:
            held.insert(0, title)
        names = dict.fromkeys(one.text for one in held)
        taken = [(one.start, one.end) for one in held if one.end <= start]
        others = [span for span in carried if not any(span[0] < end and begin < span[1] for begin, end in taken)]
        words = [" > ".join(names), *(text[begin:end] for begin, end in others)]
        yield "\n".join(filter(None, words)), tuple(sorted({*taken, *others}))


def context_at(text: str, start: int) -> tuple[str, tuple[Span, ...]]:
    """Return the context at one offset, as text and as the places of its parts."""
    return next(iter(contexts(text, read_headings(text), [start]))) if start else ("", ())


def cut_again(text: str, chunks: Sequence[Chunk]) -> dict[Chunk, tuple[Chunk, ...]]:
    """Split chunks that are too large for the model into halves, none too short. Reads the text once for all chunks."""
    spans = {one: _halves(text, one) for one in chunks}
    headings, starts = read_headings(text), sorted({start for halves in spans.values() for start, _ in halves})
    above = dict(zip(starts, contexts(text, headings, starts), strict=True))
    return {one: tuple(Chunk(*span, *above[span[0]]) for span in halves) for one, halves in spans.items()}


def _halves(text: str, chunk: Chunk) -> list[Span]:
    start, end = chunk.start, chunk.end
    halves = cut_text(text[start:end], max(SHORTEST_CHUNK, -(-(end - start) // 2)))
    return [(start + half.start, start + half.end) for half in halves]


def _one_line(words: str) -> str:
    return " ".join(words.split())[:_LONGEST_TITLE]
