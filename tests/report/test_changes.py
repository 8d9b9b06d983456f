from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from structgen.report.changes import Change, changes

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
)


@pytest.mark.parametrize(
    ("ours", "theirs", "found"),
    [
        ({"a": 1}, {"a": 1}, ()),
        ({"a": 1}, {"a": 2}, (Change("/a", "1", "2"),)),
        ({"a": 1}, {}, (Change("/a", "1", None),)),
        ({}, {"a": None}, (Change("/a", None, "null"),)),
        ({"a": [1, 2]}, {"a": [1, 3, 4]}, (Change("/a/1", "2", "3"), Change("/a/2", None, "4"))),
        ({"a": {"b": "x"}}, {"a": "x"}, (Change("/a", '{"b": "x"}', "x"),)),
        ({"a/b": True}, {"a/b": 1}, (Change("/a~1b", "true", "1"),)),
        (None, {"a": 1}, (Change("", "null", '{"a": 1}'),)),
        ("é", "e", (Change("", "é", "e"),)),
    ],
)
def test_what_differs_is_found_part_by_part(ours, theirs, found) -> None:
    assert changes(ours, theirs) == found


def test_of_values_without_types_the_text_counts() -> None:
    assert changes({"a": 4, "b": "x"}, {"a": "4", "b": "y"}, by_text=True) == (Change("/b", "x", "y"),)


@given(JSON)
def test_a_value_does_not_differ_from_itself(value) -> None:
    assert changes(value, value) == ()


def test_a_deep_value_is_compared() -> None:
    ours: object = 1
    theirs: object = 2
    for _ in range(5_000):
        ours, theirs = [ours], [theirs]
    (change,) = changes(ours, theirs)
    assert change.path == "/0" * 5_000
