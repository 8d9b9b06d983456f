"""What the lenient reader repairs, and what it keeps if it gives up."""

import pytest

from structgen.core.options import Risk
from tests.parse.samples import MILK, TEA, Item, read, rules


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (f"```json\n{TEA}\n```", "fence"),
        (f"Look:\n{TEA}\nGood?", "prose"),
        (f"<think>{MILK}</think>{TEA}", "thoughts"),
        (f"<THINK>a</THINK>\n<think>b</think>{TEA}", "thoughts"),
        (f"[THINK]{MILK}[/THINK]{TEA}", "thoughts"),
        (f"<|channel|>analysis<|message|>{MILK}<|end|><|channel|>final<|message|>{TEA}", "thoughts"),
        (f"<function=item>{TEA}</function>", "tool_call_tags"),
        ('{"title": "Tea", "price": 3.5,}', "trailing_comma"),
        ('{"title": "Tea",, "price": 3.5}', "extra_comma"),
        ('{"title": "Tea" "price": 3.5}', "missing_comma"),
        ('{"title": "Tea"\n"price": 3.5}', "missing_comma"),
        ('{"price": 3.5 "title": "Tea"}', "missing_comma"),
        ("{'title': 'Tea', 'price': 3.5}", "quotes"),
        ("{“title”: “Tea”, “price”: 3.5}", "quotes"),
        ("{`title`: `Tea`, `price`: 3.5}", "quotes"),
        ("{title: Tea, price: 3.5}", "unquoted"),
        ('{title: "Tea", price: 3.5}', "unquoted"),
        ('{"title": "Tea", /* so */ "price": 3.5}', "comment"),
        ('{"title": "Tea", // so\n "price": 3.5}', "comment"),
        ('{"title": "Tea", # so\n "price": 3.5}', "comment"),
        ('{"title": "Tea", "price": 3.5, "price": 3.50}', "duplicate_key"),
        ('{"title": "Tea", "price": +3.5}', "number_form"),
        ('{"title": "Tea", "price": 3.5, "size": None}', "python_literal"),
    ],
)
def test_a_flaw_that_loses_nothing_is_repaired_and_recorded_as_lossless(text: str, rule: str) -> None:
    parsed = read(Item, text)
    assert parsed.value == Item(title="Tea", price=3.5)
    assert rule in rules(parsed)
    assert {repair.risk for repair in parsed.repairs} == {Risk.LOSSLESS}


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ('"He said "hi" to me"', 'He said "hi" to me'),
        ('"He said "hi", then left"', 'He said "hi", then left'),
        ("'it's mine'", "it's mine"),
        ("'O\\'Hara'", "O'Hara"),
        ('"a 27" screen"', 'a 27" screen'),
        ('"line\nbreak\tand tab"', "line\nbreak\tand tab"),
        ('"a\\d+"', "a\\d+"),
        ('"\\ud83d\\ude00"', "😀"),
        ("'\\x1b\\U0001F600'", "\x1b😀"),
        ('"see http://a.b//c # not /* a comment"', "see http://a.b//c # not /* a comment"),
        ('"<think>no tag</think>"', "<think>no tag</think>"),
        ('"```\\nno fence\\n```"', "```\nno fence\n```"),
        ('"{not: [a, value]}"', "{not: [a, value]}"),
    ],
)
def test_strings_are_read_as_they_were_meant(written: str, title: str) -> None:
    parsed = read(Item, f'{{"title": {written}, "price": 1, }}')
    assert parsed.ok, parsed.issues
    assert parsed.value.title == title


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ('{"title": "Tea", "price": 1,299, "size": "small"}', {"title": "Tea"}),
        ('{"title": "Tea", Milk", "price": 1}', {}),
        ('{"title": "Tea", "size": ["a", "b"}, "price": 1}', {"title": "Tea", "size": ["a"]}),
    ],
)
def test_the_value_before_a_break_is_not_kept(text: str, kept: object) -> None:
    parsed = read(Item, text)
    assert not parsed.ok
    assert parsed.partial == kept
