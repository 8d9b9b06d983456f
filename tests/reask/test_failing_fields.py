"""Asking for the failing fields alone."""

import json
from dataclasses import replace
from enum import StrEnum
from typing import Any

import pytest
from pydantic import BaseModel, Field, model_validator

from structgen.compile import Brief, compile_brief
from structgen.core.json import Json
from structgen.core.options import Mode, Options
from structgen.core.records import Completion
from structgen.core.results import Issue, Parsed
from structgen.engine.flow import compile_text, parse_answer
from structgen.parse import parse_text
from structgen.reask.failing_fields import MOST_FIELDS, fields_question
from structgen.reask.question import Question
from structgen.schema import Schema


class Currency(StrEnum):
    EUR = "EUR"
    USD = "USD"


class Line(BaseModel):
    name: str = Field(description="what was ordered")
    qty: int = Field(ge=1)
    currency: Currency


class Order(BaseModel):
    number: str
    lines: list[Line]


class Span(BaseModel):
    start: int
    end: int
    label: str

    @model_validator(mode="after")
    def ordered(self) -> "Span":
        if self.end < self.start:
            raise ValueError("end is before start")
        return self


NAMES = ["copper bolts", "brass washers", "steel nuts", "oak dowels", "glass beads", "tin cups"]
TEXT = "Order A-1.\n\n" + "\n\n".join(f"Please send {n + 1} {name}, paid in euros." for n, name in enumerate(NAMES))
GOOD: dict[str, Any] = {
    "number": "A-1",
    "lines": [{"name": name, "qty": n + 1, "currency": "EUR"} for n, name in enumerate(NAMES)],
}


def bad(**wrong: Json) -> Parsed[Any]:
    """The order with some fields of its fourth line wrong."""
    value = json.loads(json.dumps(GOOD))
    value["lines"][3].update(wrong)
    return parse_text(Schema.of(Order), json.dumps(value))


def maybe(parsed: Parsed[Any], schema: Any = Order, text: str = TEXT, **changes: Any) -> Question[Any] | None:
    compiled = Schema.of(schema)
    scope = compile_text(compile_brief(Brief(compiled, "groq", "a-model", Options(), **changes)), text)
    return fields_question(scope, parsed)


def question(parsed: Parsed[Any], **more: Any) -> Question[Any]:
    found = maybe(parsed, **more)
    assert found is not None
    return found


def test_the_question_holds_all_that_a_model_needs() -> None:
    said = question(bad(currency="doubloons")).request.messages[0].content
    assert "/lines/3/currency" in said
    assert '"doubloons"' in said
    assert '"EUR"' in said
    assert "oak dowels" in said
    assert "JSON" in said


def test_the_passage_is_narrower_than_the_document() -> None:
    said = question(bad(currency="doubloons")).request.messages[0].content
    assert "copper bolts" not in said
    assert "tin cups" not in said


def test_a_field_of_the_root_is_asked_for_with_the_whole_document() -> None:
    parsed = parse_text(Schema.of(Order), json.dumps({**GOOD, "number": 5.5}))
    assert TEXT in question(parsed).request.messages[0].content


def test_without_a_document_the_first_question_is_shown() -> None:
    said = question(bad(currency="x"), text="Invent an order", extracting=False).request.messages[0].content
    assert "Invent an order" in said


def test_the_answer_is_put_back_and_the_whole_validated() -> None:
    done = parse_answer(question(bad(currency="doubloons")), Completion('{"/lines/3/currency": "EUR"}'))
    assert done.ok
    assert done.value == Order.model_validate(GOOD)


def test_several_fields_go_in_one_question() -> None:
    asked = question(bad(currency="doubloons", qty=0))
    assert "/lines/3/qty" in asked.request.messages[0].content
    assert "2 fields" in asked.why
    done = parse_answer(asked, Completion('{"/lines/3/currency": "EUR", "/lines/3/qty": 4}'))
    assert done.value == Order.model_validate(GOOD)


def test_a_missing_field_is_asked_for() -> None:
    value = json.loads(json.dumps(GOOD))
    del value["lines"][3]["qty"]
    asked = question(parse_text(Schema.of(Order), json.dumps(value)))
    assert "the answer had no value" in asked.request.messages[0].content
    assert parse_answer(asked, Completion('{"/lines/3/qty": 4}')).value == Order.model_validate(GOOD)


def test_an_answer_that_is_wrong_again_is_refused_and_the_draft_kept() -> None:
    refused = parse_answer(question(bad(currency="doubloons")), Completion('{"/lines/3/currency": "thalers"}'))
    assert not refused.ok
    assert refused.issues
    partial: Any = refused.partial
    assert partial["lines"][3] == {**GOOD["lines"][3], "currency": "doubloons"}
    assert partial["lines"][:3] == GOOD["lines"][:3]


def test_other_fields_in_the_answer_are_ignored_on_the_record() -> None:
    answer = '{"/lines/3/currency": "EUR", "/number": "A-1", "mood": "calm"}'
    done = parse_answer(question(bad(currency="doubloons")), Completion(answer))
    assert done.value == Order.model_validate(GOOD)
    ignored = [(repair.rule, repair.path, repair.before) for repair in done.repairs]
    assert ignored == [("ignored_field", "/number", "A-1"), ("ignored_field", "/mood", "calm")]


