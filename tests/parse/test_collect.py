"""Several values for one list: collected on the record if only that can be meant, else refused."""

import json
from typing import Any

import pytest
from pydantic import TypeAdapter

from structgen.core.options import Risk
from structgen.core.results import Parsed
from tests.parse.samples import MANY, MILK, REX, TEA, TOM, Item, Pet, codes, read, repair, rules


def dumped(schema: Any, parsed: Parsed[Any]) -> Any:
    assert parsed.ok, parsed.issues
    if isinstance(schema, dict):
        return parsed.value
    return TypeAdapter(schema).dump_python(parsed.value, mode="json", exclude_unset=True)


@pytest.mark.parametrize("schema", MANY)
@pytest.mark.parametrize(
    "text",
    [
        f"{REX}\n\nWait, the name is wrong. Corrected:\n\n{TOM}",
        f"Draft: {REX} Correction: {TOM}",
        f"```json\n{REX}\n```\nSorry, I made a mistake:\n```json\n{TOM}\n```",
        f"An example is {REX}, but the answer is {TOM}",
        f"{REX}\nThere is no {TOM}.",
    ],
)
def test_an_object_behind_words_may_correct_the_one_before(schema: Any, text: str) -> None:
    parsed = read(schema, text)
    assert [issue.code for issue in parsed.issues] == ["ambiguous"]


@pytest.mark.parametrize("schema", MANY)
@pytest.mark.parametrize(
    "text",
    [
        f"{REX}\n{TOM}",
        f"{REX}{TOM}",
        f"1. {REX}, 2. {TOM}",
        f"1) {REX},\n2) {TOM}",
        f"- {REX}\n- {TOM}",
        f"First {REX}, then {TOM}.",
        f"```json\n{REX}\n```\n```json\n{TOM}\n```",
        f"[{REX}],\n[{TOM}]",
        f"[{REX}], [], [{TOM}]",
    ],
)
def test_values_are_collected_for_a_list(schema: Any, text: str) -> None:
    parsed = read(schema, text)
    assert dumped(schema, parsed) == [json.loads(REX), json.loads(TOM)]
    collected = repair(parsed, "collected")
    assert collected.risk is Risk.INTERPRETIVE
    assert collected.after == [json.loads(REX), json.loads(TOM)]
    assert not read(schema, text, max_risk=Risk.LOSSLESS).ok


@pytest.mark.parametrize("schema", MANY)
@pytest.mark.parametrize(
    "text",
    [
        f"[{REX}]\n[{TOM}]",
        f"[{REX}][{TOM}]",
        f"[{REX}] [{TOM}]",
        f"[{REX}] and [{TOM}]",
        f"Draft:\n[{REX}]\nCorrected:\n[{REX}, {TOM}]",
        f"[{REX}][]",
        f"[]\n[{REX}]",
        f"[{REX}], [{TOM}], [{REX}]",
        f"[{REX}], {TOM}",
        f"{TOM}, [{REX}]",
        f"[{REX}]\n{TOM}",
        f'{{"pets": [{REX}]}}\n{{"pets": [{TOM}]}}',
        f'{{"pets": [{REX}]}}, {TOM}',
        f'[{REX}]\n{{"name": 5}}',
        f'[{REX}]\n["Tom"]',
        f"[{REX}]\n5",
        f"{REX}\n{TOM}\n5",
        f'{REX}\n{TOM}\n["x"]',
        f"[{REX}],\n[{TOM}]\n5",
    ],
)
def test_lists_that_may_be_two_drafts_are_refused(schema: Any, text: str) -> None:
    parsed = read(schema, text)
    assert not parsed.ok
    assert parsed.issues[0].code == "ambiguous"


@pytest.mark.parametrize(
    ("schema", "text", "value"),
    [
        (list[int], "[1, 2], [3]", [1, 2, 3]),
        (list[int], "```\n[1, 2],\n[3]\n```", [1, 2, 3]),
        (list[str], '["a"], ["b"]', ["a", "b"]),
        (set[int], "[1], [2]", {1, 2}),
        (tuple[int, ...], "[1], [2]", (1, 2)),
        (list[list[int]], "[1, 2], [3, 4]", [[1, 2], [3, 4]]),
        (list[list[int]], "[1, 2]\n[3, 4]", [[1, 2], [3, 4]]),
        (list[list[int]], "[[1]], [[2]]", [[1], [2]]),
        (list[tuple[int, int]], "(1, 2), (3, 4)", [(1, 2), (3, 4)]),
    ],
)
def test_lists_are_parts_or_items_where_only_one_can_be_meant(schema: Any, text: str, value: Any) -> None:
    parsed = read(schema, text)
    assert parsed.value == value
    assert repair(parsed, "collected")


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        (list[int], "[1,2][3,4]"),
        (list[int], "[1][]"),
        (list[int], "[1]\n[2]"),
        (list[int], "[1, 2]\n3"),
        (list[int], "see [1]: [2, 3]"),
        (list[Any], "[1], [2]"),
        (list[Any], "[[1]], [[2]]"),
        (Any, "[1], [2]"),
        (tuple[int, int], "(1, 2) (3, 4)"),
        (tuple[int, int], "[1, 2], [3, 4]"),
        (dict[str, int], '{"a": 1}, {"b": 2}'),
        (list[int], '["x"], [1]'),
    ],
)
def test_lists_that_may_be_either_are_refused(schema: Any, text: str) -> None:
    parsed = read(schema, text)
    assert parsed.issues[0].code == "ambiguous"


