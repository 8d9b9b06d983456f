"""Ingredients as objects."""

from typing import Any

import pytest

from structgen.rules import extract_by_rules

PART: dict[str, Any] = {"type": ["string", "null"]}
NUMBER: dict[str, Any] = {"type": ["number", "null"]}


def one(line: str, **fields: Any) -> Any:
    """Return the values of the fields of one ingredient that is the whole text."""
    found = extract_by_rules({"type": "object", "properties": fields}, line)
    for piece in found.evidence:
        assert piece.start is not None
        assert line[piece.start : piece.end] == piece.text
    return tuple(found.value.values()) if isinstance(found.value, dict) else None


def test_ingredients_are_taken_apart_where_the_schema_wants_parts(ask_one: Any) -> None:
    item = {"type": "object", "properties": {"quantity": PART, "unit": PART, "name": {"type": "string"}, "note": PART}}
    text = "Ingredients\n200 g oats\n1 1/2 cups warm milk, or water\n2 eggs (large)\nSalt\n1/2 a lemon\n½ tsp mace"
    value = ask_one(text, "ingredients", {"type": "array", "items": {**item, "required": ["name"]}})
    assert [tuple(one.values()) for one in value] == [
        ("200", "g", "oats", None),
        ("1 1/2", "cups", "warm milk", "or water"),
        ("2", None, "eggs", "large"),
        (None, None, "Salt", None),
        ("1/2", None, "lemon", None),
        ("½", "tsp", "mace", None),
    ]


def test_a_text_of_one_line_is_the_ingredient_that_the_schema_describes() -> None:
    fields = {"name": PART, "quantity": PART, "unit": PART, "preparation": PART}
    assert one("2 cups leeks, thinly sliced", **fields) == ("leeks", "2", "cups", "thinly sliced")
    assert one("salt to taste", **fields) == ("salt", None, None, None)


@pytest.mark.parametrize(("name", "amount"), [("ingredient", "qty"), ("item", "amount"), ("food", "quantity")])
def test_fields_may_have_any_of_the_usual_names(name: str, amount: str) -> None:
    fields = {name: PART, amount: PART, "unit": PART, "comment": PART}
    assert one("3 tbsp ghee, melted", **fields) == ("ghee", "3", "tbsp", "melted")


def test_a_quantity_is_a_number_where_the_schema_says_so_and_never_one_end_of_a_range() -> None:
    fields = {"name": PART, "quantity": NUMBER, "unit": PART}
    assert one("1½ cups rye", **fields) == ("rye", 1.5, "cups")
    assert one("one dozen figs", **fields) == ("figs", 12, None)
    assert one("2-3 cups rye", **fields) == ("rye", None, "cups")
    assert one("a few figs", **fields) == ("figs", None, None)


def test_the_ends_of_a_range_have_fields_of_their_own() -> None:
    fields = {"name": PART, "quantity": PART, "unit": PART, "quantity_min": NUMBER, "quantity_max": NUMBER}
    assert one("2-3 cups rye", **fields) == ("rye", "2-3", "cups", 2, 3)
    assert one("2 cups rye", **fields) == ("rye", "2", "cups", 2, 2)


def test_an_integer_takes_no_part_of_a_number() -> None:
    assert one("1½ cups rye", name=PART, quantity={"type": ["integer", "null"]}, unit=PART) == ("rye", None, "cups")


def test_an_amount_without_a_field_for_its_unit_has_the_unit(ask_one: Any) -> None:
    item = {"type": "object", "properties": {"name": PART, "amount": PART}}
    value = ask_one("Ingredients\n2 cups rye\n3 figs", "ingredients", {"type": "array", "items": item})
    assert value == [{"name": "rye", "amount": "2 cups"}, {"name": "figs", "amount": "3"}]


def test_a_size_without_a_field_is_a_note_or_part_of_the_name() -> None:
    bare = {"name": PART, "quantity": PART, "unit": PART}
    assert one("3 large beets", **bare) == ("large beets", "3", None)
    assert one("3 large beets", **bare, note=PART) == ("beets", "3", None, "large")
    assert one("3 large beets", **bare, size=PART, note=PART) == ("beets", "3", None, "large", None)


def test_an_ingredient_is_optional_if_the_line_says_so() -> None:
    fields = {"name": PART, "quantity": PART, "unit": PART, "optional": {"type": ["boolean", "null"]}}
    assert one("1 tsp mace (optional)", **fields) == ("mace", "1", "tsp", True)
    assert one("1 tsp mace", **fields) == ("mace", "1", "tsp", None)


def test_a_text_that_is_only_a_list_of_ingredients_needs_no_heading(ask_one: Any) -> None:
    item = {"type": "object", "properties": {"name": PART, "quantity": PART, "unit": PART}}
    value = ask_one("2 cups rye\n3 figs\nsea salt", "ingredients", {"type": "array", "items": item})
    assert [one["name"] for one in value] == ["rye", "figs", "sea salt"]


def test_a_text_of_several_lines_is_not_one_ingredient() -> None:
    found = extract_by_rules(
        {"type": "object", "properties": {"name": PART, "quantity": PART, "unit": PART}}, "Dear Ann,\n2 cups rye"
    )
    assert isinstance(found.value, dict)
    assert found.value["quantity"] is None


def test_a_list_of_ingredients_may_be_the_whole_answer() -> None:
    item = {"type": "object", "properties": {"name": PART, "quantity": PART, "unit": PART}}
    found = extract_by_rules({"type": "array", "items": item}, "2 cups rye\n3 figs\nsea salt")
    assert isinstance(found.value, list)
    assert [tuple(one.values()) for one in found.value if isinstance(one, dict)] == [
        ("rye", "2", "cups"),
        ("figs", "3", None),
        ("sea salt", None, None),
    ]


def test_a_line_may_have_a_label() -> None:
    assert one("Ingredient: 2 cups rye", name=PART, quantity=PART, unit=PART) == ("rye", "2", "cups")


@pytest.mark.parametrize("text", ["", "   ", "2", "Thank you for your letter of 3 May.", "x" * 400])
def test_other_texts_are_read_without_an_error_and_without_a_quantity_out_of_nothing(text: str) -> None:
    found = extract_by_rules({"type": "object", "properties": {"name": PART, "quantity": PART, "unit": PART}}, text)
    assert not isinstance(found.value, dict) or found.value.get("quantity") is None
