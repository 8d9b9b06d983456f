"""A null that says no more than that there is nothing: the prompt invites it, also where the type has a default."""

from __future__ import annotations

from structgen.core.json import Json
from structgen.core.options import Risk
from structgen.core.results import Repair
from structgen.parse.align.shape import Node, Raw, Shape

RULE = "null_absent"
"""The rule of the repair; its `after` is the default that took the place of null, None where nothing did."""


def stands_for_absent(shape: Shape, node: Node, key: str) -> bool:
    """Whether null under this key of an object can only mean that the key is absent.

    So it is where the key may be absent and null is no value of it. Where null is a value it is a claim, and where the
    key is required it is a mistake.
    """
    raw = node.fields.get(key)
    return isinstance(raw, dict) and key not in node.required and not takes_null(shape, raw)


def absent_end(shape: Shape, node: Node, value: list[Json]) -> int:
    """Where the nulls begin at the end of a tuple that only stand for absent items; its length where there are none."""
    end = len(value)
    while node.least < end <= len(node.first) and value[end - 1] is None:
        if takes_null(shape, node.first[end - 1]):
            break
        end -= 1
    return end


def takes_null(shape: Shape, raw: Raw) -> bool:
    """Whether null may be a value of this part of a schema."""
    todo, seen = [raw], set[int]()
    while todo:
        here = todo.pop()
        if id(here) in seen:  # unions of unions may come to one part in many ways
            continue
        seen.add(id(here))
        node = shape.node(here)
        if node.branches:
            todo.extend(node.branches)
        elif here is not False and node.takes("null") and (node.choices is None or None in node.choices):
            return True
    return False


def left_out(shape: Shape, path: str, raw: Raw) -> Repair:
    """The repair: null gave way to the default of the type, or to nothing; plain JSON gets no defaults."""
    default = raw.get("default") if shape.typed and isinstance(raw, dict) else None
    return Repair(RULE, path, None, default, Risk.INTERPRETIVE)
