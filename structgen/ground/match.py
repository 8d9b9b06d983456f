"""Find phrases, by their words and then by what is between these words and at both ends.

`Phrases` finds every occurrence of many phrases in one pass over a text (Aho and Corasick, 1975), over words in place
of letters. Its time is linear in the words of the text and of the phrases, plus the occurrences. If phrases within
phrases give more than OCCURRENCES of these for each word of the text, those that were seen ENOUGH times are dropped.
"""

from __future__ import annotations

import html
import re
import unicodedata
from array import array
from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from structgen.ground.contradictions import FUNCTION_WORDS
from structgen.ground.identifiers import cuts_address
from structgen.ground.numerals import DASHES, Figures, joined_span, may_count, standing
from structgen.ground.places import Grade, Place
from structgen.ground.words import NUMERAL, TAG, Words, cuts_character, is_unspaced, without_format
from structgen.notation.affixes import hundredth_at

OCCURRENCES, ENOUGH = 2, 1_000

Found: TypeAlias = "dict[int, array[int]]"
"""Node that ends a phrase -> the places of its last word."""


class Phrases:
    """A trie of non-empty phrases with failure links. Node 0 is the root."""

    def __init__(self, phrases: Iterable[Sequence[int]]) -> None:
        self._next: list[dict[int, int]] = [{}]
        self._nodes = [self._add(phrase) for phrase in phrases]
        self._fail = [0] * len(self._next)
        self._ends = [0] * len(self._next)
        self._link()

    def _add(self, phrase: Sequence[int]) -> int:
        """Add a phrase and return the node at which it ends."""
        node = 0
        for word in phrase:
            following = self._next[node].get(word)
            if following is None:
                following = self._next[node][word] = len(self._next)
                self._next.append({})
            node = following
        return node

    def _link(self) -> None:
        """Set, breadth first, the failure links and the nearest node from each that ends a phrase."""
        for node in self._nodes:
            self._ends[node] = node
        queue = deque(self._next[0].values())
        while queue:
            node = queue.popleft()
            self._ends[node] = self._ends[node] or self._ends[self._fail[node]]
            for word, child in self._next[node].items():
                back = self._fail[node]
                while back and word not in self._next[back]:
                    back = self._fail[back]
                self._fail[child] = self._next[back].get(word, 0)
                queue.append(child)

    def find(self, words: Sequence[int]) -> list[array[int]]:
        """Return for each phrase the places of its last word, in order. Equal phrases share one array."""
        found: Found = {node: array("l") for node in self._nodes}
        steps, fail, ends = self._next, self._fail, list(self._ends)
        node, left = 0, OCCURRENCES * len(words)
        for place, word in enumerate(words):
            if not word:
                node = 0
                continue
            while node and word not in steps[node]:
                node = fail[node]
            node = steps[node].get(word, 0)
            ending = ends[node]
            while ending:
                if left < 0:
                    ending = self._open(ending, ends, found)
                if ending:
                    found[ending].append(place)
                    left -= 1
                ending = ends[fail[ending]]
        return [found[node] for node in self._nodes]

    def _open(self, node: int, ends: list[int], found: Found) -> int:
        """Return the nearest phrase from this node back that was not seen often, and remove the others from `ends`."""
        first = node
        while node and len(found[node]) >= ENOUGH:
            node = ends[self._fail[node]] if ends[node] == node else ends[node]
        ends[first] = node
        return node


