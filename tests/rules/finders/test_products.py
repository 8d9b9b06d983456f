"""Offers of product pages: prices among other amounts, states of stock, codes and brands."""

from typing import Any

import pytest

PRODUCT: dict[str, object] = dict.fromkeys(
    ("price", "currency", "availability", "sku", "brand", "gtin", "mpn"), "string"
)
LAMP = """Home
Lamps
Desk lamps
Heron Desk Lamp
4.5
(12)
{offer}
Add to cart
Add to wish list
Product details
Brand
Fenwick
Item no.
HL-2207
EAN
2012345670010
Customers also bought
Wren Clip Lamp
$19.00
Rook Floor Lamp
$189.00
"""


def offer(*lines: str) -> str:
    return LAMP.format(offer="\n".join(lines))


@pytest.mark.parametrize(
    ("lines", "price", "currency"),
    [
        (["$49.10"], "49.10", "$"),
        (["€ 1.299,00"], "1299", "€"),
        (["49,10 €", "inkl. MwSt. zzgl. Versandkosten"], "49.10", "€"),
        (["£1,299.50"], "1299.50", "£"),
        (["UVP € 149,99", "-21%", "€ 119,01", "0€ Versandkosten", "z.B. € 10,65 mtl. in 12 Raten"], "119.01", "€"),
        (["71,91 €", "79,90 €", "Desconto: 10%"], "71.91", "€"),
        (["€ 1.899,00", "€ 1.599,00", "-16%"], "1599", "€"),
        (["Price:", "$80.00", "+ $12.00 shipping"], "80", "$"),
        (["Was $60.00", "Now $45.00"], "45", "$"),
        (["RRP: £30.00", "£24.99", "You save £5.01"], "24.99", "£"),
        (["bez DPH", "4 386,00 €", "s DPH", "5 263,20 €"], "5263.20", "€"),
        (["8,33 €", "(36,22 € / kg)"], "8.33", "€"),
        (["€49.10VAT included"], "49.10", "€"),
        (["dès", "20,00€"], "20", "€"),
        (["Prezzo solo online:", "€", "16,90"], "16.90", "€"),
        (["$24.00", "or 4 payments of $6.00"], "24", "$"),
        (["$24.00", "Free delivery over $50.00"], "24", "$"),
        (["$24.00", "Coupon: $5.00 off"], "24", "$"),
    ],
)
def test_the_price_is_that_of_the_offer(ask: Any, lines: list[str], price: str, currency: str) -> None:
    value = ask(offer(*lines), **PRODUCT)
    assert (value["price"], value["currency"]) == (price, currency)


@pytest.mark.parametrize(
    "lines",
    [
        ["Small $24.00", "Large $29.00"],
        ["$24.00 - $29.00"],
        ["4 386,00 €", "5 263,20 €"],
        ["$24.00", "$30.00", "-10%"],
        ["From other sellers $21.00"],
        ["Shipping: $4.00"],
    ],
)
def test_a_price_that_may_be_another_amount_is_left_out(ask: Any, lines: list[str]) -> None:
    assert ask(offer(*lines), **PRODUCT)["price"] is None


def test_the_price_of_a_product_is_a_number_if_the_field_is_one(ask: Any) -> None:
    text = offer("Was € 1.450,00", "€ 1.299,00")
    assert ask(text, price="number", old_price="number") == {"price": 1299.0, "old_price": 1450.0}


def test_a_price_without_a_field_for_its_currency_is_as_printed(ask: Any) -> None:
    assert ask(offer("€1.299,00"), price="string", brand="string")["price"] == "€1.299,00"


def test_codes_and_brand_are_read_from_a_list_of_labels_and_values(ask: Any) -> None:
    value = ask(offer("$49.10"), **PRODUCT)
    assert (value["brand"], value["sku"], value["gtin"], value["mpn"]) == (
        "Fenwick",
        "HL-2207",
        "2012345670010",
        None,
    )


@pytest.mark.parametrize(
    ("line", "state"),
    [
        ("In stock", "InStock"),
        ("Nur noch wenige verfügbar", "LimitedAvailability"),
        ("Sofort lieferbar", "InStock"),
        ("En stock", "InStock"),
        ("Only 3 left", "InStock"),
        ("10 available", "InStock"),
        ("Out of stock", "OutOfStock"),
        ("Currently unavailable", "OutOfStock"),
        ("Derzeit nicht lieferbar", "OutOfStock"),
        ("Non disponibile", "OutOfStock"),
        ("Épuisé", "OutOfStock"),
        ("Pre-order", "PreOrder"),
        ("In stock: yes", "InStock"),
        ("In stock: no", "OutOfStock"),
        ("Notify me when out of stock items return", "InStock"),
    ],
)
def test_the_state_of_stock_is_a_term_of_schema_org_beside_codes(ask: Any, line: str, state: str) -> None:
    assert ask(offer("$49.10", line), **PRODUCT)["availability"] == state


def test_a_page_that_says_two_states_says_none(ask: Any) -> None:
    assert ask(offer("$49.10", "In stock", "Out of stock"), **PRODUCT)["availability"] is None


def test_nothing_is_in_stock_without_an_offer(ask: Any) -> None:
    assert ask("A letter about lamps.\nAdd to cart\nBest wishes", **PRODUCT)["availability"] is None


@pytest.mark.parametrize(
    ("what", "value"),
    [
        ({"enum": ["in_stock", "out_of_stock"]}, "out_of_stock"),
        ({"enum": ["https://schema.org/InStock", "https://schema.org/OutOfStock"]}, "https://schema.org/OutOfStock"),
        ({"enum": ["available", "sold out"]}, "sold out"),
        ({"type": ["boolean", "null"]}, False),
        ({"type": ["string", "null"]}, "nicht lieferbar"),
    ],
)
def test_the_state_of_stock_is_given_as_the_field_wants_it(ask: Any, what: object, value: object) -> None:
    assert ask(offer("$49.10", "Verfügbarkeit: nicht lieferbar"), availability=what) == {"availability": value}


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("Artikel-Nr. 2800395\nFarbe: gelb", "sku", "2800395"),
        ("Art.-Nr.: AB-100\n", "sku", "AB-100"),
        ("SKU\nAB-100\nColour\nRed", "sku", "AB-100"),
        ("Item No.\nPU_1060/01\n", "sku", "PU_1060/01"),
        ("Kód produktu:\nFENWICK 570 EASY II\n", "sku", "FENWICK 570 EASY II"),
        ("13 items\n", "sku", None),
        ("Style: Basic\n", "sku", None),
        ("Article no.: 20-18This product\n", "sku", None),
        ("EAN: 2012345670010\n", "gtin", "2012345670010"),
        ("EAN: 123\n", "gtin", None),
        ("ISBN-13: 978-3-16-148410-0\n", "gtin", "978-3-16-148410-0"),
        ("Herstellernummer: X-77/2\n", "mpn", "X-77/2"),
        ("Brand name\tFenwick\nWeight\t2 kg\n", "brand", "Fenwick"),
        ("Brand\nOutlet\nSale\n", "brand", None),
    ],
)
def test_a_code_or_brand_needs_its_label(ask: Any, text: str, field: str, value: str | None) -> None:
    assert ask(f"Heron Desk Lamp\n{text}", **{field: "string"})[field] == value


def test_a_long_list_of_products_takes_a_few_steps_for_each_line(ask: Any) -> None:
    assert ask("Lamp\n$5.00\nAdd to cart\n" * 3_000, **PRODUCT)["price"] == "5"
