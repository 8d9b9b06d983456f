"""What kind of place a schema describes: one to quote for, one to look into, or one to leave as it is."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import cast

from structgen.core.errors import SchemaError
from structgen.core.json import Json, JsonObject, pointer, steps
from structgen.schema.keywords import Steps, walk
from structgen.schema.resolve import find, part_at

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
_REMARKS = ADDRESSES | {
    "$schema", "title", "description", "default", "deprecated", "discriminator", "examples", "readOnly", "writeOnly",
}  # fmt: skip
"""Keywords that may stand beside a reference or a union and change nothing."""


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
    """The kinds of the places of one schema. `tags` are the pointers of the properties that tell unions apart."""

    root: JsonObject | bool
    tags: frozenset[str]
    work: Work
    _known: dict[str, Kind] = field(default_factory=dict[str, Kind])

    def of(self, schema: Json, at: Steps) -> Kind:
        """The kind of one place."""
        self.work.step()
        here = pointer(at)
        if here not in self._known:
            self._known[here] = Kind.PLAIN  # for a reference that comes back to itself with nothing in between
            self._known[here] = Kind.FIXED if here in self.tags else self._of(schema, at)
        return self._known[here]

    def _of(self, schema: Json, at: Steps) -> Kind:
        if not isinstance(schema, dict):
            return Kind.PLAIN
        if "$ref" in schema or "allOf" in schema:
            place = self.target(schema)
            found = part_at(self.root, place) if place is not None else None
            return self.of(found[1], tuple(steps(found[0]))) if found else Kind.PLAIN
        if "const" in schema or "enum" in schema:
            return _of_choices(schema)
        return self._of_union(schema, at) if options_of(schema)[1] else _of_types(schema)

    def target(self, schema: JsonObject) -> str | None:
        """The pointer of the definition that a schema stands for, with nothing but remarks beside the reference."""
        members = schema.get("allOf")
        if isinstance(members, list) and len(members) == 1 and isinstance(members[0], dict) and "$ref" not in schema:
            inner, beside = members[0], schema.keys() - {"allOf"}
        else:
            inner, beside = schema, schema.keys() - {"$ref"}
        ref = inner.get("$ref")
        if not isinstance(ref, str) or beside - _REMARKS or (inner is not schema and len(inner) > 1):
            return None
        found = find(self.root, ref)
        return found[0] if found else None

    def _of_union(self, schema: JsonObject, at: Steps) -> Kind:
        """Single values alone are one leaf; beside an object with free keys they could not be told from it."""
        word, members = options_of(schema)
        if schema.keys() - {word} - _REMARKS:
            return Kind.PLAIN
        kinds = {self.of(member, (*at, word, i)) for i, member in enumerate(members)}
        if Kind.PLAIN in kinds or ({Kind.LEAF, Kind.INNER} <= kinds and self._has_free_keys(schema, at)):
            return Kind.PLAIN
        if Kind.INNER in kinds:
            return Kind.INNER
        some = [member for member in members if member != {"type": "null"}]
        return Kind.LEAF if Kind.LEAF in kinds or len(some) > 1 else Kind.FIXED

    def _has_free_keys(self, schema: JsonObject, at: Steps) -> bool:
        return any(
            isinstance(part.get("additionalProperties"), dict) or "patternProperties" in part
            for _, part in branches(self.root, schema, at, self.work)
        )


def _of_choices(schema: JsonObject) -> Kind:
    values = [schema["const"]] if "const" in schema else schema["enum"]
    if not isinstance(values, list) or any(isinstance(value, (dict, list)) for value in values):
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


def branches(root: JsonObject | bool, schema: Json, at: Steps, work: Work) -> Iterator[tuple[Steps, JsonObject]]:
    """The schemas that a schema stands for, through references and unions, each with its place."""
    todo: list[tuple[Steps, Json]] = [(at, schema)]
    seen: set[Steps] = set()
    while todo:
        work.step()
        here, part = todo.pop()
        if not isinstance(part, dict) or here in seen:
            continue
        seen.add(here)
        word, members = options_of(part)
        todo.extend(((*here, word, i), member) for i, member in enumerate(members))
        found = find(root, part.get("$ref"))
        if found:
            todo.append((tuple(steps(found[0])), found[1]))
        elif not members:
            yield here, part


def tags(root: JsonObject | bool, work: Work) -> frozenset[str]:
    """The pointers of the properties that tell the objects of a union apart: fixed values, others in each of them."""
    found: set[str] = set()
    for at, schema in walk(root):
        if not isinstance(schema, dict) or not options_of(schema)[1]:
            continue
        objects = [
            (here, part["properties"]) for here, part in branches(root, schema, at, work) if "properties" in part
        ]
        records = [(here, cast(JsonObject, held)) for here, held in objects if isinstance(held, dict)]
        if len(records) > 1:
            shared = set[str].intersection(*(set(held) for _, held in records))
            fixed = [name for name in shared if _tells_apart([held[name] for _, held in records])]
            found |= {pointer((*here, "properties", name)) for here, _ in records for name in fixed}
    return frozenset(found)


def _tells_apart(schemas: Sequence[Json]) -> bool:
    """Whether no two of these take the same value."""
    several = [_choices(schema) for schema in schemas]
    written = [json.dumps(choice, sort_keys=True) for choices in several for choice in choices]
    return all(several) and len(set(written)) == len(written)


def _choices(schema: Json) -> list[Json]:
    """The fixed values of a property; none where it may have others."""
    held = schema if isinstance(schema, dict) else {}
    choices = [held["const"]] if "const" in held else held.get("enum")
    return choices if isinstance(choices, list) else []
