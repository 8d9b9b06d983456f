r"""The columns of a table of rows, and a row as the cells of these columns.

The columns come from the schema alone, so two runs of a task have the same columns, whatever the documents say. An
object with named properties has a column for each of them (``value.time.prep``). Everything else that is not a scalar
is one cell of JSON: lists, objects with open keys, unions, and an object within itself.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from itertools import chain, islice
from types import MappingProxyType
from typing import Any, TypeAlias, cast

from structgen.core.json import Json, JsonObject, pointer
from structgen.core.records import Usage
from structgen.core.screen import cell_text, escaped
from structgen.schema import Schema
from structgen.schema.columns import Kind, has_open_keys, named_in, only_record, scalar_kind
from structgen.schema.node import Node

Cell: TypeAlias = None | bool | int | float | str
Steps: TypeAlias = tuple[str, ...]


class Unwritable(ValueError):
    """A row that a table cannot hold. The message says which part, and why."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its place in a row, and its kind. `inside` is the object that it can be divided into, or None."""

    steps: Steps
    kind: Kind
    inside: Node | None = None
    around: frozenset[int] = frozenset()
    """The identities of the schemas of all objects around it."""


OTHERS: Steps = ("*",)
"""Stands for the place of all parts of the value that have no column: they are one cell, by JSON Pointer."""

_LARGEST = 2**63
"""The first integer too large for Parquet (int64) and SQLite."""

_BEFORE = [Column((name,), Kind.TEXT) for name in ("id", "source", "status")]
_LISTS = [Column((name,), Kind.JSON) for name in ("evidence", "unsupported", "repairs", "issues")]
_USAGE = [Column(("usage", one.name), Kind.INTEGER) for one in fields(Usage)]
_AFTER = [
    *_LISTS,
    *_USAGE,
    Column(("usage", "cost"), Kind.NUMBER),
    Column(("usage", "cost_at_least"), Kind.NUMBER),
    Column(("usage", "untold_calls"), Kind.INTEGER),
    *(Column((name,), Kind.TEXT) for name in ("model", "error")),
    *(Column((name,), Kind.JSON) for name in ("partial", "chunks", "notes", "models")),
    *(Column((name,), Kind.JSON) for name in ("asked_again", "confidence", "review")),
]
LISTS_OF_ROWS = frozenset(column.steps[0] for column in (*_LISTS, *_AFTER) if column.kind is Kind.JSON)
"""The parts of a row, beside its value, that are cells of JSON."""


@dataclass(frozen=True)
class Layout:
    """The columns of a table for the values of a schema.

    If there would be more than `most`, objects that are nested more deeply are one cell each, then the whole value.
    In `bounded` formats an integer has 64 bits and a number is a float; in others both are texts of any length.
    `dates` are checked if their column has a type for them.
    """

    schema: Schema[Any]
    most: int = 16_384
    bounded: bool = False
    dates: bool = False

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """All columns, in order."""
        value, is_open = _value_columns(self.schema, self.most - len(_BEFORE) - len(_AFTER) - 1)
        return (*_BEFORE, *value, *([Column(OTHERS, Kind.JSON)] if is_open else []), *_AFTER)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the columns. They differ in more than their case, which SQLite and spreadsheets ignore."""
        found: dict[str, str] = {}
        for column in self.columns:
            name = wanted = "value.*" if column.steps == OTHERS else ".".join(map(_escaped, column.steps))
            number = 1
            while name.casefold() in found:
                number += 1
                name = f"{wanted}~{number}"
            found[name.casefold()] = name
        return tuple(found.values())

    @cached_property
    def _places(self) -> _Places:
        """The numbers of the columns, nested like the row."""
        places: _Places = {}
        for number, column in enumerate(self.columns):
            *above, last = column.steps
            here = places
            for step in above:
                here = cast(_Places, here.setdefault(step, {}))
            here[last] = number
        return places

    def cells(self, row: JsonObject) -> list[Cell]:
        """Return the cells of a row, given as JSON. Raises Unwritable."""
        cells: list[Cell] = [None] * len(self.columns)
        others: JsonObject = {}
        for steps, value, number in _leaves(row, self._places, ()):
            if number is None:
                others[pointer(steps[1:])] = value  # without the step "value"
            else:
                cells[number] = self._cell(self.columns[number].kind, value, steps)
        if others:
            self._keep(others, row, cells)
        return cells

    def _keep(self, others: JsonObject, row: JsonObject, cells: list[Cell]) -> None:
        """Put the parts without a column where they can be found."""
        if OTHERS[0] in self._places:
            cells[cast(int, self._places[OTHERS[0]])] = cell_text(others)
        elif row.get("partial") is None:
            # keys that the type ignores, in an incomplete row: no column is theirs
            cells[cast(int, self._places["partial"])] = cell_text(row["value"])

    def _cell(self, kind: Kind, value: Json, steps: Steps) -> Cell:
        if value is None:
            return None
        if kind is Kind.JSON:
            return cell_text(value)
        made = _MAKERS[kind](value, self)
        if isinstance(made, Unwritable):
            raise Unwritable(f"{pointer(steps)} {made}")
        return made


_Places: TypeAlias = "dict[str, int | _Places]"


def _leaves(value: JsonObject, places: _Places, above: Steps) -> Iterator[tuple[Steps, Json, int | None]]:
    """Yield each part of a row that is a cell, with the number of its column; None if it has no column."""
    for key, part in value.items():
        here, steps = places.get(key), (*above, key)
        if not isinstance(here, dict):
            yield steps, part, here
        elif isinstance(part, dict):
            yield from _leaves(part, here, steps)
        elif part is not None:
            raise Unwritable(f"{pointer(steps)} is not an object, but its columns are those of one")


def _value_columns(schema: Schema[Any], most: int) -> tuple[list[Column], bool]:
    """Return the columns of the value, and whether it may have parts without a column.

    All objects of one depth are divided together, as long as there are no more columns than `most`.
    """
    columns, is_open = [_column(("value",), schema.dumped, frozenset())], False
    while divided := [column.inside for column in columns if column.inside is not None]:
        inner = list(islice(chain.from_iterable(map(_inner, columns)), most + 1))
        if len(inner) > most:
            break
        columns = inner
        is_open = is_open or any(has_open_keys(node, closed=schema.adapter is not None) for node in divided)
    return columns, is_open


def _inner(column: Column) -> list[Column]:
    """Return the columns of the object's properties; the column itself if it is not divided."""
    node = column.inside
    if node is None:
        return [column]
    around = column.around | named_in(node)
    return [_column((*column.steps, name), inner, around) for name, inner in node.properties.items()]


