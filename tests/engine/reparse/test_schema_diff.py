"""What a schema asks for that an earlier one did not."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from structgen.engine.reparse.schema_diff import Change, RequestedSchema
from structgen.schema import Schema
from structgen.schema.node import Node


def unasked(old: Any, new: Any, tree: Any, later: dict[str, Any] | None = None, **more: Any) -> tuple[str, ...]:
    parts = {path: Node.of(schema) for path, schema in (later or {}).items()}
    return Change(RequestedSchema(Schema.of(old).node, parts).at, Schema.of(new).node, **more).unasked(tree)


def record(required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


TEXT: dict[str, Any] = {"type": "string"}
NAMED: dict[str, Any] = {"type": "string", "description": "what it is called"}


class Part(BaseModel):
    name: str


class MorePart(BaseModel):
    name: str
    grams: int | None = None


class Dish(BaseModel):
    title: str
    parts: list[Part] = []
    main: Part | None = None


class MoreDish(BaseModel):
    title: str
    parts: list[MorePart] = []
    main: MorePart | None = None


class Cat(BaseModel):
    kind: Literal["cat"] = "cat"
    lives: int = 9


class Dog(BaseModel):
    kind: Literal["dog"] = "dog"
    name: str = ""


class LoudDog(Dog):
    """Barks."""

    barks: bool = False


class Pets(BaseModel):
    pets: list[Cat | Dog]


class LoudPets(BaseModel):
    pets: list[Cat | LoudDog]


def test_nothing_is_new_in_the_same_schema() -> None:
    assert unasked(Dish, Dish, {"title": "x", "parts": [{"name": "a"}], "main": None}) == ()


def test_new_fields_are_found_where_their_objects_are() -> None:
    tree = {"title": "x", "parts": [{"name": "a"}, {"name": "b"}], "main": {"name": "c"}}
    assert unasked(Dish, MoreDish, tree) == ("/parts/0/grams", "/parts/1/grams", "/main/grams")
    assert unasked(Dish, MoreDish, {"title": "x", "main": None}) == ()


def test_a_value_that_came_unasked_is_no_answer() -> None:
    assert unasked(record(a=TEXT), record(a=TEXT, b=TEXT), {"a": "x", "b": "y"}) == ("/b",)


def test_with_many_new_places_in_a_list_the_list_is_asked_for() -> None:
    tree = {"title": "x", "parts": [{"name": "a"}] * 21}
    assert unasked(Dish, MoreDish, tree) == ("/parts",)


def test_items_that_mean_something_else_are_asked_for_with_their_list() -> None:
    old, new = ({"type": "array", "items": item} for item in (TEXT, NAMED))
    assert unasked(record(names=old), record(names=new), {"names": ["a", "b"]}) == ("/names",)
    assert unasked(record(names=old), record(names=new), {"names": []}) == ()


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        (TEXT, NAMED, True),
        (NAMED, {**NAMED, "minLength": 3}, False),
        ({**TEXT, "title": "A"}, {**TEXT, "title": "B"}, True),
        ({"anyOf": [NAMED, {"type": "null"}]}, NAMED, False),
        (TEXT, {"type": "integer"}, False),
        (TEXT, {"enum": ["a", "b"]}, False),
        ({"enum": ["a", "b"]}, {"enum": ["b", "a"]}, False),
        ({"enum": ["a", "b"]}, {"enum": ["a"]}, False),
        ({"enum": ["a"]}, {"enum": ["a", "b"]}, True),
        ({"const": "a"}, {"anyOf": [{"const": "a"}, {"const": "b"}]}, True),
        ({"enum": ["a"]}, {"enum": ["a", None]}, False),
    ],
)
def test_other_words_and_more_choices_are_another_question(old: Any, new: Any, changed: bool) -> None:
    assert unasked(record(a=old), record(a=new), {"a": "a"}) == (("/a",) if changed else ())


def test_words_may_be_left_out_of_the_question() -> None:
    assert unasked(record(a=TEXT), record(a=NAMED), {"a": "x"}, words=False) == ()


def test_only_the_branch_that_a_value_is_of_has_its_fields() -> None:
    tree = {"pets": [{"kind": "cat", "lives": 7}]}
    words = {"words": False}
    assert unasked(Pets, LoudPets, tree, **words) == ()
    assert unasked(Pets, LoudPets, {"pets": [{"kind": "dog", "name": "Rex"}]}, **words) == ("/pets/0/barks",)


def test_a_branch_that_requires_what_a_value_lacks_is_not_its_own() -> None:
    one, other = record(("a",), a=TEXT), record(("b",), b=TEXT)
    old, new = ({"anyOf": [one, branch]} for branch in (other, record(("b",), b=TEXT, c=TEXT)))
    assert unasked(record(x=old), record(x=new), {"x": {"a": "1"}}) == ()
    assert unasked(record(x=old), record(x=new), {"x": {"b": "1"}}) == ("/x/c",)
    assert unasked(record(x=old), record(x=new), {"x": {}}) == ("/x/c",)


def test_all_parts_of_an_all_of_count() -> None:
    old = {"allOf": [record(("a",), a=TEXT), record(("b",), b=TEXT)]}
    new = {"allOf": [record(("a",), a=TEXT, c=TEXT), record(("b",), b=TEXT)]}
    assert unasked(record(x=old), record(x=new), {"x": {"b": "1"}}) == ("/x/c",)


def test_what_was_asked_for_later_is_not_new_any_more() -> None:
    patch = {"type": "object", "properties": {"/b": NAMED, "/c": TEXT}}
    new = record(a=TEXT, b=NAMED, c=NAMED, d=TEXT)
    tree = {"a": "1", "b": "2", "c": "3", "d": "4"}
    assert unasked(record(a=TEXT), new, tree, {"/b": patch, "/c": patch}) == ("/c", "/d")


def test_below_a_field_that_was_asked_for_later_its_own_schema_counts() -> None:
    patch = {"type": "object", "properties": {"/b": record(x=TEXT)}}
    new = record(b=record(x=TEXT, y=TEXT))
    assert unasked(record(a=TEXT), new, {"b": {"x": "1"}}, {"/b": patch}) == ("/b/y",)


def test_free_keys_are_as_free_as_before() -> None:
    class Free(BaseModel):
        scores: dict[str, int]

    class Described(BaseModel):
        scores: dict[str, int] = Field(description="points")

    assert unasked(Free, Free, {"scores": {"a": 1}}) == ()
    assert unasked(Free, Described, {"scores": {"a": 1}}) == ("/scores",)
    assert unasked(True, True, {"a": [1, {"b": 2}]}) == ()
    assert unasked(record(a={}), record(a=record(b=TEXT)), {"a": {"b": "x"}}) == ("/a/b",)


TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "parts", "/", "~"]), inner),
    max_leaves=12,
)


@settings(deadline=None, max_examples=60)
@given(TREES)
def test_whatever_an_answer_holds_the_same_schema_has_nothing_new(tree: Any) -> None:
    assert unasked(Dish, Dish, tree) == ()
    assert set(unasked(Dish, MoreDish, {"title": "x", "parts": [tree]})) <= {"/parts/0/grams"}
