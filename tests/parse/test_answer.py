"""Several values in one response: each is used, collected or explained on record; otherwise it is refused."""

import json
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from structgen.core.json import Json
from structgen.core.options import Risk
from structgen.parse import parse_text
from structgen.schema import Schema
from tests.parse.samples import ONE, REX, TOM, Pet, read, repair

# The schema wants one value


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
def test_a_value_that_repeats_the_answer_is_on_record(beside: str, before: Json) -> None:
    parsed = read(Pet, f"{REX}\n{beside}")
    assert parsed.value == Pet(name="Rex", age=3)
    assert repair(parsed, "repeated").before == before


def test_a_value_that_repeats_a_part_of_the_answer_is_on_record() -> None:
    class Litter(BaseModel):
        mother: Pet
        pups: list[Pet] = []

    whole = f'{{"mother": {REX}, "pups": [{TOM}]}}'
    assert repair(read(Litter, f"{whole}\n[{TOM}]"), "repeated").before == [json.loads(TOM)]
    assert repair(read(Litter, f"{whole}\n{REX}"), "repeated").before == json.loads(REX)
    assert not read(Litter, f'{whole}\n{{"name": "Tom", "age": 8}}').ok


def test_a_value_that_repeats_the_answer_after_a_conversion_has_its_risk() -> None:
    parsed = read(Pet, f'{REX}{{"name": "Rex", "age": "3"}}')
    assert repair(parsed, "repeated").risk is Risk.INTERPRETIVE
    assert repair(read(Pet, REX + REX), "repeated").risk is Risk.LOSSLESS
    assert not read(Pet, f'{REX}{{"name": "Rex", "age": "3"}}', max_risk=Risk.LOSSLESS).ok


def test_true_is_not_one() -> None:
    assert not read(bool | int, '{"value": true}\n{"value": 1}').ok


# Patterns, prose and other values that are no answer


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


def test_an_object_with_other_keys_amid_prose_is_on_record() -> None:
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


def test_a_value_that_was_encoded_twice_does_not_hide_another() -> None:
    assert not read(Pet, f"{{name: Tom}} {json.dumps(REX)[1:-1]}").ok
    assert not read(list[int], "[1] " + json.dumps('["2"]')[1:-1]).ok


def test_every_comment_is_on_record_in_full() -> None:
    text = f'{{"name": "Rex", // "{"a" * 100}"\n/* "age": 4 */ "age": 3 # three\n}}'
    assert repair(read(Pet, text), "comment").before == f'// "{"a" * 100}"\n/* "age": 4 */\n# three'


# Whatever the response says

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
    """Whether a value or a part of it contains another one; a one-item list counts as its item."""
    if isinstance(part, list) and len(part) == 1 and _says(whole, part[0]):
        return True
    if isinstance(part, dict) and isinstance(whole, dict) and part.keys() <= whole.keys():
        return all(_says(whole[key], part[key]) for key in part)
    if isinstance(whole, list):
        equal = isinstance(part, list) and len(part) == len(whole) and all(map(_says, whole, part))
        return equal or any(_says(one, part) for one in whole)
    return whole == part or (isinstance(whole, dict) and any(_says(one, part) for one in whole.values()))