def test_the_same_list_again_is_one() -> None:
    for text in (
        f"[{REX}]\nAgain: [{REX}]",
        f"[{REX}], [{REX}]",
        f'[{REX}]\n{{"pets": [{REX}]}}',
        f"{REX}\n{TOM}\nAll: [{REX}, {TOM}]",
    ):
        parsed = read(list[Pet], text)
        assert parsed.ok, (text, parsed.issues)
        assert repair(parsed, "repeated")


def test_lists_in_objects_with_a_comma_between_them_are_collected() -> None:
    parsed = read(list[Pet], f'{{"pets": [{REX}]}}, {{"pets": [{TOM}]}}')
    assert [pet.name for pet in parsed.value] == ["Rex", "Tom"]
    assert {"unwrapped", "collected"} <= {one.rule for one in parsed.repairs}


def test_tagged_tool_calls_are_separate_values() -> None:
    def calls(*texts: str) -> str:
        made = (f'<tool_call>\n{{"name": "pet", "arguments": {text}}}\n</tool_call>' for text in texts)
        return "\n".join(made)

    assert [pet.name for pet in read(list[Pet], calls(REX, TOM, REX)).value] == ["Rex", "Tom"]
    assert read(Pet, calls(REX, REX)).value.name == "Rex"
    assert read(Pet, calls(REX, TOM)).issues[0].code == "ambiguous"
    assert [pet.name for pet in read(list[Pet], f"<function=a>{REX}</function><function=a>{REX}</function>").value] == [
        "Rex"
    ]


def test_repairs_and_issues_of_collected_values_have_the_paths_of_the_list() -> None:
    parsed = read(list[Pet], f"{REX}\n{{'name': 'Tom', \"age\": '7'}}")
    assert {(one.rule, one.path) for one in parsed.repairs} >= {("quotes", "/1"), ("number", "/1/age")}
    parsed = read(list[int], "[1, 2], ['3']")
    assert {(one.rule, one.path) for one in parsed.repairs} >= {("quotes", "/2"), ("number", "/2")}
    parsed = read(list[Pet], f'{REX}\n{{"name": "Tom", "age": 1, "age": 2}}')
    assert [(one.path, one.code) for one in parsed.issues] == [("/1/age", "duplicate_key")]


def test_a_broken_item_leaves_the_whole_list_open() -> None:
    parsed = read(list[Pet], f'{REX}\n{{"name": "Tom", "age": 1,299}}\n{TOM}')
    assert not parsed.ok
    assert parsed.open == ("",)


def test_the_last_of_the_lists_of_a_stopped_response_may_be_missing() -> None:
    assert "cut_off" in {issue.code for issue in read(list[int], "[1], [2]", finish_reason="length").issues}


def test_an_item_that_does_not_fit_is_named_in_the_whole_list() -> None:
    parsed = read(list[Pet], f'{REX}\n{{"age": 7}}')
    assert [issue.path for issue in parsed.issues] == ["/1/name"]
    assert parsed.partial == [json.loads(REX), {"age": 7}]


def test_objects_are_collected_if_a_list_is_wanted() -> None:
    parsed = read(list[Item], f"1. {TEA}\n2. {MILK}")
    assert [item.title for item in parsed.value] == ["Tea", "Milk"]
    assert "collected" in rules(parsed)


@pytest.mark.parametrize(
    "text",
    [
        f'{TEA}\n{{"title": "Milk"}}',
        f'{TEA}\n{{"title": "Mi',
        f"[{TEA}]\n{MILK}",
        f"[{TEA}]\n[{MILK}]",
    ],
)
def test_a_list_is_never_collected_with_something_missing(text: str) -> None:
    assert not read(list[Item], text).ok


def test_collected_objects_of_a_stopped_response_may_not_be_all() -> None:
    assert codes(read(list[Item], f"{TEA}\n{MILK}", finish_reason="length")) == {"cut_off"}


def test_one_object_for_a_list_is_no_list_if_the_response_was_stopped() -> None:
    assert read(list[Item], '{"title": "Tea", "price": 2}').ok
    parsed = read(list[Item], '{"title": "Tea", "price": 2}', finish_reason="length")
    assert [issue.code for issue in parsed.issues] == ["cut_off"]
