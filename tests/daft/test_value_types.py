"""The type of the column of values, and values as it holds them."""

import datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Literal

import daft
import pytest
from daft import DataType
from pydantic import BaseModel

from structgen.daft.column import data_type, struct_type
from structgen.daft.value_types import typed, value_type
from structgen.schema import Schema
from structgen.schema.columns import Unfit


class Size(Enum):
    SMALL = "small"
    LARGE = "large"


class Part(BaseModel):
    name: str
    amount: float | None = None


class Tree(BaseModel):
    name: str
    children: list["Tree"] = []


PART = DataType.struct({"name": DataType.string(), "amount": DataType.float64()})
DECIMAL, MOMENT = DataType.decimal128(38, 18), DataType.timestamp("us")


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (int, DataType.int64()),
        (float, DataType.float64()),
        (str, DataType.string()),
        (bool, DataType.bool()),
        (int | None, DataType.int64()),
        (datetime.date, DataType.date()),
        (datetime.datetime, MOMENT),
        (datetime.datetime | None, MOMENT),
        (Decimal, DECIMAL),
        (Decimal | None, DECIMAL),
        (Size, DataType.string()),
        (Literal["a", "b"], DataType.string()),
        (list[int], DataType.list(DataType.int64())),
        (list[Decimal], DataType.list(DECIMAL)),
        (Part, PART),
        (Part | None, PART),
        (list[Part], DataType.list(PART)),
        (dict[str, int], DataType.string()),
        (int | str, DataType.string()),
        (tuple[int, str], DataType.string()),
        (Any, DataType.string()),
        (Tree, DataType.struct({"name": DataType.string(), "children": DataType.string()})),
        ({"type": "string", "format": "date"}, DataType.date()),
        ({"type": "object", "properties": {"a": {"type": "integer"}}}, DataType.string()),
        (
            {"type": "object", "properties": {"a": {"type": "integer"}}, "additionalProperties": False},
            DataType.struct({"a": DataType.int64()}),
        ),
    ],
    ids=str,
)
def test_a_place_of_the_schema_has_a_type_of_daft(kind: Any, expected: DataType) -> None:
    assert data_type(value_type(Schema.of(kind))) == expected


class Everything(BaseModel):
    price: Decimal
    at: datetime.datetime
    day: datetime.date
    parts: list[Part]
    by_name: dict[str, int]


def test_a_value_becomes_what_arrow_converts() -> None:
    kind = value_type(Schema.of(Everything))
    value = {
        "price": "2.50",
        "at": "2024-03-01T10:00:00+02:00",
        "day": "2024-03-01",
        "parts": [{"name": "leek", "amount": 2}],
        "by_name": {"a": 1},
    }
    assert typed(kind, value) == {
        "price": Decimal("2.50"),
        "at": datetime.datetime(2024, 3, 1, 8),  # noqa: DTZ001  in UTC, without its zone
        "day": datetime.date(2024, 3, 1),
        "parts": [{"name": "leek", "amount": 2.0}],
        "by_name": '{"a": 1}',
    }


def test_what_an_incomplete_value_lacks_is_null() -> None:
    kind = value_type(Schema.of(Everything))
    assert typed(kind, {"price": None}) == dict.fromkeys(("price", "at", "day", "parts", "by_name"))


@pytest.mark.parametrize(
    ("kind", "value", "path"),
    [
        (Everything, {"price": "1" * 21}, "/price"),
        (Everything, {"price": "0." + "1" * 19}, "/price"),
        (Everything, {"at": "soon"}, "/at"),
        (Everything, {"parts": [{"name": "a"}, {"name": "b", "amount": "many"}]}, "/parts/1/amount"),
        (int, 2**63, ""),
        (list[datetime.datetime], ["2024-03-01T10:00:00", "0001-01-01T00:00:00+14:00"], "/1"),
    ],
    ids=str,
)
def test_a_part_that_the_type_cannot_hold_is_named(kind: Any, value: Any, path: str) -> None:
    with pytest.raises(Unfit) as caught:
        typed(value_type(Schema.of(kind)), value)
    assert caught.value.path == path


def test_the_struct_has_the_fields_of_a_row() -> None:
    fields = struct_type(value_type(Schema.of(int))).fields
    names = "value status evidence unsupported error repairs issues usage model partial"
    assert list(fields) == names.split()
    assert daft.Series.from_pylist([None], dtype=struct_type(value_type(Schema.of(Part)))).to_pylist() == [None]
