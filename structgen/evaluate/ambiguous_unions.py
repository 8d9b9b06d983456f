"""Unions of objects for which an answer may be ambiguous, and the tag that would distinguish their members."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

from structgen.core.json import Json, pointer, steps
from structgen.schema import Schema
from structgen.schema.keywords import walk
from structgen.schema.node import Node

_MAX_DEPTH = 8
TAGS = ("kind", "type")
"""Suggested names for a tag: the first that no member has."""


def ambiguous_unions(schema: Schema[Any]) -> Iterator[tuple[str, str]]:
    """Yield the pointer of each union whose members share an answer, and advice.

    A schema given as JSON Schema has no adapter: its values are plain JSON, whichever member they are, so that nothing
    is ambiguous.
    """
    if schema.adapter is None:
        return
    for at, part in walk(schema.json_schema):
        # a discriminator is required in every answer, so nothing is ambiguous
        if not isinstance(part, dict) or "discriminator" in part:
            continue
        for word in ("anyOf", "oneOf"):
            branches = part.get(word)
            members = [raw for raw in branches if isinstance(raw, dict)] if isinstance(branches, list) else []
            nodes = [_inside_lists(schema.node.at(raw)) for raw in members]
            pairs = [
                (one[1:], other[1:])
                for one, other in combinations(nodes, 2)
                if one[0] == other[0] and one[2].properties and other[2].properties and _may_be_both(one[2], other[2])
            ]
            if pairs:
                yield pointer((*at, word)), _advice(*pairs[0])


def _inside_lists(node: Node) -> tuple[int, str, Node]:
    """Return how many lists surround the objects of a branch, and the name and node of these objects."""
    depth, inner = 0, node
    while inner.items is not None and depth < _MAX_DEPTH:
        depth, inner = depth + 1, inner.items
    return depth, _name(inner), inner


def _may_be_both(one: Node, other: Node) -> bool:
    """Whether an answer with only the required keys of both fits both, without being complete for just one of them."""
    least = one.required | other.required
    # each must know what the other requires, or the required keys tell them apart
    if not (least <= one.properties.keys() and least <= other.properties.keys()):
        return False
    if any(_tells(one, other, key) for key in least):
        return False
    # an answer that is all of one member but only a part of the other is taken for the first
    return (one.properties.keys() <= least) == (other.properties.keys() <= least)


def _tells(one: Node, other: Node, key: str) -> bool:
    """Whether no value of a key fits both members, because their constants or types differ."""
    first, second = (node.properties[key] for node in (one, other))
    if first.choices is not None and second.choices is not None:
        return not any(choice in second.choices for choice in first.choices)
    return bool(first.types and second.types) and not _numbers(first.types) & _numbers(second.types)


def _numbers(types: frozenset[str]) -> frozenset[str]:
    """Return the types; an integer is a number too."""
    return types | {"number"} if "integer" in types else types


def _tag(one: Node, other: Node) -> str | None:
    """Return the field with a different constant in each member, which is a tag but optional."""
    found = (
        key
        for key, node in one.properties.items()
        if key in other.properties and _constant(node) and _constant(other.properties[key])
    )
    return next((key for key in found if _constant(one.properties[key]) != _constant(other.properties[key])), None)


def _constant(node: Node) -> Json:
    return node.choices[0] if node.choices is not None and len(node.choices) == 1 else None


def _advice(one: tuple[str, Node], other: tuple[str, Node]) -> str:
    least = sorted(one[1].required | other[1].required)
    given = f"an answer with only {' and '.join(map(repr, least))}" if least else "an empty answer"
    doubt = f"{given} may be {one[0]} or {other[0]}, and is refused as ambiguous"
    tag = _tag(one[1], other[1])
    if tag is not None:
        return f"{doubt}: add Field(discriminator={tag!r}) to the union, so that the tag is always given"
    name = next((name for name in TAGS if name not in one[1].properties and name not in other[1].properties), "tag")
    return (
        f"{doubt}: give each a tag, such as {name}: Literal[{one[0].casefold()!r}] in {one[0]}, "
        f"and add Field(discriminator={name!r}) to the union"
    )


def _name(node: Node) -> str:
    """Return the name of the definition that a member refers to, or else its title."""
    if node.reference is not None and node.reference.place:
        return steps(node.reference.place)[-1]
    return node.title or "one member"
