"""Replacing a place in plain JSON, and finding the part of a schema that speaks of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

from structgen.core.json import Json, JsonObject, pointer, steps
from structgen.parse.json_values import MISSING, at, same
from structgen.schema.resolve import target


def put(tree: Json, path: Sequence[str], value: Json) -> Json:
    """A copy of the tree with another value at the path; what is not on the way is shared."""
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(tree, list):
        changed = list(tree)
        changed[int(step)] = put(tree[int(step)], rest, value)
        return changed
    held = cast(JsonObject, tree)
    return {**held, step: put(held.get(step), rest, value)}


def can_put(tree: Json, path: Sequence[str]) -> bool:
    """Whether a value can stand at the path: its parent is an object, or a list that has this item."""
    if not path:
        return False
    parent = at(tree, path[:-1])
    if isinstance(parent, list):
        return _is_index(path[-1], len(cast("list[Json]", parent)))
    return isinstance(parent, dict)


def differing(said: Json, kept: object, path: str = "") -> tuple[str, Json, Json] | None:
    """The first place where both have a value and these differ: its path, what is kept, what is said."""
    if kept is MISSING:
        return None
    if isinstance(said, dict) and isinstance(kept, dict):
        known = cast(JsonObject, kept)
        pairs = [(key, value, known[key]) for key, value in said.items() if key in known]
    elif isinstance(said, list) and isinstance(kept, list) and len(said) == len(cast("list[Json]", kept)):
        pairs = [(index, *pair) for index, pair in enumerate(zip(said, cast("list[Json]", kept), strict=True))]
    else:
        return None if same(said, cast(Json, kept)) else (path, cast(Json, kept), said)
    found = (differing(value, other, path + pointer([step])) for step, value, other in pairs)
    return next((one for one in found if one is not None), None)


def schema_at(schema: JsonObject | bool, path: str) -> JsonObject | bool | None:
    """The part of a JSON Schema for a path into a value, with the definitions it needs; None where none is found."""
    found: list[Json] = [schema]
    for step in steps(path):
        found = list(_below(schema, found, step))
    options = [one for number, one in enumerate(found) if isinstance(one, dict | bool) and one not in found[:number]]
    if not options:
        return None
    one: JsonObject | bool = options[0] if len(options) == 1 else {"anyOf": cast("list[Json]", options)}
    return with_definitions(schema, one)


def _below(root: JsonObject | bool, nodes: Sequence[Json], step: str) -> Iterator[Json]:
    """The schemas that a step leads to from any of some nodes, through references and unions."""
    for one in alternatives(root, *nodes):
        properties, items, first = one.get("properties"), one.get("items"), one.get("prefixItems")
        if isinstance(properties, dict) and step in properties:
            yield properties[step]
        elif isinstance(first, list) and step.isdecimal() and int(step) < len(first):
            yield first[int(step)]
        elif step.isdecimal() and isinstance(items, dict | bool):
            yield items
        elif isinstance(one.get("additionalProperties"), dict):
            yield one["additionalProperties"]


def alternatives(root: JsonObject | bool, *nodes: Json) -> list[JsonObject]:
    """The object schemas that nodes stand for, each once: themselves, what they refer to, the branches of unions."""
    todo, seen, found = list(reversed(nodes)), set[int](), list[JsonObject]()
    while todo:
        one = todo.pop()
        if not isinstance(one, dict) or id(one) in seen:
            continue
        seen.add(id(one))
        found.append(one)
        todo.append(target(root, one.get("$ref")))
        for key in ("anyOf", "oneOf", "allOf"):
            branches = one.get(key)
            todo.extend(reversed(branches) if isinstance(branches, list) else [])
    return found


def with_definitions(root: JsonObject | bool, part: JsonObject | bool) -> JsonObject | bool:
    """The part, able to refer to what the root defines."""
    if not isinstance(part, dict) or not isinstance(root, dict):
        return part
    shared = {key: root[key] for key in ("$defs", "definitions", "$schema") if key in root and key not in part}
    return {**part, **shared}


def _is_index(step: str, length: int) -> bool:
    return step.isdecimal() and int(step) < length
