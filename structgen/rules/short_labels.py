"""Labels without the noun that ends the name of a field: "Flight: LH 2018" for ``flight_number``.

The noun says what a value looks like. Only a value that looks so is one, because the label alone may mean more: the
room in "Room: double" has no number.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from structgen.rules.document.vocabulary import phrase
from structgen.rules.fields import Field, Kind

_CODE = re.compile(r"(?=\S{0,30}\d)[^\W_][\w./-]{0,29}|[A-Z]{1,4} \d{1,8}")
_NAME = re.compile(r"[^\W\d_][^\d:=|]{1,60}")
_PERCENT = re.compile(r"[\d.,]{1,8}\s?%.*", re.DOTALL)
_PLACE = re.compile(r"(?=[^\n]{0,80}[^\W\d_]{3})[^\n:@]{5,120}")
_TIMED = ("time", "date-time", "date")


def _looks(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda value: pattern.fullmatch(value) is not None


_NOUNS: dict[str, Callable[[str], bool]] = {
    **dict.fromkeys(("number", "no", "nr", "id", "code"), _looks(_CODE)),
    "name": _looks(_NAME),
    "address": _looks(_PLACE),
    **dict.fromkeys(("rate", "percent", "percentage"), _looks(_PERCENT)),
}
"""The last word of a name -> whether a value looks like what the word says."""
_VAGUE_WORDS = """
full first last middle given family user short long display legal common file id total main old new net gross
start end due issue order phone unit serial model part item line tax vat gst reg registration post postal zip
country street email mail home web ip mac url bank billing shipping delivery mailing brand company
"""
_VAGUE = frozenset(_VAGUE_WORDS.split())
"""First words that are labels of something else when they are alone."""


def short_label(field: Field) -> str | None:
    """Return the name of a field without the noun at its end, or None if there is none to leave out."""
    words = phrase(field.name)
    if len(words) < 2 or len(words) > 3:
        return None
    rest = words[:-1]
    if words[-1] in ("time", "date", "at", "on"):
        return " ".join(rest) if field.format in _TIMED and words[0] != "total" else None
    if words[-1] in _SHARES:
        return " ".join(rest) if field.kind in _FIGURES else None
    return None if words[-1] not in _NOUNS or rest[-1] in _VAGUE or field.kind not in _CODES else " ".join(rest)


_FIGURES = (Kind.NUMBER, Kind.INTEGER)
_CODES = (Kind.STRING, Kind.INTEGER)
_SHARES = ("rate", "percent", "percentage")


def suits_short_label(field: Field, value: str) -> bool:
    """Whether a value behind a short label looks like what the noun in the name of the field says."""
    looks = _NOUNS.get(phrase(field.name)[-1])
    return looks is None or looks(value.strip())
