"""Where one sign is missing, doubled or another, and what is written can be read in two ways, it is refused."""

import json
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from structgen.core.results import Parsed
from structgen.parse import parse_text
from structgen.parse.lenient.strings import are_text
from structgen.schema import Schema


class Claim(BaseModel):
    says: str
    born: int | None = None
    evidence: list[str] = []


class Notes(BaseModel):
    title: str
    note: str | None = None
    zip: str = ""
    share: float | None = None


def read(schema: Any, text: str) -> Parsed[Any]:
    return parse_text(Schema.of(schema), text)


PROSE = [
    'He said "hello" to me',
    'He said "hello", then left',
    'He said, "hello there" and left',
    'He said "hello"',
    '"Hello" he said',
    'the 15" screen',
    'a 27"-screen',
    'frames of 15" x 20" each',
    'the so-called "old" car – a "wreck"',
    'one "a", two "b"; three "c".',
    'so ("old" ones) and "again!"',
]


@pytest.mark.parametrize("text", PROSE)
def test_quotes_that_can_only_be_text_are_kept(text: str) -> None:
    for written in (f'{{"says": "{text}", "evidence": ["a"]}}', f'{{"says": "a", "evidence": ["{text}", "b"]}}'):
        parsed = read(Claim, written)
        assert parsed.ok, parsed.issues
        assert text in (parsed.value.says, *parsed.value.evidence)
        assert [repair.rule for repair in parsed.repairs] == ["inner_quotes"]


@pytest.mark.parametrize(
    "items",
    [
        '"t62"8, "u62"',
        '"t66"[, "u66"',
        '"t17""',
        '"t1"7, "u2"',
        '"u62"" , "x"',
        '""\' "u62", "x9"',
        '"5"8," gamma"',
        '"62" 8, "u62"',
        '"a"b, "c"',
        '"a "b" \\"c\\" d"',
        '"so 0"called\\" x"',
        '"a "b\n" c"',
        '""u62""',
        '""tea", x"',
        '"x, "u62", gamma"',
        '"a ["b"] c"',
        '"a "b c"',
        '"a " b" c"',
    ],
)
def test_quotes_that_may_as_well_be_structure_are_refused(items: str) -> None:
    parsed = read(Claim, f'{{"says": "x", "evidence": [{items}]}}')
    assert not parsed.ok
    assert parsed.value is None


@given(st.text(alphabet='ab1 ",.([', max_size=20))
@settings(deadline=None, max_examples=300)
def test_quotes_are_text_only_in_pairs_or_behind_digits(raw: str) -> None:
    places = [at for at, char in enumerate(raw) if char == '"']
    if are_text(raw, places) and len(places) % 2:
        assert any(raw[at - 1].isdigit() for at in places)


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
def test_a_misspelt_word_is_a_text_only_where_nothing_else_may_stand(word: str) -> None:
    assert [issue.code for issue in read(Notes, f'{{"title": "a", "note": {word}}}').issues] == ["word"]
    assert read(Notes, f'{{"title": {word}}}').value == Notes(title=word)
    assert read(Notes, f'{{"title": "a", "other": {word}}}').value == Notes(title="a")


def test_a_choice_may_be_like_a_word_of_json() -> None:
    assert read(dict[str, Literal["none", "some"]], '{"a": none}').value == {"a": "none"}


@pytest.mark.parametrize("digits", ["0123", "1 299", "12.", "1.2.3"])
def test_digits_that_are_no_number_are_a_text_or_nothing(digits: str) -> None:
    assert not read(Notes, f'{{"title": "a", "share": {digits}}}').ok
    assert read(Notes, f'{{"title": "a", "zip": {digits}}}').value.zip == digits


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
def test_a_list_that_goes_on_behind_its_bracket_is_refused(text: str) -> None:
    assert not read(list[str], text).ok


def test_an_object_that_goes_on_behind_its_brace_is_refused() -> None:
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


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"title": "a", note": "b"}', Notes(title="a", note="b")),
        ('{"title: "a", "note": "b"}', Notes(title="a", note="b")),
        ('{"title":: "a", "note": "b"}', Notes(title="a", note="b")),
        ('{"title" "a", "note": "b"}', Notes(title="a", note="b")),
        ('{"title": "a", "note": "b"], "zip": "c"}', Notes(title="a", note="b", zip="c")),
        ('{"title": "a", "share":: 5}', Notes(title="a", share=5)),
    ],
)
def test_one_sign_that_is_missing_or_too_many_is_repaired(text: str, value: Notes) -> None:
    parsed = read(Notes, text)
    assert parsed.value == value
    assert [repair.rule for repair in parsed.repairs] == ["json_repair"]


@pytest.mark.parametrize(
    "text",
    [
        '{"title": 6a, b", "note": "c"}',
        '{"title": "a", "note5: "b"}',
        '{"title": "a", anote": "b"}',
        '{"title": "a", "share"::5}',
        '{"title": "a" "share": 5]}',
        '{"title:: "a", "note": nul}',
        '{"title:: "a" "note" "\'b\'"}',
        '{"title: \\"a", "note": "b"}',
    ],
)
def test_one_sign_that_may_be_a_character_is_not_repaired(text: str) -> None:
    assert not read(Notes, text).ok


@pytest.mark.parametrize("items", ['n"o", "x"', 'x, "y"o"', '"x", t"he red"'])
def test_no_item_is_made_out_of_two_halves_of_one(items: str) -> None:
    assert not read(Claim, f'{{"says": "x", "evidence": [{items}]}}').ok


words = st.text(alphabet="abu62 ,'[]:", min_size=1, max_size=6)
claims = st.builds(Claim, says=words, born=st.none() | st.integers(1, 2000), evidence=st.lists(words, max_size=3))


@given(claims, st.data())
@settings(deadline=None, max_examples=300)
def test_a_doubled_or_stray_sign_never_changes_a_value_unseen(claim: Claim, data: Any) -> None:
    text = claim.model_dump_json()
    at = data.draw(st.integers(0, len(text) - 1))
    mutated = text[:at] + data.draw(st.sampled_from(['"', "[", "{", "8"])) + text[at:]
    try:
        json.loads(mutated)
    except ValueError:
        parsed = read(Claim, mutated)
        assert parsed.value in (None, claim) or parsed.repairs
        assert "inner_quotes" not in {repair.rule for repair in parsed.repairs} or parsed.value is None
