"""From "these words stand here" to "this phrase stands here": what lies between the words and at both ends."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from structgen.ground.places import Grade, Place
from structgen.ground.words import Words, is_unspaced, without_format

_SAME = str.maketrans(
    dict.fromkeys("‘’‚‛`´′＇", "'")
    | dict.fromkeys("“”„‟«»″〝〞＂", '"')
    | dict.fromkeys("‐‑‒–—―−﹘﹣－", "-")
    | dict.fromkeys("_", "")
    | {"、": ",", "。": "."}
)
_MORE = 4
"""Characters of white space that the text may have more than the value around its outer punctuation."""
_SIGNS = "-.+"
_DECIMAL = ".,٫٬"


def gap(text: str) -> str:
    """What stands between two words, without white space and in one style of quotes and dashes."""
    if text in ("", " "):
        return ""
    squeezed = "".join(without_format(text).split())
    return squeezed if squeezed.isascii() and "_" not in squeezed else _plain(squeezed)


def _plain(squeezed: str) -> str:
    return unicodedata.normalize("NFKC", squeezed.translate(_SAME)).translate(_SAME)


@dataclass(frozen=True, slots=True)
class Phrase:
    """A value in words: the gaps between them, and what stands before the first and after the last."""

    words: Words
    gaps: tuple[str, ...]
    lead: str
    tail: str

    @classmethod
    def of(cls, words: Words) -> Phrase:
        """The phrase that a whole text is; it has at least one word."""
        text, starts, ends = words.text, words.starts, words.ends
        inner = tuple(gap(text[end:start]) for end, start in zip(ends, starts[1:], strict=False))
        return cls(words, inner, text[: starts[0]], text[ends[-1] :])

    def places(self, text: Words, lasts: Iterable[int]) -> tuple[Place, ...]:
        """Where the phrase stands, of the places where its words do; those of the best grade."""
        found = [place for last in lasts if (place := self._place(text, last - len(self.gaps), last)) is not None]
        grade = min((place.grade for place in found), default=Grade.OWN)
        return tuple(place for place in found if place.grade == grade)

    def _place(self, words: Words, first: int, last: int) -> Place | None:
        """The place of the words `first` to `last`; None where what is around them makes it another thing."""
        text, start, end = words.text, words.starts[first], words.ends[last]
        grade = _bounds(text, start, end)
        if grade is None or not _signed_alike(self.lead, text, start):
            return None
        wide = max(0, start - len(self.lead)), end + len(self.tail)
        if text[wide[0] : wide[1]] == self.words.text:
            return Place(*wide, grade)
        differing = self._differing(words, first)
        if differing is None:
            return None
        start -= _agreeing(self.lead[::-1], text[max(0, wide[0] - _MORE) : start][::-1])
        end += _agreeing(self.tail, text[end : wide[1] + _MORE])
        if differing:
            return Place(start, end, Grade.NEAR, round(1 - differing / (2 * len(self.gaps) + 2), 4))
        own = " ".join(text[start:end].split()) == " ".join(self.words.text.split())
        return Place(start, end, grade if own else max(grade, Grade.WRITTEN))

    def _differing(self, words: Words, first: int) -> int | None:
        """How many gaps hold other punctuation; None where one of these stands between two digits."""
        text, starts, ends, count = words.text, words.starts, words.ends, 0
        for place, expected in enumerate(self.gaps, first):
            if gap(text[ends[place] : starts[place + 1]]) != expected:
                if text[ends[place] - 1].isdecimal() and text[starts[place + 1]].isdecimal():
                    return None
                count += 1
        return count


def _agreeing(ours: str, theirs: str) -> int:
    """How many characters of `theirs`, from the words on, are the punctuation of `ours`; white space does not count."""
    place = count = 0
    for mark in filter(None, map(gap, ours)):
        while place < len(theirs) and not gap(theirs[place]):
            place += 1
        if place == len(theirs) or gap(theirs[place]) != mark:
            break
        place = count = place + 1
    return count


def _signed_alike(lead: str, text: str, start: int) -> bool:
    """A sign or a decimal point before a number belongs to it."""
    if not lead or lead[-1:] not in _SIGNS or not text[start].isdecimal():
        return True
    return gap(text[max(0, start - 1) : start]) == gap(lead[-1:])


def _bounds(text: str, start: int, end: int) -> Grade | None:
    """OWN where the stretch begins and ends with whole words, INSIDE at a unit (``400`` of ``400g``), else None."""
    before, first = text[start - 1 : start] if start else "", text[start]
    last, after = text[end - 1], text[end : end + 1]
    if _inside_number(text[max(0, start - 2) : start], first) or _inside_number(text[end : end + 2][::-1], last):
        return None
    grades = (_cut(before, first), _cut(last, after))
    return None if None in grades else max(grade for grade in grades if grade is not None)


def _inside_number(around: str, digit: str) -> bool:
    return digit.isdecimal() and len(around) == 2 and around[1] in _DECIMAL and around[0].isdecimal()


def _cut(left: str, right: str) -> Grade | None:
    """What it means to cut between two neighbouring characters."""
    if not (left.isalnum() and right.isalnum()) or is_unspaced(left) or is_unspaced(right):
        return Grade.OWN
    return Grade.INSIDE if left.isdecimal() and right.isalpha() else None
