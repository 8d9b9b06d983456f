"""Which sign a text takes for the decimal point."""

from __future__ import annotations

from decimal import Decimal

import pytest

from structgen.notation.numbers import read_numbers
from structgen.notation.style import Style, style_of


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("1,299.00", "."),
        ("12.500,00", ","),
        ("1'299.50", "."),
        ("1 299,50", ","),
        ("1.234.567", ","),
        ("12,34,567", "."),
        ("it weighs 3.5 kg", "."),
        ("er wiegt 3,5 Kilo", ","),
        ("0.25 of it", "."),
        ("only $1,299", "."),
        ("nur € 3,50", ","),
        ("rund 3,5 %", ","),
        ("KOPI 1 4.50 4.50\nTOTAL 13.50", "."),
        ("Weight 3.5\n", "."),
    ],
)
def test_a_number_with_one_reading_shows_the_decimal_point(text: str, point: str) -> None:
    assert style_of(text).point == point


@pytest.mark.parametrize(
    "text",
    [
        "12,000 people",
        "1.299 kg and 1,5,7",
        "3.1 Scope of the contract",
        "see section 3.1 for it",
        "in § 3.1 and Ziffer 4.2 genannt",
        "with Python 3.11 it runs",
        "v1.2 is out",
        "on 12.05.2024 at 10.30 pm",
        "am 12.05. um 10.30 Uhr",
        "192.168.100.5",
        "123.456.789-09",
        "as shown before [3,5]",
        "in questions 3,5 and 7",
        "the 05.2024 issue",
        "",
    ],
)
def test_sections_versions_dates_times_and_lists_show_nothing(text: str) -> None:
    assert style_of(text).point == ""


def test_witnesses_that_disagree_settle_nothing() -> None:
    assert style_of("it was 1,299.00 here and 1.299,00 there").point == ""
    assert style_of("about 1.5 here and 1,5 there").point == ""


def test_a_strong_witness_outdoes_weak_ones() -> None:
    assert style_of("about 3.5 and 4.5 of 12.500,00").point == ","


@pytest.mark.parametrize(
    ("text", "brackets"),
    [
        ("Sales  100.00\nReturns  (20.00)\n", True),
        ("Sales\t100.00\nReturns\t$(20.00)", True),
        ("| 100.00 | (20.00) |", True),
        ("(20.00)", False),
        ("Sales  100.00\na ticket (20.00) for it", False),
        ("(1)  one\n(2)  two\n", False),
        ("Costs  (20.00)\nReturns  (10.00)\n", False),
    ],
)
def test_brackets_in_a_column_of_amounts_are_a_minus(text: str, brackets: bool) -> None:
    assert style_of(text).brackets is brackets


@pytest.mark.parametrize(
    ("text", "point", "values"),
    [
        ("1,299", "", ["1299", "1.299"]),
        ("1,299", ".", ["1299"]),
        ("1,299", ",", ["1.299"]),
        ("1.299", ".", ["1.299"]),
        ("1.299", ",", ["1299"]),
        ("3,5", ".", ["3.5"]),
        ("1,299 million", ".", ["1299000000"]),
        ("(1,299)", ".", ["1299", "-1299"]),
        ("1/2", ".", ["0.5"]),
    ],
)
def test_a_style_leaves_the_readings_that_agree_with_it(text: str, point: str, values: list[str]) -> None:
    (number,) = read_numbers(text)
    assert [one.value for one in Style(point).settle(number.readings)] == [Decimal(value) for value in values]


def test_brackets_that_are_a_minus_leave_the_negative_reading_of_an_amount() -> None:
    (amount,), (remark,) = read_numbers("(20.00)"), read_numbers("(20)")
    style = Style(brackets=True)
    assert [one.value for one in style.settle(amount.readings)] == [Decimal(-20)]
    assert [one.value for one in style.settle(remark.readings)] == [Decimal(20), Decimal(-20)]
