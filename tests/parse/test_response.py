"""The whole stage: what is accepted, repaired on the record, or refused, in a text and in several parts."""

import json
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from structgen.core.options import Risk
from structgen.core.results import Parsed
from structgen.forms import prompt_forms
from structgen.parse import Parts, parse_parts, parse_text
from structgen.schema import Schema
from tests.parse.samples import MILK, REX, TEA, TOM, Item, Loose, Size, codes, read, rules


class Basket(BaseModel):
    items: list[Item]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty"),
        ("   \n ", "empty"),
        ("I cannot help with that.", "no_json"),
        ("<think>Perhaps " + TEA, "unclosed_thoughts"),
        ("<think>" + TEA + "</think>", "empty"),
        (TEA[:-1], "cut_off"),
        (TEA[:-5], "cut_off"),
        (f"```json\n{TEA[:-1]}\n```", "cut_off"),
        (f"{TEA}\n{TEA[:-3]}", "cut_off"),
        (f"{TEA}\n{MILK}", "ambiguous"),
        (f"```\n{TEA}\n```\nor\n```\n{MILK}\n```", "ambiguous"),
        ('{"title": "Tea", "price": 3.5, "price": 4}', "duplicate_key"),
        ('{"title": "Tea", "price": NaN}', "range"),
        ('{"title": "Tea", "price": 1e999}', "range"),
        ('{"title": "Tea", "price": -Infinity}', "range"),
        ('{"title": "Te\\ud800a", "price": 1}', "string"),
        ('{"title": "Te\ud800a", "price": 1}', "string"),
        ('{"title": "Tea, "price": 1, "size": "small"}', "string_end"),
        ('{"title": "C:\\Users\\new", "price": 1}', "escape"),
        ('{"title": <string>, "price": 1}', "syntax"),
        ('{"title": undefined, "price": 1}', "syntax"),
        ('{"title": "Tea"}, "price": 1}', "syntax"),
        ('{"title": "Tea", "price": 1,299}', "syntax"),
        ('{"title": , "price": 1}', "syntax"),
        ('{"title": "Tea", "price": ~5}', "syntax"),
        ('{"title": r"Tea", "price": 5}', "syntax"),
        ('{"title": b\'Tea\', "price": 5}', "syntax"),
        ('{"title": "Tea" "Milk", "price": 5}', "string_end"),
        ('{"title": """Tea""", "price": 5}', "string_end"),
        ('"title": {"title": "Tea", "price": 1}, ', "syntax"),
        ('{"title": "Tea", "price": ' + "1" * 5000 + "}", "number"),
        ("[" * 300 + "]" * 300, "depth"),
        (json.dumps(Item.model_json_schema()), "schema_echo"),
        ('{"type": "object", "properties": {"title": {"type": "string"}}}', "schema_echo"),
    ],
)
def test_a_response_that_cannot_be_trusted_is_refused(text: str, code: str) -> None:
    assert code in codes(read(Item, text))


def test_a_text_that_is_too_long_is_refused_unread() -> None:
    assert codes(read(Item, TEA, max_chars=10)) == {"too_large"}


def test_two_answers_that_differ_are_both_shown() -> None:
    parsed = read(Item, f"{TEA} or {MILK}")
    assert parsed.readings == (json.loads(TEA), json.loads(MILK))


def test_the_same_answer_twice_is_one_answer() -> None:
    assert read(Item, f"{TEA} that is {TEA}").ok


def test_answers_that_differ_only_in_keys_the_type_ignores_agree() -> None:
    more = TEA[:-1] + ', "mood": "calm"}'
    assert read(Item, f"{TEA}\n{more}").value == Item(title="Tea", price=3.5)
    asked = {"properties": {"title": {"type": "string"}}, "required": ["title"]}
    assert read(asked, f"{TEA}\n{more}").value["title"] == "Tea"