_SAME = str.maketrans(
    dict.fromkeys("‘’‚‛`´′＇", "'")
    | dict.fromkeys("“”„‟«»″〝〞＂", '"')
    | dict.fromkeys("‐‑‒–—―−﹘﹣－", "-")
    | dict.fromkeys("_*", "")  # emphasis in Markdown
    | {"、": ",", "。": "."}
)
_TAG = re.compile(TAG)
_MORE = 4
"""Maximum extra white space of the text around the outer punctuation of a value."""
_SIGNS = "-.+"
_COMPARING, _LONGEST_SIGN = frozenset("<>~§"), 6
_QUOTE_MARKS = re.compile(r"\n[ \t]*>[> \t]*+")
"""What precedes each line of a quoted message."""
_GRADING = frozenset("-‐‑–−+♭♯")
"""Signs that change the meaning of the letter before them: the blood group "A-", the grade "B+"."""
_SHORTENED = "dr mr mrs ms prof st jr sr rev hon gen col capt lt sgt inc ltd co corp dept no vs"
_ABBREVIATIONS = frozenset(_SHORTENED.split())
"""Words, besides single letters, whose full stop may be missing."""
_PAIRS = ("()", "[]", "{}", "“”", "«»", "「」", "『』", "（）")
_SENTENCE_END = re.compile(r"[.!?。！？]")
_FEW_WORDS = 4
"""A phrase of fewer words does not extend over the end of a sentence."""
_MOST_DIFFERING = 0.5
"""Maximum share of gaps with other punctuation between similar phrases."""
_COMPARED, _SURELY = 12, 2
"""Comparisons for each word of a text and of its phrases, and places that are checked in any case."""
_ANSWERS = frozenset({"yes", "no"})
_LONGEST_COMMON = max(map(len, FUNCTION_WORDS))
_LONGEST_NUMBER = 64
_DIGITS = re.compile(NUMERAL)
_LAST_DIGITS = re.compile(rf"(?<![\d.,\u066b\u066c]){NUMERAL}$")
_VARIANT = re.compile(r"\d[A-Za-z](?![^\W_])")
"""What turns "type 2" into "type 2b"."""
_CODE_BEFORE = re.compile(rf"[^\W\d_][{DASHES}]?$")
"""The end of the letters of a code: "BRCA" in "BRCA1", "HIV-" in "HIV-1"."""
_VERSION_BEFORE = re.compile(r"(?<![^\W_])(?:v|ver|version|rel|release)$", re.IGNORECASE)
"""What directly precedes a version without being a part of it."""
_CONTRACTED = re.compile(r"(?<=[nN])['’ʼ][tT](?![^\W_])")
"""The end of a negated word: "don't", "can't"."""
_CONTRACTION = re.compile(r"(?:[tsmd]|re|ve|ll)(?![^\W_])", re.IGNORECASE)
_OWNER = re.compile(r"[^\W\d_]['’ʼ]$")
_OPPOSITE = re.compile(r"(?<![^\W_])(?:non|un)[-\u2010\u2011]$", re.IGNORECASE)
_PERHAPS_OPPOSITE = re.compile(r"(?<![^\W_])(?:anti|ex|no|not|pseudo|quasi)[-\u2010\u2011]$", re.IGNORECASE)
_WITHOUT = re.compile(r"[-\u2010\u2011](?:free|less)(?![^\W_])", re.IGNORECASE)
_JOINING = frozenset("-\u2010\u2011'’ʼ")
_LONGEST_BEFORE = 10
_CLAUSE_GOES_ON = re.compile(r"\s*+[^\W_]|\.\s*\d")


def gap(text: str) -> str:
    """Return what is between two words, without white space and with uniform quotes and dashes."""
    if text in ("", " "):
        return ""
    if "<" in text:
        text = _TAG.sub("", text)
    squeezed = "".join(without_format(html.unescape(text)).split())
    return squeezed if squeezed.isascii() and "_" not in squeezed and "*" not in squeezed else _plain(squeezed)


def _plain(squeezed: str) -> str:
    return unicodedata.normalize("NFKC", squeezed.translate(_SAME)).translate(_SAME)


@dataclass(slots=True)
class Work:
    """The words that may still be compared, for all phrases together.

    A repetitive phrase may match at nearly every word of a repetitive text and cost its own length each time, which
    would be quadratic.
    """

    left: int

    @classmethod
    def on(cls, words: int) -> Work:
        """Return enough for this number of words, of the text and all phrases, except for repetitive ones."""
        return cls(_COMPARED * words)


