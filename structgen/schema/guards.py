"""Guards against schemas and values that would take forever.

A schema is refused if no finite value fits it, or if checking a value would lead back to the same check.

A value is refused if Pydantic would visit its places far too often. Pydantic tries every branch of a union, even after
one fits. Two branches that both lead to the next union double the work with each level: 60 levels, a few hundred
characters, would take longer than a lifetime. The visits are counted before Pydantic starts, in as many steps as the
value has places.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from structgen.core.errors import SchemaError
from structgen.core.json import Json, JsonObject, pointer
from structgen.core.results import Issue
from structgen.schema.keywords import IN_PLACE, children
from structgen.schema.node import Node
from structgen.schema.resolve import canonical, referred

MOST_VISITS = 100_000
MOST_ERRORS = 1_000
_PER_PLACE = 100
"""What every place of a value adds to both limits, because work may grow with the value."""

TOO_COSTLY = Issue(
    "", "nests the forms of a union in each other too often to be checked", "too_costly", None, "a value of less depth"
)


class TooCostly(Exception):
    """A value whose check would take far longer than its size justifies."""


def guard_cost(root: Node, value: Json) -> None:
    """Raise TooCostly if Pydantic would visit the places of a value too often."""
    if "$defs" not in root.words:
        return  # without references nothing is recursive
    level = {(root, id(value)): (root, value, 1)}
    visits, limit = 0, MOST_VISITS
    while level:
        # Level by level, so that a place reached in many ways is expanded once, with the sum of these ways.
        below: dict[tuple[Node, int], tuple[Node, Json, int]] = {}
        for node, held, times in level.values():
            limit += _PER_PLACE
            for form, ways in _forms(node, held):
                visits += times * ways
                for inner, item in _members(form, held):
                    key = (inner, id(item))
                    below[key] = (inner, item, times * ways + (below[key][2] if key in below else 0))
        if visits > limit:
            raise TooCostly
        level = below


def _forms(start: Node, value: Json) -> Iterator[tuple[Node, int]]:
    """Yield every node that Pydantic tries a value against in one place, and how often it does."""
    leads: dict[Node, Sequence[Node]] = {}
    order: list[Node] = []
    todo: list[tuple[Node, bool]] = [(start, False)]
    while todo:
        node, done = todo.pop()
        if done:
            order.append(node)
        elif node not in leads:
            leads[node] = _tried(node, value)
            todo += [(node, True), *((one, False) for one in leads[node])]
    # Nodes after all that lead to them, so that their number of ways is complete when it is used.
    ways = {start: 1}
    for node in reversed(order):
        yield node, ways[node]
        for one in leads[node]:
            ways[one] = ways.get(one, 0) + ways[node]


def _tried(node: Node, value: Json) -> Sequence[Node]:
    """Return the nodes that Pydantic tries next: all branches of a union, or the one that the tag names."""
    if node.reference is not None:
        return (node.reference,)
    tags = node.said("discriminator")
    if not node.branches or not isinstance(tags, dict):
        return node.branches
    mapping, tag = tags.get("mapping"), value.get(str(tags.get("propertyName"))) if isinstance(value, dict) else None
    named = node.named(mapping.get(str(tag))) if isinstance(mapping, dict) else None
    return (named,) if named is not None else ()


def _members(form: Node, value: Json) -> Iterator[tuple[Node, Json]]:
    """Yield the node of each member of a container that the form describes."""
    if form.reference is not None or form.branches:
        return  # the nodes that it leads to are counted themselves
    if isinstance(value, dict):
        yield from ((node, item) for key, item in value.items() if (node := form.properties.get(key, form.extras)))
    elif isinstance(value, list):
        for at, item in enumerate(value):
            node = form.prefix[at] if at < len(form.prefix) else form.items
            if node is not None:
                yield node, item


def details_of(error: ValidationError, value: Json) -> list[ErrorDetails]:
    """Return the errors of Pydantic; raise TooCostly if there are far more than the value has places."""
    if (count := error.error_count()) > MOST_ERRORS and count > MOST_ERRORS + _PER_PLACE // 10 * _places(value):
        raise TooCostly
    return error.errors(include_url=False)


def _places(value: Json) -> int:
    count, todo = 0, [value]
    while todo:
        here = todo.pop()
        count += 1
        if isinstance(here, dict | list):
            todo += here.values() if isinstance(here, dict) else here
    return count


Parts: TypeAlias = Mapping[str, JsonObject | bool]
"""Pointer -> subschema."""

_SIMPLE = frozenset({"string", "number", "integer", "boolean", "null"})


def refuse_endless(schema: JsonObject | bool, name: str = "The JSON Schema") -> None:
    """Raise SchemaError, with the pointer, if a schema that the root needs fits no finite value or loops."""
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
    """Return every subschema that the root reaches, and for each the subschemas that apply to the same value."""
    parts: dict[str, JsonObject | bool] = {}
    edges: dict[str, list[str]] = {}
    pending: list[tuple[str, JsonObject | bool]] = [("", root)]
    while pending:
        place, schema = pending.pop()
        if place in parts:
            continue
        parts[place] = schema
        target = referred(root, schema)
        below = [(place + pointer(way), part, way[0]) for way, part in children(schema) if way[0] != "$defs"]
        edges[place] = [*([target[0]] if target else []), *(there for there, _, key in below if key in IN_PLACE)]
        pending += [*([target] if target else []), *((there, part) for there, part, _ in below)]
    return parts, edges


def _returning(edges: Mapping[str, list[str]]) -> str | None:
    """Return a place that the edges lead back to, or None. Not recursive, because schemas may be deep."""
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
    """Return the subschemas that fit some finite value: the least fixed point, grown from those that need no other."""
    finite: set[str] = set()
    waiting: dict[str, set[str]] = defaultdict(set)
    pending = [*parts]
    while pending:
        place = pending.pop()
        if place in finite:
            continue

        def fits(there: str, place: str = place) -> bool:
            waiting[there].add(place)  # if it turns out to be finite later, this place is tried again
            return there in finite

        if _has_end(root, place, parts[place], fits):
            finite.add(place)
            pending += waiting.pop(place, ())
    return finite


def _has_end(root: JsonObject | bool, place: str, schema: JsonObject | bool, fits: Callable[[str], bool]) -> bool:
    if isinstance(schema, bool):
        return True
    target = referred(root, schema)
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
    """Whether one of the allowed types has a finite value."""
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
    """Whether all of them fit. Calls `fits` for every one, because each call registers the caller as waiting."""
    found = [fits(place) for place in places]
    return all(found)
