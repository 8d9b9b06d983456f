"""Commas, numbers and unquoted words: if two readings are possible, the response is refused."""

from typing import Any, Literal

import pytest

from structgen.core.results import Parsed
from structgen.parse import parse_text
from structgen.schema import Schema
from tests.parse.samples import Claim, Notes


def read(schema: Any, text: str) -> Parsed[Any]:
    return parse_text(Schema.of(schema), text)


@pytest.mark.parametrize(
    "text",
    [
        '{"says": "tea," "born": 5}',
        '{"says": "tea,"\n"born": 5}',
        '{"says": "x", "evidence": ["t17," "t18"]}',
        '{"says": "tea,\n ""born": 5}',
        '{"born": 55"says": "x"}',
    ],
)
def test_a_comma_that_may_have_changed_places_is_refused(text: str) -> None:
    parsed = read(Claim, text)
    assert [issue.code for issue in parsed.issues] == ["comma"]


def test_two_numbers_without_a_comma_may_be_one() -> None:
    assert [issue.path for issue in read(list[int], "[1\n69, 5]").issues] == ["/0"]
    assert read(list[list[int]], "[[1, 2] [3, 4]]").value == [[1, 2], [3, 4]]


@pytest.mark.parametrize("word", ["nul", "nnull", "nulll", "nlul", "n ull", "null0", "9 null", "none", "Nome", "fals"])
def test_a_misspelt_word_is_a_string_only_if_nothing_else_is_allowed(word: str) -> None:
    assert [issue.code for issue in read(Notes, f'{{"title": "a", "note": {word}}}').issues] == ["word"]
    assert read(Notes, f'{{"title": {word}}}').value == Notes(title=word)
    assert read(Notes, f'{{"title": "a", "other": {word}}}').value == Notes(title="a")


def test_a_choice_may_resemble_a_json_literal() -> None:
    assert read(dict[str, Literal["none", "some"]], '{"a": none}').value == {"a": "none"}


@pytest.mark.parametrize("digits", ["0123", "1 299", "12.", "1.2.3"])
def test_digits_that_are_no_number_are_a_string_or_refused(digits: str) -> None:
    assert not read(Notes, f'{{"title": "a", "share": {digits}}}').ok
    assert read(Notes, f'{{"title": "a", "zip": {digits}}}').value.zip == digits
