"""Data that pages carry for machines: JSON-LD, read with the place of every value.

The standard library's decoder does not say where a value stands, so a small reader of our own walks the text and leaves
the strings to it. Its depth is bounded: what goes deeper is no linked data.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from json import JSONDecoder
from typing import cast

_DEEPEST = 40
_SPACE = re.compile(r"[\s\ufeff]*")
_SCALAR = re.compile(r"-?\d{1,20}(?:\.\d{1,20})?(?:[eE][+-]?\d{1,3})?|true|false|null")


@dataclass(frozen=True, slots=True)
class Leaf:
    """A single value as text, and where it stands in the document."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Node:
    """An item with a type and properties, each with its values in order."""

    kind: str
    props: dict[str, list[Leaf | Node]]


_DECODER = JSONDecoder(strict=False)


class _NotJson(ValueError):
    """The text is no JSON that this reader takes."""


def read_json_ld(source: str, start: int, end: int) -> list[Node]:
    """The items of a JSON-LD script; none where it is no JSON."""
    try:
        found, at = _value(source[:end], _skip(source, start, end), 0)
    except (_NotJson, ValueError, IndexError):
        return []
    return [node for node in _items(found) if node.props] if _skip(source, at, end) >= end else []


def _items(values: list[Leaf | Node]) -> Iterator[Node]:
    for value in values:
        if isinstance(value, Node):
            yield value
            yield from _items(value.props.get("@graph", []))


def _skip(text: str, at: int, end: int | None = None) -> int:
    match = _SPACE.match(text, at, len(text) if end is None else end)
    return match.end() if match else at


def _value(text: str, at: int, depth: int) -> tuple[list[Leaf | Node], int]:
    """The value at a place, a list as its items, and where it ends."""
    if depth > _DEEPEST:
        raise _NotJson
    if text[at] == "{":
        return _object(text, at + 1, depth)
    if text[at] == "[":
        return _array(text, at + 1, depth)
    if text[at] == '"':
        value, end = _string(text, at)
        return [Leaf(value, at + 1, end - 1)], end
    match = _SCALAR.match(text, at)
    if match is None:
        raise _NotJson
    kept: list[Leaf | Node] = [] if match.group() == "null" else [Leaf(match.group(), at, match.end())]
    return kept, match.end()


def _string(text: str, at: int) -> tuple[str, int]:
    """The string at a quote, and where it ends."""
    value, end = _DECODER.raw_decode(text, at)
    return cast(str, value), end


def _array(text: str, at: int, depth: int) -> tuple[list[Leaf | Node], int]:
    items: list[Leaf | Node] = []
    at = _skip(text, at)
    while text[at] != "]":
        found, at = _value(text, at, depth + 1)
        items.extend(found)
        at = _after(text, at, "]")
    return items, at + 1


def _object(text: str, at: int, depth: int) -> tuple[list[Leaf | Node], int]:
    props: dict[str, list[Leaf | Node]] = {}
    at = _skip(text, at)
    while text[at] != "}":
        if text[at] != '"':
            raise _NotJson
        name, at = _string(text, at)
        at = _skip(text, at)
        if text[at] != ":":
            raise _NotJson
        found, at = _value(text, _skip(text, at + 1), depth + 1)
        props.setdefault(name, []).extend(found)
        at = _after(text, at, "}")
    kind = next((one.text for one in props.get("@type", []) if isinstance(one, Leaf)), "")
    return [Node(kind, props)], at + 1


def _after(text: str, at: int, closing: str) -> int:
    """The place after a comma, or the closing bracket itself."""
    at = _skip(text, at)
    if text[at] == ",":
        at = _skip(text, at + 1)
        return at if text[at] != closing else _fail()
    return at if text[at] == closing else _fail()


def _fail() -> int:
    raise _NotJson
