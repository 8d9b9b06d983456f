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
