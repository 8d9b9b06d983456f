"""Responses of several parts: the calls of a function, and what was said beside them."""

import json
from typing import Any

import pytest
from pydantic import BaseModel

from structgen.core.results import Parsed
from structgen.forms import prompt_forms
from structgen.parse import Parts, parse_parts
from structgen.schema import Schema


class Pet(BaseModel):
    name: str
    age: int | None = None


REX = '{"name": "Rex", "age": 3}'
TOM = '{"name": "Tom", "age": 7}'


def read(schema: Any, *answers: str, beside: tuple[str, ...] = (), **options: Any) -> Parsed[Any]:
    return parse_parts(Schema.of(schema), Parts(answers, beside), **options)


def rules(parsed: Parsed[Any]) -> list[str]:
    return [repair.rule for repair in parsed.repairs]


def test_one_part_is_read_as_a_text() -> None:
    assert read(Pet, REX).value == Pet(name="Rex", age=3)
    assert read(Pet, "").issues[0].code == "empty"
    assert read(Pet, "", " ").issues[0].code == "empty"


def test_no_part_completes_another() -> None:
    for parts in (
        ('{"name": "Rex"', ', "age": 3}'),
        (REX[:-1], TOM),
        ('{"name": "Rex"}', '{"age": 3}'),
    ):
        assert not read(Pet, *parts).ok
        assert not read(list[Pet], REX, *parts).ok


def test_each_part_may_need_repairs_of_its_own() -> None:
    parsed = read(list[Pet], f"```\n{REX}\n```", "{'name': 'Tom', 'age': '7'}", beside=("Here:",))
    assert [pet.name for pet in parsed.value] == ["Rex", "Tom"]
    assert {"prose", "fence", "quotes", "number", "collected"} <= set(rules(parsed))


def test_a_scalar_is_wrapped_in_each_call() -> None:
    assert read(int, '{"value": 4}', '{"value": 4.0}').value == 4
    assert read(int, '{"value": 4}', '{"value": 5}').issues[0].code == "ambiguous"


def test_prose_beside_a_call_does_not_hinder_the_last_resort() -> None:
    parsed = read(Pet, '{"name": "Rex", age" : 3}', beside=("I call it.",))
    assert rules(parsed) == ["prose", "json_repair"]


def test_unrelated_calls_are_not_prose_for_words_beside_them() -> None:
    assert not read(Pet, REX, '{"weight": 5}', beside=("Two calls:",)).ok
    assert "unrelated" in rules(read(Pet, REX, beside=('It weighs {"kilos": 5}.',)))


def test_stopped_calls_may_not_be_all() -> None:
    assert "cut_off" in {one.code for one in read(list[Pet], REX, TOM, finish_reason="length").issues}
    assert not read(Pet, REX, TOM[:-3], finish_reason="length").ok
    assert read(Pet, REX, finish_reason="length").ok


def test_too_much_is_refused() -> None:
    assert read(Pet, *[f'{{"name": "{n}"}}' for n in range(80)]).issues[0].code == "crowded"
    assert read(Pet, REX, "x" * 10_000_001).issues[0].code == "too_large"


@pytest.mark.parametrize("schema", [Pet, list[Pet]])
def test_the_quotes_of_several_calls_stay_with_their_values(schema: Any) -> None:
    _, form = prompt_forms(Schema.of(schema))
    pets = [json.loads(one) for one in (REX, TOM)]
    calls = [{"name": {"quote": pet["name"], "value": pet["name"]}, "age": {"quote": None, "value": 1}} for pet in pets]
    one, other = map(json.dumps, calls)
    if schema is Pet:
        assert not read(schema, one, other, form=form).ok
        assert read(schema, one, one, form=form).quotes["/name"] == "Rex"
    else:
        parsed = read(schema, one, other, form=form)
        assert (parsed.quotes["/0/name"], parsed.quotes["/1/name"]) == ("Rex", "Tom")
        wrapped = [json.dumps({"value": [call]}) for call in calls]
        parsed = read(schema, *wrapped, form=form)
        assert (parsed.quotes["/0/name"], parsed.quotes["/1/name"]) == ("Rex", "Tom")


def test_what_is_nested_too_deep_is_refused() -> None:
    deep = '{"a": ' * 5000 + "1" + "}" * 5000
    assert not read(dict[str, Any], deep, deep).ok
    assert not read(Pet, REX, beside=(f"So {deep}",)).ok
