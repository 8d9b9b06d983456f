"""Recipes, bills, shop pages: whole documents, as they are printed."""

from typing import Any

import pytest

STRINGS = {"type": "array", "items": {"type": "string"}}
CAKE = """Menu
Oat and Honey Cake
By Kim Low
This oat and honey cake is what we bake when it rains and nobody wants to go out to the shop for more flour.
Prep Time: 15 minutes
Cook: 40 mins  Total: 55 min
Serves 8

Ingredients
For the cake
- 200 g oats
- 2 eggs, beaten
- 100
ml
honey
A pinch of salt
Method
1. Mix the oats with the honey and leave them to soak.
2. Stir in the eggs and
bake for forty minutes.
Enjoy!
Did you make this recipe? Tag @oats
Related recipes
Pancakes
"""


def test_a_recipe_is_read_from_its_page(ask: Any) -> None:
    value = ask(
        CAKE,
        title="string",
        author="string",
        yields="string",
        prep_time_minutes="integer",
        cook_time_minutes="integer",
        total_time_minutes="integer",
        ingredients=STRINGS,
        instructions=STRINGS,
    )
    assert value == {
        "title": "Oat and Honey Cake",
        "author": "Kim Low",
        "yields": "8 servings",
        "prep_time_minutes": 15,
        "cook_time_minutes": 40,
        "total_time_minutes": 55,
        "ingredients": ["200 g oats", "2 eggs, beaten", "100 ml honey", "A pinch of salt"],
        "instructions": [
            "Mix the oats with the honey and leave them to soak.",
            "Stir in the eggs and bake for forty minutes.",
            "Enjoy!",
        ],
    }


def test_ingredients_are_taken_apart_where_the_schema_wants_parts(ask_one: Any) -> None:
    part = {"type": ["string", "null"]}
    item = {"type": "object", "properties": {"quantity": part, "unit": part, "name": {"type": "string"}, "note": part}}
    text = "Ingredients\n200 g oats\n1 1/2 cups warm milk, or water\n2 eggs (large)\nSalt\n1/2 a lemon"
    value = ask_one(text, "ingredients", {"type": "array", "items": {**item, "required": ["name"]}})
    assert [tuple(one.values()) for one in value] == [
        ("200", "g", "oats", None),
        ("1 1/2", "cups", "warm milk", "or water"),
        ("2", None, "eggs", "large"),
        (None, None, "Salt", None),
        ("1/2", None, "a lemon", None),
    ]


@pytest.mark.parametrize(
    ("text", "yields"),
    [
        ("Servings: 4", "4 servings"),
        ("Yield: 12", "12"),
        ("Makes: 12", "12"),
        ("Yield: 4 persons", "4 servings"),
        ("Nombre de personnes: 4", "4 servings"),
        ("Servings 1", "1 serving"),
        ("4 personas", "4 servings"),
        ("Yield: 12 cookies 1x", "12 cookies"),
        ("Makes 1 tray", "1 tray"),
        ("4\npersonen", "4 servings"),
        ("Serving: 240 g", None),
        ("Servings: 1/6 of it", None),
        ("Servings: many", None),
    ],
)
def test_a_yield_is_a_number_with_its_noun(ask_one: Any, text: str, yields: str | None) -> None:
    assert ask_one(text, "yields") == yields


def test_a_yield_stays_as_written_where_the_schema_says_so(ask_one: Any) -> None:
    field = {"type": ["string", "null"], "description": "As written"}
    assert ask_one("Serves 4", "yields", field) == "Serves 4"
    assert ask_one("4 personas", "yields", field) == "4 personas"
    assert ask_one("Portionen: 4", "yields", field) == "4 Portionen"


@pytest.mark.parametrize(
    ("text", "author"),
    [
        ("Author: Kim Low", "Kim Low"),
        ("Soup\nBy Kim LowApril 4, 2023", "Kim Low"),
        ("Soup\nby Kim Low on 3 May 2021", "Kim Low"),
        ("Pea Soup with Mint\nKim Low\n3 May 2021\n", "Kim Low"),
        ("By course\nBy diet\n", None),
        ("By the river we sat down.", None),
        ("By 28", None),
    ],
)
def test_an_author_reads_like_a_name(ask_one: Any, text: str, author: str | None) -> None:
    assert ask_one(text, "author") == author


