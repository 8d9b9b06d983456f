"""Numbers in Han characters, alone and behind digits."""

from __future__ import annotations

from decimal import Decimal

import pytest

from structgen.notation.number_words import chain_values, han_numbers, han_value


@pytest.mark.parametrize("written", ["十百", "万万", "万", "三四十", "東", "三東"])
def test_han_characters_that_are_no_number_have_no_value(written: str) -> None:
    assert han_value(written) is None


@pytest.mark.parametrize(
    ("first", "chain", "value"),
    [
        ("1", "億2000万", 120_000_000),
        ("3", "万5千", 35_000),
        ("3", "万5000", 35_000),
        ("5", "千", 5_000),
        ("3", "万05", 30_005),
        ("3", "万5億", None),
    ],
)
def test_scales_behind_digits_go_down(first: str, chain: str, value: int | None) -> None:
    assert chain_values(Decimal(first), chain) == (() if value is None else (value,))


@pytest.mark.parametrize(
    ("written", "values"),
    [
        ("二百五", {205, 250}),
        ("三万五", {30_005, 35_000}),
        ("二百零五", {205}),
        ("二百五十", {250}),
        ("二十五", {25}),
        ("二〇五", {205}),
    ],
)
def test_a_last_digit_behind_hundreds_may_count_tens(written: str, values: set[int]) -> None:
    (number,) = han_numbers(written)
    assert {one.value for one in number.readings} == values


def test_a_last_digit_behind_a_scale_and_digits_may_count_tens() -> None:
    assert chain_values(Decimal(3), "万5") == (30_005, 35_000)
