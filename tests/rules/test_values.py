"""What a field's own schema refuses is left out."""

from typing import Any

import pytest

from structgen.rules.values import fits


def text(**limits: object) -> dict[str, object]:
    return {"type": ["string", "null"], **limits}


@pytest.mark.parametrize(
    ("line", "schema", "value"),
    [
        ("Thing: 5", text(format="time"), None),
        ("Thing: 9:30", text(format="time"), "09:30:00"),
        ("Thing: 12", text(format="uuid"), None),
        ("Thing: 20 min", text(format="duration"), "PT20M"),
        ("Thing: soon", text(format="duration"), None),
        ("Thing: PT20M", text(format="duration"), "PT20M"),
        ("Thing: 10.0.0.1", text(format="ipv4"), "10.0.0.1"),
        ("Thing: www.low.example", text(format="uri"), None),
        ("Thing: 123", text(pattern="^[0-9]{5}$"), None),
        ("Thing: 12345", text(pattern="^[0-9]{5}$"), "12345"),
        ("Thing: abc", text(pattern="(a"), None),
        ("Thing: abc", text(minLength=4), None),
        ("Thing: abc", text(maxLength=2), None),
        ("Thing: 5", {"type": ["number", "null"], "exclusiveMinimum": 5}, None),
        ("Thing: 5", {"type": ["number", "null"], "exclusiveMaximum": 5}, None),
        ("Thing: 5", {"type": ["number", "null"], "multipleOf": 2}, None),
        ("Thing: 0.3", {"type": ["number", "null"], "multipleOf": 0.1}, 0.3),
    ],
)
def test_a_value_that_its_field_refuses_is_not_found(ask_one: Any, line: str, schema: Any, value: object) -> None:
    assert ask_one(line, "thing", schema) == value


def test_the_total_of_a_bill_is_no_time(ask_one: Any) -> None:
    assert ask_one("Total: 5", "total", text(format="time")) is None


def test_truth_has_no_bounds() -> None:
    assert fits({"exclusiveMinimum": 5}, True)


MINUTES = {"type": ["integer", "null"]}


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("Minutes: 10", 10),
        ("Minutes: 1 hour", 60),
        ("Minutes: 1 h 10", None),
        ("Minutes: ten", None),
        ("Minutes:\n10", 10),
    ],
)
def test_a_field_may_be_named_like_a_unit(ask_one: Any, text: str, minutes: int | None) -> None:
    assert ask_one(text, "minutes", MINUTES) == minutes


def test_a_bare_number_is_a_duration_only_where_its_label_names_the_unit(ask_one: Any) -> None:
    assert ask_one("Prep time (min): 10", "prep_time_minutes", MINUTES) == 10
    assert ask_one("Total time (hours): 1.5", "total_time_minutes", MINUTES) == 90
    assert ask_one("Prep time: 10", "prep_time_minutes", MINUTES) is None


def test_numbers_before_one_label_that_differ_are_none_of_them_for_certain(ask: Any) -> None:
    rating = {"type": ["number", "null"], "title": "Stars"}
    assert ask("Lamp\nKim, 5 stars\nLee, 3 stars\n", rating=rating) == {"rating": None}
    assert ask("Lamp\nKim, 5 stars\nLee, 5 stars\n", rating=rating) == {"rating": 5}
    assert ask("Lamp\nRating: 4.5\nLee, 3 stars\n", rating=rating) == {"rating": 4.5}


@pytest.mark.parametrize(
    ("name", "one", "other"),
    [
        ("phone", "0207 946 0018", "0207 946 0019"),
        ("email", "a@oak.example", "b@oak.example"),
        ("url", "www.a.example", "www.b.example"),
    ],
)
def test_the_first_of_several_is_no_answer(ask_one: Any, name: str, one: str, other: str) -> None:
    assert ask_one(f"{name}: {one} or {other}\n", name) is None
    assert ask_one(f"{name}: {one}\n", name) == one