@pytest.mark.parametrize(
    ("more", "path", "values"),
    [
        ({"/number": "B-2"}, "/number", ["A-1", "B-2"]),
        ({"number": "B-2"}, "/number", ["A-1", "B-2"]),
        ({"/lines/0/qty": 7}, "/lines/0/qty", [1, 7]),
        ({"/lines/0": {"qty": 7}}, "/lines/0/qty", [1, 7]),
        ({"/lines": []}, "/lines", None),
    ],
)
def test_another_value_for_what_was_kept_refuses_the_answer(more: Any, path: str, values: Any) -> None:
    answer = {"/lines/3/currency": "EUR", **more}
    refused = parse_answer(question(bad(currency="doubloons")), Completion(json.dumps(answer)))
    assert not refused.ok
    assert [(issue.code, issue.path) for issue in refused.issues] == [("contradiction", path)]
    assert values in (None, refused.issues[0].found)
    partial: Any = refused.partial
    assert partial["number"] == "A-1"


def test_a_value_that_is_said_again_is_no_contradiction() -> None:
    whole = GOOD["lines"]
    answer = {"/lines/3/currency": "EUR", "/lines/3": {"name": "oak dowels", "qty": 4.0}, "/lines": whole}
    assert parse_answer(
        question(bad(currency="doubloons")), Completion(json.dumps(answer))
    ).value == Order.model_validate(GOOD)


def test_of_a_whole_value_in_the_answer_only_the_asked_field_is_taken() -> None:
    done = parse_answer(question(bad(currency="doubloons")), Completion(json.dumps(GOOD)))
    assert done.value == Order.model_validate(GOOD)


def test_a_whole_value_in_the_answer_that_changes_what_was_kept_is_refused() -> None:
    refused = parse_answer(question(bad(currency="doubloons")), Completion(json.dumps({**GOOD, "number": "B-2"})))
    assert [(issue.code, issue.path) for issue in refused.issues] == [("contradiction", "/number")]


class Claim(BaseModel):
    says: str
    evidence: list[str]


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ('{"says": "x", "evidence": ["t62"8, "u62"]}', ["/evidence"]),
        ('{"says": "x", "evidence": ["t66"[, "u66"]}', None),
        ('{"says": "t17"", "evidence": ["a"]}', ["/says"]),
        ('{"says": "x, "evidence": ["a"]}', None),
        ('{"says": "C:\\Users\\new", "evidence": ["a"]}', ["/says"]),
    ],
)
def test_a_string_that_may_end_elsewhere_is_asked_for_with_the_list_around_it(text: str, asked: Any) -> None:
    parsed = parse_text(Schema.of(Claim), text)
    assert not parsed.ok
    found = maybe(parsed, schema=Claim, text="t62 u62 t66 u66")
    properties: Any = found.request.json_schema if found else None
    assert (list(properties["properties"]) if found else None) == asked


def test_the_whole_list_is_put_in_place_of_the_one_whose_items_are_not_clear() -> None:
    parsed = parse_text(Schema.of(Claim), '{"says": "x", "evidence": ["t62"8, "u62"]}')
    asked = question(parsed, schema=Claim, text="t62 u62")
    assert parse_answer(asked, Completion('{"/evidence": ["t62", "u62"]}')).value == Claim(
        says="x", evidence=["t62", "u62"]
    )
    assert not parse_answer(asked, Completion('{"/evidence/0": "t62"}')).ok


def test_a_repair_in_the_answer_has_the_path_of_the_whole() -> None:
    done = parse_answer(question(bad(qty=0)), Completion('{"/lines/3/qty": "4"}'))
    assert done.value == Order.model_validate(GOOD)
    assert [repair.path for repair in done.repairs] == ["/lines/3/qty"]


def test_a_check_across_fields_asks_for_the_fields_it_names() -> None:
    parsed = parse_text(Schema.of(Span), '{"start": 9, "end": 4, "label": "x"}')
    asked = question(parsed, schema=Span, text="From 4 to 9: x")
    properties: Any = asked.request.json_schema
    assert sorted(properties["properties"]) == ["/end", "/start"]
    assert parse_answer(asked, Completion('{"/start": 4, "/end": 9}')).value == Span(start=4, end=9, label="x")


def test_the_server_is_told_the_schema_of_the_fields_where_it_was_told_that_of_the_whole() -> None:
    compiled = Schema.of(Order)
    scope = compile_text(compile_brief(Brief(compiled, "groq", "a-model", Options(mode=Mode.JSON_SCHEMA))), TEXT)
    asked = fields_question(scope, bad(currency="x"))
    assert asked is not None
    described: Any = asked.request.to_groq()["response_format"]
    assert described["json_schema"]["strict"] is False
    assert list(described["json_schema"]["schema"]["properties"]) == ["/lines/3/currency"]


@pytest.mark.parametrize("text", ["I cannot do that.", '{"number": "A-1", "lines": [{"name', "[]"])
def test_a_response_that_is_wrong_as_a_whole_is_no_question_for_fields(text: str) -> None:
    assert maybe(parse_text(Schema.of(Order), text)) is None


def test_too_many_fields_are_no_question_for_fields() -> None:
    value = {"number": "A-1", "lines": [{"name": "x", "qty": 0, "currency": "EUR"} for _ in range(MOST_FIELDS + 1)]}
    assert maybe(parse_text(Schema.of(Order), json.dumps(value))) is None


def test_a_path_that_the_schema_does_not_know_is_no_question_for_fields() -> None:
    parsed = replace(bad(currency="x"), issues=(Issue("/lines/3/other", "is not allowed", "extra"),))
    assert maybe(parsed) is None


class Dish(BaseModel):
    name: str
    serves: int = 1


def test_a_field_that_may_be_left_out_is_left_out_where_the_answer_is_null() -> None:
    parsed = parse_text(Schema.of(Dish), '{"name": "soup", "serves": "a crowd"}')
    asked = question(parsed, schema=Dish, text="A soup for a crowd.")
    assert "/serves: integer (default 1) | null" in asked.request.messages[0].text
    again = parse_answer(asked, Completion('{"/serves": null}'))
    assert again.value == Dish(name="soup", serves=1)
