"""A schema as the parameters of a function: an object at the root, whatever it describes."""

import json
from typing import Any, Literal

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from structgen.core.json import Json
from structgen.forms.strict import in_object
from structgen.schema import Schema, fields


class Dish(BaseModel):
    name: str
    parts: "list[Dish]" = []


class Pan(BaseModel):
    name: str
    size: int


DISH: Json = {"name": "a", "parts": [{"name": "b"}]}
TREE = {"type": "array", "items": {"$ref": "#"}}
POINTING = {
    "type": "array",
    "items": {"$ref": "#/$defs/it"},
    "$defs": {"it": {"type": "integer"}, "all": {"$ref": "#"}},
}
OWN_ID = {"$id": "https://example.org/list", "type": "array", "items": {"anyOf": [{"$ref": "#"}, {"type": "integer"}]}}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (list[Dish], [DISH]),
        (list[int], [1, 2]),
        (str, "a"),
        (int | None, None),
        (Literal["a", "b"], "b"),
        (Dish | Pan, {"name": "a", "size": 1}),
        (tuple[int, str], [1, "a"]),
        (True, {"any": 1}),
        ({}, [1]),
        ({"enum": [1, {"a": 2}]}, {"a": 2}),
        (TREE, [[], [[]]]),
        (POINTING, [1, 2]),
        (OWN_ID, [1, [2]]),
        ({"$schema": "http://json-schema.org/draft-07/schema#", **TREE}, [[]]),
        ({"allOf": [{"type": "object"}, {"required": ["a"]}]}, {"a": 1}),
        ({"type": ["object", "null"]}, None),
    ],
)
def test_a_root_that_is_no_object_stands_in_one(schema: Any, value: Json) -> None:
    made = in_object(Schema.of(schema).json_schema)
    assert made is not None
    assert (made.json_schema["type"], made.json_schema["required"], made.wrapped) == ("object", ["value"], True)
    sent = made.forward(value)
    assert sent == {"value": value}
    Draft202012Validator(made.json_schema).validate(sent)
    other: Json = {"no": ["such"]}
    own = Draft202012Validator(Schema.of(schema).json_schema)
    assert Draft202012Validator(made.json_schema).is_valid({"value": other}) == own.is_valid(other)
    assert made.back(sent) == value
    assert made.back(value) == value or value == {"value": value}


@pytest.mark.parametrize("schema", [Pan, dict[str, int], fields("name, age int"), {"type": "object"}])
def test_an_object_is_sent_as_it_is(schema: Any) -> None:
    assert in_object(Schema.of(schema).json_schema) is None


def test_a_type_that_holds_itself_is_written_out_at_the_root() -> None:
    made = in_object(Schema.of(Dish).json_schema)
    assert made is not None
    assert (made.json_schema["type"], made.wrapped) == ("object", False)
    assert "$ref" not in made.json_schema
    Draft202012Validator(made.json_schema).validate(DISH)
    assert (made.forward(DISH), made.back(DISH)) == (DISH, DISH)


def test_an_object_that_does_not_say_so_says_so() -> None:
    schema = {"properties": {"a": {"type": "integer"}}}
    made = in_object(schema)
    assert made is not None
    assert (made.json_schema, made.wrapped) == ({"type": "object", **schema}, False)


def test_the_schema_itself_is_not_changed() -> None:
    before = json.dumps(POINTING)
    in_object(POINTING)
    assert json.dumps(POINTING) == before
