"""Headings and what stands under them.

A heading is marked up (``#``, ``<h2>``) or known by its words. What follows it is its section, up to the next heading
that is no part of it: another label, a marked heading of its own level or above, or the furniture that web pages
put after their content.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice

from structgen.rules.document.visible_text import Line, Page
from structgen.rules.document.vocabulary import Phrase, Vocabulary, lexicon, phrase, tokens

_MARKUP = re.compile(r"^(#{1,6})\s+|^\*\*(?=[^*]+\*\*:?$)")
_BULLET = re.compile(r"^[-*•·‣◦▪▢☐□○●✓✔»–—]\s+")
_CLOSED = re.compile(r"\s*(?:\([^)]{0,30}\))?\s?[:：]")
_TAGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_BODIES = frozenset({"ingredients", "instructions", "notes", "nutrition", "equipment", "features", "description"})
_STEPPING = frozenset({"prep_time", "cook_time", "other_time", "brand", "quantity", "unit", "size", "total_time"})
_LONGEST = 70
_MOST = 1_000
"""So many headings of a page are read: a page with more is no document, but a list of links."""
_FAR = 500
"""A section has so many lines at most."""


@dataclass(frozen=True, slots=True)
class Section:
    """The lines under a heading: its keys, how well its words fit (0 to 1), and the lines' numbers (end excluded)."""

    keys: frozenset[str]
    heading: int
    score: float
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Heading:
    """A line as a heading. `ends` says whether it closes the section before it."""

    line: int
    keys: frozenset[str]
    score: float
    ends: bool


def find_sections(page: Page, vocabulary: Vocabulary) -> list[Section]:
    """Every heading of a page that names something known, with the lines under it."""
    numbered = enumerate(page.lines)
    headings = list(islice((one for number, line in numbered if (one := _heading(number, line, vocabulary))), _MOST))
    sections: list[Section] = []
    for place, heading in enumerate(headings):
        if heading.keys and heading.score:
            end = _end(page, heading, headings[place + 1 : place + 1 + _FAR])
            if end > heading.line + 1:
                sections.append(Section(heading.keys, heading.line, heading.score, heading.line + 1, end))
    return sections


def _end(page: Page, heading: _Heading, later: list[_Heading]) -> int:
    """Where a section ends: at the next heading that is neither its own label again nor below it."""
    own = level(page.lines[heading.line])
    for other in later:
        if other.line - heading.line > _FAR:
            break
        other_level = level(page.lines[other.line])
        if own and other_level:
            if other_level <= own:
                return other.line
        elif other.ends and not other.keys & heading.keys and (other.line > heading.line + 2 or other.keys & _BODIES):
            return other.line
    return min(len(page.lines), heading.line + _FAR)


def level(line: Line) -> int:
    """The level of a marked heading; 0 for other lines."""
    if line.tag in _TAGS:
        return int(line.tag[1])
    match = _MARKUP.match(line.text)
    return (len(match.group(1)) if match.group(1) else 7) if match else 0


def _heading(number: int, line: Line, vocabulary: Vocabulary) -> _Heading | None:
    """A line as a heading; None where it is none."""
    text = heading_text(line)
    if not text or len(text) > _LONGEST or (text[-1] in ".;,!" and len(text) > 20):
        return _labelled(number, line, vocabulary)
    words = phrase(text)
    if keys := vocabulary.keys.get(words):
        return _Heading(number, keys, 1.0, not keys <= _STEPPING or level(line) > 0)
    if words in lexicon().stops or words[: _longest_stop(words)]:
        return _Heading(number, frozenset(), 0.0, True)
    return _partial(number, line, text, words, vocabulary) or _labelled(number, line, vocabulary)


def heading_text(line: Line) -> str:
    """The words of a heading without its markup, bullet and colon."""
    return _BULLET.sub("", _MARKUP.sub("", line.text)).rstrip("*_ ").rstrip(":：").strip("*_ ")


def _longest_stop(words: Phrase) -> int:
    """How many words of a line's beginning are a stop of at least three words ("tried this recipe? mention ...")."""
    return next((size for size in range(min(6, len(words)), 2, -1) if words[:size] in lexicon().stops), 0)


def _partial(number: int, line: Line, text: str, words: Phrase, vocabulary: Vocabulary) -> _Heading | None:
    """A heading that holds a label and more words: "How to make the sauce", "For the recipe ingredients:"."""
    mentions = vocabulary.mentions(tokens(text))
    marked = level(line) > 0
    strong = marked or line.text.endswith((":", "："))
    if mentions and mentions[0].start == 0 and not marked and _CLOSED.match(text, mentions[0].end):
        return None
    if mentions and mentions[0].start == 0 and (strong or _titled(text, words)):
        return _Heading(number, mentions[0].keys, 0.6, strong or bool(mentions[0].keys & _BODIES))
    if mentions and mentions[-1].end == len(text) and strong and len(words) <= 5:
        return _Heading(number, mentions[-1].keys, 0.5, marked or bool(mentions[-1].keys & _BODIES))
    return _Heading(number, frozenset(), 0.0, True) if marked else None


def _titled(text: str, words: Phrase) -> bool:
    """Whether a line reads like a heading by itself: short, begun with a capital, without numbers."""
    return 1 < len(words) <= 9 and text[0].isupper() and not any(word.isdigit() for word in words)


def _labelled(number: int, line: Line, vocabulary: Vocabulary) -> _Heading | None:
    """A line `Label: value` about the document itself, which closes a list above it."""
    mentions = vocabulary.mentions(tokens(line.text[:40]))
    if not mentions or mentions[0].start or not mentions[0].keys & _ABOUT:
        return None
    closed = _CLOSED.match(line.text, mentions[0].end)
    return _Heading(number, mentions[0].keys, 0.0, True) if closed else None


_ABOUT = frozenset({"author", "category", "cuisine", "keywords", "nutrition", "serving_size", "calories", "rating",
                    "review_count", "yields", "equipment", "difficulty"})  # fmt: skip
