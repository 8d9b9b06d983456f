"""One form of an answer: what is sent, how values get into it, and how they get out again."""

from typing import Any

import pytest
from pydantic import BaseModel

from structgen.core.json import Json
from structgen.core.results import Partial
from structgen.forms import AnswerForm, PlainForm, StrictForm, object_form, prompt_forms, strict_form
from structgen.schema import Schema


class Stall(BaseModel):
    owner: str
    prices: dict[str, float] = {}
    note: str | None = None


VALUE: Json = {"owner": "Ida", "prices": {"plums": 2.5}, "note": None}
QUOTES = {"/owner": "Ida's stall", "/prices/plums": "plums at 2.50"}


def form(kind: Any, name: str) -> AnswerForm:
    plain, quoted = prompt_forms(Schema.of(kind))
    made = {
        "plain": lambda: plain,
        "object": lambda: object_form(plain),
        "strict": lambda: strict_form(plain),
        "quotes": lambda: quoted,
        "quotes in an object": lambda: object_form(quoted),
        "strict quotes": lambda: strict_form(quoted),
    }[name]()
    assert isinstance(made, AnswerForm)
    return made


ALL = ["plain", "object", "strict", "quotes", "quotes in an object", "strict quotes"]


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize(("kind", "value"), [(Stall, VALUE), (list[Stall], [VALUE])])
def test_a_value_comes_back_from_every_form_with_its_quotes(name: str, kind: Any, value: Json) -> None:
    quotes = QUOTES if kind is Stall else {f"/0{path}": quote for path, quote in QUOTES.items()}
    made = form(kind, name)
    decoded = made.decode(made.encode(value, quotes))
    assert decoded.value == value
    assert {path: quote for path, quote in decoded.quotes.items() if quote} == (quotes if made.quoted else {})


@pytest.mark.parametrize("name", ALL)
def test_what_is_encoded_fits_the_schema_that_is_sent(name: str) -> None:
    made = form(list[Stall], name)
    sent = Schema.of(made.schema)
    assert sent.check(made.encode([VALUE], {})) == ()


@pytest.mark.parametrize("name", ALL)
def test_an_unfinished_value_is_shown_in_its_plain_form(name: str) -> None:
    made = form(list[Stall], name)
    answer: Any = made.encode([VALUE], {})
    shown = made.partial(answer, ())
    assert shown is not None
    assert shown.value == [VALUE]


def test_of_a_strict_answer_that_still_arrives_the_object_around_it_is_not_shown() -> None:
    made = form(list[Stall], "strict quotes")
    growing: Json = {"value": [{"owner": {"quote": "Ida's stall", "value": "Id"}}]}
    opened = ["", "/value", "/value/0", "/value/0/owner", "/value/0/owner/value"]
    assert made.partial(growing, opened) == Partial([{"owner": "Id"}], ("", "/0", "/0/owner"))


def test_strict_and_quotes_combine() -> None:
    made = form(Stall, "strict quotes")
    assert isinstance(made, StrictForm)
    assert (made.strict, made.quoted, made.wrapped) == (True, True, False)
    assert made.encode(VALUE, QUOTES) == {
        "owner": {"quote": "Ida's stall", "value": "Ida"},
        "prices": [{"key": "plums", "value": {"quote": "plums at 2.50", "value": 2.5}}],
        "note": None,
    }


def test_items_are_unwrapped_by_the_form_of_their_list() -> None:
    item: Json = {"owner": "Ida", "prices": [{"key": "plums", "value": 2.5}], "note": None}
    assert form(list[Stall], "strict").unwrap_items([item]) == [VALUE]


def test_a_part_is_asked_for_with_quotes_but_not_strictly() -> None:
    part = Schema.of(str)
    asked = form(Stall, "strict quotes").for_part(part)
    assert (asked.quoted, asked.strict, asked.decode(asked.encode("Ida", {"": "an Ida"})).value) == (True, False, "Ida")
    assert form(Stall, "strict").for_part(part) == PlainForm(part)


def test_a_form_that_has_an_object_at_its_root_is_not_wrapped() -> None:
    plain = form(Stall, "plain")
    assert object_form(plain) is plain