@dataclass(frozen=True, slots=True)
class Phrase:
    """The words of a value, the gaps between them, and what precedes the first and follows the last one."""

    words: Words
    gaps: tuple[str, ...]
    lead: str
    tail: str
    counts: bool
    """Whether it begins or ends with a number that may continue outside of it."""

    @classmethod
    def of(cls, words: Words) -> Phrase:
        """Return a text of at least one word as a phrase."""
        text, starts, ends = words.text, words.starts, words.ends
        inner = tuple(gap(text[end:start]) for end, start in zip(ends, starts[1:], strict=False))
        return cls(words, inner, text[: starts[0]], text[ends[-1] :], may_count(text))

    def places(self, text: Words, lasts: Sequence[int], figures: Figures, work: Work) -> tuple[Place, ...]:
        """Return those places of its words that are places of the phrase, with the best grade.

        If there are too many to check them all, any may be the best, so those that were checked are unsure.
        """
        found: list[Place] = []
        for looked_at, last in enumerate(lasts):
            work.left -= len(self.gaps) + 1
            if work.left < 0 and looked_at >= _SURELY:  # two places show already that the phrase is not unique
                found = [place._replace(grade=Grade.EITHER) for place in found]
                break
            place = self._place(text, last - len(self.gaps), last)
            found += [] if place is None else [place]
        if self.counts:
            own = Figures(self.words.text)
            graded = ((place, self._numbers(place, text, figures, own)) for place in found)
            found = [place._replace(grade=max(place.grade, grade)) for place, grade in graded if grade is not None]
        grade = min((place.grade for place in found), default=Grade.OWN)
        return tuple(place for place in found if place.grade == grade)

    def _numbers(self, place: Place, text: Words, figures: Figures, own: Figures) -> Grade | None:
        """Return the grade of a place by its numbers: OWN, EITHER, or None if they are not those of the phrase."""
        grade = figures.bounds(place.start, place.end)
        if grade is not None and figures.text[place.end - 1].isdecimal() and hundredth_at(figures.text, place.end):
            return Grade.EITHER  # the text "5" has lost the percent sign; the number 5 may go without
        if grade is None or place.grade is Grade.OWN:
            return grade
        first = bisect_left(text.starts, place.start)
        for number, start in enumerate(self.words.starts):
            if self.words.text[start].isdecimal():
                ours, theirs = own.values_at(start), figures.values_at(text.starts[first + number])
                if ours and theirs and ours.isdisjoint(theirs):
                    return None
                if not theirs <= ours:
                    grade = Grade.EITHER
        return grade

    def _place(self, words: Words, first: int, last: int) -> Place | None:
        """Return the place of the words `first` to `last`; None if what surrounds them changes their meaning."""
        text, start, end = words.text, words.starts[first], words.ends[last]
        if max(text[start], text[end : end + 1]) > "\uffff" and cuts_character(text, start, end):
            return None  # the patterns of words include only the marks of the first plane
        # The cheap checks at both ends come first, because most places of common words fail there.
        grade = _bounds(text, start, end)
        if grade is None or not self._means(text, start, end):
            return None
        signed = self.lead or self.tail or text[end : end + 1] in _GRADING
        if signed and not self._signed_alike(text, start, end):
            return None
        if self.gaps and _VARIANT.match(text, end - 1):  # a single number may have a unit: "5g"
            return None
        wide = max(0, start - len(self.lead)), end + len(self.tail)
        if text[wide[0] : wide[1]] == self.words.text:
            return None if cuts_address(text, *wide) else Place(*wide, grade)
        differing = self._differing(words, first)
        start -= _agreeing(self.lead[::-1], text[max(0, wide[0] - _MORE) : start][::-1])
        end += _agreeing(self.tail, text[end : wide[1] + _MORE])
        if differing is None or cuts_address(text, start, end):
            return None
        if differing:
            # With half a bracket the stretch could not be quoted.
            score = round(1 - differing / (2 * len(self.gaps) + 2), 4)
            return Place(start, end, Grade.NEAR, score) if _is_balanced(text[start:end]) else None
        own = " ".join(text[start:end].split()) == " ".join(self.words.text.split())
        return Place(start, end, grade if own else max(grade, Grade.WRITTEN))

    def _signed_alike(self, text: str, start: int, end: int) -> bool:
        """Whether the signs at both ends that change a meaning are those of the value."""
        if not _signed_alike(self.lead, text, start) or not _compared_alike(self.lead, text, start):
            return False
        if self.gaps:
            return True
        mark, own = gap(text[end : end + 1]), gap(self.tail[:1])
        letter = end - start == 1 and "A" <= text[start] <= "Z" and not text[end + 1 : end + 2].isalnum()
        return mark == own or not (own == "-" or (letter and mark in _GRADING))

    def _means(self, text: str, start: int, end: int) -> bool:
        """Whether a single short word has the meaning of the value: "us" is not "US", and "no way" no answer "no"."""
        own = self.words.text.strip()
        if self.gaps or end - start > _LONGEST_COMMON:
            return True
        word = text[start:end]
        if not _may_be_one_letter(own, word):
            return False
        if len(word) > 1 and word.islower() and not own.islower() and word in FUNCTION_WORDS and word not in _ANSWERS:
            return False
        return word.lower() not in _ANSWERS or _CLAUSE_GOES_ON.match(text, end) is None

    def _differing(self, words: Words, first: int) -> int | None:
        """Return the number of gaps with other punctuation; None if one of these changes the meaning."""
        text, starts, ends, count = words.text, words.starts, words.ends, 0
        few = len(self.gaps) + 1 < _FEW_WORDS
        for place, expected in enumerate(self.gaps, first):
            found = gap(text[ends[place] : starts[place + 1]])
            if found == expected:
                continue
            word = text[starts[place] : ends[place]]
            own = self.words.text[self.words.ends[place - first] : self.words.starts[place - first + 1]]
            if is_other(own, text[ends[place] : starts[place + 1]], word, text[starts[place + 1]]):
                return None
            if _is_style(found, expected, word):
                continue
            if few and _SENTENCE_END.search(found + expected):  # "no. Yes" does not say "no yes"
                return None
            count += 1
        return count if count <= _MOST_DIFFERING * (len(self.gaps) + 1) else None