def _column(steps: Steps, node: Node, around: frozenset[int]) -> Column:
    """Return the column for one place of the schema."""
    record = only_record(node)
    # an object within itself has no end
    if record is not None and not named_in(record) & around:
        return Column(steps, Kind.JSON, record, around)
    return Column(steps, scalar_kind(node))


def _escaped(step: str) -> str:
    r"""Return a key as a part of a column's name. Its dots become ``\.``, so that no two places share a column."""
    return r"\*" if step == "*" else escaped(step.replace("\\", r"\\").replace(".", r"\."))


def _text(value: Json, layout: Layout) -> Cell | Unwritable:  # noqa: ARG001 - all makers have these arguments
    if isinstance(value, bool | list | dict) or value is None:
        return Unwritable("is not text, but its column holds texts")
    if not isinstance(value, str):
        return cell_text(value)  # a decimal number, which is a text in a complete value
    try:
        value.encode()
    except UnicodeEncodeError as error:
        code = ord(value[error.start])
        return Unwritable(f"has half a character (the lone surrogate U+{code:04X}), which UTF-8 cannot hold")
    return value


def _date(value: Json, layout: Layout) -> Cell | Unwritable:
    if layout.dates:
        try:
            datetime.date.fromisoformat(str(value))
        except ValueError:
            return Unwritable("is not a date YYYY-MM-DD, but its column holds dates")
    return _text(value, layout)


def _integer(value: Json, layout: Layout) -> Cell | Unwritable:
    number = _number(value, layout, whole=True)
    if isinstance(number, int) and layout.bounded and not -_LARGEST <= number < _LARGEST:
        return Unwritable("is an integer of more than 64 bits")
    return number


def _number(value: Json, layout: Layout, *, whole: bool = False) -> Cell | Unwritable:
    if isinstance(value, str) and value in _WORDS and not whole:
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return Unwritable("is not a number, but its column holds numbers")
    if isinstance(value, float) and not math.isfinite(value):
        return Unwritable("is not an integer, but its column holds integers") if whole else str(value)
    if whole:
        return int(value) if value == value // 1 else Unwritable("is not an integer, but its column holds integers")
    if layout.bounded and isinstance(value, int):
        try:
            exact = int(float(value)) == value
        except OverflowError:
            exact = False
        return float(value) if exact else Unwritable("is a number with more digits than a float has")
    return value


def _boolean(value: Json, layout: Layout) -> Cell | Unwritable:  # noqa: ARG001 - as above
    return value if isinstance(value, bool) else Unwritable("is neither true nor false, but its column holds those")


_WORDS = frozenset({"nan", "inf", "-inf"})
"""The words for numbers that JSON lacks."""

_MAKERS: Mapping[Kind, Callable[[Json, Layout], Cell | Unwritable]] = MappingProxyType(
    {
        Kind.TEXT: _text,
        Kind.DATE: _date,
        Kind.INTEGER: _integer,
        Kind.NUMBER: _number,
        Kind.BOOLEAN: _boolean,
    }
)
