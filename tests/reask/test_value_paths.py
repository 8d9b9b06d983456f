"""Places in plain JSON, and the part of a schema that speaks of them."""

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import BaseModel

from structgen.core.json import MISSING, Json, at, steps
from structgen.reask.value_paths import can_put, put, schema_at
from structgen.schema import Schema

TREE: Json = {"a": [{"b": 1}, {"b": 2}], "c": None}


class Leaf(BaseModel):
    qty: int


class Node(BaseModel):
    leaf: Leaf
    children: "list[Node]" = []
    either: Leaf | list[int] | None = None
    counts: dict[str, float] = {}
    pair: tuple[int, str] = (0, "")


SCHEMA = Schema.of(Node).node


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("", TREE),
        ("/a/1/b", 2),
        ("/c", None),
        ("/a/2", MISSING),
        ("/a/-1", MISSING),
        ("/a/x", MISSING),
        ("/c/d", MISSING),
    ],
)
def test_a_path_leads_to_its_value(path: str, value: object) -> None:
    assert at(TREE, steps(path)) == value


def test_putting_a_value_changes_a_copy() -> None:
    changed = put(TREE, ("a", "1", "b"), 9)
    assert changed == {"a": [{"b": 1}, {"b": 9}], "c": None}
    assert at(TREE, ("a", "1", "b")) == 2
    assert put(TREE, (), 5) == 5


@pytest.mark.parametrize(
    ("path", "possible"),
    [("/c", True), ("/new", True), ("/a/0/new", True), ("/a/1", True), ("/a/2", False), ("/c/d", False), ("", False)],
)
def test_a_value_can_stand_where_its_parent_is(path: str, possible: bool) -> None:
    assert can_put(TREE, steps(path)) is possible


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/leaf/qty", "integer"),
        ("/children/3/leaf/qty", "integer"),
        ("/either/qty", "integer"),
        ("/either/0", "integer"),
        ("/counts/anything", "number"),
        ("/pair/1", "string"),
    ],
)
def test_the_part_of_a_schema_is_found_through_references_lists_and_unions(path: str, kind: str) -> None:
    part = schema_at(SCHEMA, path)
    assert isinstance(part, dict)
    assert part["type"] == kind


def test_the_part_brings_the_definitions_it_refers_to() -> None:
    part: Any = schema_at(SCHEMA, "/leaf")
    assert not Schema.of(part).check({"qty": 1})
    assert Schema.of(part).check({"qty": "x"})


@pytest.mark.parametrize("path", ["/nothing", "/leaf/qty/deeper"])
def test_a_path_that_the_schema_does_not_know_has_no_part(path: str) -> None:
    assert schema_at(SCHEMA, path) is None


@pytest.mark.parametrize("path", ["/a", "/a/0"])
def test_definitions_that_are_used_twice_are_followed_once(
    path: str, calls: Callable[[Callable[[], object]], int]
) -> None:
    step = path.replace("/", " ").split()

    def form(below: str) -> Any:
        inner: Any = {"$ref": f"#/$defs/{below}"}
        held = {"properties": {"a": inner if len(step) == 1 else {"type": "array", "items": inner}}}
        return {"anyOf": [held, {**held, "title": "again"}]}

    def steps(depth: int) -> int:
        defs = {f"d{n}": form(f"d{n + 1}") for n in range(depth)}
        schema: Any = {"$ref": "#/$defs/d0", "$defs": {**defs, f"d{depth}": {"type": "integer"}}}
        node = Schema.of(schema).node
        part = schema_at(node, path * depth)
        assert isinstance(part, dict)
        assert part["$ref"] == f"#/$defs/d{depth}"
        return calls(lambda: schema_at(node, path * depth))

    assert steps(16) < 4 * steps(8)


def test_a_part_of_a_schema_that_refers_to_its_root_still_does() -> None:
    tree = Schema.of(
        {"type": "object", "properties": {"name": {"type": "string"}, "in": {"$ref": "#"}}, "required": ["name"]}
    )
    part: Any = schema_at(tree.node, "/in")
    assert not Schema.of(part).check({"name": "box", "in": {"name": "tea"}})
    issues = Schema.of(part).check({"name": "box", "in": {"in": {}}})
    assert {issue.path for issue in issues} == {"/in/name", "/in/in/name"}
