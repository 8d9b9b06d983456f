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

_PARAGRAPH = re.compile(r"\n[^\S\n]*\n\s*")
_LINE = re.compile(r"\n|</(?:p|div|li|[uod]l|d[dt]|t[rd]|table|section|article|h[1-6])>\s*|<br ?/?>", re.IGNORECASE)
_SENTENCE = re.compile(
    r"(?:[!?…؟۔।॥։።፧]|(?<!\b\w)\.)[\"'”’»)\]]*\s+|[。！？｡][」』”’）】]*",
)
_WORD = re.compile(r"\s+|[、，；：]")
_ZERO_WIDTH_JOINER = "\u200d"

OVERLAP = 8
"""The next chunk repeats an eighth of each chunk, so that whatever is split in one is whole in the other."""
SHORTEST_OVERLAP, LONGEST_OVERLAP = 100, 1_000


@dataclass(frozen=True, slots=True)
class Chunk:
    """``text[start:end]`` of a document. `context` is the document's title and the headings above the chunk."""

    start: int
    end: int
    context: str = ""


class _Cut(NamedTuple):
    at: int
    heading: bool = False


def cut_text(text: str, size: int, passes: int = 1) -> tuple[Chunk, ...]:
    """Split a text into chunks of at most `size` characters (at least 1), in the order of the text within each pass.

    Every pass covers all characters except white space. A chunk starts a little before the end of the previous one,
    unless it starts with a heading. Each pass splits at different places; chunks of earlier passes are not repeated.
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
    """Yield the offsets of the chunks. The first chunk has at most `first` characters."""
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
    """Return the end of a chunk: before the highest heading in its second half, else after the last smaller unit."""
    low, high = start + limit // 2, start + limit
    within = headings[bisect_right(starts, low) : bisect_right(starts, high)]
    if within:
        return _Cut(max(within, key=lambda heading: (-heading.level, heading.start)).start, heading=True)
    for breaks in (_PARAGRAPH, _LINE, _SENTENCE, _WORD):
        last = max(find_breaks(breaks, text, low, high), default=None)
        if last is not None:
            return _Cut(last)
    # one endless word: split anywhere but inside a character
    whole = (at for at in range(high, max(low, start), -1) if not is_joined(text, at))
    return _Cut(next(whole, high))


def _resume(text: str, start: int, end: int, overlap: int) -> int:
    """Return the start of the next chunk: a sentence shortly before the end of this one, else a line, else a word.

    A word is never split, except in scripts without spaces, where any character may start a chunk.
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
    """Yield the ends of matches between two places. No sentence ends before a small letter ("approx. ten")."""
    for match in breaks.finditer(text, low, high):
        at = match.end()
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
_PLAIN = 7
"""The level of a heading without markup, which only blank lines set apart."""
_TITLE_WITHIN = 10_000
_NO_END = tuple(".,;:!?…。！？；：،؛؟۔।")
"""A heading does not end with these."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading: the offset of its line, and its level (1 is the highest)."""

    start: int
    level: int
    text: str


@dataclass(frozen=True, slots=True)
class _Line:
    start: int
    text: str

    @property
    def blank(self) -> bool:
        return not self.text or self.text.isspace()


def read_headings(text: str) -> tuple[Heading, ...]:
    """Return the headings in the order of the text: Markdown, HTML, and short lines on their own."""
    found: list[Heading] = []
    before = _Line(0, "")
    for line, after in pairwise(_lines(text)):
        if not line.blank:
            heading = _marked(line, after) or _plain(before, line, after)
            if heading is not None:
                found.append(heading)
        before = line
    return tuple(found)


def _lines(text: str) -> Iterator[_Line]:
    """Yield the lines, and a sentinel after the last one, so that it is no heading: there is nothing below it."""
    start = 0
    for line in text.rstrip().split("\n"):
        yield _Line(start, line)
        start += len(line) + 1
    yield _Line(start, ".")


def _marked(line: _Line, after: _Line) -> Heading | None:
    """Return a heading with markup, or None."""
    if mark := _MARKDOWN.match(line.text):
        return Heading(line.start, len(mark[1]), _one_line(mark[2].rstrip("# \t\r")))
    if html := _HTML.search(line.text):
        return Heading(line.start + html.start(), int(html[1]), _one_line(_TAG.sub(" ", html[2])))
    words = line.text.strip()
    if len(words) <= _LONGEST_TITLE and _UNDERLINE.match(after.text) and _LETTER.search(words):
        return Heading(line.start, 1 if after.text.startswith("=") else 2, _one_line(words))
    return None


def _plain(before: _Line, line: _Line, after: _Line) -> Heading | None:
    """Return a heading without markup, or None: a short line between blank ones, neither sentence nor list item."""
    words = line.text.strip()
    if not before.blank or len(words) > _LONGEST or words.endswith(_NO_END) or not _LETTER.search(words):
        return None
    if numbered := _NUMBERED.match(words):
        number = numbered[0].split()[0].rstrip(".")
        return Heading(line.start, min(6, 1 + number.count(".")), _one_line(words)) if after.blank else None
    if not after.blank or _LIST_MARK.match(words) or "<" in words:
        return None
    return Heading(line.start, _PLAIN, _one_line(words))


def title_of(text: str) -> str:
    """Return the title of an HTML page, else the first line if it is short, else ""."""
    head = text[:_TITLE_WITHIN]
    if page := _HTML_TITLE.search(head):
        return _one_line(page[1])
    first = next((line for line in head.split("\n") if line.strip()), "").strip()
    words = first.lstrip("#").strip()
    fits = len(words) <= _LONGEST_TITLE and not words.startswith("<") and _LETTER.search(words)
    return _one_line(words) if fits and not words.endswith(_NO_END) else ""


def contexts(text: str, headings: Sequence[Heading], starts: Iterable[int]) -> Iterator[str]:
    """Yield for each offset (ascending) the title and the headings above it, from the highest to the nearest.

    A heading that starts at the offset itself belongs to the text below, not to those above.
    """
    title, above, passed = title_of(text), list[Heading](), 0
    for start in starts:
        while passed < len(headings) and headings[passed].start < start:
            heading = headings[passed]
            above = [*(one for one in above if one.level < heading.level), heading]
            passed += 1
        begins = passed < len(headings) and headings[passed].start == start
        level = headings[passed].level if begins else _PLAIN + 1
        names = [title] if start and title else []
        yield " > ".join(dict.fromkeys([*names, *(one.text for one in above if one.level < level)]))


def _one_line(words: str) -> str:
    return " ".join(words.split())[:_LONGEST_TITLE]
