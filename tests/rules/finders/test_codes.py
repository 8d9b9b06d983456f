"""Numbers of invoices, customers and bank accounts."""

from typing import Any

import pytest


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("Fatura nº: FT 2024/77\n", "invoice_number", "FT 2024/77"),
        ("Rechnung Nr. 2024-0815\n", "invoice_number", "2024-0815"),
        ("Invoice number\nINV-7\n", "invoice_number", "INV-7"),
        ("Invoice total: 12.50\n", "invoice_number", None),
        ("Invoice 12.50\n", "invoice_number", None),
        ("Factura 13/05/2024\n", "invoice_number", None),
        ("USt-IdNr.: DE123456789\n", "vat_id", "DE123456789"),
        ("Partita IVA: 12345670785\n", "vat_id", "12345670785"),
        ("Kundennummer: K-5512\n", "customer_number", "K-5512"),
    ],
)
def test_a_number_is_found_by_its_label(ask_one: Any, text: str, field: str, value: str | None) -> None:
    assert ask_one(f"Harrow Print Works\n{text}", field) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Pay to GB82 WEST 1234 5698 7654 32 please", "GB82 WEST 1234 5698 7654 32"),
        ("IBAN DE89370400440532013000 BIC COBADEFFXXX", "DE89370400440532013000"),
        ("IBAN: DE89370400440532013001", None),  # wrong check digits
        ("DE89370400440532013000 or GB82WEST12345698765432", None),
        ("Order XX12ABCD12345678", None),
    ],
)
def test_the_check_digits_prove_a_bank_account(ask_one: Any, text: str, value: str | None) -> None:
    assert ask_one(text, "iban") == value


def test_a_number_in_groups_of_digits_is_one_code(ask_one: Any) -> None:
    assert ask_one("SIRET 123 456 789 00012\nTotal 5.00\n", "tax_id") == "123 456 789 00012"
    assert ask_one("Order number 4711 12 2024\n", "order_number") == "4711"
