"""Reading the answer to a question for the whole."""

from decimal import Decimal

from pydantic import BaseModel

from structgen.compile import Brief, compile_brief
from structgen.core.options import Mode, Options, Risk
from structgen.core.records import Card, Completion
from structgen.forms import PlainForm, StrictForm, strict_form
from structgen.reask.question import whole_question
from structgen.schema import Schema


class Soup(BaseModel):
    title: str
    servings: int = 4


CARD = Card("a", modes=(Mode.JSON_SCHEMA,), strict=True)
PLAN = compile_brief(Brief(Schema.of(Soup), "groq", "a", Options(), card=CARD))
REQUEST = PLAN.request_for("Leek soup.")
QUESTION = whole_question(Schema.of(Soup), REQUEST, Risk.INTERPRETIVE, "first", PLAN.form)


def test_a_null_that_stands_for_a_left_out_field_gives_the_default() -> None:
    parsed = QUESTION.read(Completion('{"title": "Leek", "servings": null}'))
    assert parsed.value == Soup(title="Leek", servings=4)
    assert parsed.repairs == ()


def test_an_answer_in_plain_form_is_read_too() -> None:
    assert QUESTION.read(Completion('{"title": "Leek", "servings": 2}')).value == Soup(title="Leek", servings=2)


def test_what_is_no_clean_json_is_left_to_the_parser() -> None:
    assert not QUESTION.read(Completion('{"title": "Leek", "title": "Beet", "servings": 2}')).ok
    fenced = QUESTION.read(Completion('```\n{"title": "Leek", "servings": 2}\n```'))
    assert fenced.ok
    assert fenced.repairs


def test_the_most_it_may_take_is_input_and_room() -> None:
    room = REQUEST.parameters.max_completion_tokens
    assert QUESTION.at_most.output_tokens == room
    assert QUESTION.size == (QUESTION.at_most.input_tokens or 0) + (room or 0)


def test_no_digit_is_lost_on_the_way_out_of_the_sent_form() -> None:
    class Bill(BaseModel):
        total: Decimal
        note: str | None = None

    strict = strict_form(PlainForm(Schema.of(list[Bill])))
    assert isinstance(strict, StrictForm)
    question = whole_question(Schema.of(list[Bill]), REQUEST, Risk.INTERPRETIVE, "first", strict)
    parsed = question.read(Completion('{"value": [{"total": 12345678901234567.89, "note": null}]}'))
    assert parsed.value == [Bill(total=Decimal("12345678901234567.89"))]
