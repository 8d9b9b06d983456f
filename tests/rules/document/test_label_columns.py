"""Labels and values in columns, as text out of PDFs has them."""

from typing import Any

import pytest

FIELDS: dict[str, object] = {
    "invoice_number": "string",
    "date": {"type": ["string", "null"], "format": "date"},
    "due_date": {"type": ["string", "null"], "format": "date"},
    "customer_number": "string",
}
FOUND = {"invoice_number": "FA-1093", "date": "2024-01-28", "due_date": "2024-02-27", "customer_number": "K-5512"}


@pytest.mark.parametrize(
    "text",
    [
        """
Invoice number       Invoice date      Due date       Customer no.
FA-1093              28 Jan 2024       27/02/2024     K-5512
""",
        """
Facture n° Date de facture Date d'échéance N° client
FA-1093 28/01/2024 27/02/2024 K-5512
""",
        """
Rechnungsnummer
Rechnungsdatum
Fällig am
Kundennummer
FA-1093
28.01.2024
27.02.2024
K-5512
""",
        """
Factuuradres Factuurnummer: FA-1093
Stichting Buurtzorg Factuurdatum: 28-01-2024
Dorpsstraat 2 Vervaldatum: 27-02-2024
3732 De Bilt Klantnummer: K-5512
""",
        """
Bill to:                                 Invoice number:        FA-1093
Oakfield School                          Invoice date:          28 January 2024
2 Park Road                              Due date:              27 February 2024
York                                     Customer no.:          K-5512
""",
    ],
)
def test_labels_find_their_values_in_other_lines_and_columns(ask: Any, text: str) -> None:
    assert ask(text, **FIELDS) == FOUND


@pytest.mark.parametrize(
    "text",
    [
        "Invoice number Invoice date Due date\nFA-1093 28/01/2024\n",  # one value is missing
        "Invoice number\nInvoice date\nFA-1093\n\nThank you for your order of last week.\n",
        "Menu\nInvoice date\nInvoice number\nSign in\nHelp\n",
    ],
)
def test_labels_and_values_that_do_not_match_up_are_left_alone(ask: Any, text: str) -> None:
    assert ask(text, **FIELDS)["due_date"] is None


def test_the_letters_of_a_code_are_no_label(ask: Any) -> None:
    assert ask("Invoice number: INV-20417\n", invoice_number="string") == {"invoice_number": "INV-20417"}


def test_a_page_of_labels_takes_a_few_steps_for_each_line(ask: Any) -> None:
    assert ask("Invoice number Due date\n" * 3_000, **FIELDS) == dict.fromkeys(FIELDS)
