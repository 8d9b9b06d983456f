"""Definitions that are used twice by definitions that are used twice: each is looked at once for a place of a value."""

from collections.abc import Callable
from typing import Any, Union

import pytest
from pydantic import BaseModel, RootModel

from structgen.core.errors import SchemaError
from structgen.core.json import Json, JsonObject
from structgen.schema import Schema
from structgen.schema.guards import TooCostly, guard_cost

Calls = Callable[[Callable[[], object]], int]

LEAF: JsonObject = {"type": "object", "properties": {"q": {"type": "integer"}}, "required": ["q"]}


def ref(number: int) -> JsonObject:
    return {"$ref": f"#/$defs/d{number}"}


def twice(number: int) -> list[Json]:
    return [ref(number), {**ref(number), "description": "again"}]


def fields(number: int, **more: Json) -> JsonObject:
    return {"type": "object", "properties": {"a": ref(number), **more}, "required": ["a"]}


FLAT: dict[str, Callable[[int], JsonObject]] = {
    "anyOf": lambda below: {"anyOf": twice(below)},
    "oneOf": lambda below: {"oneOf": twice(below)},
    "allOf": lambda below: {"allOf": twice(below)},
    "anyOf with a type": lambda below: {"type": "object", "anyOf": twice(below)},
    "allOf in a ref": lambda below: {**ref(below), "allOf": twice(below)},
    "if": lambda below: {"if": ref(below), "then": ref(below), "else": ref(below)},
    "not": lambda below: {"not": {"not": {"allOf": twice(below)}}},
    "dependentSchemas": lambda below: {"dependentSchemas": {"q": ref(below), "r": ref(below)}},
}
DEEP: dict[str, Callable[[int], JsonObject]] = {
    "anyOf of objects": lambda below: {"anyOf": [fields(below, x={"type": "integer"}), fields(below)]},
    "oneOf of objects": lambda below: {"oneOf": [fields(below, x={"type": "integer"}), fields(below)]},
    "patterns": lambda below: {**fields(below), "patternProperties": {"^a": ref(below)}},
    "properties": lambda below: {**fields(below), "allOf": [fields(below)]},
}


def unfolding(form: Callable[[int], JsonObject], depth: int, **beside: Json) -> JsonObject:
    """A schema whose definitions, written out where they are used, are two to the power of the depth."""
    definitions: JsonObject = {f"d{number}": form(number + 1) for number in range(depth)}
    root: JsonObject = {"type": "object", "properties": {"z": {**ref(0), **beside}}}
    return {**root, "$defs": {**definitions, f"d{depth}": LEAF}}


def held(depth: int, value: Json) -> Json:
    for _ in range(depth):
        value = {"a": value}
    return {"z": value}


RIGHT: JsonObject = {"q": 1, "r": 2}
WRONG: JsonObject = {"q": "no", "r": 2}


@pytest.mark.parametrize("value", [RIGHT, WRONG], ids=["right", "wrong"])
@pytest.mark.parametrize("name", [*FLAT, *DEEP])
def test_a_value_is_held_against_each_definition_once(name: str, value: JsonObject, calls: Calls) -> None:
    def steps(depth: int) -> int:
        schema = Schema.of(unfolding({**FLAT, **DEEP}[name], depth))
        whole = held(depth if name in DEEP else 0, value)
        return calls(lambda: schema.check(whole))

    assert steps(16) < 4 * steps(8)


@pytest.mark.parametrize("name", ["anyOf", "allOf", "if"])
def test_the_keys_that_are_looked_at_are_gathered_once(name: str, calls: Calls) -> None:
    def steps(depth: int) -> int:
        schema = Schema.of(unfolding(FLAT[name], depth, unevaluatedProperties=False))
        assert {issue.path for issue in schema.check({"z": {"q": 1, "w": 2}})} == {"/z/w"}
        return calls(lambda: schema.check({"z": {"q": 1, "w": 2}}))

    assert steps(16) < 4 * steps(8)


@pytest.mark.parametrize(
    ("name", "code"),
    [("anyOf", "type"), ("allOf", "type"), ("anyOf with a type", "type"), ("if", "type"), ("not", "not_allowed")],
)
def test_what_is_wrong_is_still_said(name: str, code: str) -> None:
    def codes(depth: int) -> set[str]:
        return {issue.code for issue in Schema.of(unfolding(FLAT[name], depth)).check(held(0, WRONG))}

    assert codes(3) == {code}
    assert Schema.of(unfolding(FLAT[name], 24)).check(held(0, WRONG)) != ()
    assert Schema.of(unfolding(FLAT[name], 24)).check(held(0, RIGHT)) == ()


