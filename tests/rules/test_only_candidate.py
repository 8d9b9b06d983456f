"""Values that no label identifies, because they are the only ones of their sort: taken, and marked as derived."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from structgen.core.records import Status
from structgen.rules import extract_by_rules

DAY = {"type": ["string", "null"], "format": "date"}
MOMENT = {"type": ["string", "null"], "format": "date-time"}
CLOCK = {"type": ["string", "null"], "format": "time"}
LINK = {"type": ["string", "null"], "format": "uri"}
DAYS = {"type": ["array", "null"], "items": {"type": "string", "format": "date"}}
TEXTS = {"type": ["array", "null"], "items": {"type": "string"}}
STATE = {"enum": ["pending", "shipped", "delivered", "returned", None]}
LONG = " Then the talk went on about other things for quite a while." * 8


@pytest.mark.parametrize(
    ("text", "name", "what", "value"),
    [
        ("Please pay by 5 May 2024, thanks.", "due_date", DAY, "2024-05-05"),
        ("Am 5. Mai 2024 trafen wir uns.", "date", DAY, "2024-05-05"),
        ("We met on 3 May 2024 (2024-05-03).", "date", DAY, "2024-05-03"),
        ("We met on Friday, 3 May 2024.", "meeting_date", "string", "3 May 2024"),
        ("The call is on 3 May 2024 at 10:00.", "start", MOMENT, "2024-05-03T10:00:00"),
        ("The call is on 3 May 2024 at 10:00.", "datetime", "string", "2024-05-03T10:00:00"),
        ("Doors open at 7 pm.", "opening", CLOCK, "19:00:00"),
        ("Write to kim@tea.example.", "email", "string", "kim@tea.example"),
        ("It is all on https://tea.example/menu.", "page", LINK, "https://tea.example/menu"),
        ("Call +44 20 7946 0018 after six.", "phone", "string", "+44 20 7946 0018"),
        ("For this one we paid $1,250.50 in the end.", "amount", "number", 1250.5),
        ("For this one we paid 12,50 € in the end.", "amount", "number", 12.5),
        ("The tea set was sold for 80 euros.", "currency", "string", "euros"),
        ("Rents rose by 3.5 % this year.", "increase_percent", "number", 3.5),
        ("The bag holds 2.5 kg of rice.", "weight_kg", "number", 2.5),
        ("The walk is 12 kilometres long.", "distance_km", "integer", 12),
        ("The film runs 2 h 10 min.", "length_minutes", "integer", 130),
        ("Your order has been shipped.", "status", STATE, "shipped"),
        ("Two parcels were returned, sadly.", "status", STATE, "returned"),
        ("She was refunded.", "outcome", {"enum": ["refund", "replacement", None]}, "refund"),
        ("The plan was approved on Monday.", "approved", "boolean", True),
        ("The mug is in stock again.", "in_stock", "boolean", True),
    ],
)
def test_the_only_value_of_its_sort_is_taken_and_marked(text: str, name: str, what: Any, value: Any) -> None:
    found = extract_by_rules({"type": "object", "properties": {name: _schema(what)}, "required": [name]}, text)
    assert found.value == {name: value}
    assert [(piece.path, piece.status) for piece in found.evidence] == [(f"/{name}", Status.DERIVED)]
    assert all(text[piece.start : piece.end] == piece.text for piece in found.evidence)


@pytest.mark.parametrize(
    ("text", "name", "what"),
    [
        ("We met on 3 May 2024 and again on 4 June 2024.", "date", DAY),
        ("We met on 03/04/2024.", "date", DAY),
        ("We were there from 3 May 2024 to 4 June 2024.", "date", DAY),
        ("We were there on 3-5 May 2024.", "date", DAY),
        ("Not on 3 May 2024.", "date", DAY),
        ("It ends 30 days after 3 May 2024.", "date", DAY),
        ("Read https://tea.example/2024/05/03/menu first.", "date", DAY),
        ("The file log-2024-05-03.txt is gone.", "date", DAY),
        ("Parcel AB-2024-05-03 is gone.", "date", DAY),
        ("Item 2024-05-03-17 is gone.", "date", DAY),
        ("The call is on 3 May 2024 at 10:00 EST.", "start", MOMENT),
        ("On 3 May 2024 we talked, and then it was 10:00.", "start", MOMENT),
        ("They won 3:15.", "opening", CLOCK),
        ("Open from 10:00 to 18:00.", "opening", CLOCK),
        ("Write to kim@tea.example or lee@tea.example.", "email", "string"),
        ("Order 4420798 is on its way.", "phone", "string"),
        ("It was $5 at noon and $6 at night.", "amount", "number"),
        ("That is over $5 each.", "amount", "number"),
        ("The room is $80 per night plus $20.", "amount", "number"),
        ("Take $5 off your order today.", "amount", "number"),
        ("Some $5-$10 may do for a start.", "amount", "number"),
        ("Rents rose by 3 % to 4 % this year.", "increase_percent", "number"),
        ("The bag holds 2-3 kg of rice.", "weight_kg", "number"),
        ("The bag holds 2.5 kg and the box 3 kg.", "weight_kg", "number"),
        ("It took more than 2 hours.", "length_minutes", "integer"),
        ("Your order has not been shipped.", "status", STATE),
        ("Your order will be shipped.", "status", STATE),
        ("Was your order shipped?", "status", STATE),
        ("If it is shipped, tell me.", "status", STATE),
        ("One parcel was shipped, the other one delivered.", "status", STATE),
        ("We refund nothing.", "outcome", {"enum": ["refunded", "kept", None]}),
        ("There is no refund.", "outcome", {"enum": ["refund", "replacement", None]}),
        ("The latest news is good.", "condition", {"enum": ["new", "used", None]}),
        ("It was disapproved.", "approved", "boolean"),
        ("The plan was not approved.", "approved", "boolean"),
        ("The plan was approved. The budget was not approved.", "approved", "boolean"),
        ("A non-refundable fare.", "refundable", "boolean"),
        ("Read the newsletter.", "newsletter", "boolean"),
    ],
)
def test_two_values_or_a_doubt_answer_nothing(ask_one: Any, text: str, name: str, what: Any) -> None:
    assert ask_one(text, name, _schema(what)) is None


def test_a_list_takes_all_in_order_and_each_once(ask: Any) -> None:
    assert ask("On 4 June 2024, then 3 May 2024, and 4 June 2024 again.", visits=DAYS) == {
        "visits": ["2024-06-04", "2024-05-03"]
    }
    assert ask("Ask kim@tea.example, or else lee@tea.example.", emails=TEXTS) == {
        "emails": ["kim@tea.example", "lee@tea.example"]
    }
    assert ask("On 4 June 2024, then 03/05/2024.", visits=DAYS) == {"visits": None}


def test_two_fields_of_one_sort_get_nothing(ask: Any) -> None:
    assert ask("We paid on 3 May 2024.", order_date=DAY, due_date=DAY) == {"order_date": None, "due_date": None}
    assert ask("It was $5 for the two of us.", fee="number", rent="number") == {"fee": None, "rent": None}
    assert ask("We paid $5 on 3 May 2024.", fee="number", paid_on=DAY) == {"fee": 5, "paid_on": "2024-05-03"}


def test_a_refused_value_beside_its_label_is_not_replaced_by_another_one(ask_one: Any) -> None:
    assert ask_one("Due date: 03/04/2024\nWe met on 3 May 2024.", "due_date", DAY) is None


def test_the_label_of_something_else_is_no_sign(ask_one: Any) -> None:
    assert ask_one("Delivered: 3 May 2024", "due_date", DAY) is None


def test_a_long_text_has_to_name_what_is_special_about_the_value(ask_one: Any) -> None:
    assert ask_one(f"Kim was born on 3 May 1980.{LONG}", "birth_date", DAY) == "1980-05-03"
    assert ask_one(f"Kim signed it on 3 May 1980.{LONG}", "birth_date", DAY) is None
    assert ask_one(f"Kim signed it on 3 May 1980.{LONG}", "date", DAY) == "1980-05-03"


def test_values_of_the_schema_are_kept_within_its_bounds(ask_one: Any) -> None:
    assert ask_one("Rents rose by 130 %.", "increase_percent", {"type": "number", "maximum": 100}) is None


@given(st.text(alphabet="0123456789-/.: $€%kgMay@x,\n", max_size=60))
def test_any_text_gives_evidence_that_is_in_it(text: str) -> None:
    fields = {"on": DAY, "at": CLOCK, "email": {}, "fee": {"type": "number"}, "rise_percent": {"type": "number"}}
    for piece in extract_by_rules({"type": "object", "properties": fields}, text).evidence:
        assert text[piece.start : piece.end] == piece.text


def _schema(what: Any) -> Any:
    return {"type": [what, "null"]} if isinstance(what, str) else what


UNRELATED = [
    f"The new kitchen is open, and the manual is of little use.{LONG} Prices are from $20 to $30 a night.",
    "Corner Shop\nTea 2.50\nMilk 1.20\nTotal 3.70\nCash 5.00\n21/11/2023 08:15\nThank you, come again\n",
    "# Plum cake\n\nServes 8\nBake: 40 min\n\n## Ingredients\n\n- 200 g plums\n- 2 eggs\n\n## Method\n\nBake it.\n",
    f"On 3 May 2024 the parties agreed on what follows.{LONG} High standards are used by the lead.",
]
SPECIFIC = {
    "job_title": {"type": ["string", "null"]},
    "salary": {"type": ["number", "null"]},
    "departure_time": CLOCK,
    "birth_date": DAY,
    "condition": {"enum": ["new", "used", None]},
    "priority": {"enum": ["low", "medium", "high", None]},
    "status": {"enum": ["open", "closed", None]},
    "transmission": {"enum": ["manual", "automatic", None]},
    "discount_percent": {"type": ["number", "null"]},
    "weight_kg": {"type": ["number", "null"]},
    "flight_number": {"type": ["string", "null"]},
    "diagnosis": {"type": ["string", "null"]},
    "landlord": {"type": ["string", "null"]},
    "refundable": {"type": ["boolean", "null"]},
}


@pytest.mark.parametrize("text", UNRELATED)
@pytest.mark.parametrize("name", SPECIFIC)
def test_nothing_special_is_found_in_a_text_about_something_else(ask_one: Any, text: str, name: str) -> None:
    assert ask_one(text, name, SPECIFIC[name]) is None
