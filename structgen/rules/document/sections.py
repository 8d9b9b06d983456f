"""Headings and the sections below them.

A heading is marked up (``#``, ``<h2>``) or recognized by its words. Its section ends at the next heading that is not
part of it: another label, a marked heading of the same level or above, or the links that web pages put after their
content.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice

from structgen.rules.document.page import Line, Page
from structgen.rules.document.vocabulary import Phrase, Vocabulary, lexicon, phrase, tokens

_MARKUP = re.compile(r"^(#{1,6})\s+|^\*\*(?=[^*]+\*\*:?$)")
_BULLET = re.compile(r"^[-*•·‣◦▪▢☐□○●✓✔»–—]\s+")
_ARTICLE = re.compile(
    r"(?:the|our|your|les?|la|l['’]|die|das|der|los|las|el|gli|i|il|het|de|os?|as?)\s(?=\S)|l['’](?=\S)", re.IGNORECASE
)
_CLOSED = re.compile(r"\s*(?:\([^)]{0,30}\))?\s?[:：]")
_TAGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_BODIES = frozenset({"ingredients", "instructions", "notes", "nutrition", "equipment", "features", "description"})
_SHORT_LABELS = frozenset({"prep_time", "cook_time", "other_time", "brand", "quantity", "unit", "size", "total_time"})
_ALMOST = 0.9
"""The score of a heading that is a label and an article."""
_LONGEST = 70
_LONGEST_LINE = 240
_MOST = 1_000
"""Maximum headings of a page. A page with more is a list of links rather than a document."""
_FAR = 500
"""Maximum lines of a section."""


@dataclass(frozen=True, slots=True)
class Section:
    """The lines below a heading, from `start` to before `end`. `score` (0 to 1): how well its words fit."""

    keys: frozenset[str]
    heading: int
    score: float
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Heading:
    """A line as a heading. `ends` says whether it ends the section above."""

    line: int
    keys: frozenset[str]
    score: float
    ends: bool


def find_sections(page: Page, vocabulary: Vocabulary) -> list[Section]:
    """Return the section of every heading of a page that names a known concept or field."""
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
    """Return the line at which a section ends: the next heading that neither repeats its own nor is below it."""
    own = heading_level(page.lines[heading.line])
    for other in later:
        if other.line - heading.line > _FAR:
            break
        other_level = heading_level(page.lines[other.line])
        if own and other_level:
            if other_level <= own:
                return other.line
        # A heading right below the heading may be a part of it ("Ingredients", "Cake"), unless it names a body of text.
        elif other.ends and not other.keys & heading.keys and (other.line > heading.line + 2 or other.keys & _BODIES):
            return other.line
    return min(len(page.lines), heading.line + _FAR)


def heading_level(line: Line) -> int:
    """Return the level of a marked heading, or 0."""
    if line.tag in _TAGS:
        return int(line.tag[1])
    match = _MARKUP.match(line.text)
    return (len(match.group(1)) if match.group(1) else 7) if match else 0


def _heading(number: int, line: Line, vocabulary: Vocabulary) -> _Heading | None:
    """Return a line as a heading, or None if it is not one."""
    text = _heading_text(line)
    if not text or len(text) > _LONGEST or (text[-1] in ".;,!" and len(text) > 20):
        return _labelled_value(number, line, vocabulary)
    words = phrase(text)
    if keys := vocabulary.keys.get(words):
        return _Heading(number, keys, 1.0, not keys <= _SHORT_LABELS or heading_level(line) > 0)
    if words in lexicon().stops or words[: _longest_stop(words)]:
        return _Heading(number, frozenset(), 0.0, True)
    return _label_among_words(number, line, text, words, vocabulary) or _labelled_value(number, line, vocabulary)


def _heading_text(line: Line) -> str:
    """Return the text of a heading without markup, bullet, and colon."""
    return _BULLET.sub("", _MARKUP.sub("", line.text)).rstrip("*_ ").rstrip(":：").strip("*_ ")


def _longest_stop(words: Phrase) -> int:
    """Return the length of the stop phrase that a line begins with ("tried this recipe? mention ..."), or 0."""
    return next((size for size in range(min(6, len(words)), 2, -1) if words[:size] in lexicon().stops), 0)


def _label_among_words(number: int, line: Line, text: str, words: Phrase, vocabulary: Vocabulary) -> _Heading | None:
    """Return a heading of a label among other words: "How to make the sauce", "For the recipe ingredients:"."""
    article = _ARTICLE.match(text)
    # "Les ingrédients de la recette", "The ingredients"
    if article and _is_title_like(text, words):
        text, words = text[article.end() :].capitalize(), words[1:]
        if keys := vocabulary.keys.get(words):
            return _Heading(number, keys, _ALMOST, bool(keys & _BODIES))
    mentions = vocabulary.of_line(text)
    marked = heading_level(line) > 0
    strong = marked or line.text.endswith((":", "："))
    # "Yield: 4" is a label with its value.
    if mentions and mentions[0].start == 0 and not marked and _CLOSED.match(text, mentions[0].end):
        return None
    if mentions and mentions[0].start == 0 and (strong or _is_title_like(text, words)):
        return _Heading(number, mentions[0].keys, 0.6, strong or bool(mentions[0].keys & _BODIES))
    if mentions and mentions[-1].end == len(text) and strong and len(words) <= 5:
        return _Heading(number, mentions[-1].keys, 0.5, marked or bool(mentions[-1].keys & _BODIES))
    return _Heading(number, frozenset(), 0.0, True) if marked else None


def _is_title_like(text: str, words: Phrase) -> bool:
    """Whether a line reads like a heading without markup: short, with a capital first, without numbers."""
    return 1 < len(words) <= 9 and text[0].isupper() and not any(word.isdigit() for word in words)


def _labelled_value(number: int, line: Line, vocabulary: Vocabulary) -> _Heading | None:
    """Return a line `Label: value` about the document itself, which ends a list above it, or None."""
    label = vocabulary.first(tokens(line.text[:_LONGEST_LINE]))
    if not label or label.start or not label.keys & _ABOUT:
        return None
    return _Heading(number, label.keys, 0.0, True) if _CLOSED.match(line.text, label.end) else None


_ABOUT = frozenset({"author", "category", "cuisine", "keywords", "nutrition", "serving_size", "calories", "rating",
                    "review_count", "yields", "equipment", "difficulty"})  # fmt: skip
