"""The title of a document: its marked heading, or the line that looks most like a title."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache

from structgen.rules.document.page import Line, Span
from structgen.rules.document.sections import heading_level
from structgen.rules.document.vocabulary import Phrase, fold, lexicon, phrase
from structgen.rules.finders.issuers import address_score
from structgen.rules.findings import Finding, leaf
from structgen.rules.search import Search, remembered
from structgen.rules.unambiguous import find_amounts

_ABOUT = re.compile(
    r"^(?:by|von|par|door|av|af|por)\s?[A-Z]|\b20\d\d\b"
    r"|^(?:author|published|posted|updated|last update|created by|written by)\b"
    r"|^(?:jump to|print recipe|save recipe|pin recipe|rate this)|^[\d.,]+ from \d+"
    r"|^[★☆]|^\(?\d+\)? (?:reviews?|votes?|ratings?)"
    r"|^\d+\s?(?:min|h|uur|std|perc|person|portion|serving)|^recipe by|^(?:no )?(?:ratings?|votes)\b",
    re.IGNORECASE,
)
_GAP = re.compile(r"\t|\s{3,}")
_PROPERTY = re.compile(r"[^\W\d_]{3,30}:\s.*\d")
_LAST_CRUMB = 200
_LONGEST_CRUMBS = 200
_FAR = 1_000
"""Maximum lines in which a title is looked for."""
_FURNITURE = re.compile(
    r"^(?:search|suche|søk|sök|søg|rechercher|recherchez|buscar|busca|cerca|zoek|keress|szukaj|advertisements?|anzeige|publicité|re|fwd?|aw|wg"
    r"|share|send|print|save|log in|sign (?:in|up))\b\s?(?:[:\-–]|(?:by|for|in|on|to|nach|etter|efter|our|this|text)\b)"
    r"|^(?:keress|søk)\b|^\d+(?:[.,]\d+)?\s?(?:k?g|mg|ml|kcal|kj)\b",
    re.IGNORECASE,
)
"""Controls and figures of a page: search boxes, replies, nutrition."""
_FIGURE = re.compile(r"\d+[\s.,/]*\w{0,4}$")
_GLUED = re.compile(r"[^\W\d_]{2}(?<=[^\W\dA-Z_])(?=[A-Z])")
"""Where a menu glues one entry to the next: "SoupsSaladsBread". A name may do so once: "McCoy"."""
_SENTENCES = re.compile(r"[^\W\d_]{3}[.!?]\s")
_FOR = frozenset(map(fold, ("for", "für", "pour", "para", "per", "voor", "til", "till", "för", "feeds")))
_CRUMBS = re.compile(r"\s*[/»›>|]\s*")


def find_title(search: Search) -> Finding | None:
    """Return the title: a line `Title: ...`, a heading of the highest level, or the line most like a title."""
    for pair in search.pairs_of(frozenset({"title"})):
        if pair.score == 1.0 and pair.line < 12 and ":" in search.page.text[slice(*pair.label)]:
            start, end = pair.value
            return leaf(search.page, " ".join(search.page.text[start:end].split()), start, end)
    number = title_line(search)
    if number is None or not heading_level(search.page.lines[number]):
        # Breadcrumbs end with the title, which may not be on a line by itself.
        whole = {phrase(line.text) for line in search.page.lines[:_FAR]}
        told = [span for span in last_crumbs(search) if _is_told(search, span, whole)]
        if len(told) == 1:
            return leaf(search.page, search.page.text[slice(*told[0])], *told[0])
    return None if number is None else _leaf(search, search.page.lines[number])


def last_crumbs(search: Search) -> list[Span]:
    """Return the last entry of each line of breadcrumbs: "Home > Cakes > Plum Cake"."""
    found: list[Span] = []
    for line in search.page.lines[:_LAST_CRUMB]:
        short = len(line.text) <= _LONGEST_CRUMBS and any(mark in line.text for mark in "/»›>|")
        parts = list(_CRUMBS.finditer(line.text)) if short else []
        if len(parts) > 1 and line.start + parts[-1].end() < line.end:
            found.append((line.start + parts[-1].end(), line.end))
    return found


def _is_told(search: Search, span: Span, whole: set[Phrase]) -> bool:
    """Whether the text repeats an entry, and no line is nothing but it."""
    text = search.page.text[slice(*span)]
    words = phrase(text)
    return len(words) > 2 and words not in whole and search.page.text.count(text) > 1


@remembered
def title_line(search: Search) -> int | None:
    """Return the number of the line that is the title, or None."""
    lines = search.page.lines
    if len(lines) < 2:
        return None
    # A heading of the highest level is the title, even if it does not look like one.
    marked = next((number for number, line in enumerate(lines[:400]) if heading_level(line) == 1), None)
    if marked is not None:
        return marked
    scores = _Scores(search)
    inside = _lines_of_lists(search)
    candidates = [
        (number, line)
        for number, line in enumerate(lines[: _last_line(search)])
        if number not in inside and _plausible(search, line)
    ]
    best = max(candidates, key=lambda one: (scores.of(*one), -one[0]), default=None)
    return None if best is None else best[0]


def _lines_of_lists(search: Search) -> set[int]:
    """Return the numbers of the lines inside ingredients and instructions, where no title is."""
    known = [one for one in search.sections if one.keys & {"ingredients", "instructions"} and one.score == 1.0]
    return {number for one in known for number in range(one.heading, min(one.end, one.start + 30))}


def _last_line(search: Search) -> int:
    """Return the line to which a title is looked for: titles come before lists."""
    return 60 if search.body is None else min(search.body, _FAR)


def _leaf(search: Search, line: Line) -> Finding:
    # Text behind a wide gap is another column, such as the date.
    text = _GAP.split(line.text.strip("#*_ "))[0]
    start = line.start + line.text.index(text)
    return leaf(search.page, " ".join(text.split()), start, start + len(text))


def _plausible(search: Search, line: Line) -> bool:
    """Whether a line may be a title at all, before candidates are scored."""
    text = line.text
    # Words are looked at last: most lines are not titles by their length or their punctuation.
    if (
        not 3 <= len(text) <= 120
        or text.endswith((".", ":", ";", ",", "?"))
        or not text[0].isalnum()
        or "://" in text
        or len(_CRUMBS.split(text)) > 2
    ):
        return False
    words = phrase(text)
    if (
        len(words) > 20
        or words in lexicon().noise
        or words in lexicon().stops
        or words in search.vocabulary.keys
        or words in lexicon().documents
    ):
        return False
    if (
        sum(char.isalpha() for char in text) <= len(text) * 0.5
        or _PROPERTY.match(text)
        or _FURNITURE.match(text)
        or _FIGURE.match(text)
        or len(_GLUED.findall(text)) > 1
        or (len(words) > 8 and (text[0].islower() or _SENTENCES.search(text)))
    ):
        return False
    if _is_labelled(search, text, words):
        return False
    # Prices and addresses take the longest to read, and have digits.
    if not any(map(str.isdigit, text)):
        return True
    return not any(amount.currency for amount in find_amounts(text, search.style)) and address_score(line) < 3


def _is_labelled(search: Search, text: str, words: Phrase) -> bool:
    """Whether a line is a label with a value: "4 servings", "112 reviews", "Serves: 4"."""
    mentions = search.vocabulary.of_line(text)
    if not mentions:
        return False
    # "For 6 people, 45 minutes" says how much a recipe makes.
    if words[0] in _FOR and words[1:2] and words[1].isdigit() and any("yields" in one.keys for one in mentions):
        return True
    if text[0].isdigit() and len(words) <= 4 and mentions[-1].end == len(text):
        return True
    closed = ":" in text[: mentions[0].end + 2] or any(word.isdigit() for word in words)
    return mentions[0].start == 0 and closed


class _Scores:
    """Scores how much each line looks like the title of its page.

    The text talks about what a title says. A title is a separate line, its words begin with capitals, it is often
    repeated, and the author, the date, the servings, or the first paragraph come right below it. None of this holds
    for the entries of a menu.
    """

    def __init__(self, search: Search) -> None:
        self.lines, self.body = search.page.lines[:_FAR], search.body
        self.folded = Counter(phrase(line.text) for line in self.lines)
        # Only paragraphs tell what a text is about. Menus repeat the words of other pages.
        self.prose = Counter(word for line in self.lines if len(line.text) > 60 for word in set(phrase(line.text)))
        self.crumbs = {phrase(search.page.text[slice(*span)]) for span in last_crumbs(search)}
        self.text = "\n".join(line.text for line in self.lines)[:100_000].casefold()

    def of(self, number: int, line: Line) -> float:
        words = phrase(line.text)
        after = self.lines[number + 1 : number + 5]
        ahead = self.body - number if self.body is not None else 0
        score = 4.5 * self._talked_about(words) + 1.5 * min(2, self.text.count(line.text.casefold()) - 1) / 2
        score += 1.5 * (self.folded[words] > 1 and len(words) > 1) + (3.0 if self.body is None else 1.5) * (number == 0)
        score += 2.0 * any(map(_about, after)) + 1.5 * any(map(_about, after[:1])) + 1.5 * any(map(_long, after))
        score += 1.0 * (words in self.crumbs)
        score += 2.5 * (0 < ahead <= 25) + 2.0 * (0 < ahead <= 12) + 2.0 * _capitals(line.text)
        return score + (2.5 if len(words) > 2 else 0.0) - (2.0 if len(words) < 2 else 0.0) - self._in_menu(number)

    def _talked_about(self, words: tuple[str, ...]) -> float:
        """Return the share of a line's long words that paragraphs contain. Repeated words count more."""
        content = [word for word in words if len(word) > 3]
        return sum(min(self.prose[word] + 1, 4) / 4 for word in content if self.prose[word]) / max(1, len(content))

    def _in_menu(self, number: int) -> bool:
        """Whether the line and those around it are all short, as the entries of a menu are."""
        around = self.lines[max(0, number - 3) : number + 4]
        return len(around) == 7 and all(
            len(one.text.split()) <= 4 and any(map(str.isalpha, one.text)) for one in around
        )


def _about(line: Line) -> bool:
    return _tells_about(line.text)


@lru_cache(maxsize=1 << 12)
def _tells_about(text: str) -> bool:
    # The lines around each candidate are asked for again and again.
    return bool(_ABOUT.search(text))


def _long(line: Line) -> bool:
    return len(line.text) > 90


def _capitals(text: str) -> bool:
    words = text.split()
    return sum(word[0].isupper() for word in words) >= 0.7 * len(words)
