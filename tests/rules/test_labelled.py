"""Which of several labels counts, and when none of them does."""

from typing import Any

import pytest

from structgen.rules import extract_by_rules

DATE = {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]}
NUMBER = {"type": ["number", "null"]}


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("Subject: Your order\nName: Ann Lee", "name", "Ann Lee"),
        ("Manufacturer: Oak\nBrand: Elm", "brand", "Elm"),
        ("Tel: 555-0100\nPhone: 555-0199", "phone", "555-0199"),
        ("Reference: X9\nSKU: Y1", "sku", "Y1"),
        ("Organisation: Oak\nCompany: Elm", "company", "Elm"),
        ("Manufacturer: Oak", "brand", "Oak"),
    ],
)
def test_the_name_of_a_field_comes_before_words_that_mean_the_same(
    ask_one: Any, text: str, name: str, value: str
) -> None:
    assert ask_one(text, name) == value


def test_a_title_comes_before_words_that_mean_the_same_and_behind_the_name(ask_one: Any) -> None:
    brand = {"type": ["string", "null"], "title": "House"}
    assert ask_one("Maker: Oak\nHouse: Elm", "brand", brand) == "Elm"
    assert ask_one("House: Elm\nBrand: Ash", "brand", brand) == "Ash"


@pytest.mark.parametrize(
    ("text", "name", "schema"),
    [
        ("Colour: red\nColour: blue", "colour", "string"),
        ("Doors: 5\nDoors: 3", "doors", "integer"),
        ("Organic: yes\nOrganic: no", "organic", "boolean"),
        ("Status: open\nStatus: closed", "status", {"enum": ["open", "closed", None]}),
        ("Start: 3 May 2024\nStart: 4 May 2024", "start", DATE),
        ("Cost: 5.00\nFee: 6.00", "price", "number"),
        ("Headline: Hi\nSubject: Hello", "name", "string"),
        ("Date: 03/04/2020\nDate: 5 May 2020", "date", DATE),
        ("Doors: 3 to 5\nDoors: 5", "doors", "integer"),
        ("Price: $10-$20\nCost: $5", "price", "number"),
        ("Manufacturer: Oak\nMaker: Elm", "brand", "string"),
        ("Invoice no: A1\nInvoice no: A2", "invoice_number", "string"),
    ],
)
def test_labels_of_one_rank_that_say_different_things_are_a_doubt(
    ask_one: Any, text: str, name: str, schema: Any
) -> None:
    assert ask_one(text, name, schema) is None


@pytest.mark.parametrize("text", ["Doors: 5\n...\nDoors: 5", "Doors: 5\nDoors 5", "Doors: none\nDoors: 5"])
def test_labels_that_say_the_same_are_no_doubt(ask_one: Any, text: str) -> None:
    assert ask_one(text, "doors", "integer") == 5


@pytest.mark.parametrize(
    "value",
    [
        "N/A",
        "n/a",
        "none",
        "-",
        "--",
        "—",
        "null",
        "(none)",
        "[blank]",
        "not applicable",
        "____",
        "...",
        "k. A.",
        "TBD",
    ],
)
def test_what_says_that_there_is_nothing_is_no_value(ask_one: Any, value: str) -> None:
    assert ask_one(f"Middle name: {value}\nSuffix: Jr", "middle_name") is None


