"""The words around a number or an amount make it another value."""

from typing import Any

import pytest

NUMBER, INTEGER = {"type": ["number", "null"]}, {"type": ["integer", "null"]}


@pytest.mark.parametrize("label", ["Balance", "Net profit", "Total", "Tax", "Discount", "Price", "Temperature"])
@pytest.mark.parametrize("between", [": ", "\t", " "])
@pytest.mark.parametrize(
    "amount",
    [
        "-20.00", "\u221220.00", "-$20.00", "$-20.00", "(20.00)", "($20.00)", "20.00-", "minus 20.00", "\uff0d20.00",
        "- 20.00", "– $20.00", "- $20.00", "<20.00>", "20.00 CR", "EUR (20.00)", "$ -20.00", "USD 20.00-",
    ],
)  # fmt: skip
def test_the_minus_of_an_amount_is_never_lost(ask_one: Any, label: str, between: str, amount: str) -> None:
    text = f"Shop Ltd\n1 Oak Road\nItem 5.00\n{label}{between}{amount}\n"
    assert ask_one(text, label.lower().replace(" ", "_"), NUMBER) in (None, -20)


@pytest.mark.parametrize(
    "value",
    [
        "max 20", "max. 20", "minimum 20", "20 minimum", "20 or more", "20+", "> 20", "~20", "almost 20", "before 20",
        "16-ounce can", "7-Up", "BA 123", "A-12", "12-A", "12abc", "0042", "'24", "79 BC", "20 out of 25", "5 → 6",
        "5 plus 2", "5 ft 10 in", "5 lb 3 oz", "3 May 1984", "May 1984", "5% + $2.00", "see page 5",
    ],
)  # fmt: skip
def test_a_limit_a_code_or_a_part_is_no_number(ask_one: Any, value: str) -> None:
    assert ask_one(f"Guests: {value}", "guests", NUMBER) is None


@pytest.mark.parametrize(
    ("value", "number"),
    [("20", 20), ("about 20", 20), ("20 kg", 20), ("20 people", 20), ("20 (25 invited)", 20), ("3rd", 3), ("20.", 20)],
)
def test_a_plain_number_is_read(ask_one: Any, value: str, number: int) -> None:
    assert ask_one(f"Guests: {value}", "guests", NUMBER) == number


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("weight_kg", "Weight: 2.5 kg", 2.5),
        ("weight_kg", "Weight: 2.5", 2.5),
        ("weight_kg", "Weight: 5.5 lbs", None),
        ("weight_kg", "Weight: 500 g", None),
        ("weight_kg", "Weight: 5 cm", None),
        ("temperature_c", "Temperature: 37 °C", 37),
        ("temperature_c", "Temperature: 98.6 °F", None),
        ("age", "Age: 6 months", None),
        ("age", "Age in months: 18", None),
        ("age", "Age: 6 years", 6),
        ("age_years", "Age: 6 years", 6),
        ("age_years", "Age (months): 18", None),
        ("price_usd", "Price: $20.00", 20),
        ("price_usd", "Price: €20.00", None),
        ("price_usd", "Price: 20.00", 20),
        ("salary_usd", "Salary: £50,000", None),
        ("salary_usd", "Salary: $50,000", 50000),
        ("price_cents", "Price: $20.00", None),
        ("revenue", "Revenue ($ million): 5.2", None),
        ("revenue", "Revenue (in thousands): 5.2", None),
        ("version", "Version: 1.10", None),
        ("growth_percent", "Growth: 15 %", 15),
    ],
)
def test_a_number_in_another_unit_than_that_of_the_field_is_no_value_of_it(
    ask_one: Any, name: str, text: str, value: float | None
) -> None:
    assert ask_one(text, name, NUMBER) == value


def test_a_percentage_is_a_share_of_one_if_the_field_says_so(ask_one: Any) -> None:
    assert ask_one("Chance: 15%", "chance", {"type": ["number", "null"], "maximum": 1}) == 0.15
    assert ask_one("Chance: 0.5%", "chance", {"type": ["number", "null"], "maximum": 1}) == 0.005
    assert ask_one("Copies: 50%", "copies", INTEGER) is None


@pytest.mark.parametrize(
    "offer",
    [
        "10% off $50", "2 for $10", "3 x $10", "$5 off", "from $10", "buy 2 get 1 free $10", "was $10", "save $10",
        "starting at $10", "2 @ $10", "$10 deposit", "$10 x 3", "2 pcs $10", "3 for the price of 2: $20", "EUR 12 50",
        "- $20", "~$20",
    ],
)  # fmt: skip
@pytest.mark.parametrize("label", ["Price: ", ""])
def test_an_offer_is_no_price(ask_one: Any, label: str, offer: str) -> None:
    assert ask_one(f"Mug\n{label}{offer}\nIn stock", "price", NUMBER) is None


@pytest.mark.parametrize("price", ["$10", "$10.00 USD", "only $10", "$10.00 (incl. 20% VAT)", "10.00", "$10.00*"])
def test_a_plain_price_is_read(ask_one: Any, price: str) -> None:
    assert ask_one(f"Mug\nPrice: {price}\nIn stock", "price", NUMBER) == 10


def test_one_amount_does_not_fill_several_fields(ask: Any) -> None:
    text = "Total: 2.50"
    assert ask(text, total=NUMBER, tax=NUMBER, paid=NUMBER) == {"total": 2.5, "tax": None, "paid": None}
    assert ask("2.50", total=NUMBER, tax=NUMBER) == {"total": None, "tax": None}
    iso = {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]}
    dates = ask("Order date: 3 May 2024", order_date=iso, invoice_date=iso)
    assert dates == {"order_date": "2024-05-03", "invoice_date": None}