def test_a_duration_that_stands_alone_is_the_total_where_it_sums_up_the_others(ask_one: Any) -> None:
    tail = "\nIngredients\n1 egg\n2 cups milk\n"
    minutes = {"type": ["integer", "null"]}
    schema = {"total_time_minutes": minutes, "ingredients": STRINGS}

    def total(head: str) -> object:
        from structgen.rules import extract_by_rules

        value = extract_by_rules({"type": "object", "properties": schema}, head + tail).value
        return value["total_time_minutes"] if isinstance(value, dict) else None

    assert total("Soup\n30 min\n") == 30
    assert total("Soup\n30 min\n10 min\n20 min\n") == 30
    assert total("Soup\n30 min\n25 min\n") is None


def test_steps_are_found_by_their_numbers_where_no_heading_says_so(ask_one: Any) -> None:
    text = "Soup\nStep 1\nBoil the water in a pot.\nStep 2\nAdd the salt and the peas.\n"
    assert ask_one(text, "instructions", STRINGS) == ["Boil the water in a pot.", "Add the salt and the peas."]


def test_short_notes_are_steps_where_all_lines_are_alike(ask_one: Any) -> None:
    assert ask_one("Method\nslice the onions\nboil the vinegar", "instructions", STRINGS) == [
        "slice the onions",
        "boil the vinegar",
    ]


def test_any_heading_of_the_schema_names_its_list(ask_one: Any) -> None:
    text = "# Crew\n## Duties\n- steer\n- cook\n## Pay\n- none\n"
    assert ask_one(text, "duties", STRINGS) == ["steer", "cook"]
    assert ask_one(text, "hobbies", STRINGS) is None


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


def test_a_table_with_one_row_gives_labels_and_values(ask: Any) -> None:
    text = "# Suppe\n\n| Portionen | Kochzeit |\n|---|---|\n| 4 | 25 Min. |\n"
    assert ask(text, yields="string", cook_time_minutes="integer") == {"yields": "4 servings", "cook_time_minutes": 25}


def test_the_parts_of_an_invoice_keep_to_their_labels(ask_one: Any) -> None:
    part = {"type": ["string", "null"]}
    party = {"type": ["object", "null"], "properties": {"name": part, "email": part}, "required": ["name", "email"]}
    head = "HARBOUR SUPPLY LTD\nEmail: a@harbour.example\n"
    text = f"{head}Bill to: North Bakery\nBuyer email: b@north.example\nTOTAL 5.00\n"
    assert ask_one(text, "seller", party) == {"name": "HARBOUR SUPPLY LTD", "email": "a@harbour.example"}
    assert ask_one(text, "buyer", party) == {"name": "North Bakery", "email": "b@north.example"}


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Title: Harbour Days\nBy Kim Low", "Harbour Days"),
        ("# Harbour Days #\n\ntext", "Harbour Days"),
        ("HARBOUR DAYS     (card no. 3)\n\nboil the water, then wait", "HARBOUR DAYS"),
        ("one line that is all there is", None),
        ("12345\n67890", None),
    ],
)
def test_a_title_stands_over_something(ask_one: Any, text: str, title: str | None) -> None:
    assert ask_one(text, "title") == title


def test_ornaments_are_no_part_of_a_name(ask_one: Any) -> None:
    assert ask_one("* * *  THE BLUE ANCHOR  * * *\nTOTAL EUR       5.00\n", "company") == "THE BLUE ANCHOR"


def test_a_currency_may_stand_far_from_its_amount_but_is_no_common_word(ask_one: Any) -> None:
    assert ask_one("Shop\nSumme          EUR       5,00\nBar 10,00", "currency") == "EUR"
    assert ask_one("Shop\nTOTAL ALL 5.00", "currency") is None


def test_a_labelled_price_and_currency_come_first(ask: Any) -> None:
    text = "Cup\nPrice: 4.00\nCurrency: CHF\nStock"
    assert ask(text, price="number", currency="string") == {"price": 4.0, "currency": "CHF"}


def test_the_first_date_of_a_document_is_its_date(ask: Any) -> None:
    clock = {"type": ["string", "null"]}
    assert ask("Shop\n21.11.2017 08:15 no. 3", date="string", time=clock) == {"date": "21.11.2017", "time": "08:15"}
    assert ask("Shop\n00440 25032018 x", date="string", time=clock) == {"date": "25032018", "time": None}


def test_rows_that_lack_a_part_give_no_list_at_all(ask_one: Any) -> None:
    item = {
        "type": "object",
        "properties": {"sku": {"type": "string"}, "price": {"type": "number"}},
        "required": ["price"],
    }
    table = "SKU\tPrice\nA1\t4.00\nA2\tasked\n"
    assert ask_one(table, "articles", {"type": "array", "items": item}) is None


