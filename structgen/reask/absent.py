"""Fields that may be left out but may not be null: in the answer to a question for single fields null says so.

There every path is answered, or nobody could tell a field that the text lacks from one that was forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from structgen.core.json import Json, JsonObject, pointer, steps
from structgen.parse.json_values import MISSING, at
from structgen.reask.place import put, schema_at
from structgen.schema import Schema
from structgen.schema.node import Node, Raw

_OUTSIDE = ("title", "description", "$defs", "definitions", "$schema")


def answer_part(schema: Node, path: str) -> Raw | None:
    """What may be answered for a path: what the schema says of it, or null where that may be left out."""
    part = schema_at(schema, path)
    if part is None or not is_optional(schema, path) or takes_null(part):
        return part
    if not isinstance(part, dict):
        return {"type": "null"}
    outside = {key: part[key] for key in _OUTSIDE if key in part}
    inner: JsonObject = {key: value for key, value in part.items() if key not in outside}
    return {**outside, "anyOf": [inner, {"type": "null"}]}


def says_absent(schema: Node, path: str, answer: Json) -> bool:
    """Whether an answer means that there is no such field, because null is no value of it."""
    part = schema_at(schema, path)
    return answer is None and part is not None and is_optional(schema, path) and not takes_null(part)


def is_optional(schema: Node, path: str) -> bool:
    """Whether a path is that of a declared property that may be left out, whichever branch of a union holds it."""
    *above, name = steps(path) or ("",)
    around = [leaf for node in schema.along(pointer(above)) for leaf in node.leaves()]
    declared = any(name in leaf.properties for leaf in around)
    return declared and not any(name in leaf.required for leaf in around)


def takes_null(part: Raw) -> bool:
    """Whether null is a value of a part of a schema."""
    return not Schema.of(part).check(None)


def without(tree: Json, paths: Iterable[str]) -> Json:
    """A copy of the tree without these keys of its objects."""
    for path in paths:
        *above, last = steps(path) or ("",)
        held = at(tree, above)
        if isinstance(held, dict) and at(tree, steps(path)) is not MISSING:
            left = {key: value for key, value in cast(JsonObject, held).items() if key != last}
            tree = put(tree, above, left)
    return tree
