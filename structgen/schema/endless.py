"""Schemas without an end: those that no finite value fits, and those whose evaluation comes back to itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeAlias

from structgen.core.errors import SchemaError
from structgen.core.json import JsonObject, pointer
from structgen.schema.keywords import IN_PLACE, children
from structgen.schema.resolve import canonical, find

Parts: TypeAlias = Mapping[str, JsonObject | bool]
"""Pointer -> schema."""

_SIMPLE = frozenset({"string", "number", "integer", "boolean", "null"})


def refuse_endless(schema: JsonObject | bool, name: str = "The JSON Schema") -> None:
    """Raise SchemaError, with the pointer, where a schema that the root needs has no end."""
    root = canonical(schema)
    parts, edges = _reached(root)
    place = _returning(edges)
    if place is not None:
        what = "refers to itself without reaching a part of the value, so that checking it would never end"
        raise SchemaError(f"{name} {what} (at {place or 'its root'}).", place)
    finite = _finite(root, parts)
    if "" not in finite:
        what = "can never be finished: every value of it needs another one inside. Make a part optional, or a list"
        place = next(place for place in [*parts][::-1] if place not in finite)
        raise SchemaError(f"{name} {what} (at {place or 'its root'}).", place)


def _reached(root: JsonObject | bool) -> tuple[Parts, Mapping[str, list[str]]]:
    """Every part that the root leads to, and from each the parts that apply to the same value."""
    parts: dict[str, JsonObject | bool] = {}
    edges: dict[str, list[str]] = {}
    pending: list[tuple[str, JsonObject | bool]] = [("", root)]
    while pending:
        place, schema = pending.pop()
        if place in parts:
            continue
        parts[place] = schema
        target = _target(root, schema)
        below = [(place + pointer(way), part, way[0]) for way, part in children(schema) if way[0] != "$defs"]
        edges[place] = [*([target[0]] if target else []), *(there for there, _, key in below if key in IN_PLACE)]
        pending += [*([target] if target else []), *((there, part) for there, part, _ in below)]
    return parts, edges


def _target(root: JsonObject | bool, schema: JsonObject | bool) -> tuple[str, JsonObject | bool] | None:
    return find(root, schema.get("$ref")) if isinstance(schema, dict) else None


def _returning(edges: Mapping[str, list[str]]) -> str | None:
    """A place from which the edges lead back to it, found without recursion."""
    done: set[str] = set()
    for start in edges:
        way: dict[str, Iterator[str]] = {} if start in done else {start: iter(edges[start])}
        while way:
            place = next(reversed(way))
            following = next((there for there in way[place] if there not in done), None)
            if following is None:
                done.add(place)
                del way[place]
            elif following in way:
                return following
            else:
                way[following] = iter(edges[following])
    return None


def _finite(root: JsonObject | bool, parts: Parts) -> set[str]:
    """The parts that some finite value fits: the least set, grown from the parts that need no other."""
    finite: set[str] = set()
    waiting: dict[str, set[str]] = defaultdict(set)
    pending = [*parts]
    while pending:
        place = pending.pop()
        if place in finite:
            continue

        def fits(there: str, place: str = place) -> bool:
            waiting[there].add(place)
            return there in finite

        if _has_end(root, place, parts[place], fits):
            finite.add(place)
            pending += waiting.pop(place, ())
    return finite


def _has_end(root: JsonObject | bool, place: str, schema: JsonObject | bool, fits: Callable[[str], bool]) -> bool:
    if isinstance(schema, bool):
        return True
    target = _target(root, schema)
    if target and not fits(target[0]):
        return False
    for keyword, enough in (("allOf", all), ("anyOf", any), ("oneOf", any)):
        members = schema.get(keyword)
        if isinstance(members, list) and members:
            found = [fits(f"{place}/{keyword}/{number}") for number in range(len(members))]
            if not enough(found):
                return False
    return _has_value(place, schema, fits)


def _has_value(place: str, schema: JsonObject, fits: Callable[[str], bool]) -> bool:
    """Whether one of the types allowed here has an end."""
    kinds = schema.get("type")
    allowed = {kinds} if isinstance(kinds, str) else set(map(str, kinds)) if isinstance(kinds, list) else _SIMPLE
    if allowed & _SIMPLE or "const" in schema or "enum" in schema:
        return True
    return ("object" in allowed and _object_ends(place, schema, fits)) or (
        "array" in allowed and _array_ends(place, schema, fits)
    )


def _object_ends(place: str, schema: JsonObject, fits: Callable[[str], bool]) -> bool:
    properties, required = schema.get("properties"), schema.get("required")
    named = properties if isinstance(properties, dict) else {}
    needed = [name for name in required if name in named] if isinstance(required, list) else []
    return _all_fit((place + pointer(("properties", str(name))) for name in needed), fits)


def _array_ends(place: str, schema: JsonObject, fits: Callable[[str], bool]) -> bool:
    least = schema.get("minItems", 0)
    needed = ["/contains"] if isinstance(schema.get("contains"), dict) and schema.get("minContains", 1) != 0 else []
    if isinstance(least, (int, float)) and least > 0:
        if isinstance(schema.get("items"), dict):
            needed.append("/items")
        for key in ("prefixItems", "items"):
            first = schema.get(key)
            needed += (
                [f"/{key}/{number}" for number in range(min(int(least), len(first)))] if isinstance(first, list) else []
            )
    return _all_fit((place + way for way in needed), fits)


def _all_fit(places: Iterable[str], fits: Callable[[str], bool]) -> bool:
    """Whether all of them fit; asks about every one, so that each is waited for."""
    found = [fits(place) for place in places]
    return all(found)
