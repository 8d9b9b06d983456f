"""What a schema asks for that an earlier one did not."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field, create_model

from structgen.engine.reparse.schema_diff import Change, RequestedSchema
from structgen.schema import Schema
from structgen.schema.node import Node


def unasked(
    old: Any, new: Any, tree: Any, later: dict[str, Any] | None = None, *, words: bool = True
) -> tuple[str, ...]:
    parts = {path: Node.of(schema) for path, schema in (later or {}).items()}
    return Change(RequestedSchema(Schema.of(old).node, parts), Schema.of(new).node, words).unasked(tree)


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
    assert unasked(Dish, MoreDish, {"title": "x", "main": None}) == ("/parts", "/main")


def test_a_value_that_came_unasked_is_no_answer() -> None:
    assert unasked(record(a=TEXT), record(a=TEXT, b=TEXT), {"a": "x", "b": "y"}) == ("/b",)


def test_with_many_new_places_in_a_list_the_list_is_asked_for() -> None:
    tree = {"title": "x", "parts": [{"name": "a"}] * 21, "main": {"name": "b", "grams": 1}}
    assert unasked(Dish, MoreDish, tree) == ("/parts", "/main/grams")


def test_items_that_mean_something_else_are_asked_for_with_their_list() -> None:
    old, new = ({"type": "array", "items": item} for item in (TEXT, NAMED))
    assert unasked(record(names=old), record(names=new), {"names": ["a", "b"]}) == ("/names",)
    assert unasked(record(names=old), record(names=new), {"names": []}) == ("/names",)


INTEGER: dict[str, Any] = {"type": "integer"}
NUMBER: dict[str, Any] = {"type": "number"}
NULL: dict[str, Any] = {"type": "null"}
DAY: dict[str, Any] = {"type": "string", "format": "date"}


SOME: list[Any] = ["a", 4, None, [], {}]


def listed(item: Any, **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": item, **more}


def keyed(value: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": value}


def maybe(*schemas: Any, **more: Any) -> dict[str, Any]:
    return {"anyOf": [*schemas, NULL], **more}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        # other words
        (TEXT, NAMED),
        (NAMED, TEXT),
        ({**TEXT, "title": "A"}, {**TEXT, "title": "B"}),
        ({**NUMBER, "unit": "kg"}, {**NUMBER, "unit": "lb"}),
        (NUMBER, {**NUMBER, "unit": "kg"}),
        ({**TEXT, "examples": ["soup"]}, {**TEXT, "examples": ["leek soup"]}),
        ({**INTEGER, "default": 1}, {**INTEGER, "default": 2}),
        (maybe(INTEGER, description="net"), maybe(INTEGER, description="gross")),
        (maybe({**INTEGER, "description": "net"}), maybe({**INTEGER, "description": "gross"})),
        # more values
        ({"enum": ["a"]}, {"enum": ["a", "b"]}),
        ({"const": "a"}, {"anyOf": [{"const": "a"}, {"const": "b"}]}),
        ({"enum": ["a"]}, TEXT),
        (INTEGER, NUMBER),
        (INTEGER, TEXT),
        (TEXT, maybe(TEXT, INTEGER)),
        (TEXT, listed(TEXT)),
        (INTEGER, True),
        (DAY, TEXT),
        (DAY, {**TEXT, "format": "date-time"}),
        ({**TEXT, "pattern": "^a"}, TEXT),
        ({**TEXT, "pattern": "^a"}, {**TEXT, "pattern": "^b"}),
        ({**TEXT, "maxLength": 3}, {**TEXT, "maxLength": 4}),
        ({**TEXT, "maxLength": 3}, {"enum": ["a", "abcd"]}),
        ({**INTEGER, "maximum": 3}, {**INTEGER, "maximum": 5}),
        ({**INTEGER, "minimum": 3}, INTEGER),
        ({**INTEGER, "exclusiveMinimum": 3}, {**INTEGER, "minimum": 3}),
        ({**INTEGER, "multipleOf": 10}, {**INTEGER, "multipleOf": 5}),
        (listed(TEXT, maxItems=2), listed(TEXT, maxItems=3)),
        (listed(TEXT, minItems=1), listed(TEXT)),
        (listed(TEXT, uniqueItems=True), listed(TEXT)),
        ({**TEXT, "not": {"const": "x"}}, TEXT),
        (record(a=TEXT), {**record(a=TEXT), "additionalProperties": True}),
    ],
)
def test_other_words_and_more_values_are_another_question_also_of_an_empty_answer(old: Any, new: Any) -> None:
    for value in SOME:
        assert unasked(record(a=old), record(a=new), {"a": value}) == ("/a",)
    assert unasked(record(a=old), record(a=new), {}) == ("/a",)
    assert unasked(listed(old), listed(new), [None]) == ("",)
    assert unasked(record(a=new), record(a=new), {"a": None}) == ()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (NAMED, {**NAMED, "minLength": 3}),
        (maybe(NAMED), NAMED),
        (maybe(INTEGER, TEXT), maybe(TEXT)),
        (NAMED, maybe(NAMED)),
        (TEXT, INTEGER),
        (TEXT, {"enum": ["a", "b"]}),
        (TEXT, DAY),
        (NUMBER, INTEGER),
        (True, TEXT),
        ({"enum": ["a", "b"]}, {"enum": ["b", "a"]}),
        ({"enum": ["a", "b"]}, {"enum": ["a"]}),
        ({"enum": ["a"]}, {"enum": ["a", None]}),
        ({"anyOf": [{"const": "a"}, {"const": "b"}]}, {"enum": ["a", "b"]}),
        ({**INTEGER, "minimum": 1, "maximum": 9}, {"enum": [1, 9]}),
        ({**INTEGER, "maximum": 5}, {**INTEGER, "maximum": 3, "minimum": 1}),
        ({**INTEGER, "multipleOf": 5}, {**INTEGER, "multipleOf": 10}),
        (listed(TEXT), listed(TEXT, minItems=1, uniqueItems=True)),
        (listed(TEXT, minItems=0), listed(TEXT)),
        (TEXT, {**TEXT, "default": None}),
        (record(a=TEXT), {**record(a=TEXT), "additionalProperties": False}),
        ({**record(a=TEXT), "additionalProperties": False}, record(a=TEXT)),
    ],
)
def test_the_same_words_and_no_more_values_ask_nothing(old: Any, new: Any) -> None:
    for value in SOME:
        assert unasked(record(a=old), record(a=new), {"a": value}) == ()


def test_a_value_that_may_be_missing_now_may_have_been_made_up() -> None:
    needed, optional = record(("a",), a=INTEGER), record(a=INTEGER)
    for now in (optional, record(("a",), a=maybe(INTEGER))):
        assert unasked(needed, now, {"a": 4}) == ("/a",)
        assert unasked(listed(needed), listed(now), [{"a": 4}]) == ("",)
        assert unasked(record(x=listed(needed)), record(x=listed(now)), {"x": []}) == ("/x",)
        assert unasked(now, needed, {"a": 4}) == ()
    assert unasked(optional, record(a=maybe(INTEGER, default=None)), {}) == ()
    tags = listed(TEXT)
    assert unasked(record(("a",), a=tags), record(a={**tags, "default": []}), {"a": []}) == ()


def maybe_held(part: Any) -> dict[str, Any]:
    return maybe(record(b=part))


def listed_twice(part: Any) -> dict[str, Any]:
    return listed(listed(part))


WRAPS: list[Any] = [listed, keyed, maybe_held, listed_twice]


@pytest.mark.parametrize("empty", [None, [], {}])
@pytest.mark.parametrize("wrap", WRAPS)
@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        (INTEGER, NUMBER, True),
        (TEXT, NAMED, True),
        (record(a=TEXT), record(a=TEXT, b=TEXT), True),
        (record(a=record(b=INTEGER)), record(a=record(b=NUMBER)), True),
        (NUMBER, INTEGER, False),
        (record(a=TEXT, b=TEXT), record(a=TEXT), False),
    ],
)
def test_of_an_empty_value_the_contents_count(wrap: Any, old: Any, new: Any, changed: bool, empty: Any) -> None:
    found = unasked(record(x=wrap(old)), record(x=wrap(new)), {"x": empty})
    assert bool(found) == changed
    assert all(path.startswith("/x") for path in found)


def test_of_a_dict_whose_values_are_others_the_whole_is_asked_for() -> None:
    old, new = record(x=keyed(INTEGER)), record(x=keyed(NUMBER))
    assert unasked(old, new, {"x": {"a": 1, "b": 2}}) == ("/x",)
    old, new = record(x=keyed(record(a=TEXT))), record(x=keyed(record(a=TEXT, b=TEXT)))
    assert unasked(old, new, {"x": {"k": {"a": "1"}}}) == ("/x/k/b",)


class Person(BaseModel):
    name: str
    age: int | None = None


class Company(BaseModel):
    name: str
    staff: int | None = None


class Town(BaseModel):
    name: str
    people: int | None = None


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        (Person, Person | Company, True),
        (Person | None, Person | Company | None, True),
        (Person | Company, Person | Company | Town, True),
        (Person | Company, Person | Town, True),
        (Person, Person | str, True),
        (Person | Company, Company | Person, False),
        (Person | Company, Person, False),
        (Person | None, Person, False),
        (Cat, Cat | Dog, True),
        (Cat | Dog, Dog, False),
    ],
)
def test_with_another_branch_every_value_of_the_union_is_asked_for(old: Any, new: Any, changed: bool) -> None:
    one, other = create_model("One", who=old), create_model("One", who=new)
    ones, others = create_model("One", who=list[old]), create_model("One", who=list[new])
    held = {"name": "Ines", "age": 4, "kind": "cat", "lives": 9}
    found = ("/who",) if changed else ()
    assert unasked(one, other, {"who": held}) == found
    assert unasked(ones, others, {"who": [held]}) == found
    assert unasked(ones, others, {"who": []}) == found


def test_a_value_of_a_branch_that_is_gone_is_no_value_of_another_branch() -> None:
    def dropped(old: Any, new: Any, *paths: str) -> tuple[str, ...]:
        one, other = (Schema.of(create_model("One", who=kind)).node for kind in (old, new))
        held: Any = {"name": "Acme"}
        tree: Any = {"who": [held] if "0" in paths[0] else held}
        return Change(RequestedSchema(one, {}), other).unasked(tree, paths)

    assert dropped(Person | Company, Person, "/who/staff") == ("/who",)
    assert dropped(list[Person | Company], list[Person], "/who/0/staff") == ("/who",)
    assert dropped(Person | Company | Town, Person | Town, "/who/staff") == ("/who",)
    assert dropped(Person | Company, Person, "/who/age") == ()
    assert dropped(Person | Company, Person, "/who/name") == ()
    assert dropped(Company, Person, "/who/staff") == ("/who/age",)


class Tree(BaseModel):
    size: int
    children: list[Tree] = []


class WideTree(BaseModel):
    size: float
    children: list[WideTree] = []


def test_recursive_schemas_are_compared_to_an_end() -> None:
    leaf: dict[str, Any] = {"size": 2, "children": []}
    tree: dict[str, Any] = {"size": 1, "children": [leaf]}
    assert unasked(Tree, Tree, tree) == unasked(WideTree, Tree, tree) == ()
    assert unasked(Tree, WideTree, tree) == ("/size", "/children/0/size", "/children/0/children")
    assert unasked(Tree, WideTree, {"size": 1}) == ("/size", "/children")


def test_a_renamed_field_is_a_new_one() -> None:
    assert unasked(record(a=TEXT), record(b=TEXT), {"b": None}) == ("/b",)


def test_words_may_be_left_out_of_the_question() -> None:
    assert unasked(record(a=TEXT), record(a=NAMED), {"a": "x"}, words=False) == ()


def test_only_the_branch_that_a_value_is_of_has_its_fields() -> None:
    tree = {"pets": [{"kind": "cat", "lives": 7}]}
    assert unasked(Pets, LoudPets, tree, words=False) == ()
    assert unasked(Pets, LoudPets, {"pets": [{"kind": "dog", "name": "Rex"}]}, words=False) == ("/pets/0/barks",)


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
    assert set(unasked(Dish, MoreDish, {"title": "x", "parts": [tree]})) <= {"/parts/0/grams", "/parts", "/main"}
