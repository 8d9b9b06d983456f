"""What is left to pay of a bill."""

from typing import Any

import pytest

BILL = "Total 540,00\nPaid 100,00\n"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (f"{BILL}Balance due 440,00\n", 440),
        ("Total TTC 540,00 €\nReste à payer 440,00 €\n", 440),
        (BILL, None),
        ("Total 540,00\n", 540),
        ("Total 540,00\nBalance due 440,00\nBalance due 430,00\n", None),
    ],
)
def test_the_whole_total_is_left_only_if_nothing_was_paid(ask_one: Any, text: str, value: float | None) -> None:
    assert ask_one(text, "balance_due", "number") == value


def test_the_tax_of_another_field_explains_which_total_is_the_last(ask: Any) -> None:
    text = "Harrow Ltd\n\nNet total    108.50\nVAT 20%       21.70\nTotal due    130.20\n"
    assert ask(text, vat="number", total="number") == {"vat": 21.7, "total": 130.2}
