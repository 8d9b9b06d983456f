"""What Groq requires of a JSON Schema: that it is one, and in strict mode the subset that structured outputs allow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import permutations
from types import MappingProxyType
from typing import cast

from structgen.core.json import Json, JsonObject, pointer
from structgen.schema.node import Node

_UNSUPPORTED = ("minItems", "maxItems")


@dataclass(frozen=True, slots=True)
class Wrong:
    """A fault of a schema: the name of the error, the path, and the words for its message."""

    error: str
    path: str
    words: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def schema_error(schema: Json) -> str:
    """Return why this is not a valid JSON Schema, or "" if it is one."""
    from jsonschema import Draft202012Validator, SchemaError

    try:
        Draft202012Validator.check_schema(cast("JsonObject | bool", schema))
    except SchemaError as error:
        return f"{pointer(error.absolute_path)}: {error.message[:300]}"
    return ""


def check_strict(schema: Json) -> Wrong | None:
    """Return the first fault of a schema for strict mode, or None if Groq accepts it."""
    root = Node.of(schema if isinstance(schema, (dict, bool)) else True)
    for path, part in _parts(root.raw):
        found = _check_object(path, part) or _check_keywords(path, part) or _check_union(path, part, root)
        if found is not None:
            return found
    return None


def _parts(schema: Json) -> Iterator[tuple[str, JsonObject]]:
    """Yield every subschema with its path. Not recursive, because a hostile schema may be nested deeply."""
    waiting: list[tuple[tuple[str, ...], Json]] = [((), schema)]
    while waiting:
        path, node = waiting.pop()
        if not isinstance(node, dict):
            continue
        yield pointer(path), node
        for name in ("properties", "$defs", "definitions"):
            held = node.get(name)
            if isinstance(held, dict):
                waiting.extend(((*path, name, key), child) for key, child in held.items())
        for name in ("anyOf", "oneOf", "allOf", "prefixItems"):
            held = node.get(name)
            if isinstance(held, list):
                waiting.extend(((*path, name, str(index)), child) for index, child in enumerate(held))
        waiting.append(((*path, "items"), node.get("items")))


def _check_object(path: str, node: JsonObject) -> Wrong | None:
    kinds = node.get("type")
    if kinds != "object" and not (isinstance(kinds, list) and "object" in kinds):
        return None
    if node.get("additionalProperties") is not False:
        return Wrong("schema_additional_properties", path)
    properties, required = node.get("properties"), node.get("required")
    names = list(properties) if isinstance(properties, dict) else []
    if not isinstance(required, list):
        return Wrong("schema_required_missing", path) if names else None
    # strict mode has no optional properties; an optional value must allow null instead
    missing = [name for name in names if name not in required]
    return Wrong("schema_required_all", path, {"names": ", ".join(missing)}) if missing else None


def _check_keywords(path: str, node: JsonObject) -> Wrong | None:
    keyword = next((name for name in _UNSUPPORTED if name in node), None)
    return Wrong("schema_unsupported_keyword", path, {"keyword": keyword}) if keyword else None


def _check_union(path: str, part: JsonObject, root: Node) -> Wrong | None:
    """Object variants must be distinguished by one constant property, or by required keys that the others lack."""
    union = part.get("anyOf")
    variants = [root.at(one) for one in union if isinstance(one, dict)] if isinstance(union, list) else []
    objects = [variant for variant in variants if variant.properties]
    # scalars and one object are told apart by their type
    if len(objects) < 2:
        return None
    discriminators = _discriminators(objects)
    # several are refused too, as in the recorded error
    if len(discriminators) == 1:
        return None
    if discriminators:
        return Wrong("schema_anyof_discriminator", f"{path}/anyOf", {"names": ", ".join(discriminators)})
    for one, other in permutations(objects, 2):
        shared = [name for name in one.properties if name in one.required and name in other.properties]
        if shared:
            return Wrong("schema_anyof_keyset", f"{path}/anyOf", {"name": shared[0]})
    return None


def _discriminators(objects: list[Node]) -> list[str]:
    """Return the properties that have a different constant in every variant."""
    names = [name for name in objects[0].properties if all(name in variant.properties for variant in objects[1:])]
    return [name for name in names if _tells_apart([_constant(variant.properties[name]) for variant in objects])]


def _tells_apart(values: list[str | None]) -> bool:
    return None not in values and len(set(values)) == len(values)


def _constant(node: Node) -> str | None:
    return repr(node.choices[0]) if node.choices is not None and len(node.choices) == 1 else None
