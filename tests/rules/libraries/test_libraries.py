"""The optional libraries: what each adds to the rules, when it says nothing, and that the rules work without."""

from typing import Any

import pytest

from structgen import extract
from structgen.core.json import Json
from structgen.core.records import Conventions, Status
from structgen.rules import extract_by_rules
from structgen.rules.libraries.installed import installed

TEXT = {"type": ["string", "null"]}
MOOD = {"enum": ["positive", "negative", "neutral", None]}
SCORE = {"type": ["number", "null"], "minimum": -1, "maximum": 1}
PARTS = dict.fromkeys(("street", "city", "state", "zip"), TEXT)


def ask(text: str, fields: dict[str, Any], language: str | None = None, libraries: Any = None) -> Any:
    schema = {"type": "object", "properties": fields, "required": list(fields)}
    found = extract_by_rules(schema, text, {}, Conventions(language=language), libraries)
    assert all(text[piece.start : piece.end] == piece.text for piece in found.evidence)
    assert {piece.status for piece in found.evidence} <= {Status.DERIVED}
    return found.value


@pytest.mark.parametrize(
    ("text", "language", "number"),
    [
        ("Ring +44 20 7946 0018 after six.", None, "+44 20 7946 0018"),
        ("Ring +49 (0)30 23125 555 after six.", None, "+49 (0)30 23125 555"),
        ("Ring +44 20 7946 0018, that is +442079460018.", None, "+44 20 7946 0018"),
        ("Ring +44 20 79 after six.", None, None),
        ("Ring +1 800 after six.", None, None),
        ("Ring 030 23125 555 after six.", "de-DE", "030 23125 555"),
        ("Ring 030 23125 555 after six.", "de", None),
        ("Ring 030 23125 555 after six.", None, None),
        ("We met on 2024-05-03 there.", "da-DK", None),
        ("Order 20240503 is on its way.", "da-DK", None),
        ("Ring +44 20 7946 0018 or +44 20 7946 0019.", None, None),
    ],
)
def test_a_number_is_a_telephone_number_if_its_country_has_such_ones(
    text: str, language: str | None, number: str | None
) -> None:
    assert ask(text, {"phone": TEXT}, language) == {"phone": number}


ADDRESS = "12 Oak Street, Springfield, IL 62704"


@pytest.mark.parametrize(
    ("text", "street", "city", "state", "code"),
    [
        (f"In 2019 we moved to {ADDRESS} for good.", "12 Oak Street", "Springfield", "IL", "62704"),
        (f"{ADDRESS} is where we live: {ADDRESS}.", "12 Oak Street", "Springfield", "IL", "62704"),
        (
            "It is at 350 W 5th Avenue, Suite 210, New York, NY 10018.",
            "350 W 5th Avenue, Suite 210",
            "New York",
            "NY",
            "10018",
        ),
        (
            "Mail it to\n9 Elm Rd\nSalt Lake City, UT 84101-1234\nplease.",
            "9 Elm Rd",
            "Salt Lake City",
            "UT",
            "84101-1234",
        ),
    ],
)
def test_the_only_address_of_a_text_is_taken_apart(text: str, street: str, city: str, state: str, code: str) -> None:
    parts = {"street": street, "city": city, "state": state, "zip": code}
    assert ask(text, PARTS) == parts
    home = {"type": ["object", "null"], "properties": PARTS, "required": list(PARTS)}
    assert ask(text, {"home": home}) == {"home": parts}


@pytest.mark.parametrize(
    "text",
    [
        f"From {ADDRESS} to 14 Elm Road, Springfield, IL 62704.",
        "Send it to PO Box 12, Springfield, IL 62704.",
        "We live at 12 Oak, Springfield, IL 62704.",
        "We live at 12 Oak Street, Springfield.",
        "In 2019 the Street, as they call it, had 62704 visitors.",
    ],
)
def test_anything_but_one_whole_street_address_is_left_alone(text: str) -> None:
    assert ask(text, PARTS) == dict.fromkeys(PARTS)
    assert ask(text, {"address": TEXT}) == {"address": None}


def test_an_address_in_one_field_is_the_whole_address() -> None:
    assert ask(f"In 2019 we moved to {ADDRESS} for good.", {"address": TEXT}) == {"address": ADDRESS}


@pytest.mark.parametrize(
    ("text", "mood"),
    [
        ("Lovely place, and the soup was excellent!", "positive"),
        ("Terrible service. I hated every minute of it.", "negative"),
        ("The table is round.", None),
        ("It was fine.", None),
        ("The soup was excellent. The service was terrible.", None),
        ("It would have been excellent with some salt.", None),
        ("Excellent soup, but a long wait.", None),
        ("Die Suppe war super.", None),
        ("La soupe n'est pas super, pas super du tout.", None),
    ],
)
def test_only_a_strong_sentiment_of_an_english_text_is_an_answer(text: str, mood: str | None) -> None:
    assert ask(text, {"sentiment": MOOD}) == {"sentiment": mood}
    assert ask(text, {"sentiment": MOOD}, language="fr") == {"sentiment": None}


def test_a_score_needs_a_scale() -> None:
    text = "Lovely place, and the soup was excellent!"
    assert ask(text, {"sentiment_score": SCORE})["sentiment_score"] > 0.5
    assert ask(text, {"sentiment_score": {"type": ["number", "null"]}}) == {"sentiment_score": None}


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("Lovely place, and the soup was excellent!", {"sentiment": MOOD}),
        (f"We live at {ADDRESS}.", PARTS),
        ("Ring 030 23125 555 after six.", {"phone": TEXT}),
    ],
)
def test_without_the_libraries_these_fields_are_null(text: str, fields: dict[str, Any]) -> None:
    empty: Json = dict.fromkeys(fields)
    assert ask(text, fields, "en-DE", frozenset()) == empty


def test_the_model_names_the_libraries_that_the_schema_makes_use_of() -> None:
    schema = {"type": "object", "properties": {"phone": TEXT, "sentiment": MOOD}}
    assert extract(schema, "Ring me.", model="rules").model == "rules+phonenumbers+vaderSentiment"
    assert extract({"type": "object", "properties": {"title": TEXT}}, "Ring me.", model="rules").model == "rules"


def test_all_libraries_are_installed_for_these_tests() -> None:
    assert installed() == {"phonenumbers", "usaddress", "vaderSentiment"}
