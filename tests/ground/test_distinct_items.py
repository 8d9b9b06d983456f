"""No two items of a list are at one place of the text."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structgen.core.records import Status
from structgen.ground import locate


def starts(value: object, text: str) -> list[int | None]:
    return [piece.start for piece in locate(value, text)]


@pytest.mark.parametrize(
    ("value", "text", "expected"),
    [
        (["ja", "nein", "ja"], "ja / nein / ja", [0, 5, 12]),
        (["rouge", "rouge"], "du rouge, rien que du rouge", [3, 22]),
        (["赤", "青", "赤"], "赤と青と赤", [0, 2, 4]),
        ([5, 5, 5], "5, 5 and 5", [0, 3, 9]),
        ([date(2024, 5, 3)] * 2, "3 May 2024 and 2024-05-03", [0, 15]),
        (["Red", "Red", "Red"], "red, Red, RED", [0, 5, 10]),
        ([1000, 1000], "1000 and 1,000", [0, 9]),
        (["x1", "x1", "x1"], "X1 and x1", [0, 7, None]),
        ([["x1", "x1"], ["x1"]], "x1 x1 x1", [0, 3, 6]),
    ],
)
def test_equal_items_take_successive_mentions(value: Any, text: str, expected: list[int | None]) -> None:
    assert starts(value, text) == expected


@pytest.mark.parametrize(
    ("value", "text", "expected"),
    [
        (["red", "red"], "only red here", [5, None]),
        (["red", "red", "red"], "red and red", [0, 8, None]),
        ([4.5, 4.5], "both cost 4.50", [10, None]),
        (["Red", "red"], "only red here", [None, 5]),
        ([5, "5"], "5 apples", [None, 0]),
        ([{"n": "A1", "p": 3}] * 2, "A1 3", [0, 3, None, None]),
        ([["A1", 3]] * 2, "A1 3", [0, 3, None, None]),
    ],
)
def test_an_item_without_a_mention_for_itself_is_unsupported(value: Any, text: str, expected: list[int | None]) -> None:
    assert starts(value, text) == expected


@pytest.mark.parametrize(
    ("value", "text", "expected"),
    [
        (["Red", "red"], "red things, Red things", [12, 0]),
        ([5, "5"], "5 apples and 5 pears", [0, 13]),
        ([{"n": "A1", "p": 3}] * 2, "A1 3\nA1 3\n", [0, 3, 5, 8]),
    ],
)
def test_every_item_has_its_place_where_the_text_has_enough(value: Any, text: str, expected: list[int]) -> None:
    assert starts(value, text) == expected


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"city": "Rome", "born": "Rome"}, "She is from Rome."),
        ({"likes": ["red"], "wears": ["red"]}, "only red here"),
        ([{"name": "Ann", "city": "Rome"}, {"name": "Bo", "city": "Rome"}], "Ann and Bo live in Rome."),
        ([{"name": "Ann", "tags": ["x1"]}, {"name": "Bo", "tags": ["x1"]}], "Ann and Bo: x1."),
    ],
)
def test_fields_and_different_records_may_share_a_place(value: Any, text: str) -> None:
    assert all(piece.start is not None for piece in locate(value, text))


def test_where_the_text_has_more_mentions_the_order_of_the_answer_is_that_of_the_text() -> None:
    found = locate(["red", "red"], "red, red and red")
    assert found[0].start is not None
    assert found[1].start is not None
    assert found[0].start < found[1].start


@settings(deadline=None, max_examples=100)
@given(st.lists(st.sampled_from(["ja", "Ja", "7", 7, "x1", True, "赤"]), max_size=9), st.data())
def test_no_list_has_two_items_at_one_place(items: list[object], data: st.DataObject) -> None:
    said = data.draw(st.lists(st.sampled_from(["ja", "Ja", "7", "x1", "赤", "-", "\n"]), max_size=9))
    places = [(one.start, one.end) for one in locate(items, " ".join(said)) if one.status is not Status.UNSUPPORTED]
    assert len(set(places)) == len(places)
