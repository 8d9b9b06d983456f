"""Line items of bills from tables, with gaps or single spaces between their columns."""

from typing import Any

import pytest

NUMBER = {"type": ["number", "null"]}
TEXT = {"type": ["string", "null"]}
ITEMS: dict[str, Any] = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {"description": TEXT, "quantity": NUMBER, "unit_price": NUMBER, "amount": NUMBER},
        "required": ["description", "quantity", "unit_price", "amount"],
    },
}
SHELF = {"description": "Oak shelf 200 cm", "quantity": 2, "unit_price": 349.0, "amount": 698.0}
WORK = {"description": "Fitting", "quantity": 4, "unit_price": 58.5, "amount": 234.0}


@pytest.mark.parametrize(
    "table",
    [
        """
Description                 Quantity      Unit price         Amount
Oak shelf 200 cm                   2          349.00         698.00
Fitting                            4           58.50         234.00
""",
        """
Description Quantity Unit price Amount
Oak shelf 200 cm 2 349.00 698.00
Fitting 4 58.50 234.00
""",
        """
Bezeichnung Menge Einzelpreis Gesamt
Oak shelf 200 cm 2 349,00 EUR 698,00 EUR
Fitting 4 58,50 EUR 234,00 EUR
""",
        """
Pos. Bezeichnung Menge Einzelpreis MwSt. Betrag
1 Oak shelf 200 cm 2 349,00 € 19 % 698,00 €
2 Fitting 4 58,50 € 19 % 234,00 €
""",
        """
Quantité Désignation Prix unitaire Montant HT
2 Oak shelf 200 cm 349,00 698,00
4 Fitting 58,50 234,00
""",
        """
Description\tQty\tPrice\tTotal
Oak shelf 200 cm\t2\t$349.00\t$698.00
Fitting\t4\t$58.50\t$234.00
""",
        """
Descripción Cantidad Precio Importe
Oak shelf 200 cm 2 349,00 698,00
with brackets, white
Fitting 4 58,50 234,00
""",
    ],
)
def test_rows_are_read_by_the_order_of_their_columns(ask_one: Any, table: str) -> None:
    assert ask_one(f"Nordwind Ltd\n{table}\nTotal 932.00\n", "lines", ITEMS) == [SHELF, WORK]


@pytest.mark.parametrize(
    "rows",
    [
        "Oak shelf 2 349.00 699.00\nFitting 4 58.50 234.00",  # 2 x 349.00 is not 699.00
        "Oak shelf 2 349.00 698.00\nFitting 58.50 234.00",  # a column is missing
        "Oak shelf 698.00\nFitting 234.00",
        "",
    ],
)
def test_a_row_in_doubt_leaves_out_the_table(ask_one: Any, rows: str) -> None:
    text = f"Nordwind Ltd\nDescription Quantity Unit price Amount\n{rows}\nTotal 932.00\n"
    assert ask_one(text, "lines", ITEMS) is None


def test_a_thousand_with_a_space_is_told_from_two_numbers(ask_one: Any) -> None:
    text = "Désignation Quantité Prix unitaire Montant\nTable 2 1 349,00 2 698,00\nTotal 2 698,00\n"
    assert ask_one(text, "lines", ITEMS) == [
        {"description": "Table", "quantity": 2, "unit_price": 1349.0, "amount": 2698.0}
    ]


def test_codes_and_units_are_read_from_their_columns(ask_one: Any) -> None:
    what = {
        "type": "array",
        "items": {
            "type": "object",
            "properties": dict.fromkeys(("sku", "name", "uom"), TEXT)
            | dict.fromkeys(("qty", "price_unit", "amount"), NUMBER),
        },
    }
    text = (
        "Article no. Description Qty Unit Unit price Amount\n"
        "A-17 Beeswax 1 kg 42.00 42.00\nB-22 Chair 3 pcs 70.00 210.00\nTotal 252.00\n"
    )
    assert ask_one(text, "lines", what) == [
        {"sku": "A-17", "name": "Beeswax", "qty": 1, "uom": "kg", "price_unit": 42.0, "amount": 42.0},
        {"sku": "B-22", "name": "Chair", "qty": 3, "uom": "pcs", "price_unit": 70.0, "amount": 210.0},
    ]


def test_a_long_table_takes_a_few_steps_for_each_row(ask_one: Any) -> None:
    text = "Description Quantity Unit price Amount\n" + "Oak shelf 2 349.00 698.00\n" * 400
    assert len(ask_one(text, "lines", ITEMS)) == 400
