"""The keywords of a JSON Schema that decide about its shape, with ``allOf`` and references beside others merged in."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from structgen.core.json import Json, JsonObject, steps
from structgen.schema.keywords import Steps
from structgen.schema.resolve import find

SHAPING = frozenset({
    "$ref", "additionalProperties", "allOf", "anyOf", "enum", "items", "patternProperties", "prefixItems", "properties",
    "propertyNames", "required", "type",
})  # fmt: skip
HINTS = {
    "object": (
        "properties", "required", "additionalProperties", "patternProperties", "propertyNames",
        "minProperties", "maxProperties",
    ),
    "array": ("items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains"),
    "string": ("pattern", "minLength", "maxLength", "format"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}  # fmt: skip
"""Type -> the keywords that speak of it; a schema without ``type`` is of the types that it speaks of."""

KEPT = SHAPING.union(*HINTS.values(), {"description"})
MOST_STEPS = 20_000
MOST_DEPTH = 100


class Refused(Exception):
    """Strict mode cannot say this. Never leaves the package: `to_strict` turns it into a value."""

    def __init__(self, reason: str, at: Steps) -> None:
        super().__init__(reason)
        self.reason = reason
        self.at = at


@dataclass(slots=True)
class Merger:
    """Reads schemas of one root. `steps_left` bounds the whole work, so that no schema can make it explode."""

    root: JsonObject | bool
    steps_left: int = MOST_STEPS

    def step(self, at: Steps, depth: int = 0) -> None:
        """Count one step; raise where there have been too many."""
        self.steps_left -= 1
        if self.steps_left < 0 or depth > MOST_DEPTH:
            raise Refused("the schema is too large or nested too deep, or it unfolds without end", at)

    def merged(self, schema: Json, at: Steps) -> JsonObject | str:
        """One schema without ``allOf`` and ``$ref``, or the pointer that it is a mere reference to."""
        gathered = _Gathered()
        self._gather(schema, at, gathered)
        if not gathered.own and len(gathered.places) == 1:
            return next(iter(gathered.places))
        while pending := [place for place in gathered.places if place not in gathered.entered]:
            for place in pending:
                gathered.entered.add(place)
                self._gather(gathered.places[place], tuple(steps(place)), gathered)
        merged: JsonObject = {}
        for part in gathered.own or gathered.other:
            merged = merge(merged, part, at)
        return merged

    def _gather(self, schema: Json, at: Steps, into: _Gathered) -> None:
        """The schema and the members of its ``allOf``, in order."""
        todo: list[tuple[Json, Steps]] = [(schema, at)]
        while todo:
            part, here = todo.pop()
            self.step(here, len(here) - len(at))
            kept = essence(part, here)
            reference, members = kept.pop("$ref", None), kept.pop("allOf", [])
            if isinstance(reference, str):
                into.places.update([self._target(reference, here)])
            (into.own if kept.keys() & SHAPING else into.other).append(kept)
            inner = [(member, (*here, "allOf", i)) for i, member in enumerate(_list(members))]
            todo.extend(reversed(inner))

    def _target(self, reference: str, at: Steps) -> tuple[str, JsonObject | bool]:
        found = find(self.root, reference)
        if found is None:
            raise Refused(f"{reference!r} points outside this schema, or to nothing", (*at, "$ref"))
        return found


@dataclass(slots=True)
class _Gathered:
    """The parts of an ``allOf``: those that shape the value, those that only restrict it, and what is referred to."""

    own: list[JsonObject] = field(default_factory=list[JsonObject])
    other: list[JsonObject] = field(default_factory=list[JsonObject])
    places: dict[str, JsonObject | bool] = field(default_factory=dict[str, "JsonObject | bool"])
    entered: set[str] = field(default_factory=set[str])


def essence(schema: Json, at: Steps) -> JsonObject:
    """The keywords that shape the value, in one spelling: no ``const``, no ``oneOf``, no ``items`` for places."""
    if schema is False:
        raise Refused("no value fits here", at)
    if not isinstance(schema, dict):
        return {}
    kept = {key: value for key, value in schema.items() if key in KEPT}
    if "const" in schema:
        kept["enum"] = [schema["const"]]
    if "oneOf" in schema:
        if "anyOf" in schema:
            raise Refused("anyOf and oneOf stand side by side; strict has one union at a place", at)
        kept["anyOf"] = schema["oneOf"]
    if isinstance(schema.get("items"), list):
        kept["prefixItems"] = kept.pop("items")
        if "additionalItems" in schema:
            kept["items"] = schema["additionalItems"]
    if schema.get("unevaluatedProperties", False) is not False:
        kept.setdefault("additionalProperties", schema["unevaluatedProperties"])
    if not any(_shapes(member) for member in _list(kept.get("anyOf"))):
        kept.pop("anyOf", None)
    _refuse_hidden_keys(schema, at)
    return kept


def _shapes(member: Json) -> bool:
    """Whether a member of a union says more than which keys must be there."""
    return not isinstance(member, dict) or bool(member.keys() & (SHAPING | {"const", "oneOf"}) - {"required"})


def _refuse_hidden_keys(schema: JsonObject, at: Steps) -> None:
    """Refuse what may bring in properties that the object itself does not name."""
    if dynamic := schema.keys() & {"$dynamicRef", "$recursiveRef"}:
        raise Refused("what this reference means depends on who refers to it", (*at, min(dynamic)))
    known = _dict(schema.get("properties")).keys()
    conditions: list[tuple[Steps, Json]] = [((*at, key), schema.get(key)) for key in ("then", "else")]
    for key in ("dependentSchemas", "dependencies"):
        conditions.extend(((*at, key, name), part) for name, part in _dict(schema.get(key)).items())
    for here, condition in conditions:
        more = _dict(_dict(condition).get("properties")).keys() - known
        if more:
            raise Refused(f"the key {min(more)!r} is allowed only under a condition, which strict cannot say", here)


def merge(first: JsonObject, second: JsonObject, at: Steps) -> JsonObject:
    """Both schemas at once. Raises Refused where strict would need what merging cannot give."""
    merged = {**second, **first}
    for key in first.keys() & second.keys() & MERGED.keys():
        try:
            merged[key] = MERGED[key](first[key], second[key])
        except ValueError as clash:
            raise Refused(f"allOf asks for two {key} at once, {clash}", at) from None
    return merged


def _both(first: Json, second: Json) -> Json:
    """Two schemas for the same part of the value."""
    if first is False or second is False:
        return False
    return first if first == second else {"allOf": [first, second]}


def _by_key(first: Json, second: Json) -> Json:
    mine, theirs = _dict(first), _dict(second)
    return {
        **{key: _both(mine[key], theirs[key]) if key in theirs else mine[key] for key in mine},
        **{key: part for key, part in theirs.items() if key not in mine},
    }


def _joined(first: Json, second: Json) -> Json:
    return list(dict.fromkeys(map(str, [*_list(first), *_list(second)])))


def _common_types(first: Json, second: Json) -> Json:
    mine, theirs = types_of(first), types_of(second)
    common: list[Json] = [kind for kind in mine if kind in theirs]
    if "integer" not in common and "integer" in mine + theirs and "number" in mine + theirs:
        common.append("integer")
    if not common:
        raise ValueError("and no value is of both")
    return common


def _common_values(first: Json, second: Json) -> Json:
    theirs = {json.dumps(value, sort_keys=True) for value in _list(second)}
    common = [value for value in _list(first) if json.dumps(value, sort_keys=True) in theirs]
    if not common:
        raise ValueError("and no value is in both")
    return common


def _only_equal(first: Json, second: Json) -> Json:
    if first != second:
        raise ValueError("which cannot be merged")
    return first


MERGED: dict[str, Callable[[Json, Json], Json]] = {
    "additionalProperties": _both,
    "anyOf": _only_equal,
    "enum": _common_values,
    "items": _both,
    "patternProperties": _by_key,
    "prefixItems": _only_equal,
    "properties": _by_key,
    "propertyNames": _both,
    "required": _joined,
    "type": _common_types,
}


def types_of(written: Json) -> list[str]:
    """The value of ``type`` as a list."""
    return [kind for kind in (written if isinstance(written, list) else [written]) if isinstance(kind, str)]


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def _dict(value: Json) -> JsonObject:
    return cast(JsonObject, value) if isinstance(value, dict) else {}
