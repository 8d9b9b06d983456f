"""Growing values with quotes, shown without them."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from structgen.core.json import MISSING, at, steps
from structgen.core.options import Options
from structgen.core.results import Partial
from structgen.engine.stream.stream_views import Finished, Growing
from structgen.forms import AnswerForm, prompt_forms, strict_form
from structgen.schema import Schema


class Item(BaseModel):
    name: str
    price: float | None = None


class Bill(BaseModel):
    shop: str
    items: list[Item]
    tags: list[str] = []
    by_day: dict[str, int] = {}


VALUE = {
    "shop": "Blue Door",
    "items": [{"name": "x", "price": 2}, {"name": 'a "quoted" y', "price": None}],
    "tags": ["a", "b"],
    "by_day": {"quote": 1, "value": 2},
}
QUOTES = {"/shop": "the Blue Door", "/items/0/name": "an x", "/tags/1": "b, too", "/by_day/quote": "one"}


def form(kind: Any, *, strict: bool = False) -> AnswerForm:
    _, quoted = prompt_forms(Schema.of(kind))
    made = strict_form(quoted) if strict else quoted
    assert isinstance(made, AnswerForm)
    return made


def shown(kind: Any, text: str, *, strict: bool = False, size: int = 1) -> list[Partial]:
    reader = Growing(form(kind, strict=strict))
    return [one for start in range(0, len(text), size) for one in reader.show(text[start : start + size])]


def written(kind: Any, value: Any, quotes: dict[str, str], *, strict: bool = False) -> str:
    return json.dumps(form(kind, strict=strict).encode(value, quotes))


def grown(value: Any, whole: Any) -> bool:
    """Whether a value may be an early state of another one."""
    if isinstance(value, dict) and isinstance(whole, dict):
        return all(key in whole and grown(item, whole[key]) for key, item in value.items())
    if isinstance(value, list) and isinstance(whole, list):
        return len(value) <= len(whole) and all(map(grown, value, whole))
    return whole.startswith(value) if isinstance(value, str) and isinstance(whole, str) else value == whole


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_a_growing_value_never_shows_a_quote_and_ends_as_the_whole(strict: bool, size: int) -> None:
    partials = shown(Bill, written(Bill, VALUE, QUOTES, strict=strict), strict=strict, size=size)
    assert partials[-1] == Partial(VALUE)
    for partial in partials:
        assert grown(partial.value, VALUE), partial
        for path in partial.open[:-1]:
            assert at(partial.value, steps(path)) is not MISSING


def test_a_value_appears_when_its_quote_is_through() -> None:
    values = [partial.value for partial in shown(Bill, '{"shop": {"quote": "the Blue and blue", "value": "Bl')]
    assert values[-3:] == [{"shop": ""}, {"shop": "B"}, {"shop": "Bl"}]
    assert set(map(str, values[:-3])) == {"{}"}
    assert len(values) < 10


def test_what_is_open_is_named_by_the_path_of_the_value() -> None:
    assert shown(Bill, '{"items": [{"name": {"quote": "an')[-1].open == ("", "/items", "/items/0", "/items/0/name")
    assert shown(Bill, '{"items": [{"name": {"quote": "an x", "value": "x')[-1].open[-1] == "/items/0/name"


def test_values_without_quotes_and_lists_with_one_are_shown_too() -> None:
    text = json.dumps({"shop": "Blue", "tags": {"quote": "a and b", "value": ["a", "b"]}})
    partials = shown(Bill, text)
    assert partials[-1].value == {"shop": "Blue", "tags": ["a", "b"]}
    assert {"shop": "Blue", "tags": ["a"]} in [partial.value for partial in partials]


@pytest.mark.parametrize(
    ("kind", "text", "whole"),
    [
        (Bill, '{"quote": "all of it", "value": {"shop": "Blue"}}', {"shop": "Blue"}),
        (list[int], '{"quote": "one, two", "value": [1, 2]}', [1, 2]),
        (Bill, '{"shop": {"quote": "Blue", "confidence": 0.9, "value": "Blue"}}', {"shop": "Blue"}),
    ],
)
def test_quotes_at_the_wrong_place_are_not_shown(kind: Any, text: str, whole: Any) -> None:
    partials = shown(kind, text)
    assert partials[-1].value == whole
    assert [one.value for one in partials if one.value and not grown(one.value, whole)] == []


def test_a_list_shows_an_item_when_its_value_comes() -> None:
    values = [one.value for one in shown(list[int], json.dumps([{"quote": "one", "value": 1}, {"quote": "b"}]))]
    assert [] in values
    assert values[-1] == [1]


@pytest.mark.parametrize("strict", [False, True])
def test_each_item_of_a_list_is_given_as_soon_as_it_is_closed(strict: bool) -> None:
    items = [{"name": "x", "price": 2}, {"name": "y", "price": None}]
    text = written(list[Item], items, {"/0/name": "an x"}, strict=strict)
    finished = Finished(Schema.of(Item), form(list[Item], strict=strict), Options())
    given = [(at, item) for at, piece in enumerate(text) for item in finished.show(piece)]
    assert [item for _, item in given] == [Item(name="x", price=2), Item(name="y")]
    assert text[: given[0][0] + 1].count("name") == 1


def test_a_single_value_shows_nothing_but_itself() -> None:
    assert [one.value for one in shown(int, '{"quote": "one", "value": 1}')] == [1]


def test_what_may_be_anything_is_shown_as_it_is() -> None:
    class Odd(BaseModel):
        n: int
        free: Any

    text = '{"n": {"quote": "x", "value": 1}, "free": {"quote": "kept", "value": 1}}'
    assert shown(Odd, text)[-1].value == {"n": 1, "free": {"quote": "kept", "value": 1}}
    assert {"n": 1, "free": {"quote": "ke"}} in [one.value for one in shown(Odd, text)]


@settings(deadline=None, max_examples=60)
@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=3),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["quote", "value", "shop", "items", "tags", "name"]), inner, max_size=3)
        ),
        max_leaves=12,
    )
)
def test_answers_of_any_shape_are_shown_without_an_error(answer: Any) -> None:
    for partial in shown(Bill, json.dumps(answer)):
        json.dumps(partial.value)
