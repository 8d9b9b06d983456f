"""Numbers, durations, dates and amounts as people write them."""

from typing import Any

import pytest

from structgen.rules.dates import find_compact_dates, find_dates, to_iso, to_iso_time
from structgen.rules.durations import find_duration
from structgen.rules.values import fits


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("1 hr 20 min", 80),
        ("2 hours hrs 30 minutes mins", 150),
        ("PT1H20M", 80),
        ("P1DT2H", 1560),
        ("1h30", 90),
        ("1:30 h", 90),
        ("1 ½ hours", 90),
        ("1.5 hours", 90),
        ("90 Min.", 90),
        ("2 uur en 5 min", 125),
        ("1 Std. 10 Min.", 70),
        ("30-40 min", None),
        ("30 min - 40 min", None),
        ("30 min to 40 min", None),
        ("soon", None),
        ("20", None),
        ("20 g", None),
        ("P", None),
        ("10 min 5 min", 10),
        ("10 min hours", 10),
    ],
)
def test_a_duration_needs_its_unit_and_is_no_range(text: str, minutes: float | None) -> None:
    found = find_duration(text)
    assert (found and found.seconds / 60) == minutes


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("25/12/2018", "2018-12-25"),
        ("2018-12-25", "2018-12-25"),
        ("12/25/18", "2018-12-25"),
        ("05 MAR 2018", "2018-03-05"),
        ("3. Mai 2021", "2021-05-03"),
        ("13 de abril de 2020", "2020-04-13"),
        ("March 3rd, 2020", "2020-03-03"),
        ("05/05/2019", "2019-05-05"),
        ("03/04/2020", None),
    ],
)
def test_a_date_becomes_iso_only_where_day_and_month_are_certain(text: str, iso: str | None) -> None:
    (found,) = find_dates(f"on {text} there")
    assert to_iso(found, None) == iso


def test_day_and_month_are_settled_by_the_habit_of_the_document() -> None:
    (found,) = find_dates("03/04/2020")
    assert to_iso(found, True) == "2020-04-03"
    assert to_iso(found, False) == "2020-03-04"


@pytest.mark.parametrize("text", ["May", "10", "1.2.3", "32/01/2020", "30/02/2020", "10 maybe 2020", "192.168.10.2020"])
def test_what_only_looks_like_a_date_is_none(text: str) -> None:
    assert not list(find_dates(text))


def test_eight_digits_are_a_date_where_they_read_as_one_alone() -> None:
    assert [one.orders[0] for one in find_compact_dates("25122018 and 20181225")] == [(2018, 12, 25), (2018, 12, 25)]
    assert not list(find_compact_dates("99999999 12345678"))


@pytest.mark.parametrize(
    ("text", "timed"),
    [
        ("2020-01-02T10:11:12Z", "2020-01-02T10:11:12Z"),
        ("05 MAR 2018 18:24", "2018-03-05T18:24:00"),
        ("05 MAR 2018 7:41 PM", "2018-03-05T19:41:00"),
        ("05 MAR 2018", None),
        ("05 MAR 2018 99:00", None),
    ],
)
def test_a_time_of_day_is_taken_only_where_it_is_printed(text: str, timed: str | None) -> None:
    (found,) = find_dates(text)
    read = to_iso_time(text, found, None)
    assert (read and read[0]) == timed


def text(**limits: object) -> dict[str, object]:
    return {"type": ["string", "null"], **limits}


@pytest.mark.parametrize(
    ("line", "schema", "value"),
    [
        ("Thing: 5", text(format="time"), None),
        ("Thing: 9:30", text(format="time"), "09:30:00"),
        ("Thing: 12", text(format="uuid"), None),
        ("Thing: 20 min", text(format="duration"), None),
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
