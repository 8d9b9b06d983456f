"""Yes and no, and the choices of a schema: which of them a text says, if it says one without a doubt."""

from __future__ import annotations

import re

from structgen.core.json import Json
from structgen.rules.document.vocabulary import Token, fold, lexicon, phrase, tokens
from structgen.rules.fields import Field
from structgen.rules.findings import Finding, leaf
from structgen.rules.search import Search

_BOXES = frozenset("[(☐☑☒□■")


def read_boolean(search: Search, _field: Field, start: int, end: int) -> Finding | None:
    """Return the yes or no that a text begins with, or None if it says more, such as a condition."""
    words = tokens(search.page.text[start:end], start)
    # Tokens are words and numbers, so check marks are looked up in the text.
    marks = search.page.text[start:end].strip()[:1]
    if marks and marks in "✓✔✗✘":
        return leaf(search.page, marks in "✓✔", start, start + 1)
    if not words or words[0].word not in lexicon().yes | lexicon().no:
        return None
    first, answer = words[0], words[0].word in lexicon().yes
    # Neither the choices of a form, "yes/no" and "[ ] yes [x] no", nor the N of "n/a" is an answer.
    opposite = lexicon().no if answer else lexicon().yes
    box = search.page.text[start : first.start].strip()[:1]
    choices = search.page.text.startswith("/", first.end) or (box in _BOXES and len(words) > 1)
    in_doubt = choices or any(one.word in opposite for one in words[1:])
    in_doubt = in_doubt or _is_qualified(search.page.text[first.end : end], words[1:])
    return None if in_doubt else leaf(search.page, answer, first.start, first.end)


_REMARK = re.compile(r"\s*(?:$|[.!)\]*\s]*$|[,;(–—-]|[.!]\s+[^\W\d_])")
_CONDITION_WORDS = """
if except but unless only partly partially mostly sometimes when not without maybe perhaps possibly depends depending
request wenn außer aber nur teilweise falls sauf mais si seulement excepto pero solo tranne ma
"""
_CONDITIONS = frozenset(map(fold, _CONDITION_WORDS.split()))


def _is_qualified(behind: str, words: list[Token]) -> bool:
    """Whether what follows an answer makes it another one: "yes, if asked", "no problem", "no. 5", "yes?"."""
    if not words:
        return "?" in behind or _REMARK.match(behind) is None
    return "?" in behind or _REMARK.match(behind) is None or any(one.word in _CONDITIONS for one in words)


def read_choice(search: Search, field: Field, start: int, end: int) -> Finding | None:
    """Return the only choice that a text names in whole words and does not negate, or None."""
    words = tokens(search.page.text[start:end], start)
    named = [(choice, run) for choice in field.choices for run in _runs(words, choice)]
    # "out of stock" contains the choice "stock" as well. Only the longest choice at a place is meant.
    named = [(choice, run) for choice, run in named if not _is_part(run, named)]
    if len({str(choice) for choice, _ in named}) != 1 or any(_is_negated(words, run[0]) for _, run in named):
        return None
    choice, run = named[0]
    if _is_part_of_word(search.page.text, run[0].start, run[-1].end):
        return None
    return leaf(search.page, choice, run[0].start, run[-1].end)


_JOINED_BEFORE = re.compile(r"[\w][-\u2010\u2011.]$|[-\u2212+.]$")
_JOINED_BEHIND = re.compile(r"[+?*]|[-\u2010\u2011](?:[\w]|[\s.,;)]|$)|[.,/]\w|\s?(?:to|or|bis|oder|[-–—/])\s?\w+\s*$")


def _is_part_of_word(text: str, start: int, end: int) -> bool:
    """Whether a choice is only a part of what is written: "A+", "in-house", "2.5", "-2", or a question."""
    before = _JOINED_BEFORE.search(text, max(0, start - 2), start)
    return before is not None or _JOINED_BEHIND.match(text, end) is not None


def _is_part(run: list[Token], named: list[tuple[Json, list[Token]]]) -> bool:
    """Whether a choice is part of a longer one ("stock" in "out of stock")."""
    return any(
        len(other) > len(run) and other[0].start <= run[0].start and run[-1].end <= other[-1].end for _, other in named
    )


def _runs(words: list[Token], choice: Json) -> list[list[Token]]:
    """Return the places where a text names a choice."""
    wanted = phrase(choice) if isinstance(choice, str) else phrase(str(choice)) if choice is not None else ()
    size = len(wanted)
    return [
        words[at : at + size]
        for at in range(len(words) - size + 1)
        if size and tuple(w.word for w in words[at : at + size]) == wanted
    ]


def _is_negated(words: list[Token], word: Token) -> bool:
    """Whether one of the four words before a word denies it, or makes it a condition, a question or a plan."""
    at = words.index(word)
    before = [one.word for one in words[max(0, at - 4) : at]]
    return any(one in lexicon().negations or one in _DOUBTS for one in before) or before[-2:] == ["to", "be"]


_DOUBT_WORDS = """
except excluding excluded but if whether unless until once when should would could may might was formerly previously
almost nearly instead than sobald wenn falls außer ob sauf si excepto
"""
_DOUBTS = frozenset(map(fold, _DOUBT_WORDS.split()))
