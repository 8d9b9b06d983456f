"""An invoice: who bills whom, for what, how much, and when it is due.

For a till receipt use `receipt`. Amounts are numbers; the currency is kept as printed.
"""

import datetime as dt

from pydantic import BaseModel, Field

from structgen import Example, Task


class Party(BaseModel):
    """The seller or the buyer."""

    name: str = Field(description="Company or person")
    address: str | None = Field(None, description="Postal address on one line")
    tax_id: str | None = Field(None, description="VAT or tax number")
    email: str | None = Field(None, description="Email address")
    phone: str | None = Field(None, description="Phone number")


class LineItem(BaseModel):
    """One line item."""

    description: str = Field(description="What is billed, as written")
    quantity: float | None = Field(None, description="How many or how much")
    unit: str | None = Field(None, description="Unit: h, pcs, kg")
    unit_price: float | None = Field(None, description="Price of one unit")
    tax_rate: float | None = Field(None, ge=0, le=100, description="Tax rate in percent")
    amount: float | None = Field(None, description="Price of the line")


class Invoice(BaseModel):
    """One invoice or credit note."""

    invoice_number: str = Field(description="Number of the invoice")
    invoice_date: dt.date | None = Field(None, description="Date of the invoice, YYYY-MM-DD")
    due_date: dt.date | None = Field(None, description="To be paid by, YYYY-MM-DD; only if a date is given")
    order_number: str | None = Field(None, description="Purchase order or customer reference")
    seller: Party = Field(description="Who bills: the issuer, supplier, vendor")
    buyer: Party | None = Field(None, description="Who is billed: bill to, customer")
    items: list[LineItem] = Field(default_factory=list[LineItem], description="Line items in order")
    subtotal: float | None = Field(None, description="Net sum, before tax")
    discount: float | None = Field(None, description="Total discount, as a positive number")
    shipping: float | None = Field(None, description="Shipping cost")
    tax: float | None = Field(None, description="Total tax (VAT, GST, sales tax)")
    total: float = Field(description="Total amount of the invoice, tax included; negative for a credit note")
    amount_due: float | None = Field(None, description="Amount still to be paid, if it differs from the total")
    currency: str | None = Field(None, description="Currency code or sign as printed: EUR, $")
    payment_terms: str | None = Field(None, description="Terms of payment as written: 30 days net")
    iban: str | None = Field(None, description="IBAN or account number to pay to")


task: Task[Invoice] = Task(
    name="invoice",
    schema=Invoice,
    description="An invoice: parties, line items, tax, total and due date",
    instructions=(
        "Extract the invoice. Copy names, numbers and amounts as printed; compute nothing. Missing values are null. "
        "Read dates in the order of day and month that the seller's country uses."
    ),
    generate_instructions=(
        "Write one invoice that fits the request. Keep every name, date and amount that the request gives, and "
        "invent the rest. Quantity times unit price must give each line's amount, and the lines, taxes and totals "
        "must add up."
    ),
    examples=(
        Example(
            text=(
                "INVOICE 2024-0117\nKestrel Signs Ltd, 4 Dock Street, Hull HU1 2AB, VAT GB000000000, "
                "hello@kestrel.example\nBill to: Northgate Bakery, 19 High Street, Beverley\n"
                "Date: 05/03/2024   Due: 04/04/2024   PO: NB-88\n"
                "Shop sign, enamel   1 pc   £640.00   £640.00\nFitting   3 h   £45.00   £135.00\n"
                "Net £775.00  VAT 20% £155.00  Total £930.00\nTerms: 30 days net. Account GB00 TEST 0000 0000 0000 00"
            ),
            value={
                "invoice_number": "2024-0117",
                "invoice_date": "2024-03-05",
                "due_date": "2024-04-04",
                "order_number": "NB-88",
                "seller": {
                    "name": "Kestrel Signs Ltd",
                    "address": "4 Dock Street, Hull HU1 2AB",
                    "tax_id": "GB000000000",
                    "email": "hello@kestrel.example",
                    "phone": None,
                },
                "buyer": {
                    "name": "Northgate Bakery",
                    "address": "19 High Street, Beverley",
                    "tax_id": None,
                    "email": None,
                    "phone": None,
                },
                "items": [
                    {
                        "description": "Shop sign, enamel",
                        "quantity": 1,
                        "unit": "pc",
                        "unit_price": 640.0,
                        "tax_rate": None,
                        "amount": 640.0,
                    },
                    {
                        "description": "Fitting",
                        "quantity": 3,
                        "unit": "h",
                        "unit_price": 45.0,
                        "tax_rate": None,
                        "amount": 135.0,
                    },
                ],
                "subtotal": 775.0,
                "discount": None,
                "shipping": None,
                "tax": 155.0,
                "total": 930.0,
                "amount_due": None,
                "currency": "£",
                "payment_terms": "30 days net",
                "iban": "GB00 TEST 0000 0000 0000 00",
            },
        ),
        Example(
            text=(
                "Rechnung Nr. 31 vom 2. Mai 2024, Gärtnerei Immergrün\nHeckenschnitt pauschal 180,00 €\n"
                "ohne MwSt. (§ 19 UStG)"
            ),
            value={
                "invoice_number": "31",
                "invoice_date": "2024-05-02",
                "due_date": None,
                "order_number": None,
                "seller": {
                    "name": "Gärtnerei Immergrün",
                    "address": None,
                    "tax_id": None,
                    "email": None,
                    "phone": None,
                },
                "buyer": None,
                "items": [
                    {
                        "description": "Heckenschnitt pauschal",
                        "quantity": None,
                        "unit": None,
                        "unit_price": None,
                        "tax_rate": None,
                        "amount": 180.0,
                    },
                ],
                "subtotal": None,
                "discount": None,
                "shipping": None,
                "tax": None,
                "total": 180.0,
                "amount_due": None,
                "currency": "€",
                "payment_terms": None,
                "iban": None,
            },
        ),
    ),
)
