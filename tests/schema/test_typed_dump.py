"""Values under their JSON keys, with Python's leaves, and with sets in the order of JSON."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

import structgen
from structgen.schema.typed_dump import typed_dump


class Part(BaseModel):
    model_config = ConfigDict(frozen=True)
    name: str


class Place(NamedTuple):
    city: str
    tags: frozenset[str] = frozenset()


class Plan(BaseModel):
    day: date = Field(alias="theDay")
    parts: set[Part] = set()
    tags: set[str] = set()
    places: list[Place] = []
    steps: dict[int, set[int]] = {}


ANY_PLAN = st.fixed_dictionaries(
    {
        "theDay": st.just("2024-05-03"),
        "tags": st.lists(st.text(max_size=3), max_size=20),
        "places": st.lists(st.tuples(st.text(max_size=3), st.lists(st.text(max_size=2), max_size=9)), max_size=3),
        "steps": st.dictionaries(st.integers(0, 9), st.lists(st.integers(), max_size=20), max_size=3),
    }
)


def dumped(given: dict[str, Any]) -> Any:
    adapter = TypeAdapter(Plan)
    return typed_dump(adapter.serializer, adapter.validate_python(given))


@settings(max_examples=50)
@given(ANY_PLAN)
def test_the_items_of_sets_have_the_places_that_json_gives_them(written: dict[str, Any]) -> None:
    plan = TypeAdapter(Plan).validate_python(written)
    typed, plain = typed_dump(plan.__pydantic_serializer__, plan), plan.model_dump(mode="json", by_alias=True)
    assert isinstance(typed, dict)
    assert typed["tags"] == plain["tags"]
    assert [list(place) for place in typed["places"]] == plain["places"]
    assert {str(key): step for key, step in typed["steps"].items()} == plain["steps"]
    assert typed["theDay"] == date(2024, 5, 3)


def test_a_set_of_models_is_a_list_of_objects() -> None:
    assert dumped({"theDay": "2024-05-03", "parts": [{"name": "a"}]})["parts"] == [{"name": "a"}]


def test_evidence_of_the_items_of_a_set_is_at_their_own_paths() -> None:
    words = [f"word{number}" for number in range(40)]
    plan = Plan(theDay=date(2024, 5, 3), tags={*words}, parts={Part(name="oak"), Part(name="elm")})
    plain = plan.model_dump(mode="json", by_alias=True)
    found = {piece.path: piece.text for piece in structgen.ground_value(plan, f"elm oak {' '.join(words)}")}
    assert [found[f"/tags/{number}"] for number in range(40)] == plain["tags"]
    assert [found[f"/parts/{number}/name"] for number in range(2)] == [part["name"] for part in plain["parts"]]
