"""Reading the answer to a question for the whole."""

from decimal import Decimal

from pydantic import BaseModel

from structgen.compile import Brief, compile_brief
from structgen.core.options import Mode, Options
from structgen.core.records import Card, Completion
from structgen.engine.flow import compile_text, parse_answer
from structgen.reask import ExtractionScope, first_question
from structgen.reask.question import whole_question
from structgen.schema import Schema


class Soup(BaseModel):
    title: str
    servings: int = 4


CARD = Card("a", modes=(Mode.JSON_SCHEMA,), strict=True)
PLAN = compile_brief(Brief(Schema.of(Soup), "groq", "a", Options(), card=CARD))
REQUEST = PLAN.request_for("Leek soup.")
QUESTION = whole_question(ExtractionScope(PLAN, REQUEST), REQUEST, "first")


def test_a_null_that_stands_for_a_left_out_field_gives_the_default() -> None:
    parsed = parse_answer(QUESTION, Completion('{"title": "Leek", "servings": null}'))
    assert parsed.value == Soup(title="Leek", servings=4)
    assert parsed.repairs == ()


def test_an_answer_in_plain_form_is_read_too() -> None:
    assert parse_answer(QUESTION, Completion('{"title": "Leek", "servings": 2}')).value == Soup(
        title="Leek", servings=2
    )


def test_what_is_no_clean_json_is_left_to_the_parser() -> None:
    assert not parse_answer(QUESTION, Completion('{"title": "Leek", "title": "Beet", "servings": 2}')).ok
    fenced = parse_answer(QUESTION, Completion('```\n{"title": "Leek", "servings": 2}\n```'))
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

    plan = compile_brief(Brief(Schema.of(list[Bill]), "groq", "a", Options(), card=CARD))
    question = first_question(compile_text(plan, "Two bills."))
    assert question.form.strict
    parsed = parse_answer(question, Completion('{"value": [{"total": 12345678901234567.89, "note": null}]}'))
    assert parsed.value == [Bill(total=Decimal("12345678901234567.89"))]
