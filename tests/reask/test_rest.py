"""The rest of a response that was cut off."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from structgen.compile import Brief, compile_brief
from structgen.core.json import Json, JsonObject
from structgen.core.options import Options
from structgen.core.records import Completion
from structgen.core.results import Issue, Parsed
from structgen.engine.flow import compile_text, parse_answer
from structgen.parse import parse_text
from structgen.reask.question import Question
from structgen.reask.rest import complete_parts, join, rest_question
from structgen.schema import Schema


class Line(BaseModel):
    sku: str
    qty: int


class Order(BaseModel):
    number: str
    lines: list[Line]
    note: str


class Wrapped(BaseModel):
    order: Order
    sender: str


LINES: list[Json] = [{"sku": f"S-{n}", "qty": n} for n in range(5)]
ORDER: JsonObject = {"number": "A-1", "lines": LINES, "note": "none"}
WHOLE = json.dumps(ORDER)


def cut_at(text: str, schema: Any = Order) -> Parsed[Any]:
    return parse_text(Schema.of(schema), text, finish_reason="length")


def question(parsed: Parsed[Any], schema: Any = Order) -> Question[Any]:
    compiled = Schema.of(schema)
    scope = compile_text(compile_brief(Brief(compiled, "groq", "a-model", Options())), "Order A-1 ...")
    found = rest_question(scope, parsed)
    assert found is not None
    return found


def after(text: str) -> Question[Any]:
    return question(cut_at(text))


def test_a_cut_between_keys_asks_for_the_missing_keys() -> None:
    asked = after('{"number": "A-1", "lines": [{"sku": "S-0", "qty": 0}], "not')
    said = asked.request.messages[-1].content
    assert '"number": "A-1"' in said
    properties: Any = asked.request.json_schema
    assert list(properties["properties"]) == ["note"]
    done = parse_answer(asked, Completion('{"note": "none"}'))
    assert done.value == Order(number="A-1", lines=[Line(sku="S-0", qty=0)], note="none")


def test_a_cut_inside_a_list_keeps_the_complete_items() -> None:
    asked = after(WHOLE[: WHOLE.index("S-3") + 2])
    rest = {"lines": LINES[2:], "note": "none"}
    assert parse_answer(asked, Completion(json.dumps(rest))).value == Order.model_validate(ORDER)
    assert "after 3 complete items" in asked.request.messages[-1].content
    assert "S-0" not in asked.request.messages[-1].content


@pytest.mark.parametrize(
    "rest", [{"lines": LINES[3:], "note": "x"}, {"lines": [], "note": "x"}, {"note": "x", "lines": "y"}]
)
def test_a_rest_that_does_not_join_on_is_refused(rest: JsonObject) -> None:
    refused = parse_answer(after(WHOLE[: WHOLE.index("S-3") + 2]), Completion(json.dumps(rest)))
    assert not refused.ok
    assert refused.partial == {"number": "A-1", "lines": LINES[:3]}


def test_a_cut_before_the_first_item_asks_for_the_whole_list() -> None:
    asked = after('{"number": "A-1", "lines": [{"sku": "S-')
    rest = {"lines": LINES, "note": "none"}
    assert parse_answer(asked, Completion(json.dumps(rest))).value == Order.model_validate(ORDER)


def test_a_cut_deep_inside_is_continued_there() -> None:
    text = json.dumps({"order": ORDER, "sender": "me"})
    asked = question(cut_at(text[: text.index("S-2") + 1], Wrapped), Wrapped)
    rest = {"order": {"lines": LINES[1:], "note": "none"}, "sender": "me"}
    expected = Wrapped.model_validate({"order": ORDER, "sender": "me"})
    assert parse_answer(asked, Completion(json.dumps(rest))).value == expected


def test_a_rest_that_changes_what_was_complete_is_refused() -> None:
    refused = parse_answer(after('{"number": "A-1", "lines": [], "not'), Completion('{"number": "B-2", "note": "x"}'))
    assert [issue.path for issue in refused.issues] == ["/number"]


def test_a_rest_that_cannot_be_read_keeps_what_was_complete() -> None:
    refused = parse_answer(after('{"number": "A-1", "lines": [], "not'), Completion("I cannot."))
    assert not refused.ok
    assert refused.partial == {"number": "A-1", "lines": []}


@pytest.mark.parametrize("text", ["", "[1, 2", '{"number": "A-', '{"num'])
def test_nothing_complete_is_no_question_for_a_rest(text: str) -> None:
    compiled = Schema.of(Order)
    scope = compile_text(compile_brief(Brief(compiled, "groq", "a-model", Options())), "Order A-1 ...")
    assert rest_question(scope, cut_at(text)) is None


@given(st.integers(1, len(WHOLE) - 1))
def test_wherever_a_response_is_cut_the_parts_join_to_the_whole(place: int) -> None:
    parsed = cut_at(WHOLE[:place])
    if not isinstance(parsed.partial, dict) or not parsed.open or not parsed.partial:
        return
    kept, path = complete_parts(parsed.partial, parsed.open)
    rest: JsonObject = {key: value for key, value in ORDER.items() if key not in kept}
    if path == ("lines",):
        done: Any = kept["lines"]
        rest["lines"] = LINES[len(done) - 1 :]
    assert join(kept, rest, path) == ORDER


def test_parts_of_another_kind_do_not_join() -> None:
    assert isinstance(join({"a": 1}, [1], ()), Issue)


@pytest.mark.parametrize(
    "rest", ["{}", '{"note": "none"}', '{"sku": "S-3", "qty": 3}', '{"lines": [{"sku": "S-2", "qty": 2}]}']
)
def test_a_rest_that_leaves_out_the_item_that_had_begun_is_refused(rest: str) -> None:
    class Loose(BaseModel):
        lines: list[Line]
        note: str = ""

    text = json.dumps({"lines": LINES})
    done = parse_answer(question(cut_at(text[: text.index("S-3") + 2], Loose), Loose), Completion(rest))
    assert not done.ok
    assert [issue.path for issue in done.issues] == ["/lines"]


def test_a_rest_that_may_begin_with_one_item_or_with_several_is_refused() -> None:
    assert join(["a", "a"], ["a", "b"], ()) == ["a", "a", "b"]
    assert isinstance(join(["a", "a"], ["a", "a", "b"], ()), Issue)
    assert join(["a", "b"], ["b", "a", "b"], ()) == ["a", "b", "a", "b"]
    assert isinstance(join(["a", "b", "a", "b"], ["b", "a", "b", "c"], ()), Issue)


@pytest.mark.parametrize("rest", [{"/number": "B-2", "note": "x"}, {"/note": "x", "note": "y"}])
def test_a_rest_that_names_places_by_their_paths_is_refused(rest: JsonObject) -> None:
    assert not parse_answer(after('{"number": "A-1", "lines": [], "not'), Completion(json.dumps(rest))).ok


def test_a_rest_that_repeats_by_path_what_was_kept_is_taken() -> None:
    done = parse_answer(after('{"number": "A-1", "lines": [], "not'), Completion('{"/number": "A-1", "note": "x"}'))
    assert done.value == Order(number="A-1", lines=[], note="x")


@pytest.mark.parametrize(
    "begin",
    [
        '"number": "A"8, "B"',
        '"number": "C:\\Users\\new"',
        '"number": "A", "number": "B"',
        '"number": "A", "lines": [...]',
    ],
)
def test_nothing_that_was_refused_itself_is_kept_for_the_rest(begin: str) -> None:
    parsed = cut_at(f'{{{begin}, "note": "no')
    assert parsed.open
    compiled = Schema.of(Order)
    scope = compile_text(compile_brief(Brief(compiled, "groq", "a-model", Options())), "Order A-1 ...")
    assert rest_question(scope, parsed) is None
