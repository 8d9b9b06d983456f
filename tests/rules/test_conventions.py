"""What the user states about the documents settles dates and numbers that the text leaves open."""

from typing import Any

import pytest

from structgen.core.json import Json
from structgen.core.options import DateOrder
from structgen.core.records import Conventions
from structgen.rules import extract_by_rules

DAY = {"type": ["string", "null"], "format": "date"}
NUMBER = {"type": ["number", "null"]}
TEXT = {"type": ["string", "null"]}


def ask(text: str, name: str, what: Any, **conventions: Any) -> Json:
    schema = {"type": "object", "properties": {name: what}, "required": [name]}
    value = extract_by_rules(schema, text, {}, Conventions(**conventions)).value
    assert isinstance(value, dict)
    return value[name]


@pytest.mark.parametrize(
    ("text", "conventions", "value"),
    [
        ("Due date: 03/04/2024", {}, None),
        ("Due date: 03/04/2024", {"date_order": DateOrder.DMY}, "2024-04-03"),
        ("Due date: 03/04/2024", {"date_order": DateOrder.MDY}, "2024-03-04"),
        ("Due date: 13/04/2024", {"date_order": DateOrder.MDY}, "2024-04-13"),
        ("Due date: 24-05-03", {"date_order": DateOrder.YMD}, "2024-05-03"),
        ("Due date: 03/04/2024", {"language": "en"}, None),
        ("Due date: 03/04/2024", {"language": "en-US"}, "2024-03-04"),
        ("Due date: 03/04/2024", {"language": "en-GB"}, "2024-04-03"),
        ("Due date: 03/04/2024", {"language": "de"}, "2024-04-03"),
        ("Sent: 25/12/2023\nDue date: 03/04/2024", {"language": "en-US"}, "2024-04-03"),
        ("Please pay by 03/04/2024.", {"date_order": DateOrder.DMY}, "2024-04-03"),
    ],
)
def test_the_order_of_a_date_is_the_stated_one_else_that_of_the_text_else_that_of_the_language(
    text: str, conventions: Any, value: Json
) -> None:
    assert ask(text, "due_date", DAY, **conventions) == value


@pytest.mark.parametrize(
    ("text", "language", "value"),
    [
        ("Weight: 1,299", None, None),
        ("Weight: 1,299", "de", 1.299),
        ("Weight: 1,299", "en", 1299),
        ("Weight: 1.299", "de-CH", 1.299),
        ("Weight: 12.50", "de", 12.5),
    ],
)
def test_the_decimal_point_is_that_of_the_language_if_the_text_does_not_show_it(
    text: str, language: str | None, value: Json
) -> None:
    assert ask(text, "weight", NUMBER, language=language) == value


def test_an_amount_without_a_currency_has_the_stated_one() -> None:
    text = "For the two of us together it came to 12.50 in the end."
    assert (ask(text, "amount", NUMBER), ask(text, "amount", NUMBER, currency="EUR")) == (None, 12.5)
    assert (ask(text, "currency", TEXT), ask(text, "currency", TEXT, currency="EUR")) == (None, "EUR")
    assert ask(text.replace("12.50", "$12.50"), "currency", TEXT, currency="EUR") == "$"
