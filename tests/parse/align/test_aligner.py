"""Aligning makes the documented conversions and no others."""

from datetime import date, datetime
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from structgen.core.options import Risk
from tests.parse.samples import read


class Level(Enum):
    LOW = "low"
    HIGH = "high"


class Point(BaseModel):
    x_axis: int
    y_axis: int = 0


class Circle(BaseModel):
    kind: Literal["circle"]
    radius: float


class Square(BaseModel):
    kind: Literal["square"]
    side: float


class Plan(BaseModel):
    start_date: date
    at: datetime | None = None
    level: Level = Level.LOW
    sure: bool = False
    budget: Decimal = Decimal(0)
    points: list[Point] = []
    shape: Annotated[Circle | Square, Field(discriminator="kind")] | None = None
    other: Circle | Square | None = None
    pair: tuple[int, str] | None = None
    scores: dict[str, int] = {}
    which: Literal[1, 2, True] | None = None


@pytest.mark.parametrize(
    ("written", "path", "rule"),
    [
        ('"startDate": "2024-03-05"', "/start_date", "key"),
        ('"Start Date": "2024-03-05"', "/start_date", "key"),
        ('"start_date": "March 5, 2024"', "/start_date", "date"),
        ('"start_date": "2024-03-05", "at": "2024-03-05"', "/at", "date"),
        ('"start_date": "2024-03-05", "level": "HIGH"', "/level", "choice"),
        ('"start_date": "2024-03-05", "sure": "yes"', "/sure", "boolean"),
        ('"start_date": "2024-03-05", "budget": "$1,299.00"', "/budget", "number"),
        ('"start_date": "2024-03-05", "points": {"x_axis": 1}', "/points", "one_for_list"),
        ('"start_date": "2024-03-05", "points": [{"xAxis": 1}]', "/points/0/x_axis", "key"),
        ('"start_date": "2024-03-05", "points": [{"x_axis": "1"}]', "/points/0/x_axis", "number"),
        ('"start_date": "2024-03-05", "points": [{"x_axis": 1.0}]', "/points/0/x_axis", "number"),
        ('"start_date": "2024-03-05", "points": [{"point": {"x_axis": 1}}]', "/points/0", "unwrapped"),
        ('"start_date": "2024-03-05", "points": {"list": [{"x_axis": 1}]}', "/points", "unwrapped"),
        ('"start_date": "2024-03-05", "points": "[{\\"x_axis\\": 1}]"', "/points", "double_encoded"),
        ('"start_date": "2024-03-05", "shape": {"kind": "circle", "Radius": 1}', "/shape/radius", "key"),
        ('"start_date": "2024-03-05", "shape": [{"kind": "circle", "radius": 1}]', "/shape", "only_item"),
        ('"start_date": "2024-03-05", "other": {"kind": "square", "side": "2"}', "/other/side", "number"),
        ('"start_date": "2024-03-05", "pair": ["1", "a"]', "/pair/0", "number"),
        ('"start_date": "2024-03-05", "scores": {"a": "1"}', "/scores/a", "number"),
        ('"start_date": "2024-03-05", "which": "2"', "/which", "choice"),
    ],
)
def test_a_documented_conversion_is_made_and_recorded(written: str, path: str, rule: str) -> None:
    parsed = read(Plan, f"{{{written}}}")
    assert parsed.ok, parsed.issues
    assert (path, rule) in {(repair.path, repair.rule) for repair in parsed.repairs}
    if rule != "double_encoded":
        assert not read(Plan, f"{{{written}}}", max_risk=Risk.LOSSLESS).ok


@pytest.mark.parametrize(
    "written",
    [
        '"level": "higher"',
        '"level": ["high"]',
        '"sure": 1',
        '"sure": "on"',
        '"budget": "1,299"',
        '"pair": [null, "a"]',
        '"points": ["x"]',
        '"points": [[1]]',
        '"points": "a list"',
        '"points": "[1"',
        '"points": [{"x_axis": true}]',
        '"points": [{"x_axis": 1.5}]',
        '"points": [{"x_axis": "1.5"}]',
        '"points": [{"x_axis": null}]',
        '"points": {"a": {"b": {"x_axis": 1}}}',
        '"shape": {"kind": "triangle", "side": 1}',
        '"shape": [{"kind": "circle", "radius": 1}, {"kind": "circle", "radius": 2}]',
        '"pair": [1]',
        '"pair": {"a": 1}',
        '"scores": {"a": "few"}',
        '"at": 1700000000',
        '"at": "1700000000"',
        '"which": "three"',
    ],
)
def test_a_value_that_no_conversion_fits_is_refused(written: str) -> None:
    parsed = read(Plan, f'{{"start_date": "2024-03-05", {written}}}')
    assert not parsed.ok


