"""What the answer to a chunk may omit, and what it may not."""

from __future__ import annotations

import json
from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field, field_validator, model_validator

from structgen.documents.chunks.chunk_schema import ChunkSchema, branch_names
from structgen.parse import parse_text
from structgen.schema import Schema
from structgen.schema.node import Node


class Line(BaseModel):
    what: str = Field(alias="description")
    amount: float = Field(ge=0)

    @field_validator("what")
    @classmethod
    def known(cls, what: str) -> str:
        if what == "?":
            raise ValueError("says nothing")
        return what


class Seller(BaseModel):
    name: str
    city: str


class Bill(BaseModel):
    number: str
    kind: Literal["bill", "credit"]
    seller: Seller
    lines: list[Line] = Field(min_length=2)
    total: float = Field(ge=0)

    @model_validator(mode="after")
    def adds_up(self) -> Bill:
        if sum(line.amount for line in self.lines) != self.total:
            raise ValueError("the lines do not add up to total")
        return self


BILL = ChunkSchema(Schema.of(Bill))


def issues(value: Any, schema: ChunkSchema = BILL) -> list[str]:
    return [issue.path for issue in schema.check(value)]


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"number": None, "seller": None, "lines": None, "kind": None},
        {"seller": {"city": "Ulm"}, "lines": []},
        {"seller": {"name": None}, "lines": [{"description": "Oil", "amount": 3}], "total": 9},
    ],
)
def test_a_chunk_may_leave_out_everything_outside_of_lists(value: Any) -> None:
    assert issues(value) == []


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ({"lines": [{"description": "Oil"}]}, "/lines/0/amount"),
        ({"lines": [{"description": None, "amount": 3}]}, "/lines/0/description"),
        ({"lines": [{"description": "?", "amount": 3}]}, "/lines/0/description"),
        ({"lines": [{"description": "Oil", "amount": -3}]}, "/lines/0/amount"),
        ({"total": -1}, "/total"),
        ({"kind": "other"}, "/kind"),
        ({"number": 3}, "/number"),
        ({"seller": "Ann"}, "/seller"),
    ],
)
def test_what_a_chunk_gives_must_be_right(value: Any, path: str) -> None:
    assert issues(value) == [path]


def test_the_other_names_of_properties_are_known_in_relaxed_definitions_too() -> None:
    class Node(BaseModel):
        size: int = Field(alias="theSize")
        nodes: list[Node] = []

    schema = ChunkSchema(Schema.of(Node))
    parsed = parse_text(schema, '{"size": 1, "nodes": [{"size": 2}]}')
    assert parsed.value == {"theSize": 1, "nodes": [{"theSize": 2}]}
    assert issues({"nodes": [{}]}, schema) == ["/nodes/0/theSize"]


@pytest.mark.parametrize("kind", [Literal["a", "b"], int, int | None, str | int, dict[str, int]])
def test_a_root_that_is_no_object_may_be_null(kind: Any) -> None:
    schema = ChunkSchema(Schema.of(kind))
    assert parse_text(schema, "null").ok is not (kind == dict[str, int])


def test_a_list_may_be_short() -> None:
    schema = ChunkSchema(Schema.of({"type": "array", "minItems": 3, "items": {"type": "string"}}))
    assert issues(["one"], schema) == []
    assert issues([1], schema) == ["/0"]


@pytest.mark.parametrize(
    "part",
    [
        {"const": 1},
        {"enum": [1, 2]},
        {"oneOf": [{"type": "integer"}, {"type": "string"}]},
        {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        {"allOf": [{"type": "object", "required": ["x"], "properties": {"x": {"type": "string"}}}]},
        {"type": ["integer", "string"]},
        {"$ref": "#/$defs/part"},
        {"$ref": "#/$defs/part_part"},
        {"$anchor": "here", "type": "integer"},
        True,
        {},
    ],
)
def test_every_property_of_a_json_schema_may_be_null(part: Any) -> None:
    defs: Any = {
        "part": {"type": "object", "required": ["x"], "properties": {"x": {}}},
        "part_part": {"type": "integer"},
    }
    whole: Any = {"type": "object", "properties": {"a": part}, "required": ["a"], "$defs": defs}
    assert issues({"a": None}, ChunkSchema(Schema.of(whole))) == []


def test_a_list_of_fixed_places_stays_as_it_is() -> None:
    pair = {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "integer"}], "minItems": 2}
    schema = ChunkSchema(Schema.of({"type": "object", "properties": {"pair": pair}}))
    assert issues({"pair": [1]}, schema) == ["/pair"]


@pytest.mark.parametrize(
    "given", [True, {"type": "object", "properties": {"a": {"$ref": "#/properties/b"}, "b": True}}]
)
def test_other_schemas_are_left_alone(given: Any) -> None:
    assert issues({"a": 1}, ChunkSchema(Schema.of(given))) == []


def test_a_validator_that_breaks_for_want_of_the_rest_is_not_heard() -> None:
    class Page(BaseModel):
        words: int
        signs: int

        @model_validator(mode="before")
        @classmethod
        def both(cls, data: Any) -> Any:
            return {**data, "signs": data["signs"] + data["words"]}

    assert issues({"words": 1}, ChunkSchema(Schema.of(Page))) == []


def test_the_branches_of_a_union_are_told_apart_by_what_has_one_value() -> None:
    class Cat(BaseModel):
        kind: Literal["cat"]
        lives: Literal[7, 9]

    class Dog(BaseModel):
        kind: Literal["dog"]

    class Home(BaseModel):
        pets: list[Cat | Dog]

    assert branch_names(Schema.of(Home).node) == {"kind"}
    assert branch_names(Node.of({"anyOf": [{"properties": {"type": {"enum": ["a"]}}}, True]})) == {"type"}
    assert branch_names(Node.of(True)) == frozenset()


def test_a_reference_to_the_whole_means_the_whole_and_not_the_relaxed_one() -> None:
    nested: Any = {"type": "array", "items": {"$ref": "#"}}
    whole: Any = {"type": "object", "properties": {"n": {"type": "integer"}, "in": nested}, "required": ["n"]}
    named = json.loads(json.dumps(whole).replace('"#"', '"#/$defs/T"'))
    for schema in (whole, {"$ref": "#/$defs/T", "$defs": {"T": named}}):
        chunk = ChunkSchema(Schema.of(schema))
        assert not chunk.check({"in": []})
        assert [issue.path for issue in chunk.check({"in": [{"in": []}]})] == ["/in/0/n"]