def _may_be_one_letter(own: str, word: str) -> bool:
    """Return False for two letters if one has an accent. Longer words are the same without it, but "à" is not "a"."""
    if own.isascii() and word.isascii():
        return True
    first, second = (unicodedata.normalize("NFKC", one).casefold() for one in (own, word))
    return len(first) > 1 or len(second) > 1 or first == second


def is_other(ours: str, theirs: str, word: str, following: str) -> bool:
    """Whether what is between two words makes the same words mean something else.

    "3-2" is not "3:2", "<5" not ">5", and "A- in" not "A in".
    """
    mine, yours = gap(ours), gap(_QUOTE_MARKS.sub("\n", theirs))
    if mine == yours:
        return False
    if following[:1].isdecimal() and (word[-1:].isdecimal() or not {mine[-1:], yours[-1:]}.isdisjoint(_COMPARING)):
        return True
    return "A" <= word <= "Z" and len(word) == 1 and _is_graded(ours) != _is_graded(theirs)


def _is_graded(between: str) -> bool:
    return between[:1] in _GRADING and between[1:2].isspace()


def _is_style(found: str, expected: str, word: str) -> bool:
    """Whether two gaps after a word differ in style alone: "well-known", "well known"; "Dr. Lee", "Dr Lee"."""
    differing = {found, expected}
    return differing == {"", "-"} or (differing == {"", "."} and _is_abbreviation(word))


def _is_abbreviation(word: str) -> bool:
    return len(word) == 1 or word.lower() in _ABBREVIATIONS


def _is_balanced(stretch: str) -> bool:
    """Whether a stretch closes all brackets and quotes that it opens."""
    depths = all(stretch.count(pair[0]) == stretch.count(pair[1]) for pair in _PAIRS)
    return depths and stretch.count('"') % 2 == 0


