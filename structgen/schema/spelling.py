"""Recognize field names in another spelling: case, separators, plural, abbreviations."""

from __future__ import annotations

import re
import unicodedata

_SEPARATORS = re.compile(r"(?<!\d)[\s_.-]+|[\s_.-]+(?!\d)")
_WORD = re.compile(r"[^\W_]+")
_HUMP = re.compile(r"(?<=[a-z\d])(?=[A-Z])")

_SAME_WORD: dict[str, str] = {
    "addr": "address", "adress": "address", "adresse": "address", "amt": "amount", "avg": "average", "cat": "category",
    "catagory": "category", "dept": "department", "desc": "description", "heigth": "height", "img": "image",
    "info": "information", "lang": "language", "lenght": "length", "max": "maximum", "mid": "middle", "min": "minimum",
    "msg": "message", "num": "number", "occurence": "occurrence", "org": "organization", "organisation": "organization",
    "pct": "percent", "percentage": "percent", "phone": "telephone", "qty": "quantity", "quanity": "quantity",
    "recieved": "received", "ref": "reference", "seperate": "separate", "tel": "telephone",
}  # fmt: skip
"""Abbreviations of exactly one word, and misspellings. A rule could not tell them from other words: ``weight`` is as
close to ``height`` as ``lenght`` is to ``length``, and ``count`` is the beginning of ``country``.
"""

_PLURAL_IS_ANOTHER = frozenset({
    "arms", "contents", "customs", "days", "directions", "glasses", "goods", "hours", "means", "minutes", "months",
    "news", "papers", "remains", "savings", "seconds", "spirits", "terms", "times", "weeks", "works", "years",
})  # fmt: skip
"""Words whose plural means something else: a day is a date, days are a duration."""


def letters(name: str) -> str:
    """Return a name without case, underscores, hyphens, points and spaces.

    Separators between digits stay, as do all other characters: ``v1.5`` is not ``v15``, nor ``price_€`` ``price_$``.
    """
    return _SEPARATORS.sub("", unicodedata.normalize("NFC", name)).casefold()


def near_form(name: str) -> tuple[str, ...]:
    """Return the words of a name, in the singular and unabbreviated. Names with equal words mean the same field.

    Empty for a name with other characters than letters, digits and separators, which is close to no other name.
    """
    words: list[str] = [word.casefold() for word in _WORD.findall(_HUMP.sub("_", name))]
    if letters(name) != "".join(words):
        return ()
    return tuple(_singular(_SAME_WORD.get(word, word)) for word in words)


def _singular(word: str) -> str:
    if word in _PLURAL_IS_ANOTHER or len(word) < 4:
        return word
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    if word.endswith(("sses", "xes", "zes", "ches", "shes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word
