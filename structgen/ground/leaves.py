"""A value as its leaves, in document order, each with its JSON Pointer."""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Container, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Any, cast

from pydantic import BaseModel

from structgen.core.json import pointer


class Relation(IntEnum):
    """How a leaf stands to the one before it: in the same object (or one around both), or in another item."""

    SIBLING = 0
    ITEM = 1


@dataclass(frozen=True, slots=True)
class Leaf:
    """A scalar of the value. `name` is the key it stands under, in a list the key of that list."""

    path: str
    value: object
    name: str
    relation: Relation


@dataclass(slots=True)
class _Open:
    """A container whose children are being visited."""

    source: object
    path: str
    name: str
    relation: Relation
    children: Iterator[tuple[str | int, object]]
    begun: bool = False


def leaves(value: object, apart: Container[str] = ()) -> Iterator[Leaf]:
    """The scalars of a value; None, blank strings, and what stands at the paths `apart` or within are left out.

    Models are read as they are dumped by alias, so that a path is one of the JSON that the schema describes. A value
    may be nested deeper than Python's stack. Raises ValueError for a container that holds itself.
    """
    stack = [_Open(None, "", "", Relation.SIBLING, iter([("", value)]))]
    inside: set[int] = set()
    highest, relation = 0, Relation.SIBLING
    while stack:
        top = stack[-1]
        step, child = next(top.children, (None, None))
        if step is None:
            inside.discard(id(stack.pop().source))
            continue
        if top.begun and len(stack) < highest:
            highest, relation = len(stack), top.relation
        top.begun = True
        path = top.path + pointer([step]) if len(stack) > 1 else ""
        if path in apart:
            continue
        name = step if isinstance(step, str) else top.name
        opened = _opened(child, path, name)
        if opened is not None:
            _enter(child, path, inside)
            stack.append(opened)
        elif child is not None and not (isinstance(child, str) and not child.strip()):
            yield Leaf(path, child, name, relation)
            highest = len(stack) + 1


def _enter(child: object, path: str, inside: set[int]) -> None:
    if id(child) in inside:
        raise ValueError(f"The value at {path or 'the root'} contains itself; only a tree can be grounded.")
    inside.add(id(child))


def _opened(value: object, path: str, name: str) -> _Open | None:
    """The container to visit, or None for a scalar."""
    if value is None or isinstance(value, (str, int, float)):
        return None
    plain = _plain(value)
    if isinstance(plain, Mapping):
        items = cast("Mapping[object, object]", plain).items()
        return _Open(value, path, name, Relation.SIBLING, ((_key(key), item) for key, item in items))
    if isinstance(plain, (list, tuple, Set, deque)):
        return _Open(value, path, name, Relation.ITEM, iter(enumerate(cast("Iterable[object]", plain))))
    return None


def _plain(value: object) -> object:
    """A model or dataclass as a dict, anything else as it is."""
    if isinstance(value, BaseModel):
        return value.model_dump(by_alias=True, warnings=False)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        serializer: Any = getattr(value, "__pydantic_serializer__", None)
        if serializer is not None:
            return cast("object", serializer.to_python(value, by_alias=True, warnings=False))
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    return value


def _key(key: object) -> str:
    """A key as JSON writes it."""
    if isinstance(key, Enum):
        return _key(key.value)
    if isinstance(key, bool) or key is None:
        return str(key).lower().replace("none", "null")
    return key.isoformat() if hasattr(key, "isoformat") else str(key)  # pyright: ignore
