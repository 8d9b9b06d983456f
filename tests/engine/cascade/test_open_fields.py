"""What a value of the rules leaves open."""

from typing import Any, Literal

import pytest
from pydantic import BaseModel

from structgen.engine.cascade.open_fields import fields_of, unfound
from structgen.schema import Schema


class Item(BaseModel):
    name: str
    price: float | None = None


class Shop(BaseModel):
    kind: Literal["shop"] = "shop"
    name: str
    items: list[Item] = []
    owner: Item | None = None


@pytest.mark.parametrize(
    ("tree", "left"),
    [
        ({"name": "A", "items": [{"name": "B", "price": 1}], "owner": {"name": "C", "price": 2}}, []),
        ({"name": "A", "items": [], "owner": None}, ["/items", "/owner"]),
        ({}, ["/name", "/items", "/owner"]),
        (
            {"name": "A", "items": [{"name": "B"}], "owner": {"name": ""}},
            ["/items/0/price", "/owner/name", "/owner/price"],
        ),
        ({"name": "A", "items": [{"name": "B", "price": 0}], "owner": {"name": "C", "price": 0}}, []),
    ],
)
def test_missing_null_and_empty_fields_are_open_and_constants_are_not(tree: Any, left: list[str]) -> None:
    assert list(unfound(Schema.of(Shop).node, tree)) == left


def test_of_a_union_only_the_fields_that_every_fitting_branch_has_are_open() -> None:
    class Cat(BaseModel):
        name: str
        lives: int

    class Dog(BaseModel):
        name: str
        tricks: int

    node = Schema.of(Cat | Dog).node
    assert list(unfound(node, {"name": "Tom", "lives": None})) == ["/lives"]
    assert list(unfound(node, {})) == ["/name"]


def test_a_deep_value_is_not_followed_forever() -> None:
    tree: Any = {}
    for _ in range(3000):
        tree = {"child": tree}
    schema = {"$ref": "#/$defs/n", "$defs": {"n": {"type": "object", "properties": {"child": {"$ref": "#/$defs/n"}}}}}
    assert list(unfound(Schema.of(schema).node, tree)) == []


def test_the_fields_of_a_value_come_in_its_order() -> None:
    tree: Any = {"a": [1, {"b": None}], "c": [], "d/e": ""}
    assert list(fields_of(tree)) == [("/a/0", 1), ("/a/1/b", None), ("/c", []), ("/d~1e", "")]
