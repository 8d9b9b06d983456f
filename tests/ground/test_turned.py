"""Words whose meaning is turned by what is joined to them are no evidence for it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Find = Callable[[object, str], tuple[str | None, str]]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("don", "I don't go"),
        ("can", "I can't go"),
        ("can", "I can’t go"),
        ("won", "they won't play"),
        ("t", "I don't go"),
        ("s", "Ann's car"),
        ("toxic", "it is non-toxic"),
        ("toxic waste", "it is non-toxic waste"),
        ("profit", "a non-profit"),
        ("American", "an un-American thing"),
    ],
)
def test_a_word_that_is_turned_into_its_opposite_is_no_evidence(find: Find, value: str, text: str) -> None:
    assert find(value, text) == (None, "unsupported")


@pytest.mark.parametrize(
    ("value", "text"),
    [("sugar", "it is sugar-free"), ("war", "an anti-war film"), ("fee", "a no-fee account"), ("wife", "an ex-wife")],
)
def test_a_word_that_may_be_meant_in_spite_of_what_turns_it_is_ambiguous(find: Find, value: str, text: str) -> None:
    assert find(value, text) == (value, "ambiguous")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("Ann", "Ann's car"),
        ("we", "we'll go"),
        ("eau", "de l'eau"),
        ("café", "un café"),
        ("don't", "I don't go"),
        ("non-toxic", "it is non-toxic"),
        ("sugar-free", "it is sugar-free"),
        ("toxic", "it is non-toxic, but that is toxic"),
        ("known", "a well-known one"),
    ],
)
def test_other_words_that_are_joined_are_evidence(find: Find, value: str, text: str) -> None:
    assert find(value, text) == (value, "exact")
