"""A value of one chunk in its place: what merging looks at and compares. Pure."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from structgen.core.json import Json, JsonObject, pointer
from structgen.core.records import Evidence, Status

_CERTAIN = frozenset({Status.EXACT, Status.NORMALIZED, Status.FUZZY})
DEEPEST = 40
"""Values nested deeper than this are compared as they are, and not looked into."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one chunk gave: plain JSON, and the evidence of its leaves by path, with offsets in the whole document."""

    number: int
    start: int
    end: int
    value: Json
    evidence: Mapping[str, Evidence]

    def overlaps(self, other: Part) -> bool:
        """Whether the two chunks have some text in common."""
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class Leaf:
    """A single value; `place` is where it stands in the document, None where that is not certain."""

    value: Json
    like: Likeness
    place: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Node:
    """A value in the answer of a part, at a path."""

    part: Part
    path: str
    value: Json

    def child(self, step: str | int, value: Json) -> Node:
        """A value inside this one."""
        plain = isinstance(step, int) or not ("/" in step or "~" in step)
        return Node(self.part, f"{self.path}/{step}" if plain else self.path + pointer([step]), value)

    def children(self) -> Iterator[tuple[str | int, Node]]:
        """The values inside this one."""
        if isinstance(self.value, dict):
            yield from ((key, self.child(key, inner)) for key, inner in self.value.items())
        elif isinstance(self.value, list):
            yield from ((index, self.child(index, inner)) for index, inner in enumerate(self.value))

    @property
    def evidence(self) -> Evidence | None:
        """The evidence of a leaf, None where it was not found in the text."""
        found = self.part.evidence.get(self.path)
        return found if found is not None and found.start is not None else None

    @property
    def place(self) -> tuple[int, int] | None:
        """Where a leaf certainly stands."""
        found = self.evidence
        if found is None or found.start is None or found.end is None or found.status not in _CERTAIN:
            return None
        return found.start, found.end

    def leaves(self) -> Iterator[tuple[str, Leaf, bool]]:
        """The leaves, each with its path below this node, and whether it stands in a list within it."""
        todo: list[tuple[Node, int, bool]] = [(self, 0, False)]
        while todo:
            node, depth, listed = todo.pop()
            if isinstance(node.value, dict | list) and depth < DEEPEST:
                listed = listed or isinstance(node.value, list)
                todo.extend((child, depth + 1, listed) for _, child in reversed(list(node.children())))
            elif node.value is not None:
                yield node.path[len(self.path) :], Leaf(node.value, likeness(node.value), node.place), listed


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
