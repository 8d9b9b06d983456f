"""Numbers in Han characters, alone and behind digits."""

from __future__ import annotations

from decimal import Decimal

import pytest

from structgen.notation.number_words import chain_value, han_value


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
        ("3", "万5億", None),
    ],
)
def test_scales_behind_digits_go_down(first: str, chain: str, value: int | None) -> None:
    assert chain_value(Decimal(first), chain) == value
