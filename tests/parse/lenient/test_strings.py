"""Unescaped quotes in strings: kept if they can only be text, refused if they may be structure."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structgen.core.results import Parsed
from structgen.parse import parse_text
from structgen.parse.lenient.strings import are_quotations
from structgen.schema import Schema
from tests.parse.samples import Claim


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
def test_quotes_that_may_be_structure_are_refused(items: str) -> None:
    parsed = read(Claim, f'{{"says": "x", "evidence": [{items}]}}')
    assert not parsed.ok
    assert parsed.value is None


@given(st.text(alphabet='ab1 ",.([', max_size=20))
@settings(deadline=None, max_examples=300)
def test_quotes_are_text_only_in_pairs_or_behind_digits(raw: str) -> None:
    places = [at for at, char in enumerate(raw) if char == '"']
    if are_quotations(raw, places) and len(places) % 2:
        assert any(raw[at - 1].isdigit() for at in places)


@pytest.mark.parametrize("items", ['n"o", "x"', 'x, "y"o"', '"x", t"he red"'])
def test_no_item_is_made_of_two_halves_of_one(items: str) -> None:
    assert not read(Claim, f'{{"says": "x", "evidence": [{items}]}}').ok
