"""Growing text: what a snapshot shows, what it does not show yet, and what snapshots share."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structgen.parse.align import shape_of
from structgen.parse.stream.partial_reader import PartialReader, opens_for
from structgen.schema import Schema

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=15,
)
roots = st.lists(plain, max_size=4) | st.dictionaries(st.text(max_size=4), plain, max_size=4)


def fed(text: str, size: int = 1) -> PartialReader:
    reader = PartialReader()
    for start in range(0, len(text), size):
        reader.feed(text[start : start + size])
    return reader


def is_prefix(part: Any, whole: Any) -> bool:
    """Whether a value is the beginning of another."""
    if isinstance(part, str) and isinstance(whole, str):
        return whole.startswith(part)
    if isinstance(part, list) and isinstance(whole, list):
        return len(part) <= len(whole) and all(map(is_prefix, part, whole))
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(key in whole and is_prefix(item, whole[key]) for key, item in part.items())
    return type(part) is type(whole) and part == whole


@given(roots, st.integers(1, 7), st.booleans())
@settings(max_examples=150)
def test_every_value_on_the_way_is_a_beginning_of_the_last(tree: Any, size: int, ascii_only: bool) -> None:
    text = json.dumps(tree, ensure_ascii=ascii_only, indent=size if size > 4 else None)
    reader, seen, frozen, items = PartialReader(), [], [], []
    for start in range(0, len(text), size):
        reader.feed(text[start : start + size])
        seen.append(reader.value)
        frozen.append(json.dumps(reader.value))
        items.extend(reader.take_items())
        assert len(reader.open) == 0 or reader.open[0] == ""
    assert reader.done
    assert reader.value == tree
    assert reader.open == ()
    assert all(is_prefix(value, tree) for value in seen if value is not None)
    assert [json.dumps(value) for value in seen] == frozen
    if isinstance(tree, list):
        assert [item for path, item in items if path.count("/") == 1] == tree


@pytest.mark.parametrize(
    ("text", "value", "opened"),
    [
        ("", None, ()),
        ("Sure:", None, ()),
        ("{", {}, ("",)),
        ('{"a', {}, ("",)),
        ('{"a"', {}, ("",)),
        ('{"a":', {}, ("",)),
        ('{"a": 12', {}, ("", "/a")),
        ('{"a": 12,', {"a": 12}, ("",)),
        ('{"a": tru', {}, ("", "/a")),
        ('{"a": "x', {"a": "x"}, ("", "/a")),
        ('{"a": "x\\', {"a": "x"}, ("", "/a")),
        ('{"a": "x\\u00', {"a": "x"}, ("", "/a")),
        ('{"a": "\\ud83d', {"a": ""}, ("", "/a")),
        ('{"a": "\\ud83d\\ude00', {"a": "😀"}, ("", "/a")),
        ('{"a": [1, {"b/c": "x', {"a": [1, {"b/c": "x"}]}, ("", "/a", "/a/1", "/a/1/b~1c")),
        ('{"a": [1, 2]', {"a": [1, 2]}, ("",)),
        ('{"a": 1}', {"a": 1}, ()),
        ('{"a" : 1 }', {"a": 1}, ()),
        ('{"\\u0061": 1}', {"a": 1}, ()),
        ("[ ]", [], ()),
        ("{ }", {}, ()),
        ('Look [here] and {there}: {"a": 1', {}, ("", "/a")),
        ("```json\n[1, 2", [1], ("", "/1")),
        ('<think>{"a": 1}</think>{"a": 2, ', {"a": 2}, ("",)),
        ('{"a": 1}</think>{"a": 2, ', {"a": 2}, ("",)),
        ("<think>[1, 2", None, ()),
        ("[THINK][1, 2", None, ()),
        ('[think]{"a": 1}[/think]{"a": 2, ', {"a": 2}, ("",)),
        ("[1, oops, 2", [1], ("",)),
        ("[1, 2}", [1, 2], ("",)),
        ('{"a" 1}', {}, ("",)),
        ('{"a": 1, b: 2}', {"a": 1}, ("",)),
        ('["\\q", 1, ', ["\\q", 1], ("",)),
        ("[1, " + "9" * 500, [1], ("",)),
        ('{"a": 1, "a": 2, "b": 3}', {"a": 1}, ("",)),
        ('{"a": 1, "\\u0061": 2, "b": 3}', {"a": 1}, ("",)),
        ('{"a": [{"b": 1, "b": 1}], "c": 3}', {"a": [{"b": 1}]}, ("", "/a", "/a/0")),
        ('[1, 1e999, {"a": 2}]', [1], ("",)),
        ('[-1e999, {"a": 2}]', [], ("",)),
        ('["a\\ud83dbcdefgh", {"a": 2}]', ["a"], ("", "/0")),
        ('["\\ude00", {"a": 2}]', [""], ("", "/0")),
        ('{"\\ud83dabcdefgh": 1, "a": 2}', {}, ("",)),
    ],
)
def test_the_view_of_a_beginning(text: str, value: Any, opened: tuple[str, ...]) -> None:
    for size in (1, 3, 1000):
        reader = fed(text, size)
        assert reader.value == value
        assert reader.open == opened


def test_a_long_escape_is_held_back_only_for_a_bounded_length() -> None:
    assert fed('["\\uZZZZ and more than enough').value == ["\\uZZZZ and more than enough"]
    assert fed('["a\\ud83d and more than enough", ').value == ["a"]


@pytest.mark.parametrize("unit", ["x", "< ", "[a ", "<think>", "[think]", "1", "[1", '"', '{"a', "\\u00", "]"])
def test_the_text_held_back_does_not_grow_with_the_response(unit: str) -> None:
    reader = PartialReader()
    for _ in range(2_000):
        reader.feed(unit)
        assert len(reader._held) <= 500


def test_finished_items_of_the_outermost_lists_come_once() -> None:
    reader = fed('{"rows": [{"a": [1, 2]}, {"a": [3]}], "more": ["x", "y')
    assert reader.take_items() == (("/rows/0", {"a": [1, 2]}), ("/rows/1", {"a": [3]}), ("/more/0", "x"))
    assert reader.take_items() == ()


def test_values_share_their_finished_parts() -> None:
    reader = fed('[{"a": 1}, {"b": 2}, "x')
    first = reader.value
    reader.feed("yz")
    assert isinstance(first, list)
    assert isinstance(reader.value, list)
    assert reader.value[0] is first[0]
    assert (first[2], reader.value[2]) == ("x", "xyz")


def test_a_value_that_did_not_change_is_the_same_object() -> None:
    reader = fed('{"a": 1, ')
    first = reader.value
    reader.feed('"b')
    assert reader.value is first


def test_only_the_wanted_brackets_begin_a_value() -> None:
    reader = PartialReader("{")
    reader.feed('See [1]: {"a": 1}')
    assert reader.value == {"a": 1}


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_thinking_in_brackets_is_recognised_if_no_list_is_allowed(size: int) -> None:
    text = '[1] <b> [think]{"a": 1}[/think]{"a": 2}'
    reader = PartialReader("{")
    for start in range(0, len(text), size):
        reader.feed(text[start : start + size])
    assert reader.value == {"a": 2}


@pytest.mark.parametrize(
    ("schema", "opens"),
    [
        (dict[str, int], "{"),
        (list[int], "{["),
        (list[int] | dict[str, int], "{["),
        (int, "{"),
        ({"type": "object"}, "{"),
        ({}, "{["),
    ],
)
def test_a_list_begins_an_answer_only_if_the_schema_allows_one(schema: Any, opens: str) -> None:
    assert opens_for(shape_of(Schema.of(schema))) == opens


def test_too_deep_a_value_stops_the_reading() -> None:
    reader = fed("[" * 1000)
    assert not reader.done
    assert json.dumps(reader.value) == "[" * 200 + "]" * 200


def test_long_lists_are_refreshed_at_a_bounded_cost() -> None:
    text = json.dumps([f"item {number}" for number in range(20_000)])
    reader, copied, last = PartialReader(), 0, None
    for start in range(0, len(text), 4):
        reader.feed(text[start : start + 4])
        value = reader.value
        if isinstance(value, list) and value is not last:
            copied += len(value)
        last = value
    assert reader.value == json.loads(text)
    assert copied <= 4 * len(text) + 50_000
