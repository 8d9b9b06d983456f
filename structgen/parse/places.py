"""Looking up a place in plain JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

MISSING = object()
"""Stands for: there is nothing at this path."""


def at(tree: object, path: Sequence[str | int]) -> object:
    """The value at a path of keys and indexes (an index may be text, as in a JSON Pointer), MISSING where none is."""
    for step in path:
        if isinstance(tree, dict) and step in tree:
            tree = cast("dict[object, object]", tree)[step]
        elif isinstance(tree, list) and str(step).isdecimal() and int(step) < len(cast("list[object]", tree)):
            tree = cast("list[object]", tree)[int(step)]
        else:
            return MISSING
    return tree
