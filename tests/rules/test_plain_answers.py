"""Yes and no, and choices, without a doubt."""

from typing import Any

import pytest

VERDICT = {"enum": ["approved", "rejected", "pending", None]}


@pytest.mark.parametrize(
    "answer",
    [
        "yes (except cheese)", "yes, if asked", "yes?", "no problem", "no sugar added", "no. 5", "No 5", "off the menu",
        "on request", "on 3 May", "yes or no", "Y/N", "[ ]", "-", "____", "n/a", "partly yes", "not no", "yesterday",
    ],
)  # fmt: skip
def test_what_is_no_plain_answer_is_none(ask_one: Any, answer: str) -> None:
    assert ask_one(f"Vegan: {answer}", "vegan", "boolean") is None


@pytest.mark.parametrize(
    ("answer", "value"),
    [("yes", True), ("No.", False), ("yes, all of it", True), ("No - since May", False), ("[x]", True), ("ja", True)],
)
def test_a_plain_answer_is_read(ask_one: Any, answer: str, value: bool) -> None:
    assert ask_one(f"Vegan: {answer}", "vegan", "boolean") is value


@pytest.mark.parametrize(
    "status",
    [
        "not approved", "to be approved", "not yet approved", "approved?", "approved / rejected", "unapproved",
        "non-approved", "was rejected, now approved", "never approved", "would be approved",
    ],
)  # fmt: skip
def test_a_choice_that_is_denied_asked_or_planned_is_none(ask_one: Any, status: str) -> None:
    assert ask_one(f"Status: {status}", "status", VERDICT) is None


@pytest.mark.parametrize("text", ["Please say whether it is approved.", "If approved, sign here."])
def test_a_condition_is_no_choice(ask_one: Any, text: str) -> None:
    assert ask_one(text, "status", VERDICT) is None


@pytest.mark.parametrize(
    ("grade", "value"),
    [("A", "A"), ("A.", "A"), ("A+", None), ("A-", None), ("A/B", None), ("A or D", None), ("A-F", None)],
)
def test_a_choice_is_the_whole_of_what_is_written(ask_one: Any, grade: str, value: str | None) -> None:
    assert ask_one(f"Grade: {grade}", "grade", {"enum": ["A", "B", "C", None]}) == value


@pytest.mark.parametrize(("level", "value"), [("2", 2), ("2.5", None), ("-2", None), ("12", None), ("2-3", None)])
def test_a_number_among_choices_is_whole(ask_one: Any, level: str, value: int | None) -> None:
    assert ask_one(f"Level: {level}", "level", {"enum": [1, 2, 3, None]}) == value


@pytest.mark.parametrize("colour", ["anything but red", "except red", "no red", "red or blue"])
def test_an_exception_is_no_choice(ask_one: Any, colour: str) -> None:
    assert ask_one(f"Colour: {colour}", "colour", {"enum": ["red", "blue", None]}) is None
