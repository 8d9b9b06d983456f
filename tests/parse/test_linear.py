"""Parsing takes linear time, whatever the text: the tests count lines of Python executed, not seconds."""

import re
import sys
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import BaseModel

from structgen.parse import parse_text
from structgen.parse.stream import partial_reader
from structgen.parse.stream.partial_reader import PartialReader
from structgen.schema import Schema


class Row(BaseModel):
    name: str
    qty: int


ONE = Schema.of(Row)
MANY = Schema.of(list[Row])
ROW = '{"name": "Tea", "qty": 3}'

HOSTILE: dict[str, Callable[[int], str]] = {
    "open lists": lambda n: "[" * n,
    "open objects": lambda n: '{"a":' * n,
    "closed lists": lambda n: "[" * n + "]" * n,
    "quotes and braces": lambda n: '{"\\' * n,
    "keys without values": lambda n: '{"a" ' * n,
    "apostrophes": lambda n: "{'a" * n,
    "smart quotes": lambda n: '{“a"“' * n,
    "quotes in a string": lambda n: '{"a": "' + '"x ' * n,
    "quotations": lambda n: '{"name": "' + 'a "b" c ' * n + '", "qty": 3}',
    "inches": lambda n: '{"name": "' + 'a 15" b ' * n + '", "qty": 3}',
    "numbers without commas": lambda n: "[" + "1 " * n + "]",
    "brackets behind a value": lambda n: ROW + "} ] " * n + '"a',
    "one key without a quote": lambda n: '[{name": "Tea", "qty": 3}' + f", {ROW}" * n + "]",
    "quotes and spaces": lambda n: '{"a": "' + '"    ' * n,
    "open comments": lambda n: "[/* " * n,
    "comments": lambda n: "[# \n" * n,
    "commas": lambda n: "{" + "," * n + "}",
    "backslashes": lambda n: '{"a": "' + "\\" * n,
    "spaces": lambda n: "{" + " " * n + "}" + " " * n + "x",
    "spaces after a value": lambda n: ROW + " " * n + "x",
    "digits": lambda n: '{"a": ' + "1" * n + "}",
    "thoughts": lambda n: "<think>" * n,
    "closed thoughts": lambda n: "<think></think>" * n,
    "fences": lambda n: "```\n" * n,
    "prose with brackets": lambda n: "so {it} goes [on]. " * n + ROW,
    "footnotes": lambda n: "as said [1, 2] " * n + ROW,
    "unreadable lists": lambda n: "[oops " * n + ROW + "]" * n,
    "unreadable lists that are open": lambda n: "[1 x " * n + ROW,
    "scalars beside a value": lambda n: ROW + " 1, null" * n,
    "tuples beside a value": lambda n: ROW + " (1, 2)" * n,
    "escaped braces": lambda n: '\\{"a" ' * n + "\\}" * n,
    "values and a value in a list": lambda n: f"{ROW} [" + ROW + ", 1" * n + "]",
    "lists with commas between": lambda n: ", ".join(["[" + ", ".join([ROW] * n) + "]"] * 3),
    "calls": lambda n: "<tool_call>".join(["[" + ", ".join([ROW] * n) + "]"] * 3),
    "bare words": lambda n: "[" + "word " * n,
    "nul characters": lambda n: "\0" * n + "{\0",
    "surrogates": lambda n: "\ud800" * n + ROW,
    "rows": lambda n: "[" + ", ".join([ROW] * n) + "]",
    "rows with single quotes": lambda n: "[" + ", ".join([ROW] * n).replace('"', "'") + "]",
    "rows with wrong keys": lambda n: "[" + ", ".join([ROW] * n).replace("name", "Name") + "]",
    "rows with quoted numbers": lambda n: "[" + ", ".join([ROW] * n).replace("3", '"3"') + "]",
    "rows cut off": lambda n: "[" + ", ".join([ROW] * n),
    "rows with a bad last one": lambda n: "[" + ", ".join([ROW] * n) + ', {"name": 1}]',
    "a wrapped row in a row": lambda n: '{"a": ' * min(n, 190) + ROW + "}" * min(n, 190),
    "choices": lambda n: '"' + "a. " * n + '"',
}


