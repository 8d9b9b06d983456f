"""What the rules refuse: values that stand near a label, or look like one, and are none."""

from typing import Any

import pytest


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Acme Lamp 20 €\nTall Oak Desk Lamp\nPrice: 5 €\n", "Tall Oak Desk Lamp"),
        ("9 Hill Road, Leeds LS1 4DY\nTall Oak Desk Lamp\nPrice: 5 €\n", "Tall Oak Desk Lamp"),
        ("Search for recipes\nPea Soup with Mint\nServings: 4\n", "Pea Soup with Mint"),
        ("Re: that soup!!\nfry the leek, add the peas. then blend it all and eat it hot from the pan\n", None),
        ("12 g fibre\nPea Soup\nNo ratings yet\n", "Pea Soup"),
    ],
)
def test_furniture_prices_and_addresses_are_no_titles(ask_one: Any, text: str, title: str | None) -> None:
    assert ask_one(text, "title") == title


MINUTES = {"type": ["integer", "null"]}


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("Minutes: 10", 10),
        ("Minutes: 1 hour", 60),
        ("Minutes: 1 h 10", None),
        ("Minutes: ten", None),
        ("Minutes:\n10", 10),
    ],
)
def test_a_field_may_be_named_like_a_unit(ask_one: Any, text: str, minutes: int | None) -> None:
    assert ask_one(text, "minutes", MINUTES) == minutes


def test_a_bare_number_is_a_duration_only_where_its_label_names_the_unit(ask_one: Any) -> None:
    assert ask_one("Prep time (min): 10", "prep_time_minutes", MINUTES) == 10
    assert ask_one("Total time (hours): 1.5", "total_time_minutes", MINUTES) == 90
    assert ask_one("Prep time: 10", "prep_time_minutes", MINUTES) is None


AMOUNT = {"type": ["number", "null"]}


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("Net 10.00 - VAT 2.00 - Total 12.00", (10.0, 2.0, 12.0)),
        ("Total 12.00 VAT 2.00", (None, 2.0, 12.0)),
        ("Total 12.00", (None, None, 12.0)),
    ],
)
def test_a_line_may_state_several_amounts(ask: Any, line: str, values: tuple[float | None, ...]) -> None:
    found = ask(f"Oak Ltd\n{line}\n", subtotal=AMOUNT, tax=AMOUNT, total=AMOUNT)
    assert tuple(found.values()) == values


def test_the_amount_due_is_no_second_name_of_the_total_where_both_are_asked_for(ask: Any) -> None:
    both = {"total": AMOUNT, "amount_due": AMOUNT}
    assert ask("Oak Ltd\nTotal 12.00\n", **both) == {"total": 12.0, "amount_due": None}
    assert ask("Oak Ltd\nTotal 12.00\nAmount due: 5.00", **both) == {"total": 12.0, "amount_due": 5.0}
    assert ask("Oak Ltd\nAmount due: 5.00", total=AMOUNT) == {"total": 5.0}


def test_the_address_of_an_invoice_is_the_sellers_and_not_the_customers(ask: Any) -> None:
    part = {
        "type": "object",
        "properties": {"name": {"type": ["string", "null"]}, "email": {"type": ["string", "null"]}},
    }
    text = "Oak & Ash Ltd, 9 Hill Road, Leeds, hello@oak.example\nBill to: Kim Low\nTotal: 12.00\n"
    found = ask(text, seller=part, buyer=part)
    assert found["seller"] == {"name": "Oak & Ash Ltd", "email": "hello@oak.example"}
    assert found["buyer"]["name"] == "Kim Low"
    assert found["buyer"].get("email") is None


def test_numbers_before_one_label_that_differ_are_none_of_them_for_certain(ask: Any) -> None:
    rating = {"type": ["number", "null"], "title": "Stars"}
    assert ask("Lamp\nKim, 5 stars\nLee, 3 stars\n", rating=rating) == {"rating": None}
    assert ask("Lamp\nKim, 5 stars\nLee, 5 stars\n", rating=rating) == {"rating": 5}
    assert ask("Lamp\nRating: 4.5\nLee, 3 stars\n", rating=rating) == {"rating": 4.5}


def test_things_of_one_sort_are_not_taken_for_each_other(ask: Any) -> None:
    text = "Start date: 1 May 2020\nEnd date: 3 May 2020\nDate of birth: 5 May 1990"
    dates = ask(text, start_date="string", end_date="string", due_date="string")
    assert dates == {"start_date": "1 May 2020", "end_date": "3 May 2020", "due_date": None}
    times = ask("Chill time: 10 min\nRest time: 20 min", rest_time_minutes=MINUTES, soaking_time_minutes=MINUTES)
    assert times == {"rest_time_minutes": 20, "soaking_time_minutes": None}
    assert ask("Oak Ltd\nShipping 5.00\nTotal 12.00", tip=AMOUNT, shipping=AMOUNT) == {"tip": None, "shipping": 5.0}
    assert ask("Shop\nYou save: 5.00 €\nShipping price: 3.00 €", old_price=AMOUNT) == {"old_price": None}
    assert ask("Diet: Vegan\nCourse: Soup", category="string", diet="string") == {"category": "Soup", "diet": "Vegan"}
