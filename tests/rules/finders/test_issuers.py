"""Issuers of receipts and invoices, their addresses and phone numbers."""

from typing import Any

import pytest


@pytest.mark.parametrize(
    ("head", "company"),
    [
        ("CASH SALE\nHARBOUR SUPPLY (201234-K)", "HARBOUR SUPPLY"),
        ("Blue Anchor\nBlue Anchor Bakery\nNO. 7, QUAY STREET,\n90210 PORT TOWN", "Blue Anchor Bakery"),
        ("BLUE ANCHOR\nCO. LTD\nNO. 7, QUAY STREET,\n90210 PORT TOWN", "BLUE ANCHOR CO. LTD"),
        ("welcome\nVendor: Blue Anchor", "Blue Anchor"),
        ("12345\n(A)", None),
    ],
)
def test_the_issuer_is_the_first_name_in_the_head(ask_one: Any, head: str, company: str | None) -> None:
    assert ask_one(f"{head}\nTOTAL 5.00\n", "company") == company


def test_prose_has_no_issuer(ask_one: Any) -> None:
    assert ask_one("Blue Anchor Ltd is a company.", "company") is None


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("Inn\nRingstraße 112\n50676 Köln\nTel. 0221 5550142", "Ringstraße 112 50676 Köln"),
        ("Inn\n908 Harbor Ave, Portland, ME 04101\n", "908 Harbor Ave, Portland, ME 04101"),
        (
            "Inn\nLot 3, Quay Road,\nOld Harbour\n90210 Port Town\nDate: x",
            "Lot 3, Quay Road, Old Harbour 90210 Port Town",
        ),
        ("Address: 1 Low Lane", "1 Low Lane"),
        ("I live in a street.", None),
    ],
)
def test_an_address_is_a_block_of_lines_that_reads_like_one(ask_one: Any, text: str, address: str | None) -> None:
    assert ask_one(text, "address") == address


def test_a_phone_number_without_a_label_is_written_as_one(ask_one: Any) -> None:
    assert ask_one("Inn\n(207) 555-0118", "phone") == "(207) 555-0118"
    assert ask_one("Inn\n(207) 555-0118\n(207) 555-0119", "phone") is None
    assert ask_one("", "phone") is None


def test_ornaments_are_no_part_of_a_name(ask_one: Any) -> None:
    assert ask_one("* * *  THE BLUE ANCHOR  * * *\nTOTAL EUR       5.00\n", "company") == "THE BLUE ANCHOR"


def test_the_address_of_an_invoice_is_the_sellers_and_not_the_customers(ask: Any) -> None:
    part = {
        "type": "object",
        "properties": {"name": {"type": ["string", "null"]}, "email": {"type": ["string", "null"]}},
    }
    text = "Oak & Ash Ltd, 9 Hill Road, Leeds, hello@oak.example\nBill to: Kim Low\nTotal: 12.00\n"
    found = ask(text, seller=part, buyer=part)
    assert found["seller"] == {"name": "Oak & Ash Ltd", "email": "hello@oak.example"}
    assert found["buyer"]["name"] == "Kim Low"
    assert found["buyer"].get("email") is None


TWO_COLUMNS = """Stichting Buurtzorg                               Fietsen Van Dam B.V.
Dorpsstraat 2                                     Kanaalweg 15
3732 HJ De Bilt                                   3526 KL Utrecht

Factuur 20240331
Totaal te betalen: 475,53
{footer}
"""


def test_the_issuer_in_the_right_column_is_told_by_its_legal_form(ask_one: Any) -> None:
    assert ask_one(TWO_COLUMNS.format(footer=""), "issuer") == "Fietsen Van Dam B.V."


def test_of_two_companies_the_one_in_the_footer_is_the_issuer(ask_one: Any) -> None:
    text = TWO_COLUMNS.replace("Stichting Buurtzorg  ", "Buurtzorg Twente B.V.")
    assert ask_one(text.format(footer="Fietsen Van Dam B.V. - Kanaalweg 15"), "issuer") == "Fietsen Van Dam B.V."
    assert ask_one(text.format(footer=""), "issuer") is None


def test_a_labelled_customer_is_not_the_issuer(ask: Any) -> None:
    text = "INVOICE 88\nBill to:\nOakfield School Ltd\nHarrow Print Works Ltd\n14 Mill Lane\nTotal: 12.50\n"
    assert ask(text, issuer="string", customer="string") == {
        "issuer": "Harrow Print Works Ltd",
        "customer": "Oakfield School Ltd",
    }


@pytest.mark.parametrize(
    "first",
    [
        "Factura 88",
        "Invoice",
        "TAX INVOICE No. 12",
        "Fresh bread every day!",
        "Thank you for your order.",
        "Rechnung 5",
    ],
)
def test_a_paper_a_slogan_or_a_sentence_is_no_shop(ask_one: Any, first: str) -> None:
    assert ask_one(f"{first}\nBread 2.50\nTotal: 2.50\n", "store") is None
    assert ask_one(f"{first}\nCorner Bakery\nBread 2.50\nTotal: 2.50\n", "store") == "Corner Bakery"


@pytest.mark.parametrize("line", ["Harrow Print Works Ltd INVOICE", "Harrow Print Works Ltd        INVOICE"])
def test_the_name_of_the_paper_beside_the_issuer_is_left_out(ask_one: Any, line: str) -> None:
    assert ask_one(f"{line}\n14 Mill Lane\nTotal: 12.50\n", "issuer") == "Harrow Print Works Ltd"


def test_a_name_may_end_with_the_point_of_an_abbreviation(ask_one: Any) -> None:
    text = "INK & QUILL CO.\n4 Bridge Road\nYork YO1 7AA\n\nNibs         2   1.50   3.00\nTOTAL            3.00\n"
    assert ask_one(text, "company") == "INK & QUILL CO."


def test_goods_in_columns_are_no_name(ask_one: Any) -> None:
    assert ask_one("12 May 2024\n\nNibs         2   1.50   3.00\nTOTAL            3.00\n", "company") is None


def test_the_only_mail_address_of_a_short_bill_is_its_own(ask_one: Any) -> None:
    assert ask_one("Oak & Ash Ltd\nhello@oak.example\nTotal: 12.00\n", "contact_email") == "hello@oak.example"


def test_the_line_of_another_party_is_no_issuer(ask_one: Any) -> None:
    assert ask_one("Invoice 889\nTo: Orchard Foods Inc.\nTotal: 1200.00\n", "company") is None
