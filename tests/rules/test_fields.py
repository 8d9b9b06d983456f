"""A schema as fields to look for."""

from typing import Any

import pytest

from structgen.rules.fields import Kind, leaves, read_fields


def _field(schema: dict[str, Any], name: str = "x") -> Any:
    return read_fields({"type": "object", "properties": {name: schema}, "required": [name]}, {}).children[0]


def test_a_union_is_read_as_the_branch_that_says_most() -> None:
    assert _field({"anyOf": [{"type": "string"}, {"type": "number"}]}).kind is Kind.NUMBER
    both = _field({"anyOf": [{"type": "null"}, {"type": "string"}]})
    assert (both.kind, both.nullable) == (Kind.STRING, True)
    assert _field({"type": ["integer", "null"]}).nullable
    assert _field({"enum": ["a", None]}).nullable
    assert _field({"const": 3}).choices == (3,)
    assert _field({"anyOf": []}).kind is Kind.ANY
    assert _field({"properties": {}}).kind is Kind.OBJECT
    assert _field({"items": {}}).kind is Kind.ARRAY


def test_names_stand_for_concepts_whatever_their_spelling() -> None:
    for name in ("prepTime", "prep_time", "Prep-Time", "recipe_prep_time", "prep_time_minutes"):
        assert "prep_time" in _field({"type": "integer"}, name).concepts
    assert _field({"type": "integer"}, "prep_time_minutes").seconds == 60


def test_a_schema_that_refers_to_itself_has_an_end() -> None:
    node = {
        "type": "object",
        "properties": {"next": {"$ref": "#/$defs/N"}, "all": {"type": "array", "items": {"$ref": "#/$defs/N"}}},
    }
    root = read_fields({"$ref": "#/$defs/N", "$defs": {"N": node}}, {})
    assert len(leaves(root)) < 1000
    assert read_fields({"$ref": "#/$defs/N", "$defs": {"N": {"$ref": "#/$defs/N"}}}, {}).children == ()


def test_names_of_a_property_are_looked_up_where_it_stands() -> None:
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {"one": {"$ref": "#/$defs/One"}},
        "$defs": {"One": {"type": "object", "properties": {"b": {"type": "string"}}}},
    }
    root = read_fields(schema, {"/$defs/One/properties/b": ("bee",)})
    assert "bee" in root.children[0].children[0].labels


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("date_posted", "Posted on"),
        ("date_posted", "Posted"),
        ("start_date", "Start date"),
        ("signed_on", "Date of signed"),
        ("inspection_date", "Date of inspection"),
        ("inspection_date", "Inspection on"),
    ],
)
def test_a_date_is_named_in_several_orders(ask: Any, name: str, label: str) -> None:
    date = {"type": ["string", "null"], "format": "date"}
    assert ask(f"{label}: 3 May 2024\nReviewed: 8 June 2024\n", **{name: date}) == {name: "2024-05-03"}


def test_the_opening_of_a_description_is_a_label(ask: Any) -> None:
    date = {"type": ["string", "null"], "format": "date", "description": "Handed over, YYYY-MM-DD"}
    assert ask("Handed over: 2024-05-03\nReviewed: 2024-06-08\n", day=date) == {"day": "2024-05-03"}