def lines(run: Callable[[], Any]) -> int:
    """Return the number of lines of Python that a call executes."""
    count = 0

    def trace(frame: Any, event: str, argument: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        run()
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("schema", [ONE, MANY], ids=["one", "many"])
@pytest.mark.parametrize("kind", HOSTILE)
def test_twice_the_text_costs_at_most_twice_the_steps(kind: str, schema: Schema[Any]) -> None:
    small, large = HOSTILE[kind](300), HOSTILE[kind](1200)
    parse_text(schema, small)
    first = lines(lambda: parse_text(schema, small))
    second = lines(lambda: parse_text(schema, large))
    assert second <= 4.4 * first + 500


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_megabyte_of_anything_gives_a_verdict(kind: str) -> None:
    text = HOSTILE[kind](1)
    parsed = parse_text(ONE, HOSTILE[kind](300_000 // max(len(text), 1)))
    assert parsed.ok == (not parsed.issues)


def test_growing_text_costs_the_same_at_every_character() -> None:
    def run(rows: int) -> int:
        text = '{"rows": [' + ", ".join([ROW] * rows) + '], "note": "' + "x" * rows * 20 + '"}'

        def feed() -> None:
            reader = PartialReader()
            for start in range(0, len(text), 4):
                reader.feed(text[start : start + 4])
                assert reader.value is not None
                assert reader.open[:1] in {("",), ()}

        return lines(feed)

    assert run(400) <= 4.3 * run(100)


class Counting:
    """A pattern that counts the characters that it searches."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        self.pattern, self.looked = pattern, 0

    def search(self, text: str, low: int = 0, high: int = sys.maxsize) -> re.Match[str] | None:
        found = self.pattern.search(text, low, high)
        self.looked += (found.end() if found else min(high, len(text))) - low
        return found


@pytest.mark.parametrize("unit", ["[a ", "<think></think>", "<think>[</think>", "[]</think>", "</think>", "<", "{]"])
@pytest.mark.parametrize("opens", ["{", "{["])
def test_growing_text_in_one_piece_is_read_once(unit: str, opens: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tags = [Counting(partial_reader.OPEN_THINKING), Counting(partial_reader.CLOSE_THINKING)]
    monkeypatch.setattr(partial_reader, "OPEN_THINKING", tags[0])
    monkeypatch.setattr(partial_reader, "CLOSE_THINKING", tags[1])
    reader = PartialReader(opens)
    brackets = Counting(reader._opens)
    monkeypatch.setattr(reader, "_opens", brackets)
    text = unit * 3_000
    reader.feed(text)
    assert sum(one.looked for one in (*tags, brackets)) <= 130 * len(text)
    assert brackets.looked <= 2 * len(text)


class Left(BaseModel):
    k: "Left | Right | int"


class Right(BaseModel):
    k: "Left | Right | int"
    also: int | None = None


TYPED = Schema.of(Left)
PLAIN = Schema.of(Left.model_json_schema())


def nested(depth: int, inside: str) -> str:
    return '{"k": ' * depth + inside + "}" * depth


@pytest.mark.parametrize("schema", [TYPED, PLAIN], ids=["type", "JSON Schema"])
@pytest.mark.parametrize("inside", ["1", '"no"', '"1"'])
def test_nested_unions_cost_no_more_with_every_level(schema: Schema[Any], inside: str) -> None:
    shallow, deep = (lines(lambda depth=depth: parse_text(schema, nested(depth, inside))) for depth in (20, 60))
    assert deep <= 9 * shallow + 20_000
    assert deep < 3_000_000


@pytest.mark.parametrize(("schema", "code"), [(TYPED, "too_costly"), (PLAIN, "type")], ids=["type", "JSON Schema"])
@pytest.mark.parametrize("before", ["", "Here: "])
def test_a_value_that_fits_no_union_60_levels_down_is_refused(schema: Schema[Any], code: str, before: str) -> None:
    parsed = parse_text(schema, before + nested(60, '"no"'))
    assert not parsed.ok
    assert {issue.code for issue in parsed.issues} == {code}


def test_nested_unions_are_read_as_deep_as_people_write_them() -> None:
    assert parse_text(TYPED, nested(10, "1")).ok
    assert parse_text(PLAIN, nested(60, "1")).ok
    fitting = parse_text(TYPED, nested(8, '"no"')).issues
    assert [issue.path for issue in fitting] == ["/k" * 8]


def test_a_type_that_is_not_recursive_costs_no_step_for_each_place() -> None:
    def run(rows: int) -> int:
        text = "[" + ", ".join([ROW] * rows) + "]"
        parse_text(MANY, text)
        return lines(lambda: parse_text(MANY, text))

    assert run(400) <= run(20) + 50
