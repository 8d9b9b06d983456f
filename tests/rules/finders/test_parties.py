"""The parties of an invoice by their labels."""

from typing import Any

import pytest

PDF = """Harrow Print Works Ltd                                   INVOICE
14 Mill Lane

{rows}

Total                                                        191.40
"""


@pytest.mark.parametrize(
    ("rows", "customer"),
    [
        (["Bill to: Oakfield School", "2 Park Road"], "Oakfield School"),
        (["Bill to", "Oakfield School", "2 Park Road"], "Oakfield School"),
        (["Rechnung an:", "Café Morgenrot"], "Café Morgenrot"),
        (["Facturé à           Facture n°   FA-1093", "Hôtel du Pont       Date   28/01/2024"], "Hôtel du Pont"),
        (["Bill to: Invoice number: INV-2041", "Oakfield School Invoice date: 13 March 2024"], "Oakfield School"),
        (["Seller:                 Buyer:", "Harrow Print Works      Oakfield School"], "Oakfield School"),
        (["Ship to                 Bill to", "Oak Sports Hall         Oakfield School"], "Oakfield School"),
        (["Ship to", "Oak Sports Hall"], "Oak Sports Hall"),
        (["Bill to: Oakfield School", "Bill to: Another School"], None),
        (["Bill to", "Invoice date: 13 March 2024"], None),
        (["Bill to", "2 Park Road, York YO1 7HH"], None),
        (["Customer service 0800 1234"], None),
        (["Customer no.: K-5512"], None),
        (["Bill to", "13.50"], None),
    ],
)  # fmt: skip
def test_a_customer_is_beside_or_below_its_label(ask_one: Any, rows: list[str], customer: str | None) -> None:
    assert ask_one(PDF.format(rows="\n".join(rows)), "customer") == customer


def test_a_seller_is_read_below_its_label(ask: Any) -> None:
    text = PDF.format(rows="Seller                  Buyer\nHarrow Print Works      Oakfield School")
    assert ask(text, seller="string", buyer="string") == {"seller": "Harrow Print Works", "buyer": "Oakfield School"}
