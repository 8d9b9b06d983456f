"""Unions of objects whose members an answer may leave open, and the tag that would tell them apart."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

from structgen.core.json import Json, pointer
from structgen.schema import Schema
from structgen.schema.keywords import walk
from structgen.schema.node import Node, Raw

_DEEPEST = 8
TAGS = ("kind", "type")
"""What a tag may be called, the first that no member has."""


def doubtful_unions(schema: Schema[Any]) -> Iterator[tuple[str, str]]:
    """The place in the JSON Schema of each union whose members keys cannot always tell apart, and what to do about it.

    Plain JSON is the same whichever member it is, so that only types can be in doubt.
    """
    if schema.adapter is None:
        return
    for at, part in walk(schema.json_schema):
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
    """How many lists are around the objects of a branch, and these: their name and node."""
    depth, inner = 0, node
    while inner.items is not None and depth < _DEEPEST:
        depth, inner = depth + 1, inner.items
    return depth, _name(inner.raw), inner


def _may_be_both(one: Node, other: Node) -> bool:
    """Whether the least that both need is an answer that fits each of them, and is not all of just one."""
    least = one.required | other.required
    if not (least <= one.properties.keys() and least <= other.properties.keys()):
        return False
    if any(_tells(one, other, key) for key in least):
        return False
    return (one.properties.keys() <= least) == (other.properties.keys() <= least)


def _tells(one: Node, other: Node, key: str) -> bool:
    """Whether no value under a key fits both: other constants, or other kinds of values."""
    first, second = (node.properties[key] for node in (one, other))
    if first.choices is not None and second.choices is not None:
        return not any(choice in second.choices for choice in first.choices)
    return bool(first.types and second.types) and not _numbers(first.types) & _numbers(second.types)


def _numbers(types: frozenset[str]) -> frozenset[str]:
    """The types, with an integer as the number that it is too."""
    return types | {"number"} if "integer" in types else types


def _tag(one: Node, other: Node) -> str | None:
    """The field that both members have and that admits other constants in each, but need not be given."""
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
    doubt = f"{given} may be {one[0]} as well as {other[0]}, and is refused as ambiguous"
    tag = _tag(one[1], other[1])
    if tag is not None:
        return f"{doubt}: add Field(discriminator={tag!r}) to the union, so that the tag is always given"
    name = next((name for name in TAGS if name not in one[1].properties and name not in other[1].properties), "tag")
    return (
        f"{doubt}: give each a tag, such as {name}: Literal[{one[0].casefold()!r}] in {one[0]}, "
        f"and add Field(discriminator={name!r}) to the union"
    )


def _name(raw: Raw) -> str:
    reference = raw.get("$ref") if isinstance(raw, dict) else None
    if isinstance(reference, str):
        return reference.rpartition("/")[2]
    title = raw.get("title") if isinstance(raw, dict) else None
    return title if isinstance(title, str) else "one member"
