"""A node is one place of a schema with all that applies there: never stricter than the schema, exact if it says so."""

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structgen.core.json import Json, JsonObject
from structgen.schema.node import Node, Raw
from tests.schema.test_guards import DEEP, FLAT, Calls, unfolding

KINDS: dict[str, Any] = {"string": str, "boolean": bool, "null": type(None), "object": dict, "array": list}


def fits(node: Node, value: Json, inexact: set[str]) -> bool:
    """Whether a value fits all that the nodes say; collects what they leave to the validator."""
    inexact |= node.conditions
    if node.never or not is_typed(node, value):
        return False
    if node.choices is not None and not any(jsonschema_equal(value, choice) for choice in node.choices):
        return False
    if node.branches:
        return True in [fits(branch, value, inexact) for branch in node.branches]
    if isinstance(value, dict):
        inner = [(node.child(key), item) for key, item in value.items()]
        return node.required <= value.keys() and False not in [
            child is None or fits(child, item, inexact) for child, item in inner
        ]
    if isinstance(value, list):
        rest = [node.items] * len(value)
        places = [*node.prefix, *rest][: len(value)]
        inner = zip(places, value, strict=True)
        return False not in [child is None or fits(child, item, inexact) for child, item in inner]
    return True


def is_typed(node: Node, value: Json) -> bool:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return not node.types or bool({"number", *(["integer"] if value == int(value) else [])} & node.types)
    return not node.types or any(isinstance(value, KINDS.get(kind, ())) for kind in node.types)


def jsonschema_equal(one: Json, other: Json) -> bool:
    return jsonschema.Draft202012Validator({"const": one}).is_valid(other)


