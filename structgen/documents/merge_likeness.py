"""When two values are the same, and by which of its fields an object is known. Pure."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Hashable
from typing import TypeAlias

from structgen.core.json import Json, JsonObject

Likeness: TypeAlias = Hashable
"""Equal for values that are the same but for case, white space, punctuation around them, and the form of a number."""

_SAME = str.maketrans(dict.fromkeys("‘’‚‛`´′", "'") | dict.fromkeys("“”„‟«»″", '"') | dict.fromkeys("‐‑‒–—―−", "-"))
_AROUND = " \t.,;:!?\"'()[]…。、，"
_NAME_PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")

SURE_KEYS = ("id", "uuid", "guid", "isbn", "doi")
"""Names of fields that one thing alone has: what else differs between two such objects is a conflict."""
KEYS = (*SURE_KEYS, "sku", "ean", "email", "url", "key", "code", "number", "name", "title", "term", "label")
"""Names, or last words of names, of fields by which an object is known; the surest first."""


def likeness(value: Json) -> Likeness:
    """What a value is compared by."""
    if isinstance(value, bool):
        return ("bool", value)
    if isinstance(value, str):
        return ("text", _plain(value))
    if isinstance(value, dict | list):
        return ("tree", json.dumps(value, sort_keys=True))
    return ("number", value)


def _plain(text: str) -> str:
    """A text without the differences that do not count; as it is where nothing else would be left."""
    folded = text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).translate(_SAME).casefold()
    return " ".join(folded.split()).strip(_AROUND) or text


def key_of(value: JsonObject) -> tuple[str, Likeness] | None:
    """The surest field by which an object is known, with its value; None where it has none."""
    known = {
        rank: name
        for name, inner in reversed(value.items())
        if isinstance(inner, str | int) and inner != "" and (rank := _rank(name)) is not None
    }
    if not known:
        return None
    name = known[min(known)]
    return name, likeness(value[name])


def is_sure(name: str) -> bool:
    """Whether no two things share the value of a field of this name."""
    return name.lower() in SURE_KEYS


def _rank(name: str) -> int | None:
    """How sure a key a name is, 0 the surest; None where it is none. `customer_id` names another thing than `id`."""
    if name.lower() in SURE_KEYS:
        return KEYS.index(name.lower())
    words = _NAME_PART.findall(name)
    last = words[-1].lower() if words else ""
    return KEYS.index(last) if last in KEYS and last not in SURE_KEYS else None
