"""Whether a quote can show a value that is not written in it.

A sentiment, a summary or a choice may be read out of other words. A number, a code or a name may not: its quote has at
least a part of it. Words without a meaning by themselves ("of the") show nothing at all.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import date, time, timedelta
from decimal import Decimal

from structgen.ground.contradictions import FUNCTION_WORDS, NEGATIONS, is_form
from structgen.ground.words import fold
from structgen.notation.durations import read_durations
from structgen.notation.numbers import whole_number
from structgen.notation.readings import Kind

_ANSWERS = """
all any both can cannot could each either every few he her hers him his many may might more most must only she should
some very will would yes after before down off once out over under until up
"""
"""Function words that may answer a question by themselves: whether, how many, who, when, where."""
_FOREIGN = """
das dem den der des ein eine einem einen einer eines ist sind und von zu zum zur auf bei mit fur im es
au aux ce ces dans du en est et la le les pour que qui sont sur un une
al con de del el los las o para por se su una unos unas y
che di da do dos e gli il lo nel per della
het een van op te dat as os um uma em
и в на с по из к о
的 了 在 の は が を に で と も 은 는 이 가 을 를
"""
_EMPTY = (FUNCTION_WORDS - frozenset(_ANSWERS.split()) - NEGATIONS) | frozenset(_FOREIGN.split())
"""Articles, prepositions and the like of several languages. Each of them alone shows nothing."""
_WORD = re.compile(r"[^\W_]+")
_CODE = re.compile(r"(?=\S*\d)\S+|\S+@\S+\.\S+|https?://\S+|www\.\S+")
UNITS_OF_TIME = (1, 60, 3_600, 86_400)
_LONGEST_NAME = 8
_ALIKE = 3
"""Letters in which the beginnings of two words agree if one is the short form of the other."""
_MOST_COMPARED = 60
"""Maximum words of a value and of a quote that are compared."""


def is_empty(quote: str) -> bool:
    """Whether a quote consists of words without a meaning by themselves."""
    words = [fold(word) for word in _WORD.findall(quote)]
    return all(word in _EMPTY for word in words)


def may_show(quote: str, value: object) -> bool:
    """Whether a quote may show a value that is not written in it: not a number, code or name with nothing of it."""
    if not isinstance(value, str):
        return not is_figure(value) or _counts_time(quote, value)
    ours, theirs = _words(value), _words(quote)
    is_code = _CODE.fullmatch(value.strip()) or is_figure(value)
    if not is_code and (not _is_name(value) or _scripts(ours).isdisjoint(_scripts(theirs))):
        return True  # a name in another script may be the same name
    return _share_initials(ours, theirs) or any(_are_alike(word, other) for word in ours for other in theirs)


def _counts_time(quote: str, value: object) -> bool:
    """Whether a number counts the seconds, minutes, hours or days of a duration in the quote: 90 in "PT1H30M"."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return False
    lengths = (one.value for written in read_durations(quote) for one in written.readings)
    return any(not one.months and one.seconds == value * unit for one in lengths for unit in UNITS_OF_TIME)


def is_figure(value: object) -> bool:
    """Whether a value is a number, date or time, or a text that is a number in digits."""
    if isinstance(value, str):
        number = whole_number(value)
        return number is not None and number.kind is Kind.DIGITS
    return isinstance(value, int | float | Decimal | date | time | timedelta) and not isinstance(value, bool)


def _is_name(value: str) -> bool:
    """Whether all words of a short text begin with a capital, except for those such as "of": not "IN_PROGRESS"."""
    if "_" in value:
        return False
    words = [word for word in _WORD.findall(value) if word.lower() not in _EMPTY]
    return 0 < len(words) <= _LONGEST_NAME and all(word[:1].isupper() for word in words)


def _words(text: str) -> Sequence[str]:
    words = (fold(word) for word in _WORD.findall(text))
    return [word for word in words if word not in _EMPTY][:_MOST_COMPARED]


def _scripts(words: Sequence[str]) -> set[str]:
    """Return the scripts of some words, by the names of their first letters: "LATIN", "CJK"."""
    return {unicodedata.name(word[0], "").partition(" ")[0] for word in words}


def _share_initials(ours: Sequence[str], theirs: Sequence[str]) -> bool:
    """Whether one is the initials of the other: "IBM", "International Business Machines"."""
    for words, others in ((ours, theirs), (theirs, ours)):
        initials = "".join(word[0] for word in words)
        if len(words) > 1 and any(word in initials and len(word) > 1 for word in others):
            return True
        if len(words) > 1 and "".join(others).startswith(initials):
            return True
    return False


def _are_alike(one: str, other: str) -> bool:
    """Whether two words are the same, forms of one word, or have the same beginning: "Robert", "Rob"."""
    if one == other or is_form(one, other):
        return True
    numeric = one[:1].isdecimal() or other[:1].isdecimal()
    return not numeric and len(min(one, other, key=len)) >= _ALIKE and one[:_ALIKE] == other[:_ALIKE]
