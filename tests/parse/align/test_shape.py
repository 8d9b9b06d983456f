"""The schema as the aligner walks it: each part once, however often definitions refer to each other."""

from collections.abc import Callable
from typing import Any

import pytest

from structgen.core.json import Json
from structgen.core.options import Risk
from structgen.parse.align import Aligner, Shape
from structgen.schema import Schema
from structgen.schema.node import Node
from tests.schema.test_guards import DEEP, FLAT, Calls, held, twice, unfolding


def walk(shape: Shape) -> int:
    """The places that a schema has."""
    todo, seen = [shape.root], set[Node]()
    while todo:
        node = todo.pop()
        if node not in seen:
            seen.add(node)
            place = shape.place(node)
            todo += [*place.branches, *place.fields.values()]
    return len(seen)


@pytest.mark.parametrize("name", [*FLAT, *DEEP])
def test_definitions_that_are_referenced_twice_are_read_once(name: str, calls: Calls) -> None:
    def steps(depth: int) -> int:
        shape = Shape(Schema.of(unfolding({**FLAT, **DEEP}[name], depth)))
        return calls(lambda: walk(shape))

    assert steps(16) < 4 * steps(8)


def test_if_unions_join_in_ever_new_ways_anything_is_allowed() -> None:
    def form(below: int) -> Any:
        ref = {"$ref": f"#/$defs/d{below}"}
        return {"type": "object", "anyOf": [{**ref, "required": [f"a{below}"]}, {**ref, "required": [f"b{below}"]}]}

    assert walk(Shape(Schema.of(unfolding(form, 30)))) < 20_000


@pytest.mark.parametrize(
    ("name", "value"), [("anyOf", {"other": 1}), ("oneOf of objects", {"q": 1, "other": 2}), ("anyOf of objects", {})]
)
def test_whether_all_keys_are_known_is_checked_once_per_place(name: str, value: Json, calls: Calls) -> None:
    def steps(depth: int) -> int:
        shape = Shape(Schema.of(unfolding({**FLAT, **DEEP}[name], depth)))
        whole = held(depth if name in DEEP else 0, value)
        assert shape.knows_keys(whole) is (value == {})
        return calls(lambda: shape.knows_keys(whole))

    assert steps(16) < 4 * steps(8)


@pytest.mark.parametrize(("form", "costly"), [(FLAT["anyOf"], True), (lambda below: {"type": "array"}, False)])
def test_a_type_that_is_long_when_expanded_is_costly(form: Callable[[int], Any], costly: bool) -> None:
    schema = Schema.of(unfolding(form, 12))
    typed = Schema(schema.name, schema.json_schema, Schema.of(int).adapter, {})
    assert Shape(typed).costly is costly


@pytest.mark.parametrize("value", [3, "three", [3]], ids=["number", "text", "list"])
def test_a_part_that_many_unions_lead_to_is_fitted_once(value: Json, calls: Calls) -> None:
    def steps(depth: int) -> int:
        definitions: dict[str, Json] = {f"d{number}": {"anyOf": twice(number + 1)} for number in range(depth)}
        schema = Schema.of({"$ref": "#/$defs/d0", "$defs": {**definitions, f"d{depth}": {"type": "boolean"}}})
        aligner = Aligner(Shape(schema), decode=lambda _: (None, Risk.LOSSLESS), accepted=lambda *_: False)
        return calls(lambda: aligner.fit(value, aligner.shape.root))

    assert steps(16) < 4 * steps(8)
