"""The types of the columns of a table, from the schema alone: one walk for files, data frames and Daft.

A place whose values are all of one plain type is a column of that type, which may be null. Lists and objects with named
properties are typed too, for tables that can nest them. Everything else is JSON as text: unions, objects with other
keys, and objects within themselves. Date-times are texts, because those with and without an offset fit no one column.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from structgen.core.json import Json, pointer
from structgen.core.screen import cell_text
from structgen.schema.node import Node


class Kind(StrEnum):
    """What the cells of a column are; any may be null."""

    TEXT = "text"
    DATE = "date"
    """A text ``YYYY-MM-DD``."""
    INTEGER = "whole numbers"
    NUMBER = "numbers"
    BOOLEAN = "true or false"
    LIST = "lists"
    RECORD = "objects"
    JSON = "JSON"


@dataclass(frozen=True, slots=True)
class ColumnType:
    """The type of a column: lists have an `item`, objects have `fields` in order."""

    kind: Kind
    item: ColumnType | None = None
    fields: tuple[tuple[str, ColumnType], ...] = ()


class Unfit(ValueError):
    """A value that its column cannot hold: `path` is the JSON Pointer of the part in question, `why` a clause."""

    def __init__(self, why: str, path: str = "") -> None:
        super().__init__(f"{path or 'the value'} {why}")
        self.why = why
        self.path = path


def column_type(node: Node, *, closed: bool) -> ColumnType:
    """Return the type of the column for a place of a schema.

    `closed` says that objects have no keys but those that the schema names if it says nothing about others, as in a
    Python type: `structgen.schema.Schema.adapter` is not None.
    """
    return _Walk(closed).type_of(node, frozenset())


def record_fields(node: Node, *, closed: bool) -> tuple[tuple[str, ColumnType], ...]:
    """Return the columns of the properties of an object; none if it is not an object, or may have other keys."""
    return column_type(node, closed=closed).fields


def named_fields(node: Node, *, closed: bool) -> tuple[tuple[str, ColumnType], ...]:
    """Return the columns of the properties of an object, also of one that may have other keys; none for other types.

    `closed` is as in `column_type`.
    """
    record = only_record(node)
    return () if record is None else _Walk(closed).fields_of(record, frozenset(), 0)


_MOST_TYPES, _DEEPEST = 2_000, 50
"""The maximum number of nested types in a column, and how deep they nest: beyond that they are JSON."""


class _Walk:
    """Nested types are counted, because few schemas that refer to each other may describe very many places."""

    def __init__(self, closed: bool) -> None:
        self._closed = closed
        self._left = _MOST_TYPES

    def type_of(self, node: Node, around: frozenset[int], depth: int = 0) -> ColumnType:
        self._left -= 1
        if self._left < 0 or depth > _DEEPEST:
            return ColumnType(Kind.JSON)
        record = only_record(node)
        if record is not None:
            return self._record(record, around, depth)
        items = _only_items(node)
        if items is not None:
            item = self.type_of(items, around, depth + 1)
            return ColumnType(Kind.LIST, item) if item.kind is not Kind.JSON else ColumnType(Kind.JSON)
        return ColumnType(scalar_kind(node))

    def _record(self, node: Node, around: frozenset[int], depth: int) -> ColumnType:
        named = named_in(node)
        if named & around or has_open_keys(node, closed=self._closed):
            return ColumnType(Kind.JSON)
        return ColumnType(Kind.RECORD, fields=self.fields_of(node, around, depth))

    def fields_of(self, node: Node, around: frozenset[int], depth: int) -> tuple[tuple[str, ColumnType], ...]:
        """Return the columns of the properties of an object."""
        inside = around | named_in(node)
        return tuple((name, self.type_of(one, inside, depth + 1)) for name, one in node.properties.items())


_NULL, _OBJECT, _ARRAY = frozenset({"null"}), frozenset({"object"}), frozenset({"array"})
_KINDS: Mapping[frozenset[str], Kind] = MappingProxyType(
    {
        frozenset({"string"}): Kind.TEXT,
        frozenset({"integer"}): Kind.INTEGER,
        frozenset({"number"}): Kind.NUMBER,
        frozenset({"integer", "number"}): Kind.NUMBER,
        frozenset({"boolean"}): Kind.BOOLEAN,
    }
)


def scalar_kind(node: Node) -> Kind:
    """Return the kind of a place whose values are texts, numbers, booleans or dates; otherwise JSON."""
    leaves = _filled(node)
    types = frozenset[str]().union(*map(_types, leaves)) - _NULL
    kind = _KINDS.get(types, Kind.JSON) if all(map(_types, leaves)) else Kind.JSON
    if kind is Kind.TEXT and all(leaf.format == "date" for leaf in leaves):
        return Kind.DATE
    return kind


def only_record(node: Node) -> Node | None:
    """Return the node of the objects at a place if all values are objects with the same named properties, or null."""
    # Of several kinds of objects, only the value shows which it is.
    alone = _alone(node, _OBJECT)
    return alone if alone is not None and alone.properties else None


def _only_items(node: Node) -> Node | None:
    """Return the node of the items if all values at a place are lists of one kind of item, or null."""
    alone = _alone(node, _ARRAY)
    return alone.items if alone is not None and not alone.prefix else None


def _alone(node: Node, types: frozenset[str]) -> Node | None:
    leaves = _filled(node)
    if len(leaves) != 1 or leaves[0].choices is not None or _types(leaves[0]) - _NULL != types:
        return None
    return leaves[0]


def named_in(node: Node) -> frozenset[int]:
    """Return the identities of the schemas that name the properties of an object."""
    return frozenset(id(part) for part in node.parts if "properties" in part)


def has_open_keys(node: Node, *, closed: bool) -> bool:
    """Whether an object may have other keys: a type ignores those that it does not mention, a JSON Schema allows them.

    `closed` is as in `column_type`.
    """
    return not closed if node.extras is None else not node.extras.never


def _filled(node: Node) -> list[Node]:
    """Return the branches of a place that values other than null may take."""
    return [leaf for leaf in node.leaves() if not leaf.never and _types(leaf) != _NULL]


def _types(node: Node) -> frozenset[str]:
    """Return the JSON types of the values at a place; none if they may have any type."""
    if node.choices is None:
        return node.types
    return frozenset(map(_type, node.choices))


def _type(value: Json) -> str:
    if value is None or isinstance(value, bool):
        return "null" if value is None else "boolean"
    if isinstance(value, int | float):
        return "integer" if isinstance(value, int) else "number"
    return "string" if isinstance(value, str) else "array" if isinstance(value, list) else "object"


# Values


def typed_value(column: ColumnType, value: Json) -> object:
    """Return plain JSON as the Python value of a column: a date for a date, text for JSON, None for null.

    Integers have 64 bits. Raises Unfit.
    """
    return None if value is None else _READERS[column.kind](column, value)


def _list(column: ColumnType, value: Json) -> object:
    if not isinstance(value, list) or column.item is None:
        raise Unfit("is not a list, but its column holds lists")
    return [_inside(index, column.item, item) for index, item in enumerate(value)]


def _record(column: ColumnType, value: Json) -> object:
    if not isinstance(value, dict):
        raise Unfit("is not an object, but its column holds those")
    return {name: _inside(name, inner, value.get(name)) for name, inner in column.fields}


def _inside(step: str | int, column: ColumnType, value: Json) -> object:
    try:
        return typed_value(column, value)
    except Unfit as error:
        raise Unfit(error.why, pointer([step]) + error.path) from None


def _text(column: ColumnType, value: Json) -> str:  # noqa: ARG001 - all readers have these arguments
    if isinstance(value, bool | list | dict):
        raise Unfit("is not text, but its column holds texts")
    text = value if isinstance(value, str) else cell_text(value)  # a decimal number is a text in a complete value
    try:
        text.encode()
    except UnicodeEncodeError as error:
        code = ord(text[error.start])
        raise Unfit(f"has half a character (the lone surrogate U+{code:04X}), which UTF-8 cannot hold") from None
    return text


def _date(column: ColumnType, value: Json) -> object:
    text = _text(column, value)
    try:
        date = datetime.date.fromisoformat(text)
    except ValueError:
        date = None
    if date is None or date.isoformat() != text:  # Python also reads 20240229 and 2024-W09-4
        raise Unfit("is not a date YYYY-MM-DD, but its column holds dates")
    return date


def _integer(column: ColumnType, value: Json) -> object:  # noqa: ARG001 - as above
    number = int(value) if isinstance(value, float) and value.is_integer() else value
    if isinstance(number, bool) or not isinstance(number, int):
        raise Unfit("is not an integer, but its column holds integers")
    if not -_LARGEST <= number < _LARGEST:
        raise Unfit("is an integer of more than 64 bits")
    return number


def _number(column: ColumnType, value: Json) -> object:  # noqa: ARG001 - as above
    if isinstance(value, str) and value in _WORDS:
        return float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unfit("is not a number, but its column holds numbers")
    try:
        exact = math.isnan(value) or float(value) == value
    except OverflowError:  # an integer beyond the range of a float
        exact = False
    if not exact:
        raise Unfit("is a number with more digits than a float has")
    return float(value)


def _boolean(column: ColumnType, value: Json) -> object:  # noqa: ARG001 - as above
    if not isinstance(value, bool):
        raise Unfit("is neither true nor false, but its column holds those")
    return value


def _json(column: ColumnType, value: Json) -> object:  # noqa: ARG001 - as above
    return cell_text(value)


_LARGEST = 2**63
"""The first integer that has more than 64 bits."""

_WORDS = frozenset({"nan", "inf", "-inf"})
"""How a row writes the numbers that JSON does not have."""

_READERS: Mapping[Kind, Callable[[ColumnType, Json], object]] = MappingProxyType(
    {
        Kind.TEXT: _text,
        Kind.DATE: _date,
        Kind.INTEGER: _integer,
        Kind.NUMBER: _number,
        Kind.BOOLEAN: _boolean,
        Kind.LIST: _list,
        Kind.RECORD: _record,
        Kind.JSON: _json,
    }
)
