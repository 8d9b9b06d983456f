"""Signs that make another thing of a word or a number: found with it, or not at all."""

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
