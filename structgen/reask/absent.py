"""Fields that may be left out but may not be null: in the answer to a question for single fields null says so.

There every path is answered, or nobody could tell a field that the text lacks from one that was forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from structgen.core.json import Json, JsonObject, pointer, steps
from structgen.parse.json_values import MISSING, at
from structgen.reask.place import alternatives, put, schema_at
from structgen.schema import Schema

_OUTSIDE = ("title", "description", "$defs", "definitions", "$schema")


def answer_part(schema: JsonObject | bool, path: str) -> JsonObject | bool | None:
    """What may be answered for a path: what the schema says of it, or null where that may be left out."""
    part = schema_at(schema, path)
    if part is None or not is_optional(schema, path) or takes_null(part):
        return part
    if not isinstance(part, dict):
        return {"type": "null"}
    outside = {key: part[key] for key in _OUTSIDE if key in part}
    inner: JsonObject = {key: value for key, value in part.items() if key not in outside}
    return {**outside, "anyOf": [inner, {"type": "null"}]}


def says_absent(schema: JsonObject | bool, path: str, answer: Json) -> bool:
    """Whether an answer means that there is no such field, because null is no value of it."""
    part = schema_at(schema, path)
    return answer is None and part is not None and is_optional(schema, path) and not takes_null(part)


def is_optional(schema: JsonObject | bool, path: str) -> bool:
    """Whether a path is that of a declared property that may be left out, whichever branch of a union holds it."""
    *above, name = steps(path) or ("",)
    around = schema_at(schema, pointer(above))
    several = [] if around is None else alternatives(around, around)
    declared = any(isinstance(held := one.get("properties"), dict) and name in held for one in several)
    return declared and not any(isinstance(needed := one.get("required"), list) and name in needed for one in several)


def takes_null(part: JsonObject | bool) -> bool:
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
