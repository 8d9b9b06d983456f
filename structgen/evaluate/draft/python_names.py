"""Keys of any kind -> names that are safe in Python. What a key says never becomes code: it is quoted by repr. Pure."""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Iterable

from pydantic import BaseModel

LONGEST = 48
_HUMP = re.compile(r"(?<=[a-z\d])(?=[A-Z])")
_OTHER = re.compile(r"\W+")

USED = frozenset(
    {"dt", "Literal", "BaseModel", "Field", "JsonValue", "Example", "Task", "task"}
    | {"str", "int", "float", "bool", "list", "dict"}
)
"""Names that a template uses. A field of that name would hide them from the fields below it."""


def is_safe(name: str) -> bool:
    """Whether a key can be the name of a field as it is."""
    return (
        name.isidentifier()
        and name == unicodedata.normalize("NFKC", name)  # Python compares identifiers in this form
        and len(name) <= LONGEST
        and not name.startswith("_")
        and not keyword.iskeyword(name)
        and not hasattr(BaseModel, name)
        and not name.startswith(("model_", "__"))
        and name not in USED
    )


def field_names(keys: Iterable[str]) -> dict[str, str]:
    """Return a different safe name for each key: the key if that is one, else its letters and digits."""
    listed = [*keys]
    names = {key: key for key in listed if is_safe(key)}
    taken = set(names.values())
    for key in listed:
        if key not in names:
            names[key] = unique(_cleaned(key), taken)
            taken.add(names[key])
    return names


def unique(wanted: str, taken: Iterable[str]) -> str:
    """Return `wanted`, or the first of ``wanted_2``, ``wanted_3``, ... that is not taken."""
    used = set(taken)
    if wanted not in used:
        return wanted
    number = 2
    while f"{wanted}_{number}" in used:
        number += 1
    return f"{wanted}_{number}"


def _cleaned(key: str) -> str:
    plain = unicodedata.normalize("NFKC", key)
    name = _OTHER.sub("_", _HUMP.sub("_", plain)).lower().strip("_")[:LONGEST].strip("_")
    if not name or not name[0].isidentifier():
        name = f"field_{name}".rstrip("_")
    if not name.isidentifier():  # some characters are part of words, but not of names
        name = re.sub(r"[^a-z0-9_]", "", name).strip("_") or "field"
    name = name if name[0].isidentifier() else f"field_{name}"
    return name if is_safe(name) else f"{name}_" if is_safe(f"{name}_") else f"field_{name}"


def class_name(name: str) -> str:
    """Return a name for the class of a field: ``LineItem`` for ``line_item``."""
    words = "".join(part[:1].upper() + part[1:] for part in name.split("_") if part)
    return words if words[:1].isidentifier() else f"Part{words}"


def words_of(name: str) -> str:
    """Return the words of a name, as a description begins: ``Invoice number``."""
    words = " ".join(_HUMP.sub(" ", name).replace("_", " ").split())
    return words[:1].upper() + words[1:] if words else name


def quoted(text: str) -> str:
    """Return a text as a literal of Python, within double quotes if that needs no other escapes."""
    literal = repr(text)
    return literal if '"' in literal else f'"{literal[1:-1]}"'
