"""Tables, whose cells are labels and values."""

from typing import Any

from structgen.rules.document.key_values import find_tables
from structgen.rules.document.page import Page, lines_of


def test_tables_are_runs_of_lines_with_as_many_cells() -> None:
    text = "| A | B |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\nprose\nx\ty\n1\t2\n"
    tables = find_tables(Page(text, text, lines_of(text)))
    cells = [[[text[slice(*cell)] for cell in row] for row in (table.header, *table.rows)] for table in tables]
    assert cells == [[["A", "B"], ["1", "2"], ["3", "4"]], [["x", "y"], ["1", "2"]]]


def test_a_table_with_one_row_gives_labels_and_values(ask: Any) -> None:
    text = "# Suppe\n\n| Portionen | Kochzeit |\n|---|---|\n| 4 | 25 Min. |\n"
    assert ask(text, yields="string", cook_time_minutes="integer") == {"yields": "4 servings", "cook_time_minutes": 25}


def test_the_parts_of_an_invoice_keep_to_their_labels(ask_one: Any) -> None:
    part = {"type": ["string", "null"]}
    party = {"type": ["object", "null"], "properties": {"name": part, "email": part}, "required": ["name", "email"]}
    head = "HARBOUR SUPPLY LTD\nEmail: a@harbour.example\n"
    text = f"{head}Bill to: North Bakery\nBuyer email: b@north.example\nTOTAL 5.00\n"
    assert ask_one(text, "seller", party) == {"name": "HARBOUR SUPPLY LTD", "email": "a@harbour.example"}
    assert ask_one(text, "buyer", party) == {"name": "North Bakery", "email": "b@north.example"}


def test_columns_may_come_glued_to_the_next_label(ask: Any) -> None:
    value = ask("Prep: 5 MinCook: 10 MinTotal: 15 Min", prep_time_minutes="integer", cook_time_minutes="integer")
    assert value == {"prep_time_minutes": 5, "cook_time_minutes": 10}


def test_words_below_a_label_that_is_not_set_off_are_no_value_of_it(ask: Any) -> None:
    assert ask("Shop\nBrand\nSale\nHelp", brand="string") == {"brand": None}
    assert ask("Shop\nBrand:\nFell\nHelp", brand="string") == {"brand": "Fell"}


def test_prices_may_follow_each_other_without_a_comma(ask: Any) -> None:
    fields = {"price": "number", "old_price": "number"}
    assert ask("Pan\nWas $120 Now $60\n", **fields) == {"price": 60, "old_price": 120}
    assert ask("Pfanne\nPreis 12,00 € statt 19,00 €\n", **fields) == {"price": 12.0, "old_price": 19.0}
