"""Where a response may hold its answer: outside thinking tags, at brackets that the schema allows."""

import json
from typing import Any

import pytest

from structgen.core.options import Risk
from tests.parse.samples import REX, TEA, TOM, Item, Loose, Pet, codes, read, repair


def test_values_within_thinking_are_no_answers() -> None:
    for text in (f"<think>{TOM}</think>{REX}", f"{TOM}</think>{REX}", f"<think>{TOM}</think>{REX}<think>{TOM}</think>"):
        assert read(Pet, text).value == Pet(name="Rex", age=3)


def test_braces_that_latex_wants_escaped_are_read() -> None:
    boxed = "\\[ \\boxed{" + REX.replace("{", "\\{").replace("}", "\\}") + "} \\]"
    parsed = read(Pet, boxed)
    assert parsed.value == Pet(name="Rex", age=3)
    assert repair(parsed, "escaped_braces").risk is Risk.LOSSLESS
    assert read(Pet, f"{REX}\nSo {boxed}").value == Pet(name="Rex", age=3)
    assert not read(Pet, f"{TOM}\nSo {boxed}").ok


def test_too_many_values_are_refused() -> None:
    many = " ".join(f'{{"title": "{number}", "price": 1}}' for number in range(80))
    assert codes(read(Item, many)) == {"crowded"}
    assert codes(read(Item, "{1 " * 30_000)) == {"crowded"}


def test_footnotes_are_no_candidates_for_an_object() -> None:
    assert read(Item, "As said [1] " * 200 + TEA).ok


@pytest.mark.parametrize("tree", [{"a": "[think]"}, {"a": "so <think> it"}, {"<think>": 1}])
def test_thinking_tags_within_a_value_that_was_encoded_twice_are_text(tree: Any) -> None:
    text = json.dumps(json.dumps(tree))
    for written in (text, text[1:-1]):
        assert read(dict[str, Any], written).value == tree


@pytest.mark.parametrize("tag", ["<think>", "</think>", "[think]"])
def test_a_thinking_tag_in_a_string_behind_thinking_is_text(tag: str) -> None:
    text = json.dumps({"title": f"the {tag} tag", "note": "b"})
    assert read(Loose, f"<think>a {{</think>{text}").value == Loose(title=f"the {tag} tag", note="b")
    assert read(Loose, f"{text}\nAgain:\n{text}").value == Loose(title=f"the {tag} tag", note="b")
    assert not read(Loose, f"<think>a</think>{text}<think>").ok