def _agreeing(ours: str, theirs: str) -> int:
    """Return how many characters of `theirs`, from the words on, are the punctuation of `ours`, without white space."""
    place = count = 0
    for mark in filter(None, map(gap, ours)):
        while place < len(theirs) and not gap(theirs[place]):
            place += 1
        if place == len(theirs) or gap(theirs[place]) != mark:
            break
        place = count = place + 1
    return count


def _compared_alike(lead: str, text: str, start: int) -> bool:
    """Whether the same sign precedes a number: "<5" is not "5", and "§ 5" does not count anything."""
    if not lead or not (text[start].isdecimal() or text[start] == "="):
        return True
    mark = gap(lead)[-1:]
    return mark not in _COMPARING or gap(text[max(0, start - _LONGEST_SIGN) : start])[-1:] == mark


def _signed_alike(lead: str, text: str, start: int) -> bool:
    """Whether the same sign or decimal point, which belongs to a number, precedes it."""
    if not lead or lead[-1:] not in _SIGNS or not text[start].isdecimal():
        return True
    return gap(text[max(0, start - 1) : start]) == gap(lead[-1:])


def _bounds(text: str, start: int, end: int) -> Grade | None:
    """Return OWN for whole words, INSIDE at a unit (``400`` in ``400g``) and at the end of a range, else None."""
    before, after = text[start - 1 : start] if start else "", text[end : end + 1]
    if after == "#" or text.startswith("++", end):  # C is neither C# nor C++
        return None
    head = _cut(before, text[start])
    # The number of "v1.5" may stand for the version, but "A15" is another name than "15".
    if head is None and text[start].isdecimal():
        head = Grade.INSIDE if _VERSION_BEFORE.search(text, max(0, start - _LONGEST_BEFORE), start) else None
    grades = [head, _cut(text[end - 1], after)]
    if before in _JOINING or after in _JOINING:  # few places have a hyphen or an apostrophe at an end
        grades.append(_turned(text, start, end))
    if text[start].isdecimal() and not before.isalnum():
        grades.append(_whole_number(text, start, end, _DIGITS.match(text, start, end)))
    if text[end - 1].isdecimal():
        digits = _LAST_DIGITS.search(text, max(start, end - _LONGEST_NUMBER), end)
        if digits is not None and not _CODE_BEFORE.search(text, max(start, digits.start() - 2), digits.start()):
            grades.append(_whole_number(text, start, end, digits))
        elif after.isalpha() and not is_unspaced(after):
            return None
    return None if None in grades else max(grade for grade in grades if grade is not None)


def _turned(text: str, start: int, end: int) -> Grade | None:
    """Return None if what is joined to the words reverses their meaning ("non-toxic", "can't"), EITHER if it may."""
    before = max(0, start - _LONGEST_BEFORE)
    if text[start].isalpha():
        if _OPPOSITE.search(text, before, start):
            return None
        if _OWNER.search(text, before, start) and _CONTRACTION.match(text, start):
            return None
    if _CONTRACTED.match(text, end):
        return None
    sure = not (text[start].isalpha() and _PERHAPS_OPPOSITE.search(text, before, start)) and not _WITHOUT.match(
        text, end
    )
    return Grade.OWN if sure else Grade.EITHER


def _whole_number(text: str, start: int, end: int, digits: re.Match[str] | None) -> Grade | None:
    """Return OWN if a stretch includes the digits at its end with everything joined to them, else their grade."""
    if digits is None:
        return Grade.OWN
    first, last = joined_span(text, digits.start(), digits.end())
    if start <= first and last <= end:
        return Grade.OWN
    return standing(text, digits.start(), digits.end())


def _cut(left: str, right: str) -> Grade | None:
    """Return the grade of a boundary between two neighbouring characters."""
    # Scripts without spaces have no visible word boundaries, so a word may end between any two letters.
    if not (left.isalnum() and right.isalnum()) or is_unspaced(left) or is_unspaced(right):
        return Grade.OWN
    return Grade.INSIDE if left.isdecimal() and right.isalpha() else None
