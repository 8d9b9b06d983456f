"""Names of fields as models spell them: in another case, with other separators, in the plural, abbreviated."""

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
"""Short forms that mean one word only, and other spellings of a word. By rule they would not be told from other words:
``weight`` is as near to ``height`` as ``lenght`` is to ``length``, ``count`` begins ``country``.
"""

_PLURAL_IS_ANOTHER = frozenset({
    "arms", "contents", "customs", "days", "directions", "glasses", "goods", "hours", "means", "minutes", "months",
    "news", "papers", "remains", "savings", "seconds", "spirits", "terms", "times", "weeks", "works", "years",
})  # fmt: skip
"""Words that are something else in the plural: a day is a date, days are a time."""


def letters(name: str) -> str:
    """A name without what spellings differ in: case, underscores, hyphens, points, spaces.

    Separators between digits stay, and so does every other sign: ``v1.5`` is not ``v15``, ``price_€`` not ``price_$``.
    """
    return _SEPARATORS.sub("", unicodedata.normalize("NFC", name)).casefold()


def near_form(name: str) -> tuple[str, ...]:
    """The words of a name, in the singular and in full: names with equal ones mean the same field.

    Empty for a name with other signs than letters, digits and separators, which nothing else is near to.
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
