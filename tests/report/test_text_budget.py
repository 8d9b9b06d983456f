from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from structgen.report.text_budget import AROUND, AROUND_EACH, WHOLE, TextBudget, longest_that_fits


@given(st.lists(st.integers(0, 100_000), max_size=30), st.integers(-10, 1_000_000))
def test_whole_texts_and_what_is_shown_of_the_others_fit_into_the_room(lengths, room) -> None:
    longest = longest_that_fits(lengths, room)
    if 0 < longest < WHOLE.text:
        whole = [length for length in lengths if length < longest]
        assert sum(whole) + longest + AROUND_EACH * (len(lengths) - len(whole) - 1) <= room


def test_short_texts_are_whole_first() -> None:
    assert longest_that_fits([10_000, 2_000, 4_000], 8_000) == 4_000
    assert longest_that_fits([10_000, 2_000, 4_000], 16_000) == WHOLE.text


def test_a_text_is_whole_or_around_its_places() -> None:
    budget = TextBudget(10_000, [2_000, 4_000, 90_000], 0, 1)
    assert budget.longest == 4_000
    assert budget.limits_for(4_000).text == 4_000
    assert budget.limits_for(4_001) is AROUND


def test_if_documents_take_more_than_expected_fewer_of_the_others_are_whole() -> None:
    budget = TextBudget(10_000, [2_000, 4_000, 90_000, 90_000], 0, 1)
    budget.spend(1, 2_600)
    assert budget.longest == 4_000
    budget.spend(1, 4_000)
    assert budget.longest == 3_200


def test_without_documents_there_is_room() -> None:
    assert TextBudget(0, [], 0, 0).longest == WHOLE.text
