"""The author of a document."""

from __future__ import annotations

import re

from structgen.notation.dates import MONTHS
from structgen.rules.document.key_values import Pair
from structgen.rules.document.vocabulary import lexicon, phrase, tokens
from structgen.rules.finders.titles import title_line
from structgen.rules.findings import Finding, leaf
from structgen.rules.search import Search
from structgen.rules.unambiguous import find_date

_CUT = re.compile(
    r"[|·•–—,\t:]| - |/|\d{1,2}[./-]\d|\s\d|(?:19|20)\d\d|\son\s"
    r"|\s(?:published|updated|posted|modified|leave|this post|comments?)\b",
    re.IGNORECASE,
)
_PARTICLES = frozenset(
    [
        "de",
        "van",
        "von",
        "der",
        "den",
        "la",
        "le",
        "di",
        "da",
        "del",
        "and",
        "und",
        "et",
        "y",
        "e",
        "&",
        "of",
        "the",
        "+",
    ]
)
"""Words that are not capitalized in names."""
_FAR = 1_000
_MOST = 5
_PARAGRAPH = 60
_PERSON = re.compile(r"[^\W\d_][\w.'’-]{1,20}(?:\s[^\W\d_][\w.'’-]{0,20}){1,3}$")


def find_author(search: Search) -> Finding | None:
    """Return the name behind "Author:" or "By", or right below the title, or None."""
    pairs = [pair for pair in search.pairs_of(frozenset({"author"})) if not _is_menu_entry(search, pair)]
    found = [one for pair in pairs if (one := _name(search, pair))]
    if not found:
        return _under_title(search)
    first = found[0]
    # A short name and then the full one, as in "By Ann" and "Author: Ann Lee", are the same person.
    longer = [one for one in found if str(one.value).startswith(f"{first.value} ")]
    return longer[0] if longer else first


def _is_menu_entry(search: Search, pair: Pair) -> bool:
    """Whether the line is an entry of a menu, where several lines begin alike ("By course", "By diet")."""
    label = search.page.text[slice(*pair.label)].casefold()
    around = (pair.line - 1, pair.line + 1)
    return any(
        0 <= at < len(search.page.lines) and search.page.lines[at].text.casefold().startswith(f"{label} ")
        for at in around
    )


def _under_title(search: Search) -> Finding | None:
    """Return a name on a line below the title, if a date follows it or it is repeated elsewhere."""
    title = title_line(search)
    if title is None:
        return None
    lines = search.page.lines
    # The title comes again on the card of a recipe, which has the name below it.
    again = [at for at, line in enumerate(lines[:_FAR]) if at > title and line.text == lines[title].text]
    for above in (title, *again[:_MOST]):
        for number in range(above + 1, min(above + 4, len(lines) - 1)):
            line = lines[number]
            named = _PERSON.match(line.text) and line.text.istitle() and not _is_known(search, line.text)
            if named and (find_date(lines[number + 1].text) or _is_credited(search, line.text)):
                return leaf(search.page, line.text, line.start, line.end)
            # On the card of a recipe the name is right below the title, and a paragraph follows.
            if named and above != title and number == above + 1 and len(lines[number + 1].text) > _PARAGRAPH:
                return leaf(search.page, line.text, line.start, line.end)
    return None


def _is_credited(search: Search, name: str) -> bool:
    """Whether the text names somebody elsewhere as people are named: "by Ann Lee", "Ann Lee says:"."""
    person = re.escape(name)
    before = r"\b(?:by|von|par|por|door|av|af|chef|author)\s"
    pattern = rf"{before}{person}\b|\b{person}(?:\s(?:says|is a|is the)\b|['’]s\b)"
    return re.search(pattern, search.page.text, re.IGNORECASE) is not None


def _is_known(search: Search, text: str) -> bool:
    words = phrase(text)
    return words in search.vocabulary.keys or words in lexicon().noise or words in lexicon().stops


def _name(search: Search, pair: Pair) -> Finding | None:
    """Return the value of a pair up to where it stops being a name, or None if it does not look like one."""
    start, end = pair.value
    text = search.page.text[start:end]
    cut = _CUT.search(text)
    dated = cut is not None and cut.group().strip().isdecimal()
    text = text[: cut.start()] if cut else text
    text = _unglued(text, dated=dated).rstrip(" ·|")
    words = text.split()
    capital = text[:1].isalpha() and all(
        word[0].isupper() or word.lower() in _PARTICLES or not word[0].isalpha() for word in words
    )
    # "Author: bread_fan": the label tells that this is a name, even if it does not look like one.
    handle = (
        pair.score == 1.0 and len(words) == 1 and ":" in search.page.text[slice(*pair.label)] and text[:1].isalnum()
    )
    below = "\n" in search.page.text[pair.label[1] : start] and len(words) < 2 and pair.score < 1
    if (
        _is_known(search, text)
        or below
        or re.search(r"[.!?…]\s|\.\.", text)
        or not 1 <= len(words) <= 6
        or len(text) > 50
        or not (capital or handle)
        or (text.endswith((".", "!", "?")) and len(words) > 3)
    ):
        return None
    return leaf(search.page, " ".join(words), start, start + len(text))


def _unglued(text: str, *, dated: bool) -> str:
    """Return a name without the month, or another word of the page, that follows it ("Ann LeeApril 4").

    `dated`: a number follows the text, so its last word may be a month even if it is short.
    """
    words = tokens(text)[1:]
    for token in words:
        month = text[token.start : token.end].casefold() in MONTHS
        # Short month names are also names of people: "Jean Marc", "Mai".
        if token.word in _PAGE_WORDS or (month and (token.end - token.start > 4 or (dated and token is words[-1]))):
            return text[: token.start]
    return text


_PAGE_WORDS = frozenset({"published", "updated", "posted", "last"})
