"""Totals and line items of bills."""

from typing import Any

import pytest

BILL = """HARBOUR SUPPLY LTD (201234567K)
NO. 7, QUAY STREET,
90210 PORT TOWN
TEL: 03-5550 1288  FAX: 03-5550 1289
TAX INVOICE
BILL NO : T-0098
DATE : 21/11/2017 16:09
2 x Rope 9.00
Tar 3.50
SUBTOTAL 12.50
TAX 8% 1.00
TOTAL RM 13.50
CASH 20.00
CHANGE 6.50
TAX SUMMARY
TOTAL 12.50 1.00
"""


def test_a_receipt_is_read_from_top_to_bottom(ask: Any) -> None:
    amount = {"type": ["number", "null"]}
    item = {"type": "object", "properties": {"description": {"type": "string"}, "quantity": amount, "amount": amount}}
    value = ask(
        BILL,
        company="string",
        address="string",
        phone="string",
        receipt_number="string",
        date="string",
        items={"type": "array", "items": {**item, "required": ["description"]}},
        subtotal="number",
        tax="number",
        total="string",
        currency="string",
    )
    assert value == {
        "company": "HARBOUR SUPPLY LTD",
        "address": "NO. 7, QUAY STREET, 90210 PORT TOWN",
        "phone": "03-5550 1288",
        "receipt_number": "T-0098",
        "date": "21/11/2017",
        "items": [
            {"description": "Rope", "quantity": 2, "amount": 9.0},
            {"description": "Tar", "quantity": None, "amount": 3.5},
        ],
        "subtotal": 12.5,
        "tax": 1.0,
        "total": "13.50",
        "currency": "RM",
    }


def test_positions_that_do_not_add_up_are_left_out(ask_one: Any) -> None:
    item = {"type": "object", "properties": {"description": {"type": "string"}, "amount": {"type": "number"}}}
    text = "Shop\nRope 9.00\nTar 3.50\nTOTAL 13.50\n"
    assert ask_one(text, "items", {"type": "array", "items": item}) is None


@pytest.mark.parametrize(
    ("rows", "total"),
    [
        ("TOTAL 5.00", "5.00"),
        ("TOTAL: $5.00", "$5.00"),
        ("SUBTOTAL 4.00\nTAX 1.00\nTOTAL 5.00\nCASH 10.00\nCHANGE 5.00", "5.00"),
        ("TOTAL 5.01\nROUNDING -0.01\nROUNDED TOTAL 5.00", "5.00"),
        ("TOTAL 5.01\nROUNDING 5.00\nCASH 10.00\nCHANGE 5.00", "5.00"),
        ("TOTAL\nCASH\nCHANGE\n5.00\n10.00\n5.00", "5.00"),
        ("TOTAL\nRM 5.00 CASH\n", "5.00"),
        ("SUB TOTAL\nOTHER\nTOTAL\nWORD\nCASH\nCHANGE\n5.00\n5.00\n10.00\n5.00\n", "5.00"),
        ("SUBTOTAL (QTY 4) 5.00\nCASH 10.00\nCHANGE 5.00", "5.00"),
        ("TOTAL EXCL. GST 4.50", None),
        ("TOTAL QTY: 3.00", None),
        ("TOTAL INCLUDES 6% GST 0.30", None),
        ("TOTAL LOADING CHARGES 3.00", None),
        ("GST SUMMARY\nTOTAL 4.50 0.50", None),
        ("SUBTOTAL\nTAX\nTOTAL\n5.00\n1.00", None),
        ("nothing 5.00", None),
    ],
)
def test_the_total_is_what_is_to_be_paid_or_nothing(ask_one: Any, rows: str, total: str | None) -> None:
    assert ask_one(f"Shop\n{rows}\nthanks", "total") == total


def test_an_amount_may_stand_on_the_line_below_its_label_with_more_behind_it(ask_one: Any) -> None:
    assert ask_one("Shop\nTOTAL INCL. GST\nRM 5.00\tCASH\n10.00\nCHANGE\nRM 5.00\n", "total") == "5.00"


