"""Numbers written in English words: "twenty-five", "one and a half", "the third", "a dozen"; up to the trillions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from structgen.ground.places import Grade, Place
from structgen.ground.words import lowered

_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_ORDINALS = (
    "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
    "fifteenth sixteenth seventeenth eighteenth nineteenth"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_SMALL = {word: value for value, word in enumerate(_UNITS.split())} | {
    word: 10 * value for value, word in enumerate(_TENS.split(), 2)
}
_LAST = {word: value for value, word in enumerate(_ORDINALS.split()) if value} | {
    f"{word[:-1]}ieth": 10 * value for value, word in enumerate(_TENS.split(), 2)
}
_LARGE = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_OTHER = {"dozen": "12", "half": "0.5", "a quarter": "0.25", "three quarters": "0.75", "once": "1", "twice": "2"}
_PARTS = {"half": ".5", "quarter": ".25"}
NUMBER_WORDS = frozenset({*_SMALL, *_LAST, *_LARGE, "hundred", "dozen", "half", "quarter", "once", "twice"})
"""Words by which two statements differ in a number."""

_ANY = "|".join([*_SMALL, "hundred", *_LARGE])
_ORDINAL = "|".join(_LAST)
# Both patterns begin with their words, so that the search skips what begins with other letters; they are tried on a
# text in lower case, and whether a match begins a word is looked up afterwards.
_RUN = re.compile(
    rf"(?:{_ANY})\b(?:[\s-]{{1,3}}(?:and\s{{1,3}})?(?:{_ANY})\b)*"
    rf"(?:(?:-|\s{{1,3}})(?:and\s{{1,3}})?(?P<ordinal>{_ORDINAL})\b"
    r"|\s{1,3}and\s{1,3}an?\s{1,3}(?P<part>half|quarter)\b)?"
)
_SINGLE = re.compile(rf"(?:{'|'.join(_OTHER)}|(?P<ordinal>{_ORDINAL}))\b")
_HUNDREDS = ("hundred", *_LARGE)
_A = re.compile(r"\ba\s{1,3}$")
_ONE_OF = re.compile(r"\s+(?:of|another|day|who|whose|can|could|may|might|must|should|would|will|is|has)\b")
_NO_ONE = re.compile(r"\b(?:no|any|every|each|some|this|that|the|which|another)[\s-]+$")
_LOOK_BACK = 12
_DIVIDED = re.compile(r"\b(?:a|an|one|two|three|four|five|per)[\s-]+$")
_UNIT_OF_TIME = "second"


def number_words(text: str) -> Iterator[tuple[str, Place]]:
    """Every number in words, as the digits of its canonical form. A run that is no one number gives nothing."""
    lower = lowered(text)
    for match in _RUN.finditer(lower):
        before = lower[max(0, match.start() - _LOOK_BACK) : match.start()]
        ordinal, part = match["ordinal"], match["part"]
        cardinal = lower[match.start() : match.start("part")] if part else match.group()
        value = value_of([word for word in re.split(r"[\s-]+", cardinal) if word and word not in ("a", "an", "and")])
        if value is None or before[-1:].isalnum() or (match.group() == "one" and _is_pronoun(lower, match, before)):
            continue
        article = _A.search(before) if match.group().startswith(_HUNDREDS) else None
        start = match.start() - (len(article.group()) if article else 0)
        yield f"{value}{_PARTS[part] if part else ''}", Place(start, match.end(), _grade(ordinal))
    for match in _SINGLE.finditer(lower):
        before = lower[max(0, match.start() - _LOOK_BACK) : match.start()]
        if not before[-1:].isalnum() and not (match["ordinal"] and _is_share(match.group(), before)):
            number = str(_LAST[match.group()]) if match["ordinal"] else _OTHER[match.group()]
            yield number, Place(match.start(), match.end(), _grade(match["ordinal"]))


def _grade(ordinal: str | None) -> Grade:
    return Grade.WRITTEN if ordinal is None else Grade.INSIDE


def _is_pronoun(text: str, one: re.Match[str], before: str) -> bool:
    """Whether this "one" counts nothing: "no one", "one of them", "one another"."""
    return _ONE_OF.match(text, one.end()) is not None or _NO_ONE.search(before) is not None


def _is_share(ordinal: str, before: str) -> bool:
    """Whether this is the "third" of "two thirds" or "one third", the end of "twenty-first", or a second of time."""
    if ordinal == _UNIT_OF_TIME and not before.endswith("the "):
        return True
    return before.endswith("-") or _DIVIDED.search(before) is not None


def value_of(words: list[str]) -> int | None:
    """The number that the words say; None where they say none, or several ("one two")."""
    year = _year(words)
    if year is not None:
        return year
    total, group, last, scale = 0, 0, 0, 10**15
    for word in words:
        if word in _LARGE:
            if _LARGE[word] >= scale:
                return None
            scale = _LARGE[word]
            total, group, last = total + (group or 1) * scale, 0, 0
        elif word == "hundred":
            if group > 99:
                return None
            group, last = (group or 1) * 100, 100
        elif (last := _joined(last, _small(word))) == 0 and word != "zero":
            return None
        else:
            group += _small(word)
    return total + group


def _small(word: str) -> int:
    return _SMALL[word] if word in _SMALL else _LAST[word]


def _year(words: list[str]) -> int | None:
    """A year in two halves: "nineteen eighty-four", "twenty twenty"."""
    if not 2 <= len(words) <= 3 or not all(word in _SMALL for word in words):
        return None
    century, *rest = (_SMALL[word] for word in words)
    if not 11 <= century <= 20 or rest[0] < 10 or (len(rest) == 2 and not (rest[0] >= 20 and 0 < rest[1] < 10)):
        return None
    return 100 * century + sum(rest)


def _joined(last: int, value: int) -> int:
    """`value` where it may follow the word `last` (0: none), else 0: "twenty five" may, "five twenty" may not."""
    if last in (0, 100) or (20 <= last < 100 and value < 10):
        return value
    return 0