def test_a_definition_may_fit_one_place_and_not_another() -> None:
    schema = Schema.of(
        {
            "type": "object",
            "properties": {name: {"allOf": [ref(0), ref(0)]} for name in ("a", "b", "c")},
            "$defs": {"d0": {"type": "integer", "minimum": 2}},
        }
    )
    assert [issue.path for issue in schema.check({"a": 1, "b": 2, "c": 1})] == ["/a", "/c"]


def root_models(depth: int) -> Any:
    """Two models of the same union, again and again: Pydantic tries each in every way to it."""
    first: Any = int
    second: Any = float
    for _ in range(depth):
        inner: Any = Union[first, second]
        first, second = RootModel[inner], type("Other", (RootModel[inner],), {})
    return Union[first, second]


def test_the_ways_to_a_form_are_counted_within_one_place_too(calls: Calls) -> None:
    schemas = {depth: Schema.of(root_models(depth)).node for depth in (10, 20, 40)}
    guard_cost(schemas[10], 1)
    for depth in (20, 40):
        with pytest.raises(TooCostly):
            guard_cost(schemas[depth], 1)

    def steps(depth: int) -> int:
        def run() -> None:
            with pytest.raises(TooCostly):
                guard_cost(schemas[depth], 1)

        return calls(run)

    assert steps(40) < 3 * steps(20)


class Chain(BaseModel):
    next: "Chain"


class OpenChain(BaseModel):
    next: "OpenChain | None" = None


class Tree(BaseModel):
    children: "list[Tree]"


class Left(BaseModel):
    right: "Right"


class Right(BaseModel):
    left: "Left | Other"


class Other(BaseModel):
    left: Left


class Escape(BaseModel):
    left: "Inner | int"


class Inner(BaseModel):
    back: Escape


def needs(items):
    return {"type": "object", "required": ["a"], "properties": {"a": items}}


@pytest.mark.parametrize(
    ("kind", "place"),
    [
        (Chain, "/$defs/Chain"),
        (Left, "/$defs/"),
        (needs({"$ref": "#"}), ""),
        (needs({"anyOf": [{"$ref": "#"}, needs({"$ref": "#"})]}), ""),
        (needs({"allOf": [{"$ref": "#"}, {"type": "object"}]}), ""),
        ({"type": "array", "items": {"$ref": "#"}, "minItems": 1}, ""),
        ({"type": "array", "contains": {"$ref": "#"}}, ""),
        ({**needs({"$ref": "#"}), "type": ["array", "object"], "prefixItems": [{"$ref": "#"}], "minItems": 1}, ""),
    ],
)
def test_what_no_finite_value_fits_is_refused(kind, place):
    with pytest.raises(SchemaError, match="can never be finished") as caught:
        Schema.of(kind)
    assert caught.value.path.startswith(place)


@pytest.mark.parametrize(
    "kind",
    [
        OpenChain,
        Tree,
        Escape,
        {"properties": {"a": {"$ref": "#"}}},
        {"type": "object", "properties": {"a": {"$ref": "#"}}},
        {"type": "array", "items": {"$ref": "#"}},
        {"type": "array", "contains": {"$ref": "#"}, "minContains": 0},
        needs({"anyOf": [{"$ref": "#"}, {"type": "null"}]}),
        needs({"type": ["object", "null"], "required": ["a"], "properties": {"a": {"$ref": "#"}}}),
        {"$defs": {"unused": {"$ref": "#/$defs/unused"}}},
        False,
    ],
)
def test_what_can_end_is_taken(kind):
    assert Schema.of(kind).outline()


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"anyOf": [{"$ref": "#"}, {"type": "null"}]},
        {"$ref": "#/$defs/a", "$defs": {"a": {"not": {"$ref": "#/$defs/b"}}, "b": {"$ref": "#/$defs/a"}}},
        {"properties": {"x": {"if": {"$ref": "#/properties/x"}}}},
    ],
)
def test_a_check_that_would_never_end_is_refused(schema):
    with pytest.raises(SchemaError, match="refers to itself without reaching a part"):
        Schema.of(schema)


def test_a_long_chain_of_definitions_is_no_problem():
    chain = {f"d{number}": needs({"$ref": f"#/$defs/d{number + 1}"}) for number in range(300)}
    schema = Schema.of({"$ref": "#/$defs/d0", "$defs": {**chain, "d300": {"type": "null"}}})
    assert [issue.path for issue in schema.check({"a": {"a": 1}})] == ["/a/a"]
