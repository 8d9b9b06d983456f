"""The type of the column `value`, and the conversion of values to that type.

`schema/columns.py` says what the type is. Daft has two more than files: a date with a time is a timestamp in
microseconds without a time zone (in UTC if the value names an offset, else as it is written), and a Decimal is a
decimal number.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import Enum, auto
from typing import Any

from structgen.core.json import Json, pointer
from structgen.schema import Schema
from structgen.schema.columns import ColumnType, Kind, Unfit, column_type, typed_value
from structgen.schema.node import Node

PRECISION, SCALE = 38, 18
"""Digits of a decimal number, and how many of them are after the point."""


class Text(Enum):
    """What kind of text a column holds."""

    PLAIN = auto()
    MOMENT = auto()
    DECIMAL = auto()


@dataclass(frozen=True, slots=True)
class ValueType:
    """The type of one place: a list has an `item`, an object has `fields`."""

    column: ColumnType
    text: Text = Text.PLAIN
    item: ValueType | None = None
    fields: tuple[tuple[str, ValueType], ...] = ()


def value_type(schema: Schema[Any]) -> ValueType:
    """Return the type of the values of a schema."""
    column = column_type(schema.dumped, closed=schema.adapter is not None)
    return _refined(column, schema.dumped, schema.node)


def _refined(column: ColumnType, node: Node | None, read: Node | None) -> ValueType:
    """Return the type of a place with the texts that Daft has types for. `read` is the place as a model fills it in."""
    match column.kind:
        case Kind.LIST if column.item is not None:
            return ValueType(column, item=_refined(column.item, _items(node), _items(read)))
        case Kind.RECORD:
            fields = (
                (name, _refined(one, _property(node, name), _property(read, name))) for name, one in column.fields
            )
            return ValueType(column, fields=tuple(fields))
        case Kind.TEXT if node is not None:
            return ValueType(column, _text_of(_leaves(node), [] if read is None else _leaves(read)))
        case _:
            return ValueType(column)


def _leaves(node: Node) -> list[Node]:
    return [leaf for leaf in node.leaves() if not leaf.never and "null" not in leaf.types]


def _items(node: Node | None) -> Node | None:
    return next((leaf.items for leaf in _leaves(node) if leaf.items is not None), None) if node else None


def _property(node: Node | None, name: str) -> Node | None:
    return next((leaf.properties[name] for leaf in _leaves(node) if name in leaf.properties), None) if node else None


def _text_of(dumped: list[Node], read: list[Node]) -> Text:
    if not dumped or any(leaf.choices is not None for leaf in (*dumped, *read)):
        return Text.PLAIN
    if all(leaf.format == "date-time" for leaf in dumped):
        return Text.MOMENT
    # Pydantic writes a Decimal as a text, and reads it from a number too: nothing else is both.
    types = frozenset[str]().union(*(leaf.types for leaf in read))
    return Text.DECIMAL if types == frozenset({"number", "string"}) else Text.PLAIN


def typed(kind: ValueType, value: Json, path: str = "") -> object:
    """Return a value, given as JSON, as the Python objects that Arrow converts to the type. Raises Unfit."""
    if value is not None and kind.item is not None and isinstance(value, list):
        return [typed(kind.item, item, path + pointer([number])) for number, item in enumerate(value)]
    if value is not None and kind.fields and isinstance(value, dict):
        return {name: typed(inner, value.get(name), path + pointer([name])) for name, inner in kind.fields}
    try:
        plain = typed_value(kind.column, value)
    except Unfit as error:
        raise Unfit(error.why, path + error.path) from None
    if not isinstance(plain, str) or kind.text is Text.PLAIN:
        return plain
    try:
        return _moment(plain) if kind.text is Text.MOMENT else _decimal(plain)
    except (ValueError, OverflowError, InvalidOperation):
        holds = f"decimal numbers with {PRECISION - SCALE} digits before the point and {SCALE} after it"
        holds = "dates with a time, in UTC and of the years 1 to 9999" if kind.text is Text.MOMENT else holds
        raise Unfit(f"is {plain!r}, but its column holds {holds}", path) from None


def _moment(text: str) -> datetime.datetime:
    moment = datetime.datetime.fromisoformat(text)
    return moment if moment.tzinfo is None else moment.astimezone(datetime.UTC).replace(tzinfo=None)


def _decimal(text: str) -> Decimal:
    number = Decimal(text)
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or -exponent > SCALE or abs(number) >= Decimal(10) ** (PRECISION - SCALE):
        raise ValueError(text)
    return number
