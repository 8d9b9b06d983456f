"""What a caller gets: values of the schema's shape, null for what is not there, evidence for what is."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from structgen.core.records import Status
from structgen.rules import extract_by_rules

NOTE = "Ada's Tea House\nColour: green\nContact: ada@tea.example\nWeight: 1,5 kg\nOrganic: yes\n"


class Maker(BaseModel):
    name: str
    founded: int | None = None


class Thing(BaseModel):
    colour: str
    size: str | None
    shape: str = "round"
    maker: Maker | None = None


def test_a_labelled_value_is_found_with_its_place() -> None:
    found = extract_by_rules(Thing.model_json_schema(), NOTE)
    assert isinstance(found.value, dict)
    assert found.value["colour"] == "green"
    (piece,) = found.evidence
    assert (piece.path, piece.text, piece.status) == ("/colour", "green", Status.EXACT)
    assert NOTE[piece.start : piece.end] == "green"


def test_what_is_not_found_is_null_or_left_to_its_default() -> None:
    value = extract_by_rules(Thing.model_json_schema(), NOTE).value
    assert value == {"colour": "green", "size": None, "maker": None}


def test_a_required_field_that_is_not_found_is_null_and_never_invented() -> None:
    found = extract_by_rules(Thing.model_json_schema(), "nothing of the kind")
    assert found.value == {"colour": None, "size": None, "maker": None}
    assert found.evidence == ()


def test_an_optional_object_without_what_it_must_have_is_null() -> None:
    value = extract_by_rules(Thing.model_json_schema(), "Colour: red\nFounded: 1988").value
    assert isinstance(value, dict)
    assert value["maker"] is None


def test_other_names_of_a_field_are_labels_too() -> None:
    schema: dict[str, Any] = {"type": "object", "properties": {"x1": {"type": ["string", "null"]}}, "required": ["x1"]}
    text = "Serial plate: QX-77"
    assert extract_by_rules(schema, text).value == {"x1": None}
    assert extract_by_rules(schema, text, {"/properties/x1": ("serial_plate",)}).value == {"x1": "QX-77"}


def test_titles_and_short_descriptions_are_labels_too() -> None:
    fields = {
        "a": {"type": "string", "title": "Hull material"},
        "b": {"type": "string", "description": "Sail number: letters and digits"},
    }
    found = extract_by_rules({"type": "object", "properties": fields}, "Hull material: oak\nSail number: GB 12")
    assert found.value == {"a": "oak", "b": "GB 12"}


def test_references_are_followed_and_recursion_ends() -> None:
    node: dict[str, Any] = {
        "type": "object",
        "properties": {"colour": {"type": "string"}, "next": {"$ref": "#/$defs/N"}},
    }
    found = extract_by_rules({"$ref": "#/$defs/N", "$defs": {"N": node}}, "Colour: blue")
    assert isinstance(found.value, dict)
    assert found.value["colour"] == "blue"


@pytest.mark.parametrize(
    "schema", [True, False, {}, {"type": "array"}, {"$ref": "https://x.example/s.json"}, {"$ref": "#/no"}]
)
def test_a_schema_that_names_no_field_finds_nothing(schema: Any) -> None:
    assert extract_by_rules(schema, NOTE).value in (None, {})


def test_booleans_need_their_label_and_a_yes_or_no(ask: Any) -> None:
    assert ask(NOTE, organic="boolean") == {"organic": True}
    assert ask("Organic: nein", organic="boolean") == {"organic": False}
    assert ask("Organic: ✓", organic="boolean") == {"organic": True}
    assert ask("Organic: perhaps", organic="boolean") == {"organic": None}
    assert ask("Organic: [x]", organic="boolean") == {"organic": True}


@pytest.mark.parametrize("text", ["yes/no", "[ ] yes [x] no", "☐ yes ☒ no", "n/a", "yes, but no"])
def test_the_choices_of_a_form_are_no_answer(ask: Any, text: str) -> None:
    assert ask(f"Organic: {text}", organic="boolean") == {"organic": None}


def test_numbers_need_their_label_and_are_no_ranges(ask: Any) -> None:
    assert ask("Doors: 5", doors="integer") == {"doors": 5}
    assert ask("5", doors="integer") == {"doors": None}
    assert ask("Doors: 3 to 5", doors="integer") == {"doors": None}
    assert ask("Doors: 2.5", doors="integer") == {"doors": None}
    assert ask("Doors: many, see page 12", doors="integer") == {"doors": None}
    assert ask("Doors: 50", doors={"type": ["integer", "null"], "maximum": 10}) == {"doors": None}


def test_an_ambiguous_number_stays_unread_unless_the_document_settles_it(ask: Any) -> None:
    assert ask("Mileage: 1,299", mileage="number") == {"mileage": None}
    assert ask("Mileage: 1,299\nOil: 4.50", mileage="number") == {"mileage": 1299}
    assert ask("Mileage: 1,299\nOil: 4,50", mileage="number") == {"mileage": 1.299}


STATES = {"enum": ["in stock", "out of stock", "stock", None]}


def test_choices_are_whole_words_and_the_longest_wins(ask_one: Any) -> None:
    assert ask_one("Availability: Out of Stock", "availability", STATES) == "out of stock"
    assert ask_one("Availability: stocking", "availability", STATES) is None


def test_negated_and_double_choices_are_refused(ask_one: Any) -> None:
    verdict = {"enum": ["approved", "rejected", None]}
    assert ask_one("The request was approved.", "verdict", verdict) == "approved"
    assert ask_one("The request was not approved.", "verdict", verdict) is None
    assert ask_one("It was disapproved.", "verdict", verdict) is None
    assert ask_one("It is either approved or rejected.", "verdict", verdict) is None


def test_an_address_of_the_web_shows_what_it_is_but_only_alone(ask: Any) -> None:
    assert ask(NOTE, email="string") == {"email": "ada@tea.example"}
    assert ask("a@b.example or c@d.example", email="string") == {"email": None}
    assert ask("see https://tea.example/menu.", website="string") == {"website": "https://tea.example/menu"}


def test_a_text_that_is_nothing_but_the_value_needs_no_label(ask: Any) -> None:
    assert ask("1.299,00 €", price="number", currency="string") == {"price": 1299, "currency": "€"}


def test_minutes_are_counted_where_the_name_asks_for_them(ask: Any) -> None:
    text = "Prep time: 1 hr 20 min"
    assert ask(text, prep_time_minutes="integer") == {"prep_time_minutes": 80}
    assert ask(text, prep_time_seconds="integer") == {"prep_time_seconds": 4800}
    assert ask(text, prep_time_hours="integer") == {"prep_time_hours": None}
    assert ask("Prep time: 20", prep_time_minutes="integer") == {"prep_time_minutes": None}


def test_a_date_is_iso_where_the_format_says_so_and_as_printed_otherwise(ask: Any) -> None:
    iso = {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]}
    text = "Date: 25/12/2018 18:30"
    assert ask(text, date="string") == {"date": "25/12/2018"}
    assert ask(text, date=iso) == {"date": "2018-12-25"}
    assert ask(text, date={"type": "string", "format": "date-time"}) == {"date": "2018-12-25T18:30:00"}
    assert ask(text, time={"type": "string", "format": "time"}) == {"time": "18:30:00"}
    assert ask("Date: 03/04/2020", date=iso) == {"date": None}


SAID = """Total Ingredients Date : 5.00 RM By <p> </p> <html> &amp; | 12/03/2019 min CASH CHANGE ½ { é Servings Method
Subtotal Tax Author Price $4 kg Tel 03-5550 @ .example x""".split()  # noqa: SIM905 (a list of them is ten lines long)
WORDS = st.sampled_from(["\t", "\n", "  ", "\u0000", "1 cup", "Step 1", "- ", "# ", *SAID])
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "title": {"type": "string"},
        "author": {"type": "string"},
        "yields": {"type": "string"},
        "company": {"type": "string"},
        "address": {"type": "string"},
        "phone": {"type": "string"},
        "date": {"type": "string", "format": "date"},
        "total": {"type": "number"},
        "tax": {"type": "number"},
        "price": {"type": "number"},
        "currency": {"type": "string"},
        "total_time_minutes": {"type": "integer"},
        "availability": {"enum": ["in stock", "out of stock"]},
        "ingredients": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"name": {"type": "string"}, "quantity": {"type": "string"}, "unit": {"type": "string"}},
            },
        },
        "instructions": {"type": "array", "items": {"type": "string"}},
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"description": {"type": "string"}, "amount": {"type": "number"}},
            },
        },
    },
}


def _holds(text: str) -> None:
    found = extract_by_rules(SCHEMA, text)
    for piece in found.evidence:
        assert piece.start is not None
        assert piece.end is not None
        assert 0 <= piece.start < piece.end <= len(text)
        assert text[piece.start : piece.end] == piece.text


@settings(deadline=None, max_examples=150)
@given(st.lists(WORDS, max_size=40).map(" ".join) | st.lists(WORDS, max_size=40).map("".join))
def test_any_document_gives_values_whose_evidence_stands_in_it(text: str) -> None:
    _holds(text)


@settings(deadline=None, max_examples=100)
@given(st.text(max_size=200))
def test_any_text_at_all_is_survived(text: str) -> None:
    _holds(text)


TAGS = """< > <p> <td> </td> <h1> <!x </ <br/> <s> </s> </script> <!-- <![CDATA[ &#65; &copy text "x"}
{"@type":"Recipe","name":""".split()  # noqa: SIM905 (a list of them is ten lines long)
PARTS = st.sampled_from(
    [*TAGS, "<script type='application/ld+json'>", "<div itemscope itemprop=name>", "<meta itemprop=price content=5>"]
)


LONG = [
    "AaBb" * 20_000,
    "a" * 75_000 + ":",
    "1," * 30_000,
    "TOTAL\n" * 10_000,
    "Ingredients\n1 egg\n" * 3_000,
    "<html>" + "<div>" * 12_500,
]


@pytest.mark.parametrize("text", LONG, ids=lambda text: text[:12])
def test_a_long_and_tedious_document_is_no_trouble(text: str) -> None:
    _holds(text)


@settings(deadline=None, max_examples=60)
@given(st.lists(PARTS, max_size=25).map(lambda parts: "<html>" + "".join(parts)))
def test_any_markup_is_survived(text: str) -> None:
    _holds(text)
