"""Failures of one reason are one group, whatever numbers, ids and values their sentences name."""

import pytest

from structgen.batch import Row, RowStatus
from structgen.batch.failure_reasons import FailureGroups, general, reason_of
from structgen.core.results import Issue


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("No answer was accepted in 3 attempts.", "No answer was accepted in 12 attempts."),
        ("No answer was accepted in 3 attempts.", "No answer was accepted in 1 attempt."),
        ("/name: is missing (and 2 more).", "/name: is missing."),
        ("/items/3/price: must be at least 0.", "/items/17/price: must be at least 0."),
        ("The server failed (request req_01abc9): try again.", "The server failed (request req_9zz): try again."),
        ("'Mon' is no date.", "'the 3rd of May' is no date."),
        ('"a b" is none of the choices "x", "y".', '"c" is none of the choices "x", "y", "z".'),
        ("It doesn't fit: 'a'.", "It doesn't fit: 'b c'."),
        ("No connection to 127.0.0.1:8000.", "No connection to 10.1.2.3:443."),
        ("Wait 1,200.5 s.", "Wait 3 s."),
        ("Order A-17 is unknown.", "Order B-9 is unknown."),
        ("At 2024-05-01T10:00:00 it was late.", "At 2023-01-31T09:30:12 it was late."),
        ("Id 8f14e45f-ceea-467f-a8b1-1c2d3e4f5a6b.", "Id 0cc175b9-c0f1-4b6a-831c-399e26977266."),
    ],
)
def test_what_differs_between_documents_is_left_out(one: str, other: str) -> None:
    assert general(one) == general(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("/name: is missing.", "/serves: is missing."),
        ("The server failed.", "The connection was lost."),
        ("It isn't a number, and can't be one.", "It isn't a date, and can't be one."),
    ],
)
def test_other_reasons_stay_apart(one: str, other: str) -> None:
    assert general(one) != general(other)


def failed(name: str, error: str, **others) -> Row:
    return Row(name, f"in/{name}.txt", RowStatus.FAILED, error=error, **others)


def test_the_documents_own_name_and_its_wrong_value_are_left_out() -> None:
    rows = [
        failed(
            name,
            f"in/{name}.txt: {value} Ltd is no known customer",
            issues=(Issue("/customer", "no", "value", f"{value} Ltd"),),
        )
        for name, value in (("north", "Acme"), ("south", "Widget & Sons"))
    ]
    assert {reason_of(row) for row in rows} == {"…: … is no known customer"}


def test_the_model_of_a_cascade_keeps_its_name() -> None:
    error = "groq/openai/gpt-oss-20b: No answer was accepted in 3 attempts."
    row = Row("a", "b", RowStatus.FAILED, model="openai/gpt-oss-20b", error=error)
    assert reason_of(row) == "groq/openai/gpt-oss-20b: No answer was accepted in # attempt."


def test_a_row_that_is_ok_has_no_reason() -> None:
    assert reason_of(Row("a", "a.txt", RowStatus.OK)) is None


def test_a_long_error_is_compared_by_its_beginning() -> None:
    one, other = (reason_of(failed("abc", "'" * 5_000 + "-1" * length)) for length in (9, 100_000))
    assert one == other


def test_a_reason_shows_no_character_that_acts() -> None:
    assert "\x1b" not in (reason_of(failed("abc", "bad \x1b[2J name")) or "")


def test_groups_are_ranked_failed_first_then_by_their_number() -> None:
    groups = FailureGroups()
    for status, reason, name in [
        ("incomplete", "c", "1"),
        ("failed", "a", "2"),
        ("failed", "b", "3"),
        ("failed", "b", "4"),
    ]:
        groups.add(status, reason, id=name, source=f"{name}.txt", error=reason)
    assert [(one.reason, one.count, one.id) for one in groups.ranked] == [("b", 2, "3"), ("a", 1, "2"), ("c", 1, "1")]


def test_too_many_reasons_are_counted_as_others() -> None:
    groups = FailureGroups(most=2)
    for reason in "abcdd":
        groups.add("failed", reason, id=reason, source="x", error=reason)
    assert {one.reason: one.count for one in groups.ranked} == {"other reasons": 3, "a": 1, "b": 1}
