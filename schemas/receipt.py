"""A till receipt, as a scanner or a phone camera reads it: who sold what, when, and for how much.

Written for OCR text: split columns, wrong characters, lines out of order. Amounts are numbers; the currency is kept as
printed, because a "$" alone does not say which dollar it is.
"""

import datetime as dt

from pydantic import BaseModel, Field

from structgen import Example, Task


class Item(BaseModel):
    """One line of the receipt."""

    description: str = Field(description="Article as printed")
    quantity: float | None = Field(None, description="How many, or the weight")
    unit_price: float | None = Field(None, description="Price of one")
    amount: float | None = Field(None, description="Price of the line; negative for a return or a discount")


class Receipt(BaseModel):
    """One purchase."""

    company: str = Field(description="Shop or company that issued the receipt, as printed")
    address: str | None = Field(None, description="Address of the shop, on one line")
    phone: str | None = Field(None, description="Phone number of the shop")
    tax_id: str | None = Field(None, description="Tax, VAT or GST number of the shop")
    receipt_number: str | None = Field(None, description="Number of the receipt, invoice or transaction")
    date: dt.date | None = Field(None, description="Day of the purchase, YYYY-MM-DD")
    time: dt.time | None = Field(None, description="Time of the purchase, HH:MM:SS")
    items: list[Item] = Field(default_factory=list[Item], description="What was bought, in order")
    subtotal: float | None = Field(None, description="Sum before tax, tip and rounding")
    discount: float | None = Field(None, description="Total discount, as a positive number")
    tax: float | None = Field(None, description="Total tax (VAT, GST)")
    tip: float | None = Field(None, description="Tip or service charge")
    total: float = Field(description="Amount due, tax included: neither the cash given nor the change")
    currency: str | None = Field(None, description="Currency code or sign as printed: EUR, RM, $")
    payment_method: str | None = Field(None, description="How it was paid: cash, card, Visa")


task: Task[Receipt] = Task(
    name="receipt",
    schema=Receipt,
    description="A till receipt: shop, date, items, tax and total",
    instructions=(
        "Extract the receipt. The text may come from OCR: columns split over lines, characters misread. "
        "Copy names and numbers as printed. Use null for what is missing or illegible. "
        "Read dates in the order of day and month that the shop's country uses."
    ),
    generate_instructions=(
        "Write one receipt that fits the request. Keep every name, date and amount that the request gives, and "
        "invent the rest. The prices of the items, the taxes and the total must add up."
    ),
    examples=(
        Example(
            text=(
                "KOPI & KAYA CORNER SDN BHD\n(883201-W)\n12, JALAN MERANTI 3,\n43000 KAJANG, SELANGOR\n"
                "TEL: 03-8000 0012\nGST NO: 000111222333\nTAX INVOICE\nINV: A-004417\tDATE: 27/09/2017 08:51\n"
                "ITEM\tQTY\tPRICE\tAMT\nKAYA TOAST SET\t2\t4.50\t9.00\nKOPI O\t1\t2.20\t2.20\n"
                "TOTAL (EXCL. GST)\t11.20\nGST 6%\t0.67\n"
                "ROUNDING\t-0.02\nTOTAL\tRM 11.85\nCASH\tRM 20.00\nCHANGE\tRM 8.15"
            ),
            value={
                "company": "KOPI & KAYA CORNER SDN BHD",
                "address": "12, JALAN MERANTI 3, 43000 KAJANG, SELANGOR",
                "phone": "03-8000 0012",
                "tax_id": "000111222333",
                "receipt_number": "A-004417",
                "date": "2017-09-27",
                "time": "08:51:00",
                "items": [
                    {"description": "KAYA TOAST SET", "quantity": 2, "unit_price": 4.5, "amount": 9.0},
                    {"description": "KOPI O", "quantity": 1, "unit_price": 2.2, "amount": 2.2},
                ],
                "subtotal": 11.2,
                "discount": None,
                "tax": 0.67,
                "tip": None,
                "total": 11.85,
                "currency": "RM",
                "payment_method": "CASH",
            },
        ),
        Example(
            text="Bakery Ottilie\nsourdough 4.80\n2 x croissant 5.60\nyou save -1.00\nTO PAY 9.40 EUR\nVISA ****",
            value={
                "company": "Bakery Ottilie",
                "address": None,
                "phone": None,
                "tax_id": None,
                "receipt_number": None,
                "date": None,
                "time": None,
                "items": [
                    {"description": "sourdough", "quantity": None, "unit_price": None, "amount": 4.8},
                    {"description": "croissant", "quantity": 2, "unit_price": None, "amount": 5.6},
                ],
                "subtotal": None,
                "discount": 1.0,
                "tax": None,
                "tip": None,
                "total": 9.4,
                "currency": "EUR",
                "payment_method": "VISA",
            },
            quotes={"/discount": "you save -1.00"},
        ),
    ),
)
