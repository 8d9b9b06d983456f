"""Whether a changed stretch of a phrase says something else: another number, another name, or the opposite.

A phrase may be shorter than the text ("12 more reports", "reports"), so numbers and names that only the text has are no
contradiction, but those that only the phrase has are. A negation must be on both sides or on neither.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from structgen.ground.words import fold
from structgen.notation.dates import MONTHS
from structgen.notation.number_words import NUMBER_WORDS, han_value

_FUNCTION_WORDS = """
a about after again all also although am an and any are as at be because been before being both but by can could did
do does during each either every few for from had has have he her here hers him his how however i if in into is it its
just many may me might mine more most much must my neither no none nor not now of on once one only or other our ours
out over own shall she should since so some such than that the their theirs them then there these they this those
through to under until up upon us very was we were what when where whether which while who whom whose why will with
within without would yes you your yours
"""
_NEGATIONS = """
no not never none nor neither nobody nothing nowhere cannot without t nicht kein keine keinen keiner keinem nichts nie
niemals ohne ne pas jamais aucun aucune sans ni sin nunca tampoco ningun ninguna ninguno nao nem sem nenhum nenhuma
non nessuno nessuna senza niet geen nooit zonder ingen inte aldrig ikke nie nigdy bez не нет ни никогда без ні немає
khong 不 没 沒 無 无 非 未 莫 勿 ん 안 못 لا لم لن ليس غير לא אין ללא नहीं न
"""
_NEGATIVE_PREFIXES = ("un", "in", "im", "il", "ir", "dis", "non", "mis", "anti")
_SHORTEST_STEM = 3
_OPPOSITE_PREFIXES = (
    ("in", "de"),
    ("in", "ex"),
    ("in", "out"),
    ("im", "ex"),
    ("as", "de"),
    ("hyper", "hypo"),
    ("over", "under"),
    ("pre", "post"),
    ("up", "down"),
)
_OPPOSITES = frozenset(
    {
        ("before", "after"),
        ("more", "less"),
        ("most", "least"),
        ("above", "below"),
        ("over", "under"),
        ("first", "last"),
        ("high", "low"),
        ("higher", "lower"),
        ("positive", "negative"),
        ("buyer", "seller"),
        ("accepted", "rejected"),
        ("approved", "rejected"),
        ("maximum", "minimum"),
        ("left", "right"),
        ("open", "closed"),
        ("always", "never"),
        ("all", "none"),
        ("true", "false"),
        ("may", "must"),
    }
)

FUNCTION_WORDS = frozenset(_FUNCTION_WORDS.split())
"""English words that are not names: if capitalized, they begin a sentence or are an acronym."""

NEGATIONS = frozenset(_NEGATIONS.split())
"""Folded words that turn a statement into its opposite. The "t" comes from "don't"."""


def are_opposites(one: str, other: str) -> bool:
    """Whether two folded words are opposites: "likely", "unlikely"; "increased", "decreased"; "more", "less"."""
    short, long = sorted((one, other), key=len)
    if len(short) >= _SHORTEST_STEM and any(long == prefix + short for prefix in _NEGATIVE_PREFIXES):
        return True
    if (one, other) in _OPPOSITES or (other, one) in _OPPOSITES:
        return True
    return any(_swapped(one, other, *pair) or _swapped(other, one, *pair) for pair in _OPPOSITE_PREFIXES)


def _swapped(one: str, other: str, mine: str, yours: str) -> bool:
    """Whether two words have the same stem after these prefixes."""
    stem = one.removeprefix(mine)
    return one.startswith(mine) and len(stem) >= _SHORTEST_STEM and other == yours + stem


_WORD = re.compile(r"\w+")
_TELLING, _NAMING = frozenset("#+%°$=±×÷≤≥≠"), frozenset("#+")
_MOST_COMPARED = 12
"""Maximum words of a stretch that are compared with each other. Longer stretches have too many changes anyway."""


def contradicts(ours: Sequence[str], theirs: Sequence[str]) -> bool:
    """Whether words of a phrase contradict the words of the text in their place (both as written)."""
    mine, yours = [fold(word) for word in ours], [fold(word) for word in theirs]
    known, stems = set(yours), set(map(_stem, theirs))
    if _denials(mine) != _denials(yours):
        return True
    if any(_counts(word) and word not in known for word in mine) or _are_other_signs(mine, yours):
        return True
    if any(_is_name(word) and _stem(word) not in stems for word in ours):
        return True
    return any(are_opposites(one, other) for one in mine[:_MOST_COMPARED] for other in yours[:_MOST_COMPARED])


def _are_other_signs(mine: Sequence[str], yours: Sequence[str]) -> bool:
    """Whether a sign such as "#", "%" or a flag is lost or replaced, or an added "+" or "#" changes a word."""
    ours, theirs = ({word for word in words if not any(map(str.isalnum, word))} for words in (mine, yours))
    lost, more = ours - theirs, theirs - ours
    return bool(lost and (more or not lost.isdisjoint(_TELLING))) or not more.isdisjoint(_NAMING)


def has_case(text: str) -> bool:
    """Whether capital letters mark names in this text: not if it consists of capitals."""
    return any(character.islower() for character in text)


def _denials(words: Sequence[str]) -> int:
    return sum(word in NEGATIONS for word in words)


def names_a_number(text: str) -> bool:
    """Whether a text contains a number, in digits or in words."""
    return any(_counts(fold(word)) for word in _WORD.findall(text))


def _counts(word: str) -> bool:
    """Whether a folded word is a number."""
    return word[:1].isdecimal() or word in NUMBER_WORDS or han_value(word) is not None


def _is_name(word: str) -> bool:
    return word[:1].isupper() and (word.lower() not in FUNCTION_WORDS or word.lower() in MONTHS)


def _stem(word: str) -> str:
    """Return a word without the s of a plural or genitive: "Mondays" names the same day."""
    folded = fold(word)
    return folded[:-1] if len(folded) > 1 and folded.endswith("s") else folded
