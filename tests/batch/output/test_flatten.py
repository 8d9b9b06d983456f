from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Literal, Optional

import pytest
from pydantic import BaseModel, ConfigDict, Field, computed_field

from structgen.batch.output.flatten import Layout, Unwritable
from structgen.batch.row import Row, RowStatus
from structgen.core.json import Json, JsonObject
from structgen.schema import Schema
from structgen.schema.columns import Kind


class Shop(BaseModel):
    name: str
    town: str | None = None


class Branch(BaseModel):
    size: int
    next: Optional[Branch] = None  # noqa: UP045  Pydantic reads it before Branch exists
    twigs: list[Branch] = []


def row(value: Json, **more: Any) -> JsonObject:
    return Row("a", "a.txt", RowStatus.OK, value=value, **more).to_json()


def layout(schema: Any, **more: Any) -> Layout:
    return Layout(Schema.of(schema), **more)


def kinds(schema: Any) -> dict[str, Kind]:
    """The columns of the value with their kinds, without the prefix."""
    made = layout(schema)
    return {
        name.removeprefix("value").removeprefix("."): column.kind
        for name, column in zip(made.names, made.columns, strict=True)
        if name.startswith("value")
    }


def cells(schema: Any, value: Json, **more: Any) -> dict[str, object]:
    made = layout(schema, **more)
    found = dict(zip(made.names, made.cells(row(value)), strict=True))
    return {name: cell for name, cell in found.items() if name.startswith("value") or (name == "partial" and cell)}


def closed(**properties: Json) -> JsonObject:
    return {"type": "object", "properties": properties, "additionalProperties": False}


def test_nested_objects_have_a_column_for_each_part_in_their_place() -> None:
    made = layout(closed(name={"type": "string"}, time=closed(prep={"type": "integer"}, cook={"type": "number"})))
    assert made.names[:7] == ("id", "source", "status", "value.name", "value.time.prep", "value.time.cook", "evidence")
    ended = ("model", "error", "partial", "chunks", "notes", "models", "asked_again", "confidence", "review")
    assert made.names[-9:] == ended


class Everything(BaseModel):
    text: str
    maybe: str | None
    whole: int
    number: float
    either: float | int
    amount: Decimal
    yes: bool
    day: date
    size: Literal["S", "M"]
    level: Literal[1, 2]
    mixed: Literal[1, "x"]
    union: int | str
    several: list[str]
    pair: tuple[int, str]
    open: dict[str, int]
    shop: Shop
    maybe_shop: Shop | None = Field(description="none if online")
    which: Shop | Branch
    branch: Branch
    anything: Any

    @computed_field
    @property
    def double(self) -> int:
        return 2 * self.whole


def test_the_kinds_of_columns_come_from_the_type() -> None:
    assert kinds(Everything) == {
        "text": Kind.TEXT,
        "maybe": Kind.TEXT,
        "whole": Kind.INTEGER,
        "number": Kind.NUMBER,
        "either": Kind.NUMBER,
        "amount": Kind.TEXT,
        "yes": Kind.BOOLEAN,
        "day": Kind.DATE,
        "size": Kind.TEXT,
        "level": Kind.INTEGER,
        "mixed": Kind.JSON,
        "union": Kind.JSON,
        "several": Kind.JSON,
        "pair": Kind.JSON,
        "open": Kind.JSON,
        "shop.name": Kind.TEXT,
        "shop.town": Kind.TEXT,
        "maybe_shop.name": Kind.TEXT,
        "maybe_shop.town": Kind.TEXT,
        "which": Kind.JSON,
        "branch.size": Kind.INTEGER,
        "branch.next": Kind.JSON,
        "branch.twigs": Kind.JSON,
        "anything": Kind.JSON,
        "double": Kind.INTEGER,
    }


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        (int, Kind.INTEGER),
        (str | None, Kind.TEXT),
        (list[Shop], Kind.JSON),
        (Shop | Branch, Kind.JSON),
        (True, Kind.JSON),
    ],
)
def test_a_value_that_is_no_object_is_one_column(schema: Any, kind: Kind) -> None:
    assert kinds(schema) == {"": kind}


def test_names_are_those_of_the_row_not_of_the_class() -> None:
    class Aliased(BaseModel):
        a: int = Field(validation_alias="read", serialization_alias="written")

    assert list(kinds(Aliased)) == ["written"]


@pytest.mark.parametrize(
    ("schema", "is_open"),
    [
        (Shop, False),
        (closed(a={}), False),
        ({"type": "object", "properties": {"a": {}}}, True),
        (closed(a={"type": "object", "properties": {"b": {}}}), True),
        (type("Extra", (Shop,), {"model_config": ConfigDict(extra="allow"), "__module__": __name__}), True),
        ({"type": "object"}, False),
    ],
)
def test_a_value_with_open_keys_has_a_column_for_the_others(schema: Any, is_open: bool) -> None:
    assert ("*" in kinds(schema)) == is_open


