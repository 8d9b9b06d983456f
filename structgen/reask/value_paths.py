"""Paths into plain JSON: replacing and comparing values, and the schema of a path."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import cast

from structgen.core.json import MISSING, Json, JsonObject, at, pointer, steps
from structgen.parse.json_values import same
from structgen.schema.node import Node, Raw
from structgen.schema.resolve import standalone


def put(tree: Json, path: Sequence[str], value: Json) -> Json:
    """Return a copy of the tree with another value at the path. Parts off the path are shared."""
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
    """Whether a value can be put at the path: its parent is an object, or a list with this item."""
    if not path:
        return False
    parent = at(tree, path[:-1])
    if isinstance(parent, list):
        return _is_index(path[-1], len(cast("list[Json]", parent)))
    return isinstance(parent, dict)


def without(tree: Json, paths: Iterable[str]) -> Json:
    """Return a copy of the tree without these keys of its objects."""
    for path in paths:
        *above, last = steps(path) or ("",)
        held = at(tree, above)
        if isinstance(held, dict) and at(tree, steps(path)) is not MISSING:
            left = {key: value for key, value in cast(JsonObject, held).items() if key != last}
            tree = put(tree, above, left)
    return tree


def differing(said: Json, kept: object, path: str = "") -> tuple[str, Json, Json] | None:
    """Return the first path at which both have a value and the values differ, with both values; or None."""
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


def schema_at(schema: Node, path: str) -> Raw | None:
    """Return the JSON Schema of a path, with the definitions that it needs, or None if there is none."""
    found: list[Json] = [node.raw for node in schema.along(path)]
    options = [one for number, one in enumerate(found) if one not in found[:number]]
    if not options:
        return None
    return standalone(schema.root.raw, cast(Raw, options[0]) if len(options) == 1 else {"anyOf": options})


def _is_index(step: str, length: int) -> bool:
    return step.isdecimal() and int(step) < length
