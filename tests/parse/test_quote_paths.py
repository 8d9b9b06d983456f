"""Quotes are taken out of every reading and end up at the paths of their values."""

import json
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import AfterValidator, BaseModel, Field, PlainSerializer

from structgen.core.options import Risk
from structgen.core.results import Parsed, Repair
from structgen.forms import prompt_forms
from structgen.parse import parse_text
from structgen.parse.quote_paths import follow_items, follow_repairs
from structgen.schema import Schema


class Item(BaseModel):
    name: str
    price: float | None = None


class Bill(BaseModel):
    total_sum: float = Field(alias="totalSum")
    day: date | None = None
    tags: set[str] = set()
    items: list[Item] = []


def pair(quote: Any, value: Any) -> dict[str, Any]:
    return {"quote": quote, "value": value}


def read(kind: Any, answer: Any, **more: Any) -> Parsed[Any]:
    schema = Schema.of(kind)
    _, quoted = prompt_forms(schema)
    text = answer if isinstance(answer, str) else json.dumps(answer)
    return parse_text(schema, text, form=quoted, **more)


def test_the_value_is_what_it_is_without_quotes_and_nothing_is_repaired() -> None:
    parsed = read(Bill, {"totalSum": pair("T 3", 3.0), "items": [{"name": pair("x", "x"), "price": None}]})
    assert parsed.value == Bill(totalSum=3.0, items=[Item(name="x")])
    assert parsed.repairs == ()
    assert parsed.quotes == {"/totalSum": "T 3", "/items/0/name": "x"}


def test_repairs_have_the_paths_of_the_value() -> None:
    parsed = read(Bill, {"totalSum": pair("T 3", "3"), "day": pair("1 May", "May 1, 2024")})
    assert {repair.path: repair.rule for repair in parsed.repairs} == {"/totalSum": "number", "/day": "date"}
    assert parsed.quotes == {"/totalSum": "T 3", "/day": "1 May"}


@pytest.mark.parametrize(
    ("answer", "rule"),
    [
        ({"total_sum": pair("T", 3.0)}, "key"),
        ({"answer": {"totalSum": pair("T", 3.0)}}, "unwrapped"),
        ({"name": "extract", "arguments": {"totalSum": pair("T", 3.0)}}, "tool_call"),
        ({"function": {"name": "extract", "arguments": {"totalSum": pair("T", 3.0)}}}, "tool_call"),
        ([{"totalSum": pair("T", 3.0)}], "only_item"),
    ],
)
def test_a_quote_moves_with_its_value(answer: Any, rule: str) -> None:
    parsed = read(Bill, answer)
    assert parsed.ok, parsed.issues
    assert rule in {repair.rule for repair in parsed.repairs}
    assert parsed.quotes == {"/totalSum": "T"}


def test_one_object_for_a_list_keeps_its_quotes() -> None:
    assert read(list[Item], {"name": pair("the x", "x")}).quotes == {"/0/name": "the x"}


def test_objects_that_are_collected_for_a_list_keep_their_quotes() -> None:
    one, two = (json.dumps({"name": pair(f"the {name}", name), "price": pair(f"{name} 2", 2.0)}) for name in "xy")
    parsed = read(list[Item], f"{one}\n{two}")
    assert [item.name for item in parsed.value] == ["x", "y"]
    assert parsed.quotes == {"/0/name": "the x", "/0/price": "x 2", "/1/name": "the y", "/1/price": "y 2"}


def test_a_quote_follows_its_item_in_a_set_and_in_a_sorted_list() -> None:
    ordered = Annotated[list[str], AfterValidator(sorted)]
    answer = [pair("red r", "red"), pair("green g", "green"), pair("red again", "red")]
    assert read(ordered, answer).quotes == {"/0": "green g", "/1": "red r", "/2": "red again"}
    parsed = read(set[str], answer)
    assert [parsed.quotes[f"/{n}"] for n, tag in enumerate(parsed.value)] == [f"{tag} {tag[0]}" for tag in parsed.value]


def test_a_dropped_item_takes_its_quote_along() -> None:
    answer = [{"name": pair("a", "a")}, {"name": pair("b", 5)}, {"name": pair("c", "c")}]
    parsed = read(list[Item], answer, max_risk=Risk.LOSSY)
    assert [item.name for item in parsed.value] == ["a", "c"]
    assert parsed.quotes == {"/0/name": "a", "/1/name": "c"}


