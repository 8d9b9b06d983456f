"""What kind of place a schema describes: one to quote for, one to look into, or one to leave as it is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import cast

from structgen.core.errors import SchemaError
from structgen.core.json import Json, JsonObject
from structgen.schema.keywords import walk
from structgen.schema.node import REMARKS, Node

DEFINITIONS = ("$defs", "definitions")
_SCALARS = frozenset({"string", "number", "integer", "boolean", "null"})
_OBJECT = frozenset({"properties", "additionalProperties", "patternProperties"})
_ARRAY = frozenset({"items", "prefixItems"})
_ENTANGLED = frozenset({
    "$dynamicRef", "$recursiveRef", "allOf", "contains", "dependencies", "dependentSchemas", "else", "extends", "if",
    "not", "then", "unevaluatedItems", "unevaluatedProperties",
})  # fmt: skip
"""Keywords that speak of the same value once more, or of parts of it that only they know."""
ADDRESSES = frozenset({"$id", "id", "$anchor", "$comment", *DEFINITIONS})
"""Keywords that say where a schema is found: references are written anew, as pointers."""


class Kind(Enum):
    """What a schema describes."""

    LEAF = "leaf"
    """A single value, which may be quoted for."""
    INNER = "inner"
    """An object or a list that holds some, or a union with one."""
    FIXED = "fixed"
    """A constant, null, or the tag of a union: no text says it."""
    PLAIN = "plain"
    """What may be anything, or is described in a way that no quotes fit into."""


@dataclass(slots=True)
class Work:
    """Bounds the steps of looking through one schema, so that none can make them explode."""

    left: int = 100_000

    def step(self) -> None:
        """Count one; SchemaError where there have been too many."""
        self.left -= 1
        if self.left < 0:
            raise SchemaError("The schema is too large, or unfolds without end.")


@dataclass(frozen=True, slots=True)
class Kinds:
    """The kinds of the places of one schema. `tags` are the properties that tell the objects of unions apart."""

    tags: frozenset[Node]
    work: Work
    _known: dict[Node, Kind] = field(default_factory=dict[Node, Kind])

    def of(self, node: Node) -> Kind:
        """The kind of one place."""
        self.work.step()
        if node not in self._known:
            self._known[node] = Kind.PLAIN  # for a reference that comes back to itself with nothing in between
            self._known[node] = Kind.FIXED if node in self.tags else self._of(node)
        return self._known[node]

    def _of(self, node: Node) -> Kind:
        if node.reference is not None:
            return self.of(node.reference)
        schema = node.raw
        if len(node.parts) > 1 or not isinstance(schema, dict):
            return Kind.PLAIN  # a value that several schemas speak of has no form in which it is quoted
        if node.choices is not None:
            return _of_choices(node.choices)
        return self._of_union(node, schema) if options_of(schema)[1] else _of_types(schema)

    def _of_union(self, node: Node, schema: JsonObject) -> Kind:
        """Single values alone are one leaf; beside an object with free keys they could not be told from it."""
        word, members = options_of(schema)
        if schema.keys() - {word} - REMARKS:
            return Kind.PLAIN
        kinds = {self.of(branch) for branch in node.branches}
        if Kind.PLAIN in kinds or ({Kind.LEAF, Kind.INNER} <= kinds and self._has_free_keys(node)):
            return Kind.PLAIN
        if Kind.INNER in kinds:
            return Kind.INNER
        some = [member for member in members if member != {"type": "null"}]
        return Kind.LEAF if Kind.LEAF in kinds or len(some) > 1 else Kind.FIXED

    def _has_free_keys(self, node: Node) -> bool:
        return any(
            (leaf.extras is not None and bool(leaf.extras.parts)) or "patternProperties" in leaf.words
            for leaf in node.leaves()
        )


def _of_choices(values: tuple[Json, ...]) -> Kind:
    if any(isinstance(value, (dict, list)) for value in values):
        return Kind.PLAIN
    return Kind.LEAF if len([value for value in values if value is not None]) > 1 else Kind.FIXED


def _of_types(schema: JsonObject) -> Kind:
    """By its type, or by the keywords that speak of one."""
    written = schema.get("type")
    types = {str(kind) for kind in (written if isinstance(written, list) else [written]) if kind is not None}
    if types and types <= _SCALARS:
        return Kind.LEAF if types - {"null"} else Kind.FIXED
    if schema.keys() & _ENTANGLED or types - {"null", "object", "array"} or {"object", "array"} <= types:
        return Kind.PLAIN
    held = _OBJECT if "object" in types else _ARRAY if "array" in types else _OBJECT | _ARRAY
    return Kind.INNER if any(schema.get(key) and schema[key] is not True for key in held) else Kind.PLAIN


def options_of(schema: JsonObject) -> tuple[str, list[Json]]:
    """The keyword of a union and its members; ("", []) where a schema is none."""
    words = [word for word in ("anyOf", "oneOf") if isinstance(schema.get(word), list)]
    return (words[0], cast("list[Json]", schema[words[0]])) if len(words) == 1 else ("", [])


def tags(root: Node, work: Work) -> frozenset[Node]:
    """The properties that tell the objects of a union apart: fixed values, others in each of them."""
    found: set[Node] = set()
    for _, schema in walk(root.raw):
        if not isinstance(schema, dict) or not options_of(schema)[1]:
            continue
        records = [leaf.properties for leaf in root.at(schema).leaves() if leaf.properties]
        for _ in records:
            work.step()
        if len(records) > 1:
            shared = set[str].intersection(*map(set, records))
            fixed = [name for name in shared if _tells_apart([held[name] for held in records])]
            found |= {held[name] for held in records for name in fixed}
    return frozenset(found)


def _tells_apart(nodes: Sequence[Node]) -> bool:
    """Whether no two of these take the same value."""
    several = [node.choices or () for node in nodes]
    written = [json.dumps(choice, sort_keys=True) for choices in several for choice in choices]
    return all(several) and len(set(written)) == len(written)