def test_properties_that_are_no_pairs_give_no_list(ask_one: Any) -> None:
    pair = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "value": {"type": "string"}},
        "required": ["name", "value"],
    }
    assert ask_one("## Specifications\n- light\n- quick\n", "specifications", {"type": "array", "items": pair}) is None


def test_lists_end_where_prose_begins(ask_one: Any) -> None:
    text = "Ingredients\n200 g oats\n2 eggs\nThis cake was first made by my aunt in the winter of that year.\n3 things"
    assert ask_one(text, "ingredients", STRINGS) == ["200 g oats", "2 eggs"]


def test_bullets_on_lines_of_their_own_mark_the_items(ask_one: Any) -> None:
    text = "Ingredients\nDough\n▢\n200 g oats\n▢\n2 eggs\n▢\nsalt\nInstructions\nMix it all very well.\n"
    assert ask_one(text, "ingredients", STRINGS) == ["200 g oats", "2 eggs", "salt"]


def test_a_section_holds_its_sub_headings_and_ends_at_its_own_level(ask_one: Any) -> None:
    text = "## Duties\n### Day\n- steer\n### Night\n- watch\n## Pay\n- none\n"
    assert ask_one(text, "duties", STRINGS) == ["steer", "watch"]


def test_columns_may_come_glued_to_the_next_label(ask: Any) -> None:
    value = ask("Prep: 5 MinCook: 10 MinTotal: 15 Min", prep_time_minutes="integer", cook_time_minutes="integer")
    assert value == {"prep_time_minutes": 5, "cook_time_minutes": 10}


def test_an_amount_may_stand_on_the_line_below_its_label_with_more_behind_it(ask_one: Any) -> None:
    assert ask_one("Shop\nTOTAL INCL. GST\nRM 5.00\tCASH\n10.00\nCHANGE\nRM 5.00\n", "total") == "5.00"


def test_a_column_of_amounts_gives_the_total_that_cash_less_change_comes_to(ask_one: Any) -> None:
    labels = "SUB TOTAL\n10% SRV\nTOTAL:\nROUNDING:\nCASH\nCHANGE DUE:\nINCLUSIVE\n"
    column = labels + "4.00\n0.99\n4.99\n0.01\n5.00\n10.00\n5.00\n"
    assert ask_one(f"Shop\nSOMETHING\nTAX\n{column}", "total") == "5.00"


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("a few peppercorns", (None, None, "a few peppercorns", None)),
        ("a pinch of salt", ("a", "pinch", "salt", None)),
        ("2-3 red onions", ("2-3", None, "red onions", None)),
        ("500g flour, sifted", ("500", "g", "flour", "sifted")),
        ("1 (14 oz) can", ("1", None, "(14 oz) can", None)),
        ("3", (None, None, "3", None)),
        ("2 cups", ("2", None, "cups", None)),
        ("1 cup milk (warm) or water", ("1", "cup", "milk (warm) or water", None)),
    ],
)
def test_an_ingredient_is_quantity_unit_name_and_note(ask_one: Any, line: str, parts: tuple[str | None, ...]) -> None:
    from structgen.rules.finders.recipes import split_ingredient

    portion = split_ingredient(line, 0, len(line))
    spans = (portion.quantity, portion.unit, portion.name, portion.note)
    assert tuple(line[slice(*span)] if span else None for span in spans) == parts


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


def test_a_text_with_two_amounts_states_neither(ask: Any) -> None:
    assert ask("69 TL 41.90 TL", price="number") == {"price": None}
    assert ask("Cup\nPrice: 4.00 or 5.00", price="number") == {"price": None}


def test_words_below_a_label_that_is_not_set_off_are_no_value_of_it(ask: Any) -> None:
    assert ask("Shop\nBrand\nSale\nHelp", brand="string") == {"brand": None}
    assert ask("Shop\nBrand:\nFell\nHelp", brand="string") == {"brand": "Fell"}


def test_a_rate_is_no_position(ask_one: Any) -> None:
    item = {"type": "object", "properties": {"description": {"type": "string"}, "amount": {"type": "number"}}}
    text = "Shop\nFuel\nat 1.759 EUR/l   9.00\nTOTAL 9.00\n"
    assert ask_one(text, "items", {"type": "array", "items": item}) is None
