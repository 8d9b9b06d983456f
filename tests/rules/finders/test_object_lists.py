"""Lists of objects that are no whole."""

from typing import Any


def test_rows_that_lack_a_part_give_no_list_at_all(ask_one: Any) -> None:
    item = {
        "type": "object",
        "properties": {"sku": {"type": "string"}, "price": {"type": "number"}},
        "required": ["price"],
    }
    table = "SKU\tPrice\nA1\t4.00\nA2\tasked\n"
    assert ask_one(table, "articles", {"type": "array", "items": item}) is None


def test_properties_that_are_no_pairs_give_no_list(ask_one: Any) -> None:
    pair = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "value": {"type": "string"}},
        "required": ["name", "value"],
    }
    assert ask_one("## Specifications\n- light\n- quick\n", "specifications", {"type": "array", "items": pair}) is None
