"""Examples and instructions out of files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from structgen.core.errors import TaskError
from structgen.core.records import Example
from structgen.tasks import load_examples, load_instructions

Write = Callable[[str, str], Path]


def test_each_line_of_json_lines_is_an_example(write: Write) -> None:
    path = write("e.jsonl", '{"text": "a", "value": {"n": 1}}\n\n{"text": "b", "value": null}\r\n')

    assert load_examples(path) == (Example("a", {"n": 1}), Example("b", None))


def test_a_json_list_holds_the_same(write: Write) -> None:
    assert load_examples(str(write("e.json", '[{"text": "a", "value": [1]}]'))) == (Example("a", [1]),)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("e.jsonl", '{"text": "a", "value": 1}\n{"text": "b"}', r"e\.jsonl, line 2: value: Field required\."),
        ("e.jsonl", '{"text": "a", "valeu": 1}', r"line 1: 'valeu' is no key of it\. Did you mean 'value'\?"),
        ("e.jsonl", '{"text": 5, "value": 1}', r"line 1: text: Input should be a valid string\."),
        ("e.jsonl", "oops", r"e\.jsonl, line 1: not JSON at line 1, column 1"),
        ("e.jsonl", '"oops"', r"line 1: Input should be a valid dictionary"),
        ("e.jsonl", "\n", r"e\.jsonl: holds no example\."),
        ("e.json", "[]", r"e\.json: holds no example\."),
        ("e.json", '{"text": "a", "value": 1}', r"a list of .* is expected; JSON Lines end in \.jsonl\."),
        ("e.json", '[{"text": "a", "value": 1}, 3]', r"e\.json, example 2: "),
    ],
)
def test_a_wrong_example_is_named_with_its_place(name: str, text: str, said: str, write: Write) -> None:
    with pytest.raises(TaskError, match=said):
        load_examples(write(name, text))


def test_an_example_may_bring_the_words_from_which_its_values_are_taken(write: Write) -> None:
    row = '{"text": "Lovely cups, 5 of them", "value": {"mood": "good", "n": [5]}, "quotes": %s}'
    path = write("e.jsonl", row % '{"/mood": "Lovely", "/n/0": "5 of them"}')

    assert load_examples(path)[0].quotes == {"/mood": "Lovely", "/n/0": "5 of them"}


@pytest.mark.parametrize(
    ("quotes", "said"),
    [
        ('{"/mood": "lovely"}', r"line 1: quotes: /mood: this quote does not stand in the text"),
        ('{"/mood": " "}', r"quotes: /mood: this quote does not stand"),
        ('{"mood": "Lovely"}', r"quotes: mood: no single value of the example stands at this path"),
        ('{"/modo": "Lovely"}', r"quotes: /modo: no single value"),
        ('{"/n": "Lovely"}', r"quotes: /n: no single value"),
        ('{"/n/1": "Lovely"}', r"quotes: /n/1: no single value"),
        ('{"/mood/x": "Lovely"}', r"quotes: /mood/x: no single value"),
        ('{"/mood": 5}', r"line 1: quotes//mood: Input should be a valid string"),
    ],
)
def test_a_quote_that_teaches_misquoting_is_refused_with_its_place(quotes: str, said: str, write: Write) -> None:
    row = f'{{"text": "Lovely cups, 5 of them", "value": {{"mood": "good", "n": [5]}}, "quotes": {quotes}}}'
    with pytest.raises(TaskError, match=said):
        load_examples(write("e.jsonl", row))


def test_the_whole_value_has_the_empty_path(write: Write) -> None:
    path = write("e.jsonl", '{"text": "Lovely cups", "value": "good", "quotes": {"": "Lovely"}}')

    assert load_examples(path)[0].quotes == {"": "Lovely"}


def test_instructions_are_the_text_of_a_file(write: Write) -> None:
    assert (
        load_instructions(write("how.txt", "\nBe brief.\n{{ not a template }}\n\n"))
        == "Be brief.\n{{ not a template }}"
    )


def test_instructions_must_say_something(write: Write) -> None:
    with pytest.raises(TaskError, match=r"how\.txt: is empty"):
        load_instructions(write("how.txt", " \n"))
    with pytest.raises(TaskError, match=r"nowhere\.txt: no such file"):
        load_instructions("nowhere.txt")


@given(rows=st.lists(st.tuples(st.text(), st.text() | st.integers() | st.lists(st.text())), min_size=1, max_size=4))
@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_examples_come_back_as_they_were_written(rows: list[tuple[str, object]], tmp_path: Path) -> None:
    path = tmp_path / "e.jsonl"
    path.write_text("".join(json.dumps({"text": t, "value": v}) + "\n" for t, v in rows), encoding="utf-8")

    assert [(each.text, each.value) for each in load_examples(path)] == rows
