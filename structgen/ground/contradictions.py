"""Whether a changed stretch of a phrase says something else: another number, another name, or the opposite.

A phrase may be shorter than the text ("12 more reports", "reports"), so words that only the text has are no
contradiction. A number, a name or another word with a meaning that only the phrase has is one, unless it is a
misspelling or another form of a word of the text: no list could ever name all words that exclude each other ("sold",
"bought"). A negation must be on both sides or on neither.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence
from itertools import takewhile

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
_ROLES = (("er", "ee"), ("or", "ee"), ("ers", "ees"), ("ors", "ees"), ("ful", "less"))
"""Endings that turn a word into its counterpart: employer, employee; harmful, harmless."""
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
        ("to", "from"),
        ("in", "out"),
        ("with", "without"),
        ("and", "or"),
    }
)

_TELLING = """
after again all any before both but can cannot could down each either every few he her hers him his how i if into just
many may me might mine more most much must my neither no none nor not now off once only or our ours out over own shall
she should some than theirs them they through under until up very we what when where while who why will without would
yes you your yours
"""
_INDEFINITE = "another certain some any several various"

FUNCTION_WORDS = frozenset(_FUNCTION_WORDS.split())
"""English words that are not names: if capitalized, they begin a sentence or are an acronym."""

_LIGHT = (FUNCTION_WORDS - frozenset(_TELLING.split())) | frozenset(_INDEFINITE.split())
"""English words that a phrase may have beside those of the text without saying anything else."""

_PARTICLES = tuple(
    frozenset(group.split())
    for group in (
        "der die das den dem des ein eine einen einem einer eines",
        "le la les l un une du des",
        "el la los las lo un una unos unas",
        "il lo la i gli le l un uno una",
        "o a os as um uma uns umas",
        "de het een",
        "은 는",
        "이 가",
        "을 를",
        "は が",
    )
)
"""Articles and particles of one language that replace each other without saying anything else."""

NEGATIONS = frozenset(_NEGATIONS.split())
"""Folded words that turn a statement into its opposite. The "t" comes from "don't"."""


def are_opposites(one: str, other: str) -> bool:
    """Whether two folded words are opposites: "likely", "unlikely"; "increased", "decreased"; "more", "less"."""
    short, long = sorted((one, other), key=len)
    if len(short) >= _SHORTEST_STEM and any(long == prefix + short for prefix in _NEGATIVE_PREFIXES):
        return True
    if (one, other) in _OPPOSITES or (other, one) in _OPPOSITES:
        return True
    if any(_swapped(one, other, *pair) or _swapped(other, one, *pair) for pair in _OPPOSITE_PREFIXES):
        return True
    return any(_swapped(one[::-1], other[::-1], mine[::-1], yours[::-1]) for mine, yours in _both_ways(_ROLES))


def _both_ways(pairs: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for one, other in pairs:
        yield one, other
        yield other, one


def _swapped(one: str, other: str, mine: str, yours: str) -> bool:
    """Whether two words have the same stem after these prefixes."""
    stem = one.removeprefix(mine)
    return one.startswith(mine) and len(stem) >= _SHORTEST_STEM and other == yours + stem


_WORD = re.compile(r"\w+")
_LOST, _NAMING = frozenset("#+%°$=±×÷≤≥≠"), frozenset("#+")
_MOST_COMPARED = 12
"""Maximum words of a stretch that are compared with each other. Longer stretches have too many changes anyway."""


def contradicts(ours: Sequence[str], theirs: Sequence[str], elsewhere: Container[str] = ()) -> bool:
    """Whether words of a phrase contradict the words of the text in their place (both as written).

    `elsewhere` are the folded words of the whole text: one of these is not a misspelling of another word.
    """
    mine, yours = [fold(word) for word in ours], [fold(word) for word in theirs]
    known, stems = set(yours), set(map(_stem, theirs))
    if _denials(mine) != _denials(yours):
        return True
    if any(_counts(word) and word not in known for word in mine) or _are_other_signs(mine, yours):
        return True
    if any(_is_name(word) and _stem(word) not in stems for word in ours):
        return True
    if any(are_opposites(one, other) for one in mine[:_MOST_COMPARED] for other in yours[:_MOST_COMPARED]):
        return True
    return _adds_a_word(mine, yours, elsewhere)


def _adds_a_word(mine: Sequence[str], yours: Sequence[str], elsewhere: Container[str]) -> bool:
    """Whether a phrase has a word with a meaning that is not a form of a word of the text in its place."""
    if "".join(mine) == "".join(yours):  # written as one word or as several
        return False
    left = list(yours[:_MOST_COMPARED])
    for word in mine:
        like = next((other for other in left if other == word), None) or next(
            (other for other in left if is_form(word, other, elsewhere)), None
        )
        if like is not None:
            left.remove(like)  # one word of the text is not two of the phrase
        elif word[:1].isalnum() and word not in _LIGHT and word not in NEGATIONS:
            return True
    return False


_SHORTEST_TYPO, _LONG = 4, 8
"""Letters of the shortest word that may be misspelled, and of one that may have two wrong letters."""
_REPLACEABLE = 6
"""Letters of the shortest word with a replaced letter: in shorter ones that is often another word ("cost", "cast")."""
_STEM, _LONGEST_ENDING = 3, 3
_BEGINNINGS = frozenset("aeiounrs")
"""Letters with which the endings of many languages begin."""


def is_form(one: str, other: str, elsewhere: Container[str] = ()) -> bool:
    """Whether two different folded words are forms of one word, or the first is a misspelling of the second.

    Both begin with the same letter, which is seldom mistyped and often makes another word ("hired", "fired").
    """
    if any(one in group and other in group for group in _PARTICLES):
        return True
    if one[:1] != other[:1] or not (one.isalpha() and other.isalpha()):
        return False
    return _is_inflected(one, other) or (one not in elsewhere and _is_misspelled(one, other))


def _is_inflected(one: str, other: str) -> bool:
    """Whether two words have one stem and short endings: "agree", "agreed"; "study", "studies"; "plan", "planned"."""
    stem = one[: sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))]
    ends = one[len(stem) :], other[len(stem) :]
    least = _STEM if {"", "e", "y"} & set(ends) else _STEM + 1  # "make", "making"
    if len(stem) < least or 2 * len(stem) < max(len(one), len(other)):
        return False
    if "y" in ends and any(end[:1] == "i" for end in ends):  # "study", "studies"
        ends = tuple(end for end in ends if end != "y")
    return all(_is_ending(end, stem) for end in ends)


def _is_ending(end: str, stem: str) -> bool:
    """Whether letters may end a form of a word: "used" is a form of "use", but "card" is none of "car"."""
    end = end[1:] if end[:1] == stem[-1:] else end  # "plan", "planned"
    known = end[:1] in _BEGINNINGS or not end.isascii() or (end in ("d", "m") and stem.endswith("e"))
    return not end or (len(end) <= _LONGEST_ENDING and known)


def _is_misspelled(one: str, other: str) -> bool:
    """Whether a few letters of two words are missing, exchanged or, in long words, replaced."""
    from rapidfuzz.distance import OSA, LCSseq  # imported late: only a changed phrase needs it

    least = min(len(one), len(other))
    most = 0 if least < _SHORTEST_TYPO else 1 if least < _LONG else 2
    if OSA.distance(one, other, score_cutoff=most) > most:
        return False
    exchanged = sorted(one) == sorted(other)
    return least >= _REPLACEABLE or exchanged or LCSseq.similarity(one, other) == least


def _are_other_signs(mine: Sequence[str], yours: Sequence[str]) -> bool:
    """Whether a sign such as "#", "%" or a flag is lost or replaced, or an added "+" or "#" changes a word."""
    ours, theirs = ({word for word in words if not any(map(str.isalnum, word))} for words in (mine, yours))
    lost, more = ours - theirs, theirs - ours
    return bool(lost and (more or not lost.isdisjoint(_LOST))) or not more.isdisjoint(_NAMING)


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
