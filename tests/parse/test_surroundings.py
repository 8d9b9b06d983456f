"""What surrounds a value: prose on the record, or a sign that the value is only a part of something."""

import json
from typing import Any

import pytest

from tests.parse.samples import (
    MANY,
    ONE,
    REX,
    TEA,
    TOM,
    Claim,
    Item,
    Notes,
    Pet,
    codes,
    read,
    repair,
    rules,
)


@pytest.mark.parametrize(
    "prose",
    [
        "As said [1] and [2, 3]:",
        "It says [sic]:",
        "See [the page](https://a.example/b):",
        "Rows [1–3], d[0]:",
        "[x] done",
    ],
)
def test_brackets_in_prose_are_prose_and_on_record(prose: str) -> None:
    for schema in (*ONE, *MANY):
        text = f"{prose} {REX if schema in ONE else f'[{REX}]'}"
        parsed = read(schema, text)
        assert parsed.ok, parsed.issues
        assert {"prose": prose, "unrelated": [1]}[parsed.repairs[0].rule] == parsed.repairs[0].before


def test_prose_is_never_shortened_on_record() -> None:
    prose = "word " * 100 + "[1] and so on"
    assert repair(read(Pet, f"{prose}\n{REX}"), "prose").before == prose
    escaped = json.dumps(REX)[1:-1]
    assert repair(read(Pet, f"{prose}\n{escaped}"), "prose").before == prose


@pytest.mark.parametrize(
    "text", ["[3[4]]", "[1 [2]]", "[a [2]]", "[oops! [2]]", "[oops! [[2], 3]", "[[3] x [4]]", "[3[4]"]
)
def test_a_part_of_an_unreadable_list_is_no_answer(text: str) -> None:
    for schema in (list[int], list[list[int]], set[int]):
        parsed = read(schema, text)
        assert not parsed.ok
        assert parsed.partial is None or parsed.readings == ()


@pytest.mark.parametrize(
    "text", [f"[oops! {REX}]", f"[x: {REX}, {TOM}]", f"[1, {REX}]", f"[3{REX}]", f"[1 {REX}", f"[so {REX}, {TOM}"]
)
@pytest.mark.parametrize("schema", [Pet, list[Pet]])
def test_an_object_in_an_unreadable_list_is_no_answer(schema: Any, text: str) -> None:
    if schema is Pet or not text.startswith("[so"):
        assert not read(schema, text).ok


def test_brackets_that_are_closed_before_a_value_do_not_hold_it() -> None:
    assert read(list[int], "[a] x [b] [2] y [c]").value == [2]
    assert read(Pet, f"[a {REX} [b]").ok
    assert read(Pet, f"{{{REX}}}").ok


@pytest.mark.parametrize("behind", ["934}", '930, "size": "small"}', "].5"])
def test_digits_right_behind_the_end_may_belong_to_it(behind: str) -> None:
    assert codes(read(Item, '{"title": "Tea", "price": 1}' + behind)) == {"syntax"}


def test_the_surroundings_of_a_value_are_named() -> None:
    assert rules(read(Item, f"\ufeff{TEA}")) == ["byte_order_mark"]
    assert rules(read(Item, f"{TEA}}}")) == ["prose"]
    assert rules(read(Item, f"{TEA}{TEA}")) == ["repeated"]


@pytest.mark.parametrize(
    "text",
    [
        '["a"], "b"]',
        '["a"],\n "\\"b\\", c"]',
        '[]"a", "b"]',
        '["a",]"b"]',
        '["a"] "b", "c"]',
        '["x", y"], [sic]"]',
        '"x","y [sic] z"]',
        '[a"nd then [sic]", "b"]',
    ],
)
def test_a_list_that_continues_behind_its_bracket_is_refused(text: str) -> None:
    assert not read(list[str], text).ok


def test_an_object_that_continues_behind_its_brace_is_refused() -> None:
    assert not read(Notes, '{"title": "a",}"note": "b"}').ok
    assert not read(Notes, '{"title": "a", }note": "b"}').ok
    assert not read(Claim, '{"says": "a"}, 5]}').ok
    assert read(Notes, '\'{"title": "a"}\'').value == Notes(title="a")
    assert read(Notes, '{"title": "a"}} I hope this helps').value == Notes(title="a")


def test_objects_behind_a_broken_list_are_not_all_of_it() -> None:
    one, other = '{"title": "a"}', '{"title": "b"}'
    assert not read(list[Notes], f'[{{"title": "x",]title": "y"}}, {one}, {other}]').ok
    assert not read(list[Notes], f'[,"title": "x"}}, {one}, {other}]').ok
    assert read(list[Notes], f"{one}, {other}").value == [Notes(title="a"), Notes(title="b")]
