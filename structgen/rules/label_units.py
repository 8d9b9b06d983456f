"""Units in the names of fields and in labels: what ``weight_kg`` and "Revenue ($ million)" count.

A number in one unit is not a value of a field that counts another one. Nothing is converted, except for times.
"""

from __future__ import annotations

import re

from structgen.notation.measures import MEASURES
from structgen.rules.document.vocabulary import phrase
from structgen.rules.fields import Field

_SCALES = re.compile(
    r"\b(?:hundreds?|thousands?|millions?|billions?|mio|mrd|tsd|mln|bn|lakhs?|crores?|dozens?|000s?)\b"
    r"|[$€£¥]\s?(?:k|m|mn|mm|bn|b|'?000s?)\b|['’]000",
    re.IGNORECASE,
)
"""What a label says about all numbers below or behind it: "in thousands", "€m"."""
_VERSIONS = frozenset({"version", "release", "build", "revision", "firmware"})
_IN_YEARS = ("time", "y")


def unit_of(field: Field) -> tuple[str, str] | None:
    """Return the unit that the name of a field ends with and what it measures, or None."""
    words = phrase(field.name.replace("_", " "))
    if len(words) > 1 and words[-1] in _FOLDED:
        return _FOLDED[words[-1]]
    return _IN_YEARS if "age" in field.concepts else None


_FOLDED = {phrase(name)[0]: unit for name, unit in MEASURES.items() if len(phrase(name)) == 1}


def counts_otherwise(field: Field, label: str) -> bool:
    """Whether a label says that its numbers count something else than the field: thousands, or months of an age."""
    if _SCALES.search(label) and not _SCALES.search(field.name.replace("_", " ")):
        return True
    own = unit_of(field)
    if own is None or own[0] != "time":
        named = {_FOLDED[word] for word in phrase(label)[1:] if word in _FOLDED and len(word) > 1}
        return own is not None and any(one[0] == own[0] and one != own for one in named)
    named = {_FOLDED[word] for word in phrase(label) if word in _FOLDED and len(word) > 1}
    # Seconds, minutes and hours are converted.
    return not field.seconds and any(one[0] == "time" and one != own for one in named)


def is_version(field: Field) -> bool:
    """Whether a field names a version, whose decimals are not decimals: 1.10 is not 1.1."""
    return bool(_VERSIONS & set(phrase(field.name.replace("_", " "))))
