"""Fields that are found by their role in a document."""

from typing import Any

SHOE = """[Home](/) > Shoes

# Scree 3 Trail Shoe

**Brand:** Fell
**Item no.:** 77-1043
**EAN:** 2012345670010
~~$139.95~~
$104.95

| Variant | SKU | Price | Stock |
|---------|-----|-------|-------|
| Moss    | M9  | $104.95 | 4   |
| Coal    | C9  | $109.95 | 11  |

## Specifications
- Weight: 268 g
- Drop: 6 mm

**Average rating: 4.3 of 5**, 112 reviews
"""


def test_a_product_is_read_from_its_page(ask: Any) -> None:
    pair = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "value": {"type": "string"}},
        "required": ["name", "value"],
    }
    variant = {
        "type": "object",
        "properties": {"variant": {"type": "string"}, "sku": {"type": "string"}, "price": {"type": "number"}},
    }
    value = ask(
        SHOE,
        name="string",
        brand="string",
        sku="string",
        gtin="string",
        price="number",
        currency="string",
        average_rating="number",
        review_count="integer",
        variants={"type": "array", "items": variant},
        specifications={"type": "array", "items": pair},
    )
    assert value == {
        "name": "Scree 3 Trail Shoe",
        "brand": "Fell",
        "sku": "77-1043",
        "gtin": "2012345670010",
        "price": 104.95,
        "currency": "$",
        "average_rating": 4.3,
        "review_count": 112,
        "variants": [
            {"variant": "Moss", "sku": "M9", "price": 104.95},
            {"variant": "Coal", "sku": "C9", "price": 109.95},
        ],
        "specifications": [{"name": "Weight", "value": "268 g"}, {"name": "Drop", "value": "6 mm"}],
    }


def test_two_prices_that_differ_are_no_price(ask_one: Any) -> None:
    assert ask_one("Cup\nA cup\n$4.00\n$5.00\n", "price", "number") is None
    assert ask_one("Cup\nA cup\nonly 3 left\n", "price", "number") is None


def test_a_currency_may_stand_far_from_its_amount_but_is_no_common_word(ask_one: Any) -> None:
    assert ask_one("Shop\nSumme          EUR       5,00\nBar 10,00", "currency") == "EUR"
    assert ask_one("Shop\nTOTAL ALL 5.00", "currency") is None


def test_a_labelled_price_and_currency_come_first(ask: Any) -> None:
    text = "Cup\nPrice: 4.00\nCurrency: CHF\nStock"
    assert ask(text, price="number", currency="string") == {"price": 4.0, "currency": "CHF"}


def test_the_first_date_of_a_bill_is_its_date(ask: Any) -> None:
    clock = {"type": ["string", "null"]}
    rows = "\nTea 2.50\nTotal 2.50"
    text = f"Shop\n21.11.2017 08:15 no. 3{rows}\nreturn by 30.11.2017"
    assert ask(text, date="string", time=clock) == {"date": "21.11.2017", "time": "08:15"}
    assert ask(f"Shop\n00440 25032018 x{rows}", date="string", time=clock) == {"date": "25032018", "time": None}


def test_the_first_of_several_dates_is_not_the_date_of_another_document(ask: Any) -> None:
    assert ask("We met on 3 May 2024 and on 4 June 2024.", date="string", time="string") == {"date": None, "time": None}


def test_a_text_with_two_amounts_states_neither(ask: Any) -> None:
    assert ask("69 TL 41.90 TL", price="number") == {"price": None}
    assert ask("Cup\nPrice: 4.00 or 5.00", price="number") == {"price": None}


MINUTES = {"type": ["integer", "null"]}


AMOUNT = {"type": ["number", "null"]}


def test_things_of_one_sort_are_not_taken_for_each_other(ask: Any) -> None:
    text = "Start date: 1 May 2020\nEnd date: 3 May 2020\nDate of birth: 5 May 1990"
    dates = ask(text, start_date="string", end_date="string", due_date="string")
    assert dates == {"start_date": "1 May 2020", "end_date": "3 May 2020", "due_date": None}
    times = ask("Chill time: 10 min\nRest time: 20 min", rest_time_minutes=MINUTES, soaking_time_minutes=MINUTES)
    assert times == {"rest_time_minutes": 20, "soaking_time_minutes": None}
    assert ask("Oak Ltd\nShipping 5.00\nTotal 12.00", tip=AMOUNT, shipping=AMOUNT) == {"tip": None, "shipping": 5.0}
    assert ask("Shop\nYou save: 5.00 €\nShipping price: 3.00 €", old_price=AMOUNT) == {"old_price": None}
    assert ask("Diet: Vegan\nCourse: Soup", category="string", diet="string") == {"category": "Soup", "diet": "Vegan"}
