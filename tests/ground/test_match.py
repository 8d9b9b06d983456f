"""Phrases with the signs and letters joined to them: what changes the meaning is found with them or not at all."""

from __future__ import annotations

import pytest

from tests.ground.conftest import Find


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("<5", "5 mg"),
        ("<5", ">5 mg"),
        ("<5 mg", ">5 mg"),
        (">10", "10 of them"),
        ("~5", "5 kg"),
        ("§ 5", "5 apples"),
        ("A-", "type A"),
        ("A-", "type A+"),
        ("A", "type A-, Rh negative"),
        ("A", "type A+"),
        ("B", "in B♭ major"),
        ("C--", "C, C++"),
        ("the dose was <5 mg per day", "the dose was >5 mg per day"),
        ("the dose was <5 mg per day", "the dose was 5 mg per day"),
        ("the score was 3-2 at the end", "the score was 3:2 at the end"),
        ("the score was 3-2 at the end", "the score was 3 2 at the end"),
        ("see section § 5 of the act", "see section 5 of the act"),
        ("blood group A- was found in all tests", "blood group A was found in all tests"),
        ("blood group A- was found in all tests", "blood group A+ was found in all tests"),
        ("it is called C# in the docs here", "it is called C in the docs here"),
        ("it is called C in the docs here", "it is called C# in the docs here"),
        ("they grew by 5 % within a year", "they grew by 5 within a year"),
        ("the \U0001f1e9\U0001f1ea team won the cup again", "the \U0001f1eb\U0001f1f7 team won the cup again"),
    ],
)
def test_another_sign_is_another_thing(value: str, text: str, find: Find) -> None:
    assert find(value, text) == (None, "unsupported")


@pytest.mark.parametrize(
    ("value", "text", "found", "status"),
    [
        ("<5", "was <5 mg", "<5", "exact"),
        ("<5", "was < 5 mg", "< 5", "normalized"),
        ("<5", "was &lt;5 mg", "5", "normalized"),
        ("§5", "nach § 5 BGB", "§ 5", "normalized"),
        ("A-", "type A−, yes", "A−", "normalized"),
        ("A", "Option A - go", "A", "exact"),
        ("A", "an A-frame", "A", "exact"),
        ("- Tea", "* Tea", "Tea", "normalized"),
        ("we said that 5 came to us", "> we said that\n> 5 came to us", "we said that\n> 5 came to us", "fuzzy"),
        ("it grew by 5 percent in a year", "it grew by 5 % in a year", "it grew by 5 % in a year", "normalized"),
        ("fine work of all of you", "fine work ☺ of all of you", "fine work ☺ of all of you", "fuzzy"),
    ],
)  # fmt: skip
def test_the_same_sign_in_another_style_is_found(value: str, text: str, found: str, status: str, find: Find) -> None:
    assert find(value, text) == (found, status)


@pytest.mark.parametrize(("value", "text"), [("5", "5%"), ("5", "5 percent"), ("grew by 5", "it grew by 5 % a year")])
def test_a_text_that_has_lost_the_percent_sign_is_ambiguous(value: str, text: str, find: Find) -> None:
    assert find(value, text)[1] == "ambiguous"


@pytest.mark.parametrize(("value", "text"), [(5, "5%"), ("5%", "5%"), ("5", "5 people")])
def test_a_number_may_be_that_of_percents(value: object, text: str, find: Find) -> None:
    assert find(value, text)[1] == "exact"


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