@pytest.mark.parametrize(
    "text",
    [
        "Colour:\nSize: L",
        "Colour:\n**Size:** L",
        "Colour: Brand: Oak",
        "Colour: ____ Brand: Oak",
        "Colour code: 12",
        "Colour of the box: red",
        "Non-colour: red",
        "Colour tax: 5.00",
    ],
)
def test_another_label_is_neither_a_value_nor_the_label(ask_one: Any, text: str) -> None:
    assert ask_one(text, "colour") is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Colour:\nRed", "Red"),
        ("**Colour:** red", "red"),
        ("**Colour**:\n red", "red"),
        ("Colour (outside): red", "red"),
        ("Colour incl. tax: red", "red"),
        ("Brand: Oak - Colour: red", "red"),
        ("Website:\nhttps://oak.example\nColour: red", "red"),
    ],
)
def test_a_clear_label_is_read(ask_one: Any, text: str, value: str) -> None:
    assert ask_one(text, "colour") == value


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Old price: $5", "price"),
        ("Price drop: $5.00", "price"),
        ("Total savings: $5.00", "total"),
        ("5 ratings", "rating"),
    ],
)
def test_the_only_amount_is_not_taken_from_another_label(ask_one: Any, text: str, name: str) -> None:
    assert ask_one(text, name, NUMBER) is None


def test_the_only_date_is_not_taken_from_another_label(ask_one: Any) -> None:
    assert ask_one("Date of last visit: 3 May 2024", "date", DATE) is None


def test_a_list_that_is_said_to_be_empty_has_no_items(ask_one: Any) -> None:
    tags = {"type": ["array", "null"], "items": {"type": "string"}}
    assert ask_one("Tags: none", "tags", tags) is None
    assert ask_one("Tags: red, blue", "tags", tags) == ["red", "blue"]


@pytest.mark.parametrize(
    "text",
    [
        "| Name | Age |\n|---|---|\n| Ann Lee | 30 |",
        "Name          Age\nAnn Lee       30",
        "<html><table><tr><th>Name</th><td>Ann Lee</td></tr><tr><th>Age</th><td>30</td></tr></table></html>",
    ],
)
def test_labels_in_the_cells_of_a_table_are_labels(ask: Any, text: str) -> None:
    assert ask(text, name="string", age="integer") == {"name": "Ann Lee", "age": 30}


def test_the_first_cell_of_a_table_is_no_title(ask: Any) -> None:
    assert ask("Name\tAge\nAnn\t30\nBob\t41", name="string", age="integer") == {"name": None, "age": None}


@pytest.mark.parametrize("words", ["none known", "No known allergies", "keine bekannt", "not reported"])
def test_a_remark_that_nothing_is_known_is_no_value(ask_one: Any, words: str) -> None:
    assert ask_one(f"Allergies: {words}\nColour: green\n", "allergies") is None


@pytest.mark.parametrize(("name", "value"), [("sort_code", "11-22-33"), ("account_number", "4711")])
def test_each_value_of_a_list_of_labels_ends_with_its_part(ask_one: Any, name: str, value: str) -> None:
    text = "Bank: North Bank, Sort code 11-22-33, Account no 4711\n"
    assert ask_one(text, name) == value


@pytest.mark.parametrize(("name", "value"), [("late_fee", None), ("fee_percent", 1.5), ("interest_rate", None)])
def test_a_percentage_is_no_sum_of_money(ask_one: Any, name: str, value: float | None) -> None:
    assert ask_one("Late fee: 1.5% per month\nFee percent: 1.5%\n", name, "number") == value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Name: Nova\nTag: red\nTag: blue", ["red", "blue"]),
        ("Tags: red, blue\nPage 2\nTags: red, blue", ["red", "blue"]),
        ("Tags: red, blue\nTags: green, black", None),
        ("Tags: red\nTags: none", None),
    ],
)
def test_a_label_that_comes_several_times_lists_single_items(text: str, expected: list[str] | None) -> None:
    schema = {"type": "object", "properties": {"tags": {"type": ["array", "null"], "items": {"type": "string"}}}}
    assert extract_by_rules(schema, text).value == {"tags": expected}


def test_the_amount_of_another_label_is_not_that_of_the_label_above() -> None:
    schema = {"type": "object", "properties": {name: {"type": ["number", "null"]} for name in ("total", "tax")}}
    assert extract_by_rules(schema, "Total:\nTax: 2.00").value == {"total": None, "tax": 2.0}
    assert extract_by_rules(schema, "Total:\n12.00\nTax: 2.00").value == {"total": 12.0, "tax": 2.0}
