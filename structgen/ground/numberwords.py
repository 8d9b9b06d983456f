"""Numbers written in English words: "twenty-five", "three hundred and five", "a dozen"; up to the trillions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from structgen.ground.places import Grade, Place

_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_SMALL = {word: value for value, word in enumerate(_UNITS.split())} | {
    word: 10 * value for value, word in enumerate(_TENS.split(), 2)
}
_LARGE = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_OTHER = {"dozen": "12", "half": "0.5", "once": "1", "twice": "2"}
_ANY = "|".join([*_SMALL, "hundred", *_LARGE])
_RUN = re.compile(
    rf"\b(?:a\s{{1,3}}(?=hundred|thousand|million))?(?:{_ANY})\b(?:[\s-]{{1,3}}(?:and\s{{1,3}})?(?:{_ANY})\b)*",
    re.IGNORECASE,
)
_SINGLE = re.compile(rf"\b(?:{'|'.join(_OTHER)})\b", re.IGNORECASE)


def number_words(text: str) -> Iterator[tuple[str, Place]]:
    """Every number in words, as the digits of its canonical form. A run that is no one number gives nothing."""
    for match in _RUN.finditer(text):
        value = _value([word for word in re.split(r"[\s-]+", match.group().lower()) if word not in ("a", "and")])
        if value is not None:
            yield str(value), Place(match.start(), match.end(), Grade.WRITTEN)
    for match in _SINGLE.finditer(text):
        yield _OTHER[match.group().lower()], Place(match.start(), match.end(), Grade.WRITTEN)


def _value(words: list[str]) -> int | None:
    """The number that the words say; None where they say none, or several ("one two")."""
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
        elif (last := _joined(last, _SMALL[word])) == 0 and word != "zero":
            return None
        else:
            group += _SMALL[word]
    return total + group


def _joined(last: int, value: int) -> int:
    """`value` where it may follow the word `last` (0: none), else 0: "twenty five" may, "five twenty" may not."""
    if last in (0, 100) or (20 <= last < 100 and value < 10):
        return value
    return 0
