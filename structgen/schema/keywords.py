"""Where schemas stand inside a JSON Schema, for all drafts: only there is `$ref` a reference and `type` a type."""

from __future__ import annotations

from collections.abc import Iterator
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
"""Keywords whose schemas apply to the same value, not to a part of it."""


def children(schema: Json) -> Iterator[tuple[Steps, JsonObject | bool]]:
    """The schemas directly inside a schema, each with the steps that lead there."""
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
    """Every schema in a schema, itself first. Keeps its own stack: depth costs no recursion."""
    pending: list[tuple[Steps, Json]] = [(at, schema)]
    while pending:
        here, current = pending.pop()
        if isinstance(current, (dict, bool)):
            yield here, current
        found = [((*here, *steps), child) for steps, child in children(current)]
        pending.extend(reversed(found))
