"""The keywords of all drafts of JSON Schema: where they hold subschemas, and what types and values they name.

Only in a subschema is `$ref` a reference and `type` a type: elsewhere they may be names of properties or values.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from copy import deepcopy
from typing import TypeAlias

from structgen.core.json import Json, JsonObject

Steps: TypeAlias = tuple[str | int, ...]

ONE = frozenset({
    "additionalItems", "additionalProperties", "contains", "contentSchema", "else", "extends", "if", "items", "not",
    "propertyNames", "then", "unevaluatedItems", "unevaluatedProperties",
})  # fmt: skip
MANY = frozenset({"allOf", "anyOf", "oneOf", "prefixItems", "items", "extends"})
BY_NAME = frozenset({"$defs", "definitions", "dependencies", "dependentSchemas", "patternProperties", "properties"})
IN_PLACE = frozenset({"allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas", "dependencies"})
"""Keywords whose subschemas apply to the same value, not to a part of it."""


def children(schema: Json) -> Iterator[tuple[Steps, JsonObject | bool]]:
    """Yield the direct subschemas of a schema, each with the steps that lead there."""
    if not isinstance(schema, dict):
        return
    for key, value in schema.items():
        if key in ONE and isinstance(value, (dict, bool)):
            yield (key,), value
        elif key in MANY and isinstance(value, list):
            yield from (((key, i), item) for i, item in enumerate(value) if isinstance(item, (dict, bool)))
        elif key in BY_NAME and isinstance(value, dict):
            yield from (((key, name), item) for name, item in value.items() if isinstance(item, (dict, bool)))


def walk(schema: Json, at: Steps = ()) -> Iterator[tuple[Steps, JsonObject | bool]]:
    """Yield a schema and all its subschemas with their paths. Not recursive, because schemas may be deep."""
    pending: list[tuple[Steps, Json]] = [(at, schema)]
    while pending:
        here, current = pending.pop()
        if isinstance(current, (dict, bool)):
            yield here, current
        found = [((*here, *steps), child) for steps, child in children(current)]
        pending.extend(reversed(found))


SCORING = frozenset({"compare", "compare_threshold"})
"""Keywords that say how a value is compared with gold. They restrict no value."""


def without_scoring(schema: JsonObject | bool) -> JsonObject | bool:
    """Return the schema without the keywords for comparing; the schema itself if it has none."""
    if not any(isinstance(part, dict) and part.keys() & SCORING for _, part in walk(schema)):
        return schema
    made = deepcopy(schema)
    for _, part in walk(made):
        if isinstance(part, dict):
            for word in part.keys() & SCORING:
                del part[word]
    return made


def types_of(written: Json) -> list[str]:
    """Return the value of `type` as a list."""
    return [kind for kind in (written if isinstance(written, list) else [written]) if isinstance(kind, str)]


def hashable(value: Json) -> Hashable:
    """Return a hashable form of a JSON value, equal for equal values: 1 equals 1.0 but not true."""
    if isinstance(value, dict):
        return (dict, frozenset((key, hashable(item)) for key, item in value.items()))
    if isinstance(value, list):
        return (list, tuple(hashable(item) for item in value))
    return (bool, value) if isinstance(value, bool) else value