def test_a_column_of_amounts_gives_the_total_that_cash_less_change_comes_to(ask_one: Any) -> None:
    labels = "SUB TOTAL\n10% SRV\nTOTAL:\nROUNDING:\nCASH\nCHANGE DUE:\nINCLUSIVE\n"
    column = labels + "4.00\n0.99\n4.99\n0.01\n5.00\n10.00\n5.00\n"
    assert ask_one(f"Shop\nSOMETHING\nTAX\n{column}", "total") == "5.00"


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("Rope 9.00", ("Rope", None, None, 9.0)),
        ("3 Rope 9.00", ("Rope", 3, None, 9.0)),
        ("Rope x3 9.00 A", ("Rope", 3, None, 9.0)),
        ("3 Rope @3.00 9.00", ("Rope", 3, 3.0, 9.0)),
        ("Rope  3   3.00   9.00", ("Rope", 3, 3.0, 9.0)),
        ("Rope\t3\t3.00\t9.00", ("Rope", 3, 3.0, 9.0)),
        ("Long rope  3 m   9.00", ("Long rope", 3, None, 9.0)),
        ("Rope  3   2.00   9.00", None),
        ("Rope  3   2   2.00   9.00", None),
        ("Code: 9.00", None),
        ("9.00 9.00", None),
        ("Rope 9", None),
    ],
)
def test_a_position_is_words_and_an_amount(ask_one: Any, line: str, found: tuple[Any, ...] | None) -> None:
    figure = {"type": ["number", "null"]}
    names = ("description", "quantity", "unit_price", "amount")
    item = {"type": "object", "properties": dict.fromkeys(names, figure) | {"description": {"type": "string"}}}
    value = ask_one(
        f"Shop\n{line}\nTOTAL 9.00\n", "items", {"type": "array", "items": {**item, "required": ["description"]}}
    )
    assert value == ([dict(zip(names, found, strict=True))] if found else None)


def test_a_rate_is_no_position(ask_one: Any) -> None:
    item = {"type": "object", "properties": {"description": {"type": "string"}, "amount": {"type": "number"}}}
    text = "Shop\nFuel\nat 1.759 EUR/l   9.00\nTOTAL 9.00\n"
    assert ask_one(text, "items", {"type": "array", "items": item}) is None


AMOUNT = {"type": ["number", "null"]}


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("Net 10.00 - VAT 2.00 - Total 12.00", (10.0, 2.0, 12.0)),
        ("Total 12.00 VAT 2.00", (None, 2.0, 12.0)),
        ("Total 12.00", (None, None, 12.0)),
    ],
)
def test_a_line_may_state_several_amounts(ask: Any, line: str, values: tuple[float | None, ...]) -> None:
    found = ask(f"Oak Ltd\n{line}\n", subtotal=AMOUNT, tax=AMOUNT, total=AMOUNT)
    assert tuple(found.values()) == values


def test_the_amount_due_is_no_second_name_of_the_total_where_both_are_asked_for(ask: Any) -> None:
    both = {"total": AMOUNT, "amount_due": AMOUNT}
    assert ask("Oak Ltd\nTotal 12.00\n", **both) == {"total": 12.0, "amount_due": None}
    assert ask("Oak Ltd\nTotal 12.00\nAmount due: 5.00", **both) == {"total": 12.0, "amount_due": 5.0}
    assert ask("Oak Ltd\nAmount due: 5.00", total=AMOUNT) == {"total": 5.0}


@pytest.mark.parametrize(
    ("rows", "total"),
    [
        (["Total: 12.50", "Total: 14.00"], None),
        (["Total: 12.50", "Total: 12.50"], 12.5),
        (["Total: 12.50", "VAT: 1.50", "Total: 14.00"], 14.0),
        (["Total: 12.50", "GST 1.49", "Rounding 0.01", "Total: 14.00"], 14.0),
        (["Total: 12.50", "Grand Total: 14.00"], 14.0),
        (["Total 20.00", "Amount paid 15.00", "Balance due 5.00"], 20.0),
        (["Net total 10.00", "VAT 2.00", "Total 12.00"], 12.0),
        (["Net total 10.00", "VAT 2.00", "Gross total 12.00"], 12.0),
        (["Total 100.00", "Total discount 10.00", "Total to pay 90.00"], 90.0),
        (["Total items: 3", "Total: 12.50"], 12.5),
        (["Subtotal: 10.00"], None),
        (["Total: 12.50 CR"], None),
        (["Total: (12.50)"], -12.5),
        (["Total -$12.50"], -12.5),
        (["Total 12.50-"], -12.5),
        (["Total: 12.50", "", "Another shop", "Total: 99.00"], None),
    ],
)
def test_of_several_totals_only_a_certain_one_is_taken(ask_one: Any, rows: list[str], total: float | None) -> None:
    assert ask_one("Corner Bakery\n" + "\n".join(rows) + "\n", "total", "number") == total


def test_one_amount_does_not_fill_two_fields(ask: Any) -> None:
    text = "Corner Bakery\nTotal 20.00\nAmount paid 15.00\nBalance due 5.00\n"
    assert ask(text, total="number", tax="number", balance_due="number", paid="number") == {
        "total": 20.0,
        "tax": None,
        "balance_due": 5.0,
        "paid": 15.0,
    }
