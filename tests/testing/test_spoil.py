"""Texts made wrong."""

import json
import random

from hypothesis import given, settings
from hypothesis import strategies as st

from structgen.core.json import Json
from structgen.testing.emulator.spoil import malform, mistype

VALUES: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


def is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


@settings(deadline=None, max_examples=120)
@given(VALUES, st.integers())
def test_a_malformed_text_is_never_json(value: Json, seed: int) -> None:
    assert not is_json(malform(json.dumps(value), random.Random(seed)))


@settings(deadline=None, max_examples=100)
@given(st.text(), st.integers())
def test_any_text_can_be_malformed(text: str, seed: int) -> None:
    assert not is_json(malform(text, random.Random(seed)))


def test_texts_are_malformed_in_several_ways() -> None:
    text = '{"name": "Ada", "tags": ["a", "b"]}'
    lengths = {len(malform(text, random.Random(seed))) - len(text) for seed in range(50)}
    assert {1, -1} <= lengths
    assert min(lengths) < -5


def kind(value: Json) -> str:
    return "number" if type(value) in {int, float} else type(value).__name__


def changes(before: Json, after: Json) -> list[tuple[str, str]]:
    """The types of the values that differ, the outermost ones alone."""
    if kind(before) != kind(after):
        return [(kind(before), kind(after))]
    if isinstance(before, dict) and isinstance(after, dict):
        assert list(before) == list(after)
        return [found for name in before for found in changes(before[name], after[name])]
    if isinstance(before, list) and isinstance(after, list):
        assert len(before) == len(after)
        return [found for pair in zip(before, after, strict=True) for found in changes(*pair)]
    assert before == after
    return []


@settings(deadline=None, max_examples=120)
@given(VALUES, st.integers())
def test_exactly_one_value_has_another_type_and_it_is_not_null(value: Json, seed: int) -> None:
    ((before, after),) = changes(value, json.loads(mistype(json.dumps(value), random.Random(seed))))
    assert before != after
    assert after != "NoneType"


def test_every_value_may_be_hit() -> None:
    value: Json = {"name": "Ada", "tags": ["a", {"deep": 1}]}
    found = {mistype(json.dumps(value), random.Random(seed)) for seed in range(200)}
    assert any('"name": "Ada"' in text and '"deep": 1' in text for text in found)
    assert any('"deep": "n/a"' in text for text in found)
    assert any('"name": 17' in text for text in found)
    assert any('"tags": true' in text for text in found)


def test_the_root_of_a_value_with_nothing_in_it_is_replaced() -> None:
    for text in ("[]", "{}", "12", "no JSON"):
        assert mistype(text, random.Random(1)) != text


def test_a_text_that_is_very_deep_is_survived() -> None:
    assert is_json(mistype("[" * 200_000, random.Random(1)))
