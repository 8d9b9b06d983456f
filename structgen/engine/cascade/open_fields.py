"""Find the fields that the rules left open, and list the fields of a value in plain JSON."""

from __future__ import annotations

from collections.abc import Iterator

from structgen.core.json import Json, JsonObject, pointer
from structgen.schema.node import Node

_MOST_DEPTH = 64
"""Deeper values of the rules are not looked into. They read no such documents."""


def unfound(node: Node, tree: Json, path: str = "", depth: int = 0) -> Iterator[str]:
    """Yield the paths of the declared fields that the rules did not find: missing, null, and empty ones.

    The rules are never sure that a text lacks something. Constants are left out: they need no document.
    """
    if depth > _MOST_DEPTH:
        return
    if isinstance(tree, list):
        for index, item in enumerate(tree):
            for inner in node.along(f"/{index}"):
                yield from unfound(inner, item, f"{path}/{index}", depth + 1)
                break
        return
    if not isinstance(tree, dict):
        return
    for name, child in _declared(node, tree).items():
        value = tree.get(name)
        where = path + pointer([name])
        if value in (None, "", [], {}):
            if child.choices is None or len(child.choices) != 1:
                yield where
        elif isinstance(value, dict | list):
            yield from unfound(child, value, where, depth + 1)


def _declared(node: Node, tree: JsonObject) -> dict[str, Node]:
    """Return the fields that an object may have. Of a union only those of the branches that have all its keys."""
    leaves = [leaf for leaf in node.leaves() if leaf.properties]
    fitting = [leaf for leaf in leaves if tree.keys() <= leaf.properties.keys()] or leaves
    first, *others = fitting or [None]
    if first is None:
        return {}
    return {
        name: child
        for name, child in first.properties.items()
        if all(other is None or name in other.properties for other in others)
    }


def fields_of(tree: Json) -> Iterator[tuple[str, Json]]:
    """Yield each scalar and each empty container of a value in plain JSON, with its path, in the order of the value."""
    todo: list[tuple[str, Json]] = [("", tree)]
    while todo:
        path, value = todo.pop()
        if isinstance(value, dict) and value:
            todo += [(path + pointer([name]), inner) for name, inner in reversed(value.items())]
        elif isinstance(value, list) and value:
            todo += [(f"{path}/{index}", value[index]) for index in reversed(range(len(value)))]
        else:
            yield path, value