def test_a_key_is_never_lost_silently() -> None:
    class Loose(BaseModel):
        prep_time: int | None = None

    assert read(Loose, '{"prepTime": 5}').value.prep_time == 5
    assert read(Loose, '{"recipe": {"prep_time": 5}}').value.prep_time == 5
    assert read(Loose, '{"prep_time": 1, "prepTime": 1}').value.prep_time == 1
    assert not read(Loose, '{"prepTime": 5, "prep-time": 6}').ok
    assert read(Loose, '{"prepTime": 5, "prep-time": 5}').value.prep_time == 5


def test_a_key_that_the_schema_allows_keeps_its_name() -> None:
    class Open(BaseModel):
        model_config = ConfigDict(extra="allow")
        name: str
        age: int | None = None

    assert read(Open, '{"name": "a", "Age": 5}').value.model_extra == {"Age": 5}
    assert read(Open, '{"Name": "a"}').value.name == "a"


def test_aliases_are_other_spellings() -> None:
    class Named(BaseModel):
        total: int = Field(alias="grandTotal")

    assert read(Named, '{"grandTotal": 1}').repairs == ()
    assert read(Named, '{"total": 1}').value.total == 1
    assert read(Named, '{"Grand_Total": 1}').value.total == 1


def test_a_tool_call_is_unwrapped_although_its_name_fits() -> None:
    class Search(BaseModel):
        name: str

    for text in (
        '{"name": "search", "arguments": {"name": "x"}}',
        '{"name": "search", "arguments": "{\\"name\\": \\"x\\"}"}',
    ):
        assert read(Search, text).value.name == "x"
    assert not read(Search, '{"name": "search", "arguments": {"foo": 1}}').ok
    tagged = read(
        Search, '<tool_call>{"name": "search", "arguments": {"name": "x"}}</tool_call>', max_risk=Risk.LOSSLESS
    )
    assert tagged.value.name == "x"


def test_a_value_that_fits_two_members_of_a_union_alike_is_left_alone() -> None:
    assert read(dict[str, int | str], '{"a": "10"}').value == {"a": "10"}
    assert not read(dict[str, int | bool], '{"a": "tenfold"}').ok


def test_recursive_types_are_walked_all_the_way_down() -> None:
    schema = {
        "$ref": "#/$defs/node",
        "$defs": {
            "node": {
                "properties": {
                    "n": {"type": "integer"},
                    "next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]},
                },
                "required": ["n"],
            }
        },
    }
    text: Any = "null"
    for _ in range(40):
        text = f'{{"n": "1", "next": {text}}}'
    parsed = read(schema, text)
    assert parsed.ok
    assert len(parsed.repairs) == 40


def test_all_of_and_keywords_beside_a_reference_are_one_schema() -> None:
    schema = {
        "allOf": [{"$ref": "#/$defs/a"}, {"properties": {"y": {"type": "integer"}}, "required": ["y"]}],
        "$defs": {"a": {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"]}},
    }
    assert read(schema, '{"x": "1", "Y": "2"}').value == {"x": 1, "y": 2}
    beside = {
        "type": "object",
        "properties": {"x": {"type": "integer"}},
        "oneOf": [{"required": ["x"]}, {"required": ["z"]}],
    }
    assert read(beside, '{"X": "1"}').value == {"x": 1}


class Held(BaseModel):
    name: str
    size: int | None = None


@pytest.mark.parametrize(
    "text",
    [
        '[TOOL_CALLS][{"name": "extract", "arguments": {"name": "Tea"}}]',
        '[{"name": "extract", "arguments": {"name": "Tea"}}]',
        '{"function_call": {"name": "extract", "arguments": {"name": "Tea"}}}',
    ],
)
def test_a_tool_call_inside_a_list_or_an_object_is_unwrapped(text: str) -> None:
    parsed = read(Held, text)
    assert parsed.value == Held(name="Tea")
    assert "tool_call" in {repair.rule for repair in parsed.repairs}


def test_tool_calls_in_a_list_are_unwrapped_for_a_json_schema() -> None:
    items = {"type": "object", "properties": {"name": {"type": "string"}}}
    parsed = read({"type": "array", "items": items}, '[{"name": "extract", "arguments": {"name": "Tea"}}]')
    assert parsed.value == [{"name": "Tea"}]


def test_the_name_of_a_tool_called_with_a_list_is_no_answer() -> None:
    parsed = read(Held, '{"name": "extract", "arguments": [{"name": "Tea"}]}')
    assert [issue.code for issue in parsed.issues] == ["tool_call"]


class Level(IntEnum):
    LOW = 1
    HIGH = 2


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "extract", "arguments": null}',
        '{"name": "extract", "arguments": ""}',
        '{"function": {"name": "extract", "arguments": null}}',
        '<tool_call>{"name": "extract", "arguments": null}</tool_call>',
    ],
)
def test_the_name_of_a_tool_called_without_arguments_is_no_answer(text: str) -> None:
    class Person(BaseModel):
        name: str
        age: int | None = None

    assert not read(Person, text).ok
    assert not read(Person.model_json_schema(), text).ok
    assert read(Person, '{"name": "extract", "type": null}').value == Person(name="extract")
