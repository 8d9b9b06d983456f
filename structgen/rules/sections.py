"""Headings and what stands under them: the lists of a document.

A heading is marked up (``#``, ``<h2>``) or known by its words. What follows it is its section, up to the next heading
that is no part of it. Items lose their bullets and numbers; buttons and other furniture of web pages are left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from structgen.rules.labels import Vocabulary, phrase, tokens
from structgen.rules.lexicon import lexicon
from structgen.rules.page import Line, Page, Span

_MARKUP = re.compile(r"^(#{1,6})\s+|^\*\*(?=[^*]+\*\*:?$)")
_BULLET = re.compile(r"^(?:[-*•·‣◦▪▢☐□○●✓✔»–—]\s*)+(?!\d*$)")
_NUMBERED = re.compile(r"^(?:(?:step|schritt|étape|etape|paso|stap|steg|trin|passo)\s*)?\d{1,2}\s?[.):]\s+(?=\S)", re.I)
_STEP = re.compile(r"^(?:(?:step|schritt|étape|etape|paso|stap|steg|trin|passo)\s*)?\d{0,2}\s?[.):]?$", re.IGNORECASE)
_QUANTITY = re.compile(r"^(?:\d|[¼½¾⅐-⅞]|an?\s|une?\s|ein)", re.IGNORECASE)
_ALONE = re.compile(r"^(?:\d{1,4}(?:[.,/⁄]\d{1,3})?|(?:\d{1,2}\s?)?[¼½¾⅐-⅞]|\d{1,2}\s\d/\d)(?:\s?[-–]\s?\d{1,3})?$")
_ENDS = (".", "!", "?", ")", ";", "…", ":", "”", '"')


@dataclass(frozen=True, slots=True)
class Section:
    """The lines under a heading: its keys, how well its words fit (0 to 1), and the lines' numbers (end excluded)."""

    keys: frozenset[str]
    heading: int
    score: float
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a list: its span in the visible text, over several lines where it was broken."""

    span: Span
    text: str


def find_sections(page: Page, vocabulary: Vocabulary) -> list[Section]:
    """Every heading of a page that names something known, with the lines under it."""
    headings = [(number, *_heading(line, vocabulary)) for number, line in enumerate(page.lines)]
    starts = [(number, keys, score) for number, keys, score in headings if score]
    found: list[Section] = []
    for place, (number, keys, score) in enumerate(starts):
        end = next((later for later, others, _ in starts[place + 1 :] if not keys & others), len(page.lines))
        end = _marked_end(page, number, end)
        if keys and end > number + 1:
            found.append(Section(keys, number, score, number + 1, end))
    return found


def _heading(line: Line, vocabulary: Vocabulary) -> tuple[frozenset[str], float]:
    """The keys of a line as a heading and how well it fits: 1 for the label alone; 0 where it is none."""
    text = _BULLET.sub("", _MARKUP.sub("", line.text)).rstrip("*_ ").rstrip(":：").strip("*_ ")
    if not text or len(text) > 70 or (text[-1] in ".;,!" and len(text) > 20):
        return frozenset(), 0.0
    words = phrase(text)
    if keys := vocabulary.keys.get(words):
        return keys, 1.0
    if words in lexicon().stops:
        return frozenset(), 1.0
    mentions = vocabulary.mentions(tokens(text))
    marked = bool(_MARKUP.match(line.text)) or line.tag in _TAGS
    if mentions and mentions[0].start == 0 and (marked or line.text.endswith(":") or _titled(text, words)):
        return mentions[0].keys, 0.6
    if mentions and mentions[-1].end == len(text) and (marked or line.text.endswith(":")) and len(words) <= 5:
        return mentions[-1].keys, 0.5
    return (frozenset(), 0.4) if marked and not mentions else (frozenset(), 0.0)


_TAGS = ("h1", "h2", "h3", "h4", "h5", "h6")


def _titled(text: str, words: tuple[str, ...]) -> bool:
    """Whether a line reads like a heading by itself: short, begun with a capital, without numbers or a full stop."""
    return 1 < len(words) <= 9 and text[0].isupper() and not any(word.isdigit() for word in words)


def level(line: Line) -> int:
    """The level of a marked heading; 0 for other lines."""
    if line.tag in _TAGS:
        return int(line.tag[1])
    match = _MARKUP.match(line.text)
    return (len(match.group(1)) if match.group(1) else 7) if match else 0


def _marked_end(page: Page, number: int, end: int) -> int:
    """The end of a section under a marked heading: the next one that is not below it."""
    own = level(page.lines[number])
    if not own:
        return end
    return next((at for at in range(number + 1, end) if 0 < level(page.lines[at]) <= own), end)


def items_of(page: Page, section: Section, *, steps: bool) -> list[Item]:
    """The items of a section. `steps`: whether they are sentences, which end where the sentences end."""
    kept = [line for line in page.lines[section.start : section.end] if not _furniture(line)]
    kept = _sentences(kept) if steps else _entries(kept)
    return _joined(page, kept)


def _furniture(line: Line) -> bool:
    """Whether a line is no content: a lone bullet, a button, the number of a step."""
    words = phrase(line.text)
    return not words or words in lexicon().noise or bool(_STEP.match(line.text) and not _ALONE.match(line.text))


def _sentences(lines: list[Line]) -> list[Line]:
    """The steps at the start of some lines: sentences, with at most one short line (a sub-heading) between them."""
    lines = [line for line in lines if not _ALONE.match(line.text)]
    kept: list[Line] = []
    for place, line in enumerate(lines):
        if _sentence(line.text):
            kept.append(line)
        elif not any(_sentence(later.text) for later in lines[place + 1 : place + 2]):
            break
    return kept


def _sentence(text: str) -> bool:
    return len(text.split()) >= 4 and (text.endswith(_ENDS) or len(text) > 60) or bool(_NUMBERED.match(text))


def _entries(lines: list[Line]) -> list[Line]:
    """The entries of a plain list: no sub-headings, and nothing from the first paragraph of prose on."""
    kept: list[Line] = []
    for line in lines:
        if len(line.text) > 200 and not _BULLET.match(line.text):
            break
        if not line.text.endswith((":", "：")) and not level(line):
            kept.append(line)
    return kept


def _joined(page: Page, lines: list[Line]) -> list[Item]:
    """Lines as items, without their bullets; a number alone on a line belongs to the line below."""
    items: list[Item] = []
    open_at: int | None = None
    for place, line in enumerate(lines):
        text = _NUMBERED.sub("", _BULLET.sub("", line.text))
        start = line.end - len(text) if open_at is None else open_at
        open_at = None
        if _ALONE.match(text) and place + 1 < len(lines):
            open_at = start
            continue
        if _MEASURE_ALONE(text) and place + 1 < len(lines):
            open_at = start
            continue
        items.append(Item((start, line.end), " ".join(page.text[start : line.end].split())))
    return items


def _MEASURE_ALONE(text: str) -> bool:
    words = tokens(text)
    return (
        bool(_QUANTITY.match(text))
        and 0 < len(words) <= 3
        and words[-1].word in lexicon().measures
        and words[0].word.isdigit()
    )


def quantities(items: list[Item]) -> float:
    """The share of items that begin with a quantity."""
    return sum(bool(_QUANTITY.match(item.text)) for item in items) / len(items) if items else 0.0
