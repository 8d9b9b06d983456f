"""The types of columns, and values as they go into them."""

from __future__ import annotations

import datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict

from structgen import Schema
from structgen.core.json import Json
from structgen.schema.columns import ColumnType, Kind, Unfit, column_type, typed_value


class Size(BaseModel):
    width: int
    unit: str | None = None


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")
    width: int


class Part(BaseModel):
    name: str
    parts: list[Part] = []


class Shade(Enum):
    DARK = "dark"
    LIGHT = "light"


def shown(column: ColumnType) -> str:
    if column.item is not None:
        return f"[{shown(column.item)}]"
    if column.kind is Kind.RECORD:
        return "{" + ", ".join(f"{name}: {shown(inner)}" for name, inner in column.fields) + "}"
    return column.kind.name


def type_of(kind: object) -> ColumnType:
    schema = Schema.of(kind)
    return column_type(schema.dumped, closed=schema.adapter is not None)


SIZE = "{width: INTEGER, unit: TEXT}"
CLOSED = {"type": "object", "properties": {"a": {"type": "integer"}}, "additionalProperties": False}


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (str, "TEXT"),
        (int | None, "INTEGER"),
        (float, "NUMBER"),
        (int | float, "NUMBER"),
        (bool, "BOOLEAN"),
        (Decimal, "TEXT"),
        (datetime.date | None, "DATE"),
        (datetime.datetime, "TEXT"),
        (datetime.date | str, "TEXT"),
        (Shade, "TEXT"),
        (Literal[1, 2], "INTEGER"),
        (Literal[1, "a"], "JSON"),
        (int | str, "JSON"),
        (Any, "JSON"),
        (dict[str, int], "JSON"),
        (tuple[int, str], "JSON"),
        (list[int | None], "[INTEGER]"),
        (list[list[datetime.date]], "[[DATE]]"),
        (set[str], "[TEXT]"),
        (list[int | str], "JSON"),
        (Size, SIZE),
        (Size | None, SIZE),
        (list[Size], f"[{SIZE}]"),
        (Size | Open, "JSON"),
        (Open, "JSON"),
        (Part, "{name: TEXT, parts: JSON}"),
        (CLOSED, "{a: INTEGER}"),
        ({**CLOSED, "additionalProperties": True}, "JSON"),
        ({"type": "object", "properties": {"a": {}}}, "JSON"),
        ({"enum": ["a", None]}, "TEXT"),
        ({"type": ["integer", "null"]}, "INTEGER"),
        (True, "JSON"),
    ],
)
def test_the_type_of_a_column_follows_from_the_schema(kind: object, expected: str) -> None:
    assert shown(type_of(kind)) == expected


def test_schemas_that_refer_to_each_other_very_often_end_in_json() -> None:
    places: dict[str, Any] = {
        f"n{n}": {
            "type": "object",
            "properties": {name: {"$ref": f"#/$defs/n{n + 1}"} for name in "ab"},
            "additionalProperties": False,
        }
        for n in range(40)
    }
    schema = {**CLOSED, "properties": {"x": {"$ref": "#/$defs/n0"}}, "$defs": {**places, "n40": {"type": "string"}}}
    todo, count = [type_of(schema)], 0
    while todo:
        count += 1
        todo += [inner for _, inner in todo.pop().fields]
    assert count < 5_000


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (str, "a", "a"),
        (str, 1.5, "1.5"),
        (int, 3.0, 3),
        (int, -(2**63), -(2**63)),
        (int, None, None),
        (float, 2, 2.0),
        (float, "inf", float("inf")),
        (bool, False, False),
        (datetime.date, "2024-02-29", datetime.date(2024, 2, 29)),
        (list[datetime.date], ["2024-02-29", None], [datetime.date(2024, 2, 29), None]),
        (Size, {"width": 1, "other": 2}, {"width": 1, "unit": None}),
        (dict[str, int], {"é": 1}, '{"é": 1}'),
        (Any, float("nan"), '"nan"'),
        (Any, None, None),
    ],
)
def test_a_value_is_read_for_its_column(kind: object, value: Json, expected: object) -> None:
    found = typed_value(type_of(kind), value)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("kind", "value", "path", "why"),
    [
        (int, 2**63, "", "64 bits"),
        (int, 1.5, "", "not an integer"),
        (int, True, "", "not an integer"),
        (int, "1", "", "not an integer"),
        (float, 2**53 + 1, "", "more digits"),
        (float, 10**400, "", "more digits"),
        (float, False, "", "not a number"),
        (bool, 1, "", "neither true nor false"),
        (str, ["a"], "", "not text"),
        (str, "\ud800", "", "half a character"),
        (datetime.date, "29 Feb", "", "not a date"),
        (datetime.date, 20240229, "", "not a date"),
        (list[int], "a", "", "not a list"),
        (list[Size], [{"width": 1}, {"width": "x"}], "/1/width", "not an integer"),
        (Size, [1], "", "not an object"),
    ],
)
def test_a_value_that_does_not_fit_its_column_is_refused_with_its_place(
    kind: object, value: Json, path: str, why: str
) -> None:
    with pytest.raises(Unfit, match=why) as caught:
        typed_value(type_of(kind), value)
    assert caught.value.path == path
