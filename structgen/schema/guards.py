"""What Pydantic would need an age for: unions within unions.

It tries every branch of a union, also when one fits, so that two branches which both lead to the next union, or back
to the same, double the work with each level: 60 levels, in a few hundred characters, are more than a lifetime. The
visits are counted before it starts, in as many steps as the value has places.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from structgen.core.json import Json, JsonObject
from structgen.core.results import Issue
from structgen.schema.resolve import target

MOST_VISITS = 100_000
MOST_ERRORS = 1_000
_PER_PLACE = 100
"""What every place of a value adds to both: work that grows with the value is as it should be."""

TOO_COSTLY = Issue(
    "", "nests the forms of a union in each other too often to be checked", "too_costly", None, "a value of less depth"
)


class TooCostly(Exception):
    """An answer that would cost far more than its length."""


def guard_cost(root: JsonObject | bool, value: Json) -> None:
    """Raise TooCostly where Pydantic would visit the places of a value too often; `root` is the JSON Schema."""
    if not isinstance(root, dict) or "$defs" not in root:
        return  # without a reference nothing holds itself
    level = {(id(root), id(value)): (cast(Json, root), value, 1)}
    visits, limit = 0, MOST_VISITS
    while level:
        below: dict[tuple[int, int], tuple[Json, Json, int]] = {}
        for raw, held, times in level.values():
            limit += _PER_PLACE
            for form, ways in _forms(root, raw, held):
                visits += times * ways
                for inner, item in _members(form, held):
                    key = (id(inner), id(item))
                    below[key] = (inner, item, times * ways + (below[key][2] if key in below else 0))
        if visits > limit:
            raise TooCostly
        level = below


def _forms(root: JsonObject, raw: Json, value: Json) -> Iterator[tuple[JsonObject, int]]:
    """The forms that a value is tried against in one place, those of every branch, each with how often it is tried."""
    leads: dict[int, list[JsonObject]] = {}
    order: list[JsonObject] = []
    todo: list[tuple[Json, bool]] = [(raw, False)]
    while todo:
        part, done = todo.pop()
        if not isinstance(part, dict):
            continue
        if done:
            order.append(part)
        elif id(part) not in leads:
            leads[id(part)] = [one for one in _in_place(root, part, value) if isinstance(one, dict)]
            todo += [(part, True), *((one, False) for one in leads[id(part)])]
    ways = {id(raw): 1}
    for part in reversed(order):
        yield part, ways[id(part)]
        for one in leads[id(part)]:
            ways[id(one)] = ways.get(id(one), 0) + ways[id(part)]


def _in_place(root: JsonObject, part: JsonObject, value: Json) -> Iterator[Json]:
    """What else a value is tried against where it is tried against a part."""
    yield target(root, part.get("$ref"))
    for word in ("allOf", "anyOf", "oneOf"):
        branches = part.get(word)
        yield from _tagged(part, branches, value) if isinstance(branches, list) else ()


def _tagged(part: JsonObject, branches: list[Json], value: Json) -> list[Json]:
    """The branches that are tried: the one that the tag names, where the union has tags."""
    tags = part.get("discriminator")
    if not isinstance(tags, dict):
        return branches
    mapping, tag = tags.get("mapping"), value.get(str(tags.get("propertyName"))) if isinstance(value, dict) else None
    named = mapping.get(str(tag)) if isinstance(mapping, dict) else None
    return [{"$ref": named}] if named else []


def _members(form: JsonObject, value: Json) -> Iterator[tuple[Json, Json]]:
    """What a form says of each member of a container; nothing where it asks for another kind of value."""
    if isinstance(value, dict):
        fields, rest = form.get("properties"), form.get("additionalProperties")
        named = fields if isinstance(fields, dict) else {}
        yield from ((named.get(key, rest), item) for key, item in value.items())
    elif isinstance(value, list):
        first = form.get("prefixItems")
        ahead = first if isinstance(first, list) else []
        rest = form.get("items")
        yield from ((ahead[at] if at < len(ahead) else rest, item) for at, item in enumerate(value))


def details_of(error: ValidationError, value: Json) -> list[ErrorDetails]:
    """The errors of Pydantic; TooCostly where it found far more than a value has places."""
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