VALUES = st.recursive(
    st.sampled_from([None, True, 0, 1, 1.0, 1.5, "a", "b"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner, max_size=2),
    max_leaves=5,
)
LEAVES: list[Raw] = [
    True,
    False,
    {},
    {"type": "integer"},
    {"type": ["number", "null"]},
    {"type": "object"},
    {"const": 1},
    {"enum": [True, "a", 1, [1]]},
    {"minimum": 1},
    {"required": ["a"]},
    {"description": "Said"},
    *({"$ref": f"#/$defs/{name}"} for name in "xyz"),
]


def schemas() -> st.SearchStrategy[Any]:
    def larger(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        several = st.lists(inner, min_size=1, max_size=2)
        named = st.dictionaries(st.sampled_from("ab"), inner, max_size=2)
        words = {
            "allOf": several, "anyOf": several, "oneOf": several, "properties": named, "additionalProperties": inner,
            "patternProperties": st.fixed_dictionaries({"b": inner}), "items": inner, "prefixItems": several,
            "not": inner, "type": st.sampled_from(["object", "array", ["object", "string"]]),
            "required": st.just(["b"]), "$ref": st.sampled_from(["#/$defs/x", "#/$defs/y"]),
        }  # fmt: skip
        return st.lists(st.sampled_from(sorted(words)), min_size=1, max_size=3, unique=True).flatmap(
            lambda chosen: st.fixed_dictionaries({word: words[word] for word in chosen})
        )

    return st.recursive(st.sampled_from(LEAVES), larger, max_leaves=6)


def without_references(schema: Any) -> Any:
    """The schema with nothing in the place of references, so that definitions have an end."""
    if isinstance(schema, dict):
        return {key: without_references(value) for key, value in schema.items() if key != "$ref"}
    return [without_references(one) for one in schema] if isinstance(schema, list) else schema


@given(schemas(), schemas(), schemas(), VALUES)
@settings(max_examples=400, deadline=None)
def test_what_fits_the_schema_fits_its_node_and_the_other_way_where_nothing_is_left_out(
    root: Any, first: Any, second: Any, value: Json
) -> None:
    last = without_references(second)
    definitions: JsonObject = {"x": {"allOf": [first, {"$ref": "#/$defs/y"}]}, "y": last, "z": last}
    definitions["x"] = json.loads(json.dumps(definitions["x"]).replace("#/$defs/x", "#/$defs/y"))
    schema: JsonObject = {"allOf": [root], "$defs": definitions}
    valid = jsonschema.Draft202012Validator(schema).is_valid(value)
    left: set[str] = set()
    found = fits(Node.of(schema), value, left)
    assert found or not valid
    assert valid or not found or left


def of(schema: Raw) -> Node:
    return Node.of(schema)


def test_a_recursive_schema_is_one_node() -> None:
    tree = of({"$ref": "#/$defs/T", "$defs": {"T": {"properties": {"in": {"$ref": "#/$defs/T"}}, "type": "object"}}})
    inner = tree.properties["in"]
    assert inner.properties["in"] is inner
    assert tree.reference is inner.reference
    assert inner.reference is not None
    assert inner.reference.place == "/$defs/T"


def test_all_that_applies_is_read_as_one() -> None:
    node = of(
        {
            "$ref": "#/$defs/Base",
            "description": "The outer one",
            "allOf": [{"properties": {"a": {"minimum": 1}, "b": {"type": "string"}}, "required": ["b"]}],
            "$defs": {"Base": {"type": "object", "description": "Base", "required": ["a"],
                               "properties": {"a": {"type": ["integer", "null"]}}}},
        }
    )  # fmt: skip
    assert node.types == {"object"}
    assert node.required == {"a", "b"}
    assert list(node.properties) == ["a", "b"]
    assert node.properties["a"].types == {"integer", "null"}
    assert node.properties["a"].conditions == {"minimum"}
    assert node.description == "The outer one"
    assert node.conditions == set()


@pytest.mark.parametrize(
    ("schema", "types"),
    [
        ({"type": "integer"}, {"integer"}),
        ({"allOf": [{"type": "number"}, {"type": ["integer", "string"]}]}, {"integer"}),
        ({"allOf": [{"type": ["number", "null"]}, {"type": ["number", "string"]}]}, {"number"}),
        ({"allOf": [{"type": "null"}, {"type": "string"}]}, set()),
        ({}, set()),
    ],
)
def test_types_are_those_that_all_parts_allow(schema: JsonObject, types: set[str]) -> None:
    assert of(schema).types == types
    assert of(schema).never is (schema != {} and not types)


def test_what_stands_beside_a_union_holds_for_each_branch() -> None:
    node = of({"type": "object", "properties": {"a": {}}, "anyOf": [{"required": ["a"]}, {"required": ["b"]}]})
    assert [(set(one.properties), set(one.required), set(one.types)) for one in node.branches] == [
        ({"a"}, {"a"}, {"object"}),
        ({"a"}, {"b"}, {"object"}),
    ]


def test_branches_without_anything_beside_them_are_the_nodes_of_their_references() -> None:
    node = of(
        {"title": "Either", "anyOf": [{"$ref": "#/$defs/A"}, {"type": "null"}], "$defs": {"A": {"type": "string"}}}
    )
    assert [one.raw for one in node.branches] == [{"$ref": "#/$defs/A"}, {"type": "null"}]
    assert [one.place for one in node.branches] == ["/anyOf/0", "/anyOf/1"]
    assert [one.place for one in (node.branches[0].reference, node.at(False)) if one] == ["/$defs/A", None]


def test_unions_that_apply_together_come_one_inside_the_other() -> None:
    node = of(
        {"allOf": [{"anyOf": [{"type": "string"}, {"type": "integer"}]}, {"oneOf": [{"const": 1}, {"const": "a"}]}]}
    )
    assert [[(one.types, one.choices) for one in branch.branches] for branch in node.branches] == [
        [({"string"}, (1,)), ({"string"}, ("a",))],
        [({"integer"}, (1,)), ({"integer"}, ("a",))],
    ]
    assert len(node.leaves()) == 4


def test_a_key_that_one_part_names_is_one_of_the_others_to_another_part() -> None:
    node = of({"allOf": [{"properties": {"a": {}}, "additionalProperties": False}, {"properties": {"b": {}}}]})
    assert not node.properties["a"].never
    assert node.properties["b"].never
    assert node.extras is not None
    assert node.extras.never


def test_the_first_items_of_a_list_may_be_written_in_either_way() -> None:
    old = of({"items": [{"type": "string"}], "additionalItems": {"type": "null"}})
    new = of({"prefixItems": [{"type": "string"}], "items": {"type": "null"}})
    for node in (old, new):
        assert [one.types for one in node.prefix] == [{"string"}]
        assert [one.types for one in (node.child("0"), node.child("7")) if one] == [{"string"}, {"null"}]


def test_only_remarks_may_stand_beside_a_mere_reference() -> None:
    shared: JsonObject = {"$defs": {"A": {"type": "string"}}}
    for schema in ({"$ref": "#/$defs/A", "title": "T"}, {"allOf": [{"$ref": "#/$defs/A"}], "default": "a"}):
        node = of({**schema, **shared})
        assert node.reference is node.named("#/$defs/A")
    for schema in ({"$ref": "#/$defs/A", "minLength": 1}, {"allOf": [{"$ref": "#/$defs/A"}, {}]}, {}):
        assert of({**schema, **shared}).reference is None


def walk(node: Node) -> int:
    todo, seen = [node], set[Node]()
    while todo:
        here = todo.pop()
        if here not in seen:
            seen.add(here)
            todo += [*here.branches, *here.properties.values()]
    return len(seen)


@pytest.mark.parametrize("name", [*FLAT, *DEEP])
def test_definitions_that_are_used_twice_are_read_once(name: str, calls: Calls) -> None:
    def steps(depth: int) -> int:
        node = Node.of(unfolding({**FLAT, **DEEP}[name], depth))
        return calls(lambda: walk(node))

    assert steps(16) < 4 * steps(8)


def test_where_unions_join_in_ever_new_ways_anything_may_stand() -> None:
    def form(below: int) -> Any:
        ref = {"$ref": f"#/$defs/d{below}"}
        return {"type": "object", "anyOf": [{**ref, "required": [f"a{below}"]}, {**ref, "required": [f"b{below}"]}]}

    node = Node.of(unfolding(form, 30))
    assert walk(node) < 20_000
    assert "allOf" in node.conditions


def test_one_object_in_two_places_is_two_places() -> None:
    amount: JsonObject = {"type": "number"}
    node = of({"properties": {"net": amount, "total": amount}})
    assert [child.place for child in node.properties.values()] == ["/properties/net", "/properties/total"]


def test_the_keys_of_many_joint_parts_are_gathered_in_few_steps(calls: Calls) -> None:
    def steps(count: int) -> int:
        parts: list[Json] = [{"properties": {f"p{number}": {"type": "string"}}} for number in range(count)]
        return calls(lambda: Node.of({"allOf": parts}).properties)

    assert steps(200) < 3 * steps(100)