def test_every_digit_of_a_decimal_is_kept() -> None:
    parsed = read(list[Decimal], '[{"quote": "pi", "value": 3.14159265358979323846}]')
    assert parsed.value == [Decimal("3.14159265358979323846")]


def test_a_value_without_a_json_form_keeps_its_quotes() -> None:
    def refuse(value: int) -> int:
        raise ValueError("no JSON form")

    odd = Annotated[int, PlainSerializer(refuse, when_used="json")]
    assert read(list[odd], [pair("one", 1)]).quotes == {"/0": "one"}


@pytest.mark.parametrize("quote", ['"a", "quote": "b"', '"\\ud800"', "NaN", "5", "[1]", '{"a": 1}'])
def test_a_bad_quote_refuses_nothing(quote: str) -> None:
    parsed = read(list[int], f'[{{"quote": {quote}, "value": 1}}]')
    assert parsed.ok, parsed.issues
    assert parsed.value == [1]


def test_two_values_for_one_are_refused_as_ever() -> None:
    parsed = read(list[int], '[{"quote": "a", "value": 1, "value": 2}]')
    assert [(issue.path, issue.code) for issue in parsed.issues] == [("/0", "duplicate_key")]


def test_quotes_in_a_list_that_was_encoded_twice_are_lost_and_its_values_are_not() -> None:
    parsed = read(Bill, {"totalSum": pair("T", 3.0), "items": json.dumps([{"name": pair("x", "x")}])})
    assert parsed.value.items == [Item(name="x")]
    assert parsed.quotes == {"/totalSum": "T", "/items/0/name": None}


def test_two_answers_that_differ_only_in_their_quotes_are_one() -> None:
    one, two = (json.dumps({"totalSum": pair(quote, 3.0)}) for quote in ("a", "b"))
    assert read(Bill, f"{one}\nor\n{two}").value == Bill(totalSum=3.0)


def test_two_answers_that_differ_are_refused_without_their_quotes() -> None:
    one, two = (json.dumps({"totalSum": pair("a", value)}) for value in (3.0, 4.0))
    parsed = read(Bill, f"{one}\nor\n{two}")
    assert parsed.readings == ({"totalSum": 3.0}, {"totalSum": 4.0})


def test_a_refused_answer_keeps_the_quotes_of_its_partial_value() -> None:
    parsed = read(Bill, {"totalSum": pair("T", [1]), "items": [{"name": pair("the x", "x"), "price": 2}]})
    assert not parsed.ok
    assert parsed.partial == {"totalSum": [1], "items": [{"name": "x", "price": 2}]}
    assert parsed.quotes == {"/items/0/name": "the x", "/items/0/price": None}
    assert {issue.path.split("/")[1] for issue in parsed.issues} == {"totalSum"}


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_wherever_an_answer_is_cut_off_no_quote_shows(data: st.DataObject) -> None:
    answer = {"totalSum": pair("T 3", 3.5), "items": [{"name": pair("x", "x"), "price": pair("a", 2)}] * 2}
    text = json.dumps(answer)
    parsed = read(Bill, text[: data.draw(st.integers(1, len(text) - 1))], finish_reason="length")
    assert not parsed.ok
    assert not any(word in json.dumps([parsed.partial, parsed.open]) for word in ("quote", "value"))
    assert not any("quote" in issue.path for issue in parsed.issues)


def test_moving_quotes_reads_each_once_however_many_repairs_there_are() -> None:
    count = 20_000
    quotes = {f"/items/{n}/Name": "q" for n in range(count)}
    repairs = [Repair("key", f"/items/{n}/name", "Name", "name", Risk.INTERPRETIVE) for n in range(count)]
    found = follow_repairs(quotes, repairs)
    assert len(found) == count
    assert found["/items/7/name"] == "q"


def test_a_repair_of_a_place_without_quotes_moves_nothing() -> None:
    repairs = [Repair("key", "/a/name", "Name", "name", Risk.INTERPRETIVE)]
    assert follow_repairs({"/b": "q"}, repairs) == {"/b": "q"}


def test_items_that_are_new_have_no_quote() -> None:
    assert follow_items({"/0": "a"}, ["a"], ["b", "a"]) == {"/1": "a"}
    assert follow_items({"/a": "x"}, {"a": 1}, {"a": 2, "b": 3}) == {"/a": "x"}
    assert follow_items({"/a/0": "x"}, {"a": [1]}, {"a": 5}) == {}
