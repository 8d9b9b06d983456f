"""A null that says no more than that there is nothing: the prompt invites it, also where the type has a default."""

from __future__ import annotations

from structgen.core.json import Json
from structgen.core.options import Risk
from structgen.core.results import Repair
from structgen.parse.align.shape import Place, Shape
from structgen.schema.node import Node

RULE = "null_absent"
"""The rule of the repair; its `after` is the default that took the place of null, None where nothing did."""


def stands_for_absent(shape: Shape, place: Place, key: str) -> bool:
    """Whether null under this key of an object can only mean that the key is absent.

    So it is where the key may be absent and null is no value of it. Where null is a value it is a claim, and where the
    key is required it is a mistake.
    """
    node = place.fields.get(key)
    return node is not None and not node.never and key not in place.required and not takes_null(shape, node)


def absent_end(shape: Shape, place: Place, value: list[Json]) -> int:
    """Where the nulls begin at the end of a tuple that only stand for absent items; its length where there are none."""
    end = len(value)
    while place.least < end <= len(place.first) and value[end - 1] is None:
        if takes_null(shape, place.first[end - 1]):
            break
        end -= 1
    return end


def takes_null(shape: Shape, node: Node) -> bool:
    """Whether null may be a value of this part of a schema."""
    leaves = (shape.place(leaf) for leaf in node.leaves() if not leaf.never)
    return any(leaf.takes("null") and (leaf.choices is None or None in leaf.choices) for leaf in leaves)


def left_out(shape: Shape, path: str, node: Node) -> Repair:
    """The repair: null gave way to the default of the type, or to nothing; plain JSON gets no defaults."""
    default = node.default[0] if shape.typed and node.default else None
    return Repair(RULE, path, None, default, Risk.INTERPRETIVE)
