"""Whether a changed stretch of a phrase says something else: another number, another name, or the opposite.

A phrase may be shorter than what the text says ("12 more reports", "reports"), so numbers and names that only the text
has are no contradiction; those that only the phrase has are. What denies must be there on both sides or on neither.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from structgen.ground.lexicon import FUNCTION_WORDS, NEGATIONS, are_opposites
from structgen.ground.months import MONTHS
from structgen.ground.words import fold
from structgen.notation.number_words import NUMBER_WORDS, han_value

_WORD = re.compile(r"\w+")
_MOST_COMPARED = 12
"""Words of a stretch that are compared each with each; longer stretches are too many changes anyway."""


def contradicts(ours: Sequence[str], theirs: Sequence[str]) -> bool:
    """Whether the words of a phrase say another thing than the words of the text in their place (both as written)."""
    mine, yours = [fold(word) for word in ours], [fold(word) for word in theirs]
    known, stems = set(yours), set(map(_stem, theirs))
    if _denials(mine) != _denials(yours):
        return True
    if any(_counts(word) and word not in known for word in mine):
        return True
    if any(_is_name(word) and _stem(word) not in stems for word in ours):
        return True
    return any(are_opposites(one, other) for one in mine[:_MOST_COMPARED] for other in yours[:_MOST_COMPARED])


def has_case(text: str) -> bool:
    """Whether capital letters tell names here: not in a text that is all in capitals."""
    return any(character.islower() for character in text)


def _denials(words: Sequence[str]) -> int:
    return sum(word in NEGATIONS for word in words)


def names_a_number(text: str) -> bool:
    """Whether a text says a number, in digits or in words."""
    return any(_counts(fold(word)) for word in _WORD.findall(text))


def _counts(word: str) -> bool:
    """Whether a folded word is a number."""
    return word[:1].isdecimal() or word in NUMBER_WORDS or han_value(word) is not None


def _is_name(word: str) -> bool:
    return word[:1].isupper() and (word.lower() not in FUNCTION_WORDS or word.lower() in MONTHS)


def _stem(word: str) -> str:
    """A word without the s of a plural or a genitive: "Mondays" names the same day."""
    folded = fold(word)
    return folded[:-1] if len(folded) > 1 and folded.endswith("s") else folded