def test_a_template_before_the_answer_does_no_harm() -> None:
    assert read(Item, f'Like {{"title": <string>, "price": <number>}}:\n{TEA}').value.title == "Tea"
    assert read(Item, f"{json.dumps(Item.model_json_schema())}\n{TEA}").value.title == "Tea"


def test_a_cheaper_reading_beats_no_other_that_differs() -> None:
    assert codes(read(Item, f'{{"Title": "Milk", "price": 1}}\n{TEA}')) == {"ambiguous"}
    assert rules(read(Item, f'{{"Title": "Tea", "price": 3.5}}\n{TEA}')) == ["repeated"]


def test_a_closed_root_counts_although_the_response_was_stopped() -> None:
    assert read(Item, f"{TEA}\nThis is because", finish_reason="length").ok
    assert read(Item, TEA, finish_reason="length").ok


def test_a_number_at_the_end_of_a_stopped_response_may_be_unfinished() -> None:
    assert read(int, "12").value == 12
    assert not read(int, "12", finish_reason="length").ok


def test_complete_parts_are_kept_with_the_open_paths() -> None:
    parsed = read(Basket, f'{{"items": [{TEA}, {{"title": "Milk", "pri')
    assert parsed.partial == {"items": [json.loads(TEA), {"title": "Milk"}]}
    assert parsed.open == ("", "/items", "/items/1")
    assert read(Basket, f'{{"items": [{TEA}, {{"title": "Mi').open[-1] == "/items/1/title"


def test_dots_in_place_of_items_are_refused_if_the_schema_wants_the_items() -> None:
    assert "left_out" in codes(read(Basket, f'{{"items": [{TEA}, ...]}}'))
    assert "left_out" in codes(read(Basket, f'{{"items": [{TEA}, // ... more\n]}}'))
    assert "left_out" in codes(read(Basket, f'{{"basket": {{"items": [{TEA}, ...]}}}}'))
    assert read(Item, '{"title": "Tea", "price": 1, "steps": ["a", ...]}').ok


def test_a_scalar_may_come_bare_or_wrapped() -> None:
    assert read(Size, "small").value is Size.SMALL
    assert read(Size, "```\nEXTRA_LARGE\n```").value is Size.EXTRA_LARGE
    assert read(Literal["yes", "no"], "Yes.").value == "yes"
    assert read(float, "$1,299.00").value == 1299.0
    assert read(int, '{"value": 4}').value == 4
    assert not read(Size, "small or large").ok
    assert not read(int, "about 4").ok
    assert not read(str, "some words").ok


@pytest.mark.parametrize("schema", [Any, int | str, dict[str, Any] | str, Any | None, {"type": ["string", "null"]}, {}])
@pytest.mark.parametrize("text", ["True", "[1", '{, "message": "hi"}', "hello", "12 apples", "'a'", "{'a' 'b'}"])
def test_a_text_that_is_no_json_is_no_string_if_any_value_is_allowed(schema: Any, text: str) -> None:
    assert not read(schema, text).ok


@pytest.mark.parametrize(
    ("schema", "text", "value"),
    [
        (int | None, "12", 12),
        (int | None, "null", None),
        (bool, "Yes.", True),
        (Size | int, "small", Size.SMALL),
        ({"enum": ["a", "b"]}, "a", "a"),
    ],
)
def test_a_bare_word_is_accepted_only_for_a_choice_or_a_number_on_record(schema: Any, text: str, value: Any) -> None:
    parsed = read(schema, text)
    assert parsed.value == value
    if text not in {"12", "null"}:  # which are JSON
        assert Risk.INTERPRETIVE in {repair.risk for repair in parsed.repairs if repair.rule == "unquoted"}


