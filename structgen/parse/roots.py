"""Where in a response a value may begin: at which brackets, by the schema."""

from __future__ import annotations

import re
from enum import IntEnum

from structgen.parse.align import Shape
from structgen.parse.align.shape import Raw

OBJECT = r"\{\s{0,200}(?:[\"'“‘`}\\]|[\w$][\w$-]{0,200}\s{0,20}:|//|/\*|\#|-?\d|\Z)"
_FULL_LIST = r"\[\s{0,200}(?:[{\[(]|-|\d+\.\d)|(?<![\w)\]])\[(?=\s{0,200}[\"'“])"
ANY_ROOT = re.compile(rf"{OBJECT}|\[|\A\(")


class Lists(IntEnum):
    """Which lists may be the answer; all others are prose (footnotes, subscripts), unless they may hide a value."""

    NONE = 0
    OF_OBJECTS = 1
    ANY = 2

    @property
    def roots(self) -> re.Pattern[str]:
        """Where a value may begin."""
        return _ROOTS[self]


_ROOTS = (
    re.compile(rf"{OBJECT}|{_FULL_LIST}|\A\("),
    re.compile(rf"{OBJECT}|{_FULL_LIST}|\[\s{{0,200}}\]|\A\("),
    ANY_ROOT,
)


def lists_in(shape: Shape) -> Lists:
    """Which lists may be an answer that has this shape."""
    todo, seen, found = [shape.root], set[int](), Lists.NONE
    while todo:
        raw = todo.pop()
        node = shape.node(raw)
        if id(raw) in seen or raw is False:
            continue
        seen.add(id(raw))
        todo.extend(node.branches)
        if not node.branches and node.takes("array"):
            found = max(found, Lists.OF_OBJECTS if _only_objects(shape, node.items) and not node.first else Lists.ANY)
    return found


def _only_objects(shape: Shape, items: Raw | None) -> bool:
    """Whether the items of a list can be nothing but objects."""
    todo: list[Raw | None] = [items]
    seen: set[int] = set()
    while todo:
        raw = todo.pop()
        if not isinstance(raw, dict):
            return False
        if id(raw) in seen:
            continue
        seen.add(id(raw))
        node = shape.node(raw)
        todo.extend(node.branches)
        if not node.branches and node.types != frozenset({"object"}):
            return False
    return True
