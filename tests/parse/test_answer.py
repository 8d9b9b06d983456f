"""Several values in one response: used, collected or known to say the same, on the record; else it is refused."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, RootModel, TypeAdapter
from typing_extensions import TypedDict

from structgen.core.json import Json
from structgen.core.options import Risk
from structgen.core.results import Parsed, Repair
from structgen.parse import parse_text
from structgen.schema import Schema


class Pet(BaseModel):
    name: str
    age: int | None = None
    tags: list[str] = []


@dataclass
class Cat:
    name: str
    age: int


class Dog(TypedDict):
    name: str
    age: int


PLAIN = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name"],
}
ONE = [Pet, Cat, Dog, PLAIN, RootModel[Pet]]
MANY = [list[Pet], list[Cat], list[Dog], {"type": "array", "items": PLAIN}, RootModel[list[Pet]], list[Pet] | None]

REX = '{"name": "Rex", "age": 3}'
TOM = '{"name": "Tom", "age": 7}'


def read(schema: Any, text: str, **options: Any) -> Parsed[Any]:
    return parse_text(Schema.of(schema), text, **options)


def dumped(schema: Any, parsed: Parsed[Any]) -> Any:
    assert parsed.ok, parsed.issues
    if isinstance(schema, dict):
        return parsed.value
    return TypeAdapter(schema).dump_python(parsed.value, mode="json", exclude_unset=True)


def repair(parsed: Parsed[Any], rule: str) -> Repair:
    return next(one for one in parsed.repairs if one.rule == rule)


# Where one value is wanted


@pytest.mark.parametrize("schema", ONE)
@pytest.mark.parametrize(
    "text",
    [
        f"{REX}\n{TOM}",
        f"{REX}{TOM}",
        f"1. {REX}, 2. {TOM}",
        f"1. {REX}\n2. {TOM}",
        f"{REX}, {TOM}",
        f"First {REX}, then {TOM}.",
        f"```json\n{REX}\n```\n```json\n{TOM}\n```",
        f"[{REX}]\n[{TOM}]",
        f"{REX}\n[{TOM}]",
        f"[{REX}], {TOM}",
        f'{{"Name": "Rex", "age": 3}}\n{TOM}',
        f'{{"pet": {REX}}}\n{TOM}',
        f"{REX}\n[{REX}, {TOM}]",
    ],
)
def test_two_values_that_differ_are_both_shown(schema: Any, text: str) -> None:
    parsed = read(schema, text)
    assert parsed.issues[0].code == "ambiguous"
    assert len(parsed.readings) == 2
    assert parsed.issues[0].found == list(parsed.readings)
    assert {"Rex", "Tom"} <= set(json.dumps(parsed.readings).split('"'))


@pytest.mark.parametrize("schema", ONE)
@pytest.mark.parametrize(
    "beside",
    [
        '{"name": 5}',
        '{"age": 7}',
        '{"x": 1}',
        '{"name": "Rex", "age": 4}',
        '{"name": "Tom", "age": 1,299}',
        '{"name": "Tom"; "age": 7}',
        '["Tom", 7]',
        "[1]",
        "[1, 2]",
        "[[1, 2]]",
        "[-1, 2]",
        "(1, 2)",
        "null",
        "true",
        "5",
        "5, 6",
        '"Tom"',
    ],
)
def test_a_value_that_does_not_fit_is_not_dropped_for_one_that_does(schema: Any, beside: str) -> None:
    for text in (f"{REX}\n{beside}", f"{beside}\n{REX}", f"```json\n{REX}\n```\n\n{beside}"):
        parsed = read(schema, text)
        assert not parsed.ok


def test_a_scalar_may_be_the_answer_beside_an_object() -> None:
    assert read(Pet | None, f"null\n{REX}").readings == (None, json.loads(REX))
    assert read(int | Pet, f"{REX}\n5").readings == (json.loads(REX), 5)
    assert read(int, '4\n{"value": 4}').value == 4
    assert not read(int, '4\n{"value": 5}').ok


@pytest.mark.parametrize("text", ["1\n2", "1 2", "1, 2", "```\n1\n```\n```\n2\n```"])
@pytest.mark.parametrize("schema", [int, float, str, bool, list[int]])
def test_scalars_without_brackets_are_never_picked_from(schema: Any, text: str) -> None:
    assert not read(schema, text).ok


@pytest.mark.parametrize(
    ("beside", "before"),
    [
        (REX, None),
        (f"[{REX}]", [json.loads(REX)]),
        ('{"age": 3}', {"age": 3}),
        ('{"name": "Rex", "age": "3"}', {"name": "Rex", "age": "3"}),
        ('{"name": "Rex", "age": 3, "mood": "calm"}', {"name": "Rex", "age": 3, "mood": "calm"}),
        ("{}", {}),
    ],
)
def test_what_says_the_same_as_the_answer_is_on_record(beside: str, before: Json) -> None:
    parsed = read(Pet, f"{REX}\n{beside}")
    assert parsed.value == Pet(name="Rex", age=3)
    assert repair(parsed, "repeated").before == before


def test_a_part_of_the_answer_says_the_same() -> None:
    class Litter(BaseModel):
        mother: Pet
        pups: list[Pet] = []

    whole = f'{{"mother": {REX}, "pups": [{TOM}]}}'
    assert repair(read(Litter, f"{whole}\n[{TOM}]"), "repeated").before == [json.loads(TOM)]
    assert repair(read(Litter, f"{whole}\n{REX}"), "repeated").before == json.loads(REX)
    assert not read(Litter, f'{whole}\n{{"name": "Tom", "age": 8}}').ok


def test_what_needs_a_conversion_to_be_the_same_has_its_risk() -> None:
    parsed = read(Pet, f'{REX}{{"name": "Rex", "age": "3"}}')
    assert repair(parsed, "repeated").risk is Risk.INTERPRETIVE
    assert repair(read(Pet, REX + REX), "repeated").risk is Risk.LOSSLESS
    assert not read(Pet, f'{REX}{{"name": "Rex", "age": "3"}}', max_risk=Risk.LOSSLESS).ok


def test_true_is_not_one() -> None:
    assert not read(bool | int, '{"value": true}\n{"value": 1}').ok


# Patterns, prose and what else is no answer


@pytest.mark.parametrize(
    "pattern",
    [
        '{"name": <string>, "age": <number>}',
        '{"name": "<name>", "age": <years>}',
        '{"name": "string", "age": "integer"}',
        '{"name": name, "age": age}',
        '{"name": "...", "age": "..."}',
    ],
)
def test_a_pattern_of_the_answer_is_on_record(pattern: str) -> None:
    parsed = read(Pet, f"Like {pattern}:\n{REX}")
    assert parsed.value == Pet(name="Rex", age=3)
    assert repair(parsed, "pattern").risk is Risk.LOSSLESS
    assert repair(parsed, "prose")


def test_a_pattern_with_a_value_in_it_is_none() -> None:
    assert not read(Pet, f'Like {{"name": "Tom", "age": <number>}}:\n{REX}').ok
    assert not read(Pet, f'Like {{"name": "Tom", "age": "integer"}}:\n{REX}').ok


def test_the_schema_itself_is_on_record() -> None:
    schema = Pet.model_json_schema()
    assert repair(read(Pet, f"{json.dumps(schema)}\n{REX}"), "schema_echo").before == schema


def test_an_object_of_other_keys_amid_prose_is_on_record() -> None:
    text = f'The input was {{"weight": 12, "deep": {{"more": 1}}}}, so:\n{REX}'
    parsed = read(Pet, text)
    assert repair(parsed, "unrelated").before == {"weight": 12, "deep": {"more": 1}}
    assert repair(parsed, "unrelated").risk is Risk.INTERPRETIVE
    assert not read(Pet, text, max_risk=Risk.LOSSLESS).ok
    assert not read(Pet, f'The input was {{"weight": {{"age": 1}}}}, so:\n{REX}').ok
    assert not read(dict[str, int], 'The input was {"x": "y"}, so:\n{"a": 1}').ok


def test_a_call_of_another_tool_is_no_prose() -> None:
    other = '{"name": "search", "arguments": {"query": "x"}}'
    assert not read({"properties": {"age": {"type": "integer"}}}, f'I call {other} first.\n{{"age": 3}}').ok
    assert not read(Pet, f"<tool_call>{other}</tool_call>\n<tool_call>{REX}</tool_call>").ok


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
def test_brackets_in_prose_are_prose_and_all_of_it_is_on_record(prose: str) -> None:
    for schema in (*ONE, *MANY):
        text = f"{prose} {REX if schema in ONE else f'[{REX}]'}"
        parsed = read(schema, text)
        assert parsed.ok, parsed.issues
        assert {"prose": prose, "unrelated": [1]}[parsed.repairs[0].rule] == parsed.repairs[0].before


def test_prose_is_never_cut_on_the_record() -> None:
    prose = "word " * 100 + "[1] and so on"
    assert repair(read(Pet, f"{prose}\n{REX}"), "prose").before == prose
    escaped = json.dumps(REX)[1:-1]
    assert repair(read(Pet, f"{prose}\n{escaped}"), "prose").before == prose


def test_a_value_that_was_encoded_twice_does_not_hide_another() -> None:
    assert not read(Pet, f"{{name: Tom}} {json.dumps(REX)[1:-1]}").ok
    assert not read(list[int], "[1] " + json.dumps('["2"]')[1:-1]).ok


def test_every_comment_is_on_record_in_full() -> None:
    text = f'{{"name": "Rex", // "{"a" * 100}"\n/* "age": 4 */ "age": 3 # three\n}}'
    assert repair(read(Pet, text), "comment").before == f'// "{"a" * 100}"\n/* "age": 4 */\n# three'


def test_values_in_thoughts_are_no_answers() -> None:
    for text in (f"<think>{TOM}</think>{REX}", f"{TOM}</think>{REX}", f"<think>{TOM}</think>{REX}<think>{TOM}</think>"):
        assert read(Pet, text).value == Pet(name="Rex", age=3)


def test_braces_that_latex_wants_escaped_are_read() -> None:
    boxed = "\\[ \\boxed{" + REX.replace("{", "\\{").replace("}", "\\}") + "} \\]"
    parsed = read(Pet, boxed)
    assert parsed.value == Pet(name="Rex", age=3)
    assert repair(parsed, "escaped_braces").risk is Risk.LOSSLESS
    assert read(Pet, f"{REX}\nSo {boxed}").value == Pet(name="Rex", age=3)
    assert not read(Pet, f"{TOM}\nSo {boxed}").ok


# Parts of what cannot be read


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


# Where a list is wanted


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
def test_an_object_that_words_lead_to_may_correct_the_one_before(schema: Any, text: str) -> None:
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


def test_calls_of_a_tool_in_tags_are_told_apart_as_such() -> None:
    def calls(*texts: str) -> str:
        made = (f'<tool_call>\n{{"name": "pet", "arguments": {text}}}\n</tool_call>' for text in texts)
        return "\n".join(made)

    assert [pet.name for pet in read(list[Pet], calls(REX, TOM, REX)).value] == ["Rex", "Tom"]
    assert read(Pet, calls(REX, REX)).value.name == "Rex"
    assert read(Pet, calls(REX, TOM)).issues[0].code == "ambiguous"
    assert [pet.name for pet in read(list[Pet], f"<function=a>{REX}</function><function=a>{REX}</function>").value] == [
        "Rex"
    ]


def test_repairs_and_issues_of_collected_values_stand_at_their_places() -> None:
    parsed = read(list[Pet], f"{REX}\n{{'name': 'Tom', \"age\": '7'}}")
    assert {(one.rule, one.path) for one in parsed.repairs} >= {("quotes", "/1"), ("number", "/1/age")}
    parsed = read(list[int], "[1, 2], ['3']")
    assert {(one.rule, one.path) for one in parsed.repairs} >= {("quotes", "/2"), ("number", "/2")}
    parsed = read(list[Pet], f'{REX}\n{{"name": "Tom", "age": 1, "age": 2}}')
    assert [(one.path, one.code) for one in parsed.issues] == [("/1/age", "duplicate_key")]


def test_what_stands_in_a_value_that_breaks_off_is_not_asked_for_alone() -> None:
    parsed = read(list[Pet], f'{REX}\n{{"name": "Tom", "age": 1,299}}\n{TOM}')
    assert not parsed.ok
    assert parsed.open == ("",)


def test_the_last_of_the_lists_of_a_stopped_response_may_be_missing() -> None:
    assert "cut_off" in {issue.code for issue in read(list[int], "[1], [2]", finish_reason="length").issues}


def test_an_item_that_does_not_fit_is_named_in_the_whole_list() -> None:
    parsed = read(list[Pet], f'{REX}\n{{"age": 7}}')
    assert [issue.path for issue in parsed.issues] == ["/1/name"]
    assert parsed.partial == [json.loads(REX), {"age": 7}]


# What holds whatever is written

values = st.sampled_from(
    [
        REX,
        TOM,
        f"[{REX}]",
        f"[{TOM}, {REX}]",
        "[]",
        "[1]",
        '["a", "b"]',
        "5",
        "null",
        '"x"',
        '{"age": 7}',
        '{"x": [1]}',
        "{}",
        "[[2]]",
    ]
)
joints = st.sampled_from(["\n", " ", ", ", ",\n", "", " and then ", "\n```json\n", "\n```\n", "\n2. ", ", 3. "])
SCHEMAS = [Schema.of(kind) for kind in (Pet, Pet | None, list[Pet], list[int], dict[str, Any], Any)]


@given(st.sampled_from(SCHEMAS), st.lists(st.tuples(joints, values), min_size=2, max_size=4))
@settings(deadline=None, max_examples=300)
def test_no_value_of_an_accepted_response_vanishes(schema: Schema[Any], parts: list[tuple[str, str]]) -> None:
    text = "".join(joint + value for joint, value in parts)
    assume("55" not in text)  # one number, not two
    parsed = parse_text(schema, text)
    if not parsed.ok:
        return
    records = [json.dumps(one.before) for one in parsed.repairs]
    for _, value in parts:
        plain = json.dumps(json.loads(value))
        prose = any(one.rule in {"prose", "fence"} and value in str(one.before) for one in parsed.repairs)
        said = _says(schema.dump(parsed.value), json.loads(value))
        assert said or prose or any(plain in one for one in records)


def _says(whole: Json, part: Json) -> bool:
    """Whether a value, or a part of it, says what another one says; a list of one item says what the item says."""
    if isinstance(part, list) and len(part) == 1 and _says(whole, part[0]):
        return True
    if isinstance(part, dict) and isinstance(whole, dict) and part.keys() <= whole.keys():
        return all(_says(whole[key], part[key]) for key in part)
    if isinstance(whole, list):
        equal = isinstance(part, list) and len(part) == len(whole) and all(map(_says, whole, part))
        return equal or any(_says(one, part) for one in whole)
    return whole == part or (isinstance(whole, dict) and any(_says(one, part) for one in whole.values()))
