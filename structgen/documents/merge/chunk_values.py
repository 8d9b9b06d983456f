"""The values of one chunk with their evidence, and how to compare them: likeness and key fields. Pure."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from structgen.core.json import Json, JsonObject, pointer
from structgen.core.records import Evidence, Status

_CERTAIN = frozenset({Status.EXACT, Status.NORMALIZED, Status.FUZZY, Status.QUOTED, Status.DERIVED})
MAX_DEPTH = 40
"""Values nested deeper than this are compared as a whole."""


@dataclass(frozen=True, slots=True)
class Part:
    """The answer to one chunk as plain JSON, and the evidence of its leaves by path, with offsets in the document."""

    number: int
    start: int
    end: int
    value: Json
    evidence: Mapping[str, Evidence]
    text: str = ""

    def contains(self, other: Part) -> bool:
        """Whether the chunk of another part is a part of this one."""
        return self.start <= other.start and other.end <= self.end and self.end - self.start > other.end - other.start

    def overlaps(self, other: Part) -> bool:
        """Whether the two chunks share some text."""
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class Leaf:
    """A scalar; `place` is its place in the document, or None if that is uncertain."""

    value: Json
    like: Likeness
    place: tuple[int, int] | None
    guess: tuple[int, int] | None = None
    """Its place or, if that is uncertain, the most likely one."""


@dataclass(frozen=True, slots=True)
class ChunkValue:
    """A value at a path in the answer of a part."""

    part: Part
    path: str
    value: Json

    def child(self, step: str | int, value: Json) -> ChunkValue:
        """Return a value inside this one. Escaping its path is slow, and rarely needed."""
        plain = isinstance(step, int) or not ("/" in step or "~" in step)
        return ChunkValue(self.part, f"{self.path}/{step}" if plain else self.path + pointer([step]), value)

    def children(self) -> Iterator[tuple[str | int, ChunkValue]]:
        """Yield the values inside this one."""
        if isinstance(self.value, dict):
            yield from ((key, self.child(key, inner)) for key, inner in self.value.items())
        elif isinstance(self.value, list):
            yield from ((index, self.child(index, inner)) for index, inner in enumerate(self.value))

    @property
    def evidence(self) -> Evidence | None:
        """The evidence of a leaf, or None if it was not found in the text."""
        found = self.part.evidence.get(self.path)
        return found if found is not None and found.start is not None else None

    @property
    def place(self) -> tuple[int, int] | None:
        """The certain place of a leaf, or None."""
        found = self.evidence
        if found is None or found.start is None or found.end is None or found.status not in _CERTAIN:
            return None
        return found.start, found.end

    @property
    def guess(self) -> tuple[int, int] | None:
        """The place of a leaf, certain or the most likely one, or None."""
        found = self.evidence
        return None if found is None or found.start is None or found.end is None else (found.start, found.end)

    def leaves(self) -> Iterator[tuple[str, Leaf, bool]]:
        """Yield the leaves, each with its path below this node, and whether it is in a list within it."""
        todo: list[tuple[ChunkValue, int, bool]] = [(self, 0, False)]
        while todo:
            node, depth, listed = todo.pop()
            if isinstance(node.value, dict | list) and depth < MAX_DEPTH:
                listed = listed or isinstance(node.value, list)
                # reversed, because the stack returns the last one first
                todo.extend((child, depth + 1, listed) for _, child in reversed(list(node.children())))
            elif node.value is not None:
                yield (
                    node.path[len(self.path) :],
                    Leaf(node.value, likeness(node.value), node.place, node.guess),
                    listed,
                )


Likeness: TypeAlias = Hashable
"""Equal for values that only differ in case, white space, surrounding punctuation or the form of a number."""

_SAME = str.maketrans(dict.fromkeys("‘’‚‛`´′", "'") | dict.fromkeys("“”„‟«»″", '"') | dict.fromkeys("‐‑‒–—―−", "-"))
_AROUND = " \t.,;:!?\"'()[]…。、，"
_NAME_PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")

SURE_KEYS = ("id", "uuid", "guid", "isbn", "doi")
"""Names of fields that identify one thing: any other difference between two such objects is a conflict."""
KEYS = (*SURE_KEYS, "sku", "ean", "email", "url", "key", "code", "number", "name", "title", "term", "label")
"""Names, or last words of names, of fields that identify an object, the surest first."""


def likeness(value: Json) -> Likeness:
    """Return the key by which to compare a value."""
    # before numbers, because True == 1 in Python
    if isinstance(value, bool):
        return ("bool", value)
    if isinstance(value, str):
        return ("text", _plain(value))
    if isinstance(value, dict | list):
        return ("tree", json.dumps(value, sort_keys=True))
    return ("number", value)


def _plain(text: str) -> str:
    """Normalize a text for comparison; return it unchanged if nothing would be left."""
    # most texts are ASCII, for which NFKC and translating are slow and change nothing
    folded = text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).translate(_SAME).casefold()
    return " ".join(folded.split()).strip(_AROUND) or text


def key_of(value: JsonObject) -> tuple[str, Likeness] | None:
    """Return the surest field that identifies an object, with its value, or None."""
    known = {
        rank: name
        # reversed, so that of two equally sure keys the first one wins
        for name, inner in reversed(value.items())
        if isinstance(inner, str | int) and inner != "" and (rank := _rank(name)) is not None
    }
    if not known:
        return None
    name = known[min(known)]
    return name, likeness(value[name])


def is_sure(name: str) -> bool:
    """Whether a field with this name identifies one thing."""
    return name.lower() in SURE_KEYS


def is_key(name: str) -> bool:
    """Whether a field with this name may identify an object."""
    return _rank(name) is not None


def name_words(name: str) -> tuple[str, ...]:
    """Return the words of a name in lower case: ``unitPrice`` and ``unit_price`` have the same."""
    return tuple(word.lower() for word in _NAME_PART.findall(name)) or tuple(name.lower().replace("_", " ").split())


def _rank(name: str) -> int | None:
    """Return how sure a key the name is, 0 the surest, or None. `customer_id` identifies another thing than `id`."""
    if name.lower() in SURE_KEYS:
        return KEYS.index(name.lower())
    words = _NAME_PART.findall(name)
    last = words[-1].lower() if words else ""
    return KEYS.index(last) if last in KEYS and last not in SURE_KEYS else None
