"""Nulls that mean an absent value: the prompt asks for null if the text says nothing, even for types with defaults."""

from __future__ import annotations

from structgen.core.json import Json
from structgen.core.options import Risk
from structgen.core.results import Repair
from structgen.parse.align.shape import Place, Shape
from structgen.schema.node import Node

RULE = "null_absent"
"""The rule of the repair; its `after` is the default that replaced the null, or None."""


def means_absent(shape: Shape, place: Place, key: str) -> bool:
    """Whether null under this key can only mean that the key is absent: it is optional, and its type excludes null.

    Null as an allowed value is a claim of the model, and null for a required key is a mistake.
    """
    node = place.fields.get(key)
    return node is not None and not node.never and key not in place.required and not takes_null(shape, node)


def start_of_absent(shape: Shape, place: Place, value: list[Json]) -> int:
    """Return the index from which on a tuple has only nulls that mean absent items; its length if it has none."""
    end = len(value)
    while place.min_items < end <= len(place.prefix) and value[end - 1] is None:
        if takes_null(shape, place.prefix[end - 1]):
            break
        end -= 1
    return end


def takes_null(shape: Shape, node: Node) -> bool:
    """Whether this part of a schema allows null."""
    leaves = (shape.place(leaf) for leaf in node.leaves() if not leaf.never)
    return any(leaf.takes("null") and (leaf.choices is None or None in leaf.choices) for leaf in leaves)


def absence_repair(shape: Shape, path: str, node: Node) -> Repair:
    """Return the repair of a null that gave way to the type's default, or to nothing in plain JSON."""
    default = node.default[0] if shape.typed and node.default else None
    return Repair(RULE, path, None, default, Risk.INTERPRETIVE)
