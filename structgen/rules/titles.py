"""What a document is about: its marked title, or the line that behaves like one."""

from __future__ import annotations

import re
from collections import Counter

from structgen.rules.items import find_items
from structgen.rules.labels import phrase, tokens
from structgen.rules.lexicon import lexicon
from structgen.rules.page import Line
from structgen.rules.readings import Reading, leaf
from structgen.rules.search import Search
from structgen.rules.sections import level

_BYLINE = re.compile(r"^(?:by|von|par|door|av|af|por|author|published|posted|updated|last update|created by)\b|\d{1,2},? 20\d\d|\b20\d\d\b|^jump to|^print|^save|^pin\b|^[\d.]+ from \d+|^[★☆]|stars?\b|reviews?\b|votes?\b", re.I)
_CRUMBS = re.compile(r"\s*[/»›>|]\s*")


def find_title(search: Search) -> Reading | None:
    """The title: a heading of the highest level, a line `Title: ...`, or the line that the rest of the text is about."""
    lines = search.page.lines
    marked = [line for line in lines[:400] if level(line) == 1]
    if marked:
        return _reading(search, marked[0])
    for pair in search.pairs_of(frozenset({"title"})):
        if pair.score == 1.0 and pair.line < 12:
            start, end = pair.value
            return leaf(search.page, " ".join(search.page.text[start:end].split()), start, end)
    scores = _Scores(search)
    candidates = [(number, line) for number, line in enumerate(lines[: _limit(search)]) if _plausible(search, line)]
    best = max(candidates, key=lambda one: (scores.of(*one), -one[0]), default=None)
    return None if best is None else _reading(search, best[1])


def _limit(search: Search) -> int:
    """The number of the line where the body begins: a title stands before the first list that is one."""
    lists = [
        section.heading
        for section in search.sections
        if section.score == 1.0 and section.keys & _LISTS and len(find_items(search, section, steps=False)) > 2
    ]
    return lists[0] if lists else 60


_LISTS = frozenset({"ingredients", "features", "agenda", "requirements", "items"})


def _reading(search: Search, line: Line) -> Reading:
    text = line.text.lstrip("# ").strip("*_ ")
    start = line.start + line.text.index(text)
    return leaf(search.page, " ".join(text.split()), start, start + len(text))


def _plausible(search: Search, line: Line) -> bool:
    text, words = line.text, phrase(line.text)
    if not 3 <= len(text) <= 120 or len(words) > 20 or text.endswith((".", ":", ";", ",")) or not text[0].isalnum():
        return False
    if words in lexicon().noise or words in lexicon().stops or words in search.vocabulary.keys or words in lexicon().documents:
        return False
    mentions = search.vocabulary.mentions(tokens(text))
    labelled = mentions and mentions[0].start == 0 and (":" in text[: mentions[0].end + 2] or any(word.isdigit() for word in words))
    return not labelled and sum(char.isalpha() for char in text) > len(text) * 0.5 and not re.match(r"\d+[\s.,/]*\w{0,4}$", text)


class _Scores:
    """How much each line behaves like the title of its page."""

    def __init__(self, search: Search) -> None:
        self.lines = search.page.lines
        self.folded = Counter(phrase(line.text) for line in self.lines)
        self.prose = Counter(word for line in self.lines if len(line.text) > 60 for word in set(phrase(line.text)))
        trails = [_CRUMBS.split(line.text) for line in self.lines[:120]]
        self.crumbs = {phrase(trail[-1]) for trail in trails if len(trail) > 2}

    def of(self, number: int, line: Line) -> float:
        words = phrase(line.text)
        content = [word for word in words if len(word) > 3]
        known = sum(min(self.prose[word], 3) / 3 for word in content) / len(content) if content else 0.0
        after = self.lines[number + 1 : number + 5]
        score = 3.0 * known + min(len(content), 5) * 0.3
        score += 2.0 * (self.folded[words] > 1 and len(words) > 1) + 2.0 * (words in self.crumbs)
        score += 1.5 * any(_BYLINE.search(one.text) for one in after) + 1.0 * any(len(one.text) > 90 for one in after)
        return score - 1.5 * self._in_menu(number) + 1.0 * (number == 0)

    def _in_menu(self, number: int) -> bool:
        """Whether the lines around are all a few words long, as the entries of a menu are."""
        around = [*self.lines[max(0, number - 3) : number], *self.lines[number + 1 : number + 4]]
        return len(around) == 6 and all(len(line.text.split()) <= 3 and not _BYLINE.search(line.text) for line in around)
