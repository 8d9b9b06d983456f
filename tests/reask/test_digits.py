"""Every digit of a number survives being asked for again."""

from decimal import Decimal

import pytest
from pydantic import BaseModel

from structgen.compile import Brief, compile_brief
from structgen.core.options import Mode, Options
from structgen.core.records import Completion
from structgen.core.results import Attempt, Parsed
from structgen.engine.flow import parse_answer
from structgen.reask import ExtractionScope, first_question, reask
from structgen.schema import Schema

LONG = "0.12345678901234567890"
BIG = 2**53 + 1


class Reading(BaseModel):
    exact: Decimal
    whole: int
    near: float
    several: list[Decimal] = []


GOOD = Reading(exact=Decimal(LONG), whole=BIG, near=float(LONG))


def read(first: str, second: str, finish_reason: str = "stop") -> tuple[Parsed[Reading], str]:
    """What comes of two answers, and why the second was asked for."""
    plan = compile_brief(Brief(Schema.of(Reading), "groq", "a-model", Options(mode=Mode.JSON)))
    scope = ExtractionScope(plan, plan.request_for("a document"))
    question = first_question(scope)
    completion = Completion(first, finish_reason=finish_reason)
    parsed = parse_answer(question, completion)
    attempt = Attempt(question.request, completion, parsed.issues, question.why)
    question = reask(question, attempt, parsed)
    return parse_answer(question, Completion(second)), question.why


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ('{"exact": "x", "whole": "y", "near": null}', f'{{"/exact": {LONG}, "/whole": {BIG}.0, "/near": {LONG}}}'),
        (f'{{"exact": {LONG}, "whole": {BIG}.0, "near": null}}', f'{{"/near": {LONG}}}'),
        (f'{{"exact": {LONG}, "whole": null, "near": {LONG}}}', f'{{"/whole": {BIG}.0}}'),
    ],
)
def test_fields_that_are_asked_for_again_keep_every_digit(first: str, second: str) -> None:
    parsed, why = read(first, second)
    assert why.startswith("asked again for ")
    assert parsed.value == GOOD
    assert {(repair.rule, repair.path, repair.before) for repair in parsed.repairs} == {
        ("number", "/whole", f"{BIG}.0"),
        ("float", "/near", LONG),
    }


def test_the_rest_of_a_list_keeps_every_digit() -> None:
    first = f'{{"exact": {LONG}, "whole": {BIG}, "near": 0.5, "several": [{LONG}, 0.'
    parsed, why = read(first, f'{{"several": [{LONG}, {LONG}1]}}', "length")
    assert why.startswith("asked for the rest")
    assert parsed.value is not None
    assert parsed.value.several == [Decimal(LONG), Decimal(f"{LONG}1")]
    assert parsed.repairs == ()


def test_the_rest_must_begin_with_the_last_item_to_its_last_digit() -> None:
    first = f'{{"exact": {LONG}, "whole": {BIG}, "near": 0.5, "several": [{LONG}, 0.'
    parsed, _ = read(first, f'{{"several": [{float(LONG)}, {LONG}1]}}', "length")
    assert [issue.code for issue in parsed.issues] == ["misfit"]
