"""The headings of a text, its title, and which of them hold at a place. Pure; one pass over the lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

_MARKDOWN = re.compile(r" {0,3}(#{1,6})[ \t]+(\S.*)")
_UNDERLINE = re.compile(r"(?:={2,}|-{3,})\s*\Z")
_HTML = re.compile(r"<h([1-6])(?:\s[^<>]{0,300})?>(.{1,300}?)</h\1\s*>", re.IGNORECASE)
_HTML_TITLE = re.compile(r"<title[^<>]{0,100}>([^<]{1,300})</title", re.IGNORECASE)
_NUMBERED = re.compile(r"(?:\d{1,3}(?:\.\d{1,3}){0,5}\.?|[IVXLC]{1,7}\.|§\s?\d{1,4})\s+\S")
_LIST_MARK = re.compile(r"[-*•+>|]|\d{1,3}[.)]\s")
_TAG = re.compile(r"<[^<>]{0,300}>")
_LETTER = re.compile(r"[^\W\d_]")

_LONGEST = 80
"""A longer line that stands alone is a paragraph."""
_LONGEST_TITLE = 120
_PLAIN = 7
"""The level of a heading that nothing but the white space around it shows."""
_TITLE_WITHIN = 10_000
_NO_END = tuple(".,;:!?…。！？；：،؛؟۔।")
"""No heading ends so."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading: where its line begins, and its level (1 is the highest)."""

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
    """The headings in the order of the text: Markdown, HTML, and short lines that stand alone."""
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
    """The lines, and after the last one something that makes it no heading: nothing stands below."""
    start = 0
    for line in text.rstrip().split("\n"):
        yield _Line(start, line)
        start += len(line) + 1
    yield _Line(start, ".")


def _marked(line: _Line, after: _Line) -> Heading | None:
    """A heading that markup shows."""
    if mark := _MARKDOWN.match(line.text):
        return Heading(line.start, len(mark[1]), _squeezed(mark[2].rstrip("# \t\r")))
    if html := _HTML.search(line.text):
        return Heading(line.start + html.start(), int(html[1]), _squeezed(_TAG.sub(" ", html[2])))
    words = line.text.strip()
    if len(words) <= _LONGEST_TITLE and _UNDERLINE.match(after.text) and _LETTER.search(words):
        return Heading(line.start, 1 if after.text.startswith("=") else 2, _squeezed(words))
    return None


def _plain(before: _Line, line: _Line, after: _Line) -> Heading | None:
    """A short line between blank ones that is no sentence and no item of a list; or a numbered one above its text."""
    words = line.text.strip()
    if not before.blank or len(words) > _LONGEST or words.endswith(_NO_END) or not _LETTER.search(words):
        return None
    if numbered := _NUMBERED.match(words):
        number = numbered[0].split()[0].rstrip(".")
        return Heading(line.start, min(6, 1 + number.count(".")), _squeezed(words)) if after.blank else None
    if not after.blank or _LIST_MARK.match(words) or "<" in words:
        return None
    return Heading(line.start, _PLAIN, _squeezed(words))


def title_of(text: str) -> str:
    """What the text is called: the title of a page, else its first line where that is short; empty where neither is."""
    head = text[:_TITLE_WITHIN]
    if page := _HTML_TITLE.search(head):
        return _squeezed(page[1])
    first = next((line for line in head.split("\n") if line.strip()), "").strip()
    words = first.lstrip("#").strip()
    fits = len(words) <= _LONGEST_TITLE and not words.startswith("<") and _LETTER.search(words)
    return _squeezed(words) if fits and not words.endswith(_NO_END) else ""


def contexts(text: str, headings: Sequence[Heading], starts: Iterable[int]) -> Iterator[str]:
    """For each place (in order) the title and the headings above it, from the highest to the nearest.

    A heading that begins at the place itself is part of what follows, not of what stands above.
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


def _squeezed(words: str) -> str:
    return " ".join(words.split())[:_LONGEST_TITLE]
