"""What each rule takes for the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from structgen.core.json import Json
from structgen.evaluate.comparison import Compare, LeafRule

SAME: list[tuple[Compare, Json, Json]] = [
    (Compare.EXACT, "Tea ", "Tea "),
    (Compare.EXACT, 1, 1.0),
    (Compare.NORMALISED, "Green  tea", "green tea\n"),
    (Compare.NORMALISED, "Stra\u00dfe", "STRASSE"),
    (Compare.NORMALISED, "cafe\u0301", "caf\u00e9"),
    (Compare.NORMALISED, 14.1, "14.10"),
    (Compare.FUZZY, "The Grand Hotel, Vienna", "the grand hotel Vienna"),
    (Compare.FUZZY, 3, 3.0),
    (Compare.NUMBER, "1,299.00", 1299),
    (Compare.NUMBER, "1.299,00", "1299"),
    (Compare.NUMBER, "1,299", 1299),
    (Compare.NUMBER, "3.50", "3.5"),
    (Compare.NUMBER, 0.1 + 0.2, 0.3),
    (Compare.NUMBER, "1.2 million", 1_200_000),
    (Compare.NUMBER, "(20.00)", "-20"),
    (Compare.NUMBER, "n/a", "N/A"),
    (Compare.AMOUNT, "$1,299.00", "1299 USD"),
    (Compare.AMOUNT, "€ 12,50", "12.50 EUR"),
    (Compare.AMOUNT, "12.50", "12.50 EUR"),
    (Compare.AMOUNT, 12.5, "€12.50"),
    (Compare.AMOUNT, "¥500", "500 JPY"),
    (Compare.DATE, "3 May 2024", "2024-05-03"),
    (Compare.DATE, "2024-05-03T00:00:00", "2024-05-03"),
    (Compare.DATE, "2024-05-03T10:00:00Z", "2024-05-03T12:00:00+02:00"),
    (Compare.DATE, "03/04/2024", "2024-04-03"),
    (Compare.DATE, "03/04/2024", "2024-03-04"),
    (Compare.TIME, "2:30 pm", "14:30"),
    (Compare.DURATION, "90 min", "PT1H30M"),
    (Compare.DURATION, "1.5 h", "90 minutes"),
]
DIFFERENT: list[tuple[Compare, Json, Json]] = [
    (Compare.EXACT, "Tea", "tea"),
    (Compare.EXACT, "1", 1),
    (Compare.NORMALISED, "tea", "teas"),
    (Compare.NORMALISED, "1,299.00", "1299.00"),
    (Compare.NORMALISED, "", "x"),
    (Compare.FUZZY, "approved", "disapproved"),
    (Compare.NUMBER, 1, 2),
    (Compare.NUMBER, 1, True),
    (Compare.NUMBER, "1", True),
    (Compare.NORMALISED, "true", True),
    (Compare.NUMBER, "1,299", "1.299"),
    (Compare.NUMBER, 123456789012345678, 123456789012345679),
    (Compare.NUMBER, "ten", "eleven"),
    (Compare.NUMBER, 10, "10 or 12"),
    (Compare.AMOUNT, "$12.50", "€12.50"),
    (Compare.AMOUNT, "$12.50", "$12.51"),
    (Compare.AMOUNT, "12 CAD", "12 USD"),
    (Compare.DATE, "3 May 2024", "2024-05-04"),
    (Compare.DATE, "2024-05-03T10:00:00", "2024-05-03"),
    (Compare.DATE, "03/04/2024", "04/03/2024"),
    (Compare.TIME, "14:30", "14:31"),
    (Compare.DURATION, "90 min", "PT1H"),
]


@pytest.mark.parametrize(("rule", "first", "second"), SAME)
def test_takes_for_the_same_what_says_the_same(rule: Compare, first: Json, second: Json) -> None:
    assert LeafRule(rule).same(first, second)
    assert LeafRule(rule).same(second, first)


@pytest.mark.parametrize(("rule", "first", "second"), DIFFERENT)
def test_tells_apart_what_differs(rule: Compare, first: Json, second: Json) -> None:
    assert not LeafRule(rule).same(first, second)
    assert not LeafRule(rule).same(second, first)


def test_the_threshold_says_how_alike_texts_are() -> None:
    first, second = "the grand hotel", "grand hotel"
    assert LeafRule(Compare.FUZZY, 0.8).same(first, second)
    assert not LeafRule(Compare.FUZZY, 0.95).same(first, second)


def test_texts_that_are_too_long_to_be_alike_are_compared_as_they_are() -> None:
    long = "word " * 5_000
    assert LeafRule(Compare.FUZZY).same(long, long.upper())
    assert not LeafRule(Compare.FUZZY).same(long, long + "x")


RULES = st.sampled_from([rule for rule in Compare if rule not in {Compare.ORDERED, Compare.IGNORE}])
WRITTEN = st.one_of(
    st.text(max_size=12),
    st.integers(),
    st.floats(allow_nan=False),
    st.booleans(),
    st.from_regex(r"[$€]?\d{1,4}([.,]\d{1,3}){0,2}( USD|%)?", fullmatch=True),
    st.from_regex(r"[0-3]\d[./-][01]\d[./-](19|20)\d\d", fullmatch=True),
)


@given(RULES, WRITTEN, WRITTEN)
def test_rules_are_reflexive_and_symmetric_and_agree_with_their_keys(rule: Compare, first: Json, second: Json) -> None:
    made = LeafRule(rule)
    assert made.same(first, first)
    assert made.same(first, second) == made.same(second, first)
    if made.key(first) is not None and made.key(first) == made.key(second):
        assert made.same(first, second)