def test_nan_is_a_number_only_if_the_field_allows_it() -> None:
    class Measured(BaseModel):
        free: float = Field(default=0.0, allow_inf_nan=True)
        plain: float = 0.0
        anything: Any = None

    assert read(Measured, '{"free": Infinity}').value.free == float("inf")
    assert read(Measured, '{"free": 1e999}').value.free == float("inf")
    assert not read(Measured, '{"plain": Infinity}').ok
    assert not read(Measured, '{"anything": [NaN]}').ok
    assert not read({"type": "object"}, '{"a": NaN}').ok

    class Allowed(BaseModel):
        model_config = ConfigDict(allow_inf_nan=True)
        plain: float

    assert read(Allowed, '{"plain": -Infinity}').value.plain == float("-inf")


def test_a_decimal_keeps_every_digit() -> None:
    class Priced(BaseModel):
        price: Decimal

    long = "0.1234567890123456789012345"
    for text in (
        f'{{"price": {long}}}',
        f'```\n{{"price": {long}}}\n```',
        f"{{'price': {long}}}",
        f'{{"price": "{long}"}}',
    ):
        assert read(Priced, text).value.price == Decimal(long)


def test_a_number_in_quotes_is_no_date() -> None:
    for kind in (date, datetime, time, timedelta):
        assert not read(kind, '"86400"').ok
        assert not read(dict[str, kind], '{"a": "86400"}').ok
    assert read(datetime, '"2024-03-05T10:00:00"').ok
    assert read(dict[str, int | str], '{"a": "86400"}').ok


def test_a_repair_above_the_allowed_risk_is_an_issue_that_shows_it() -> None:
    parsed = read(Item, '{"Title": "Tea", "price": "3.5"}', max_risk=Risk.LOSSLESS)
    assert {(issue.path, issue.repair.rule) for issue in parsed.issues if issue.repair} == {
        ("/title", "key"),
        ("/price", "number"),
    }


def test_plain_json_schemas_are_read_the_same_way() -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}, "at": {"format": "date"}}, "required": ["n"]}
    assert read(schema, "{'n': '10'}").value == {"n": 10}
    assert read(schema, '{"n": 1, "at": "someday"}').value == {"n": 1, "at": "someday"}
    assert read(schema, '{"name": "f", "arguments": {"n": 1}}').value == {"n": 1}
    assert read(True, "[1]").value == [1]
    assert not read(False, "[1]").ok


def test_an_object_that_a_type_would_drop_as_a_whole_is_refused() -> None:
    assert codes(read(Loose, '{"headline": "Tea"}')) == {"unknown_keys"}
    assert read(Loose, "{}").ok
    assert read(Loose, '{"title": "Tea", "headline": "Tea"}').ok


def test_a_function_call_is_unwrapped() -> None:
    text = f'{{"type": "function", "function": {{"name": "f", "arguments": {TEA}}}}}'
    assert read(Item, text).value.title == "Tea"


def test_a_second_value_with_other_fields_is_not_dropped() -> None:
    parsed = read(Item, '```json\n{"title": "Tea", "price": 2}\n```\n```json\n{"size": "small"}\n```')
    assert [issue.code for issue in parsed.issues] == ["ambiguous"]
    assert read(Item, '{"price": 2}, so {"title": "Tea", "price": 2}').value == Item(title="Tea", price=2)


def test_a_value_that_ends_behind_its_first_bracket_is_cut_off() -> None:
    assert [issue.code for issue in read(Loose, '{"title": "Tea"}\n{').issues] == ["cut_off"]


def test_a_number_among_the_strings_of_a_set_is_a_string() -> None:
    class Words(BaseModel):
        words: frozenset[str]
        day: date | str = ""

    texts = ["5", "2020-01-01", *(chr(97 + n) for n in range(20))]
    for first in range(len(texts)):
        given = [*texts[first:], *texts[:first]]
        parsed = parse_text(Schema.of(Words), f"```\n{json.dumps({'words': given})}\n```")
        assert parsed.ok, parsed.issues


# Several parts: the arguments of tool calls, and the text beside them


class Pet(BaseModel):
    name: str
    age: int | None = None


