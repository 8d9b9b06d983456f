"""Which schemas Groq's strict mode refuses, as far as its error messages show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import permutations
from types import MappingProxyType
from typing import cast

from structgen.core.json import Json, JsonObject, pointer
from structgen.schema.resolve import target

_UNSUPPORTED = ("minItems", "maxItems")


@dataclass(frozen=True, slots=True)
class Wrong:
    """A fault of a schema: the name of the error, where, and the words that go into its message."""

    error: str
    path: str
    words: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def find_fault(schema: Json) -> str:
    """What keeps this from being a JSON Schema at all; empty where it is one."""
    from jsonschema import Draft202012Validator, SchemaError

    try:
        Draft202012Validator.check_schema(cast("JsonObject | bool", schema))
    except SchemaError as error:
        return f"{pointer(error.absolute_path)}: {error.message[:300]}"
    return ""


def check_strict(schema: Json) -> Wrong | None:
    """The first fault of a schema for strict mode, None where it is accepted."""
    for path, node in _nodes(schema):
        found = _check_object(path, node) or _check_keywords(path, node) or _check_union(path, node, schema)
        if found is not None:
            return found
    return None


def _nodes(schema: Json) -> Iterator[tuple[str, JsonObject]]:
    """Every subschema with its place, without recursion: schemas come from anybody."""
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
    missing = [name for name in names if name not in required]
    return Wrong("schema_required_all", path, {"names": ", ".join(missing)}) if missing else None


def _check_keywords(path: str, node: JsonObject) -> Wrong | None:
    keyword = next((name for name in _UNSUPPORTED if name in node), None)
    return Wrong("schema_unsupported_keyword", path, {"keyword": keyword}) if keyword else None


def _check_union(path: str, node: JsonObject, root: Json) -> Wrong | None:
    """Object variants must be told apart by one constant property, or by required keys that the others lack."""
    union = node.get("anyOf")
    variants = [_resolve(variant, root) for variant in union] if isinstance(union, list) else []
    objects = [variant for variant in variants if isinstance(variant.get("properties"), dict)]
    if len(objects) < 2:
        return None
    discriminators = _discriminators(objects)
    if len(discriminators) == 1:
        return None
    if discriminators:
        return Wrong("schema_anyof_discriminator", f"{path}/anyOf", {"names": ", ".join(discriminators)})
    for one, other in permutations(objects, 2):
        shared = [name for name in _strings(one.get("required")) if name in _keys(other)]
        if shared:
            return Wrong("schema_anyof_keyset", f"{path}/anyOf", {"name": shared[0]})
    return None


def _resolve(schema: Json, root: Json) -> JsonObject:
    """The schema that a local reference names, one step far; remote ones name nothing."""
    if not isinstance(schema, dict):
        return {}
    if "$ref" not in schema:
        return schema
    named = target(root, schema["$ref"]) if isinstance(root, dict) else None
    return named if isinstance(named, dict) else {}


def _discriminators(objects: list[JsonObject]) -> list[str]:
    """Properties that every variant has with a single value of its own."""
    names = [name for name in _keys(objects[0]) if all(name in _keys(variant) for variant in objects[1:])]
    return [name for name in names if _tells_apart([_constant(variant, name) for variant in objects])]


def _tells_apart(values: list[str | None]) -> bool:
    return None not in values and len(set(values)) == len(values)


def _constant(variant: JsonObject, name: str) -> str | None:
    held = _keys(variant)[name]
    if not isinstance(held, dict):
        return None
    options = held.get("enum", [held["const"]] if "const" in held else None)
    return repr(options[0]) if isinstance(options, list) and len(options) == 1 else None


def _keys(variant: JsonObject) -> JsonObject:
    properties = variant.get("properties")
    return properties if isinstance(properties, dict) else {}


def _strings(value: Json) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
