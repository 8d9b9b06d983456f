"""The sentiment of short English texts by the lexicon of vaderSentiment. Only a strong one is an answer.

A lexicon does not understand a text. Of reviews whose words are strongly on one side it is right about nine times in
ten, so a text with words on both sides, a condition or a contrast has no answer.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any, cast

from structgen.core.json import Json
from structgen.rules.fields import Field, Kind

_MOST = 5_000
_STRONG = 0.5
"""Minimum size of vaderSentiment's compound score, which goes from -1 to 1."""
_WEAK = 0.3
_SENTENCE = re.compile(r"[^.!?\n]+[.!?]*")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_ENGLISH = """
a about after again all also an and are as at be been but by did do does for from had has have he her his i if in is it
its just me my no not of on or our out she so than that the their them there these they this to too up very was we were
what when which who will with would you your
"""
_OTHERS = """
aber als auch auf das dem den der des die ein eine es für het ich il in ist je la le les los mais mit muy nicht não o og
para pas per por que sehr sono sur um un una und une van very zijn été och är är med jag ikke
"""
_ENGLISH_WORDS = frozenset(_ENGLISH.split())
_FOREIGN_WORDS = frozenset(_OTHERS.split()) - _ENGLISH_WORDS - {"very", "die"}
_DOUBTFUL = re.compile(
    r"\b(?:would|could|should|might|if|unless|although|though|but|however|instead|except|at best|at least|"
    r"nothing (?:short|less)|not only|supposed|expect(?:ed|ations?|ing)?|better than|rather than|used to|wish|"
    r"hope[ds]?)\b|[\"“]",
    re.IGNORECASE,
)
_POSITIVE, _NEGATIVE = ("positive", "pos"), ("negative", "neg")


def sentiment_of(text: str, field: Field, language: str | None) -> Json:
    """Return the sentiment as the field wants it: one of its choices, or a score from -1 to 1. None if in doubt."""
    english = language is None or language.split("-")[0] == "en"
    if not english or len(text) > _MOST or _DOUBTFUL.search(text) or not (language or _is_english(text)):
        return None
    whole, parts = _score(text), [_score(one.group()) for one in _SENTENCE.finditer(text)]
    # A strong word on each side: the text is mixed, or the words are not meant.
    opposed = any(part * whole < 0 and abs(part) >= _WEAK for part in parts)
    return None if abs(whole) < _STRONG or opposed else _as_wanted(whole, field)


def _as_wanted(score: float, field: Field) -> Json:
    if field.kind is Kind.NUMBER:
        return score if (field.minimum, field.maximum) == (-1, 1) else None
    names = _POSITIVE if score > 0 else _NEGATIVE
    if field.kind is Kind.STRING:
        return names[0]
    return next((one for name in names for one in field.choices if str(one).casefold() == name), None)


def _is_english(text: str) -> bool:
    words = [word.casefold() for word in _WORD.findall(text)]
    if any(word in _FOREIGN_WORDS for word in words) or (not text.isascii() and not _mostly_ascii(text)):
        return False
    # Two or three words are too few to have one that only English has.
    return len(words) <= 3 or any(word in _ENGLISH_WORDS for word in words)


def _mostly_ascii(text: str) -> bool:
    return all(char.isascii() or not char.isalpha() for char in text)


def _score(text: str) -> float:
    return float(_analyzer().polarity_scores(text)["compound"])


@cache
def _analyzer() -> Any:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    return cast(Any, SentimentIntensityAnalyzer)()