def read_parts(schema: Any, *answers: str, beside: tuple[str, ...] = (), **options: Any) -> Parsed[Any]:
    return parse_parts(Schema.of(schema), Parts(answers, beside), **options)


def test_one_part_is_read_as_a_text() -> None:
    assert read_parts(Pet, REX).value == Pet(name="Rex", age=3)
    assert read_parts(Pet, "").issues[0].code == "empty"
    assert read_parts(Pet, "", " ").issues[0].code == "empty"


def test_no_part_completes_another() -> None:
    for parts in (
        ('{"name": "Rex"', ', "age": 3}'),
        (REX[:-1], TOM),
        ('{"name": "Rex"}', '{"age": 3}'),
    ):
        assert not read_parts(Pet, *parts).ok
        assert not read_parts(list[Pet], REX, *parts).ok


def test_each_part_may_need_repairs_of_its_own() -> None:
    parsed = read_parts(list[Pet], f"```\n{REX}\n```", "{'name': 'Tom', 'age': '7'}", beside=("Here:",))
    assert [pet.name for pet in parsed.value] == ["Rex", "Tom"]
    assert {"prose", "fence", "quotes", "number", "collected"} <= set(rules(parsed))


def test_a_scalar_is_wrapped_in_each_call() -> None:
    assert read_parts(int, '{"value": 4}', '{"value": 4.0}').value == 4
    assert read_parts(int, '{"value": 4}', '{"value": 5}').issues[0].code == "ambiguous"


def test_prose_beside_a_call_does_not_hinder_the_last_resort() -> None:
    parsed = read_parts(Pet, '{"name": "Rex", age" : 3}', beside=("I call it.",))
    assert rules(parsed) == ["prose", "json_repair"]


def test_unrelated_calls_are_not_prose_for_words_beside_them() -> None:
    assert not read_parts(Pet, REX, '{"weight": 5}', beside=("Two calls:",)).ok
    assert "unrelated" in rules(read_parts(Pet, REX, beside=('It weighs {"kilos": 5}.',)))


def test_stopped_calls_may_not_be_all() -> None:
    assert "cut_off" in {one.code for one in read_parts(list[Pet], REX, TOM, finish_reason="length").issues}
    assert not read_parts(Pet, REX, TOM[:-3], finish_reason="length").ok
    assert read_parts(Pet, REX, finish_reason="length").ok


def test_too_much_is_refused() -> None:
    assert read_parts(Pet, *[f'{{"name": "{n}"}}' for n in range(80)]).issues[0].code == "crowded"
    assert read_parts(Pet, REX, "x" * 10_000_001).issues[0].code == "too_large"


@pytest.mark.parametrize("schema", [Pet, list[Pet]])
def test_the_quotes_of_several_calls_stay_with_their_values(schema: Any) -> None:
    _, form = prompt_forms(Schema.of(schema))
    pets = [json.loads(one) for one in (REX, TOM)]
    calls = [{"name": {"quote": pet["name"], "value": pet["name"]}, "age": {"quote": None, "value": 1}} for pet in pets]
    one, other = map(json.dumps, calls)
    if schema is Pet:
        assert not read_parts(schema, one, other, form=form).ok
        assert read_parts(schema, one, one, form=form).quotes["/name"] == "Rex"
    else:
        parsed = read_parts(schema, one, other, form=form)
        assert (parsed.quotes["/0/name"], parsed.quotes["/1/name"]) == ("Rex", "Tom")
        wrapped = [json.dumps({"value": [call]}) for call in calls]
        parsed = read_parts(schema, *wrapped, form=form)
        assert (parsed.quotes["/0/name"], parsed.quotes["/1/name"]) == ("Rex", "Tom")


def test_a_response_that_is_nested_too_deep_is_refused() -> None:
    deep = '{"a": ' * 5000 + "1" + "}" * 5000
    assert not read_parts(dict[str, Any], deep, deep).ok
    assert not read_parts(Pet, REX, beside=(f"So {deep}",)).ok
