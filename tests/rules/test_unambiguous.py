"""Numbers and amounts: a value if there is exactly one reading."""

from typing import Any

import pytest

from structgen.notation.style import Style
from structgen.rules.unambiguous import find_amounts, find_number, is_currency, leading_number


@pytest.mark.parametrize(
    ("written", "mark", "value"),
    [
        ("12", "", 12),
        ("3,14", "", 3.14),
        ("1.299,50", "", 1299.5),
        ("1,299.50", "", 1299.5),
        ("1,299,000", "", 1299000),
        ("1'299.50", "", 1299.5),
        ("0.125", "", 0.125),
        (".5", "", 0.5),
        ("-3", "", -3),
        ("1,299", "", None),
        ("1,299", ".", 1299),
        ("1,299", ",", 1.299),
        ("1.2.34", "", None),
        ("1,2,3.4.5", "", None),
    ],
)
def test_a_number_is_read_only_where_one_reading_is_possible(written: str, mark: str, value: float | None) -> None:
    found = find_number(written, Style(mark))
    assert (found and found.value) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [("1 ½ cups", 1.5), ("½", 0.5), ("3/4 cup", 0.75), ("1 1/2 tsp", 1.5), ("1/0", None), ("none", None)],
)
def test_fractions_are_numbers(text: str, value: float | None) -> None:
    found = find_number(text, Style())
    assert (found and found.value) == value


@pytest.mark.parametrize(
    ("text", "written", "currency", "value"),
    [
        ("RM 14.10", "14.10", "RM", 14.1),
        ("$8.20", "8.20", "$", 8.2),
        ("1,299.00 €", "1,299.00", "€", 1299),
        ("12,50 EUR", "12,50", "EUR", 12.5),
        ("12.50USD", "12.50", "USD", 12.5),
        ("1 299,00 kr", "1 299,00", "kr", 1299),
        ("CAB 12", "12", None, 12),
        (".50", ".50", None, 0.5),
        ("99,-", "99,-", None, 99),
    ],
)
def test_an_amount_knows_its_currency(text: str, written: str, currency: str | None, value: float) -> None:
    (amount,) = find_amounts(text, Style())
    assert amount.written == written
    assert (text[slice(*amount.currency)] if amount.currency else None) == currency
    assert amount.value == value


def test_words_are_no_currency() -> None:
    assert is_currency("EUR")
    assert not is_currency("THE")
    assert not is_currency("payable")


NUMBER = {"type": ["number", "null"]}


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("Price: 1 299 500 kr", 1299500),
        ("Price: 1 299 500", 1299500),
        ("Price: 1 299 kr", 1299),
        ("Price: 1 299,50 kr", 1299.5),
        ("Price: 1\u00a0299\u00a0500 kr", 1299500),
        ("Price: 1\u202f299,50 €", 1299.5),
        ("Price: 1.299.500 kr", 1299500),
        ("Price: 1'299.50 CHF", 1299.5),
        ("Price: ₹1,00,000", 100000),
        ("Price: １２３４", 1234),
        ("Price: １，２９９，５００", 1299500),
        ("Price: 3 million kr", 3000000),
        ("Price: $1.2 million", 1200000),
        ("Price: 3 Mio. EUR", 3000000),
        ("Price: 1.5k", 1500),
        ("Price: 2e3", 2000),
        ("Price: (45.00)", -45),
        ("Price: ($45.00)", -45),
        ("Price: -5.5", -5.5),
        ("Price: \u22125.5", -5.5),
        ("Price: -$20", -20),
        ("Price: $-20", -20),
        ("Price: 20.00-", -20),
        ("Price: .50", 0.5),
        ("Price: 12,- kr", 12),
        ("Price: 1,299", None),
        ("Price: 35€ 99", None),
        ("Price: $5-$10", None),
        ("Price: $5 to $10", None),
        ("Price: 1.2.3", None),
        ("Weight: 1 299 500 g", 1299500),
        ("Weight: 2 1/2 cups", 2.5),
        ("Weight: 2½ cups", 2.5),
        ("Weight: 0.3333 cup", 0.3333),
        ("Weight: 3 million", 3000000),
        ("Weight: 1.5k", 1500),
        ("Weight: 2e3 g", 2000),
        ("Weight: 6.02 × 10^23", 602000000000000000000000),
        ("Weight: -5.5", -5.5),
        ("Weight: \u22125.5", -5.5),
        ("Weight: .5 kg", 0.5),
        ("Weight: (45.00)", -45),
        ("Weight: (45)", 45),
        ("Weight: twelve", 12),
        ("Weight: 45 %", 45),
        ("Weight: 4-6", None),
        ("Weight: 4–6 kg", None),
        ("Weight: 4 to 6 kg", None),
        ("Weight: 3-4 million", None),
        ("Weight: 300 K", None),
        ("Weight: <5", None),
        ("Weight: 2 x 400 g", None),
        ("Weight: 2 3/7 cups", None),
        ("Weight: 12 34 567", None),
        ("Weight: 10:30", None),
        ("Weight: 12/2020", None),
        ("Weight: 192.168.1.1", None),
        ("Weight -4", None),
        ("Weight 4", 4),
        ("4 Weight", 4),
    ],
)
def test_a_labelled_number_is_never_cut_short(ask_one: Any, line: str, value: float | None) -> None:
    assert ask_one(line, line.strip("4 ").split(":")[0].split()[0].lower(), NUMBER) == value


@pytest.mark.parametrize(
    ("line", "value"), [("Rating: 8/10", 8), ("Rating: 4.3 of 5", 4.3), ("Rating: 4.3/5", 4.3), ("Rating: 3-4", None)]
)
def test_a_rating_is_what_stands_before_the_best_there_is(ask_one: Any, line: str, value: float | None) -> None:
    assert ask_one(line, "rating", NUMBER) == value


@pytest.mark.parametrize(
    ("line", "value"), [("1,120 reviews\n4.5 stars", 1120), ("112 reviews", 112), ("5 112 reviews", None)]
)
def test_a_number_before_its_label_is_whole(ask_one: Any, line: str, value: int | None) -> None:
    assert ask_one(line, "review_count", {"type": ["integer", "null"]}) == value


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("2 1/2 cups", "2 1/2"),
        ("1½ cups", "1½"),
        ("½ cup", "½"),
        ("2-3 eggs", "2-3"),
        ("250g flour", "250"),
        ("2 14-oz tins", "2"),
        ("2 dozen eggs", "2 dozen"),
        ("1.5 kg", "1.5"),
        ("2 400 g tins", None),
        ("2 x 400 g", None),
        ("50% cream", None),
        ("salt", None),
        ("1/2/3", None),
    ],
)
def test_the_number_that_a_text_begins_with_ends_where_its_digits_do(text: str, number: str | None) -> None:
    end = leading_number(text)
    assert (None if end is None else text[:end]) == number