def test_other_keys_are_kept_by_their_place() -> None:
    schema: JsonObject = {"properties": {"a": {"properties": {"b": {"type": "integer"}}, "type": "object"}}}
    found = cells(schema | {"type": "object"}, {"a": {"b": 1, "c/d": [2]}, "*": 3, "e": None})
    assert found == {"value.a.b": 1, "value.*": '{"/a/c~1d": [2], "/*": 3, "/e": null}'}


def test_a_key_that_the_type_ignores_is_in_the_partial_of_an_incomplete_row() -> None:
    assert cells(Shop, {"name": None, "zip": 1})["partial"] == '{"name": null, "zip": 1}'


def test_no_two_places_share_a_column() -> None:
    leaf: JsonObject = {"type": "integer"}
    schema = closed(
        **{"a.b": leaf, "a\\": closed(b=leaf), "a": closed(b=leaf), "A": closed(B=leaf), "*": leaf, "": leaf}
    )
    names = list(kinds(schema))
    assert names == [r"a\.b", r"a\\.b", "a.b", "A.B~2", r"\*", ""]
    value: Json = {"a.b": 1, "a\\": {"b": 2}, "a": {"b": 3}, "A": {"B": 4}, "*": 5, "": 6}
    assert list(cells(schema, value).values()) == [1, 2, 3, 4, 5, 6]


def test_names_that_differ_in_case_are_kept_apart_even_from_a_made_one() -> None:
    leaf: JsonObject = {"type": "integer"}
    assert list(kinds(closed(**{"Name": leaf, "name~2": leaf, "name": leaf, "NAME": leaf}))) == [
        "Name",
        "name~2",
        "name~3",
        "NAME~4",
    ]


def test_a_character_that_acts_is_escaped_in_a_name() -> None:
    assert list(kinds(closed(**{"a\x00b": {}, "\ud800": {}, "a\\u0000b": {}}))) == [
        r"a\u0000b",
        r"\ud800",
        r"a\\u0000b",
    ]


@pytest.mark.parametrize(
    ("most", "expected"),
    [(37, ["a.b.c", "a.b.d", "e"]), (27, ["a.b", "e"]), (26, [""])],
)
def test_with_too_many_columns_the_deepest_objects_stay_whole(most: int, expected: list[str]) -> None:
    schema = closed(a=closed(b=closed(c={}, d={})), e={})
    names = [name for name in layout(schema, most=most).names if name.startswith("value")]
    assert [name.removeprefix("value").removeprefix(".") for name in names] == expected
    assert len(layout(schema, most=most).names) <= most


def test_a_schema_that_would_have_exponentially_many_columns_is_laid_out_at_once() -> None:
    definitions: JsonObject = {
        f"L{depth}": closed(**{name: {"$ref": f"#/$defs/L{depth + 1}"} for name in "abcdefgh"}) for depth in range(12)
    }
    made = layout({"$ref": "#/$defs/L0", "$defs": {**definitions, "L12": {"type": "string"}}})
    assert 4_000 < len(made.names) < 5_000


def test_parts_of_null_are_null_and_lists_are_json() -> None:
    found = cells(Everything, {"maybe_shop": None, "several": ["a", "ä"], "amount": 2.5, "day": "2026-01-02"})
    assert (found["value.maybe_shop.name"], found["value.several"]) == (None, '["a", "ä"]')
    assert (found["value.amount"], found["value.day"]) == ("2.5", "2026-01-02")
    assert set(layout(Everything).cells(row(None))[3:-23]) == {None}


@pytest.mark.parametrize(
    ("schema", "value", "why"),
    [
        ({"type": "string"}, "half \ud800", "lone surrogate U\\+D800"),
        ({"type": "string"}, True, "is not text"),
        ({"type": "integer"}, 2**63, "more than 64 bits"),
        ({"type": "integer"}, -(2**63) - 1, "more than 64 bits"),
        ({"type": "integer"}, 1.5, "not an integer"),
        ({"type": "integer"}, True, "not a number"),
        ({"type": "number"}, 2**53 + 1, "more digits than a float"),
        ({"type": "number"}, 10**400, "more digits than a float"),
        ({"type": "number"}, "ten", "not a number"),
        ({"type": "boolean"}, 1, "neither true nor false"),
        ({"type": "string", "format": "date"}, "5 March", "not a date"),
        (closed(b={"type": "string"}), [1], "/value/a is not an object"),
    ],
)
def test_what_a_column_cannot_hold_is_refused_with_its_place(schema: JsonObject, value: Json, why: str) -> None:
    with pytest.raises(Unwritable, match=f"(?=.*/value/a).*{why}"):
        cells(closed(a=schema), {"a": value}, bounded=True, dates=True)


def test_a_format_of_texts_holds_every_number_and_date() -> None:
    schema = closed(a={"type": "integer"}, b={"type": "number"}, c={"type": "string", "format": "date"})
    value: Json = {"a": 2**70, "b": 2**70 + 1, "c": "5 March"}
    assert list(cells(schema, value).values()) == [2**70, 2**70 + 1, "5 March"]
