"""Durations: every reading of what people write, with its place."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from structgen.notation.durations import Duration, duration_of, iso_of, read_durations
from structgen.notation.readings import covering
from structgen.notation.style import Style


def minutes(text: str, *, labelled: bool = False) -> dict[Decimal, bool]:
    """The durations in minutes that the whole text may be -> whether they are likely."""
    found = covering(text, read_durations(text, labelled=labelled))
    return {Decimal(one.value.seconds) / 60: not one.unlikely for one in found}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90 min", "90"),
        ("90 minutes", "90"),
        ("1h30", "90"),
        ("1h30m", "90"),
        ("1:30 h", "90"),
        ("1:30:30 h", "90.5"),
        ("PT1H30M", "90"),
        ("P1DT2H", "1560"),
        ("PT0.5H", "30"),
        ("1 hour and 30 minutes", "90"),
        ("1 hr, 30 min", "90"),
        ("2 hours hrs 30 minutes mins", "150"),
        ("an hour and a half", "90"),
        ("half an hour", "30"),
        ("1½ hours", "90"),
        ("1 1/2 hours", "90"),
        ("twenty-five minutes", "25"),
        ("1 Std. 30 Min.", "90"),
        ("1 timme 20 minuter", "80"),
        ("2 uur", "120"),
        ("5 часов 10 минут", "310"),
        ("1時間30分", "90"),
        ("3時間半", "210"),
        ("２分", "2"),
        ("3 weeks", "30240"),
        ("-5 min", "-5"),
    ],
)
def test_one_duration_is_meant(text: str, expected: str) -> None:
    assert minutes(text) == {Decimal(expected): True}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 hour 30", {"60": True, "90": True}),
        ("1,500 hours", {"90000": True, "90": True}),
        ("10 200 minutes", {"10200": True, "200": False}),
        ("1-2 hours", {"60": True, "120": True}),
        ("2 or 3 minutes", {"2": True, "3": True}),
    ],
)
def test_all_durations_that_may_be_meant_are_read(text: str, expected: dict[str, bool]) -> None:
    assert minutes(text) == {Decimal(one): likely for one, likely in expected.items()}


@pytest.mark.parametrize(
    "text",
    [
        "500 SEK",
        "5 m",
        "5 t",
        "1 time",
        "v30 min",
        "14時30分",
        "3分の2",
        "第5天",
        "PT",
        "P5",
        "3 minutiae",
        "90",
        "30:15",
    ],
)
def test_what_is_no_duration_has_no_reading(text: str) -> None:
    assert list(read_durations(text)) == []


@pytest.mark.parametrize(("text", "expected"), [("90 m", "90"), ("2 t", "120"), ("1 time", "60"), ("90′", "90")])
def test_where_a_label_tells_so_more_words_are_units(text: str, expected: str) -> None:
    assert minutes(text, labelled=True) == {Decimal(expected): True}


def test_behind_a_larger_unit_they_are_units_too() -> None:
    assert minutes("1 h 5 m") == {Decimal(65): True}


def test_a_capital_m_is_minutes_only_after_hours() -> None:
    assert minutes("1 H 5 M") == {Decimal(65): True}
    assert list(read_durations("5 M", labelled=True)) == []
    assert list(read_durations("2 D 5 M", labelled=True)) == []


def test_months_are_no_number_of_days() -> None:
    assert duration_of("2 Jahre und 3 Monate") == Duration(Decimal(27), Decimal(0))
    assert duration_of("27 months") == duration_of("P2Y3M") != duration_of("810 days")


@pytest.mark.parametrize("text", ["1-2 hours", "90 min - 2 hours", "2 or 3 days"])
def test_both_ends_of_a_range_say_that_they_are_one(text: str) -> None:
    assert [one.of_range for one in read_durations(text)] == [True, True]


def test_the_style_of_a_text_settles_its_numbers() -> None:
    (comma,) = read_durations("1,500 hours", style=Style(","))
    assert [one.value.seconds for one in comma.readings] == [5400]


def test_only_the_durations_that_begin_in_a_stretch_are_read() -> None:
    text = "5 min, 6 min, 7 min and eight days"
    assert [one.readings[0].value.seconds for one in read_durations(text, 7, 8)] == [360]
    assert [one.start for one in read_durations(text, 20)] == [24]


def test_a_timedelta_is_a_duration() -> None:
    assert Duration.of(timedelta(minutes=1, milliseconds=500)) == duration_of("60.5 seconds")


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("90 min", "PT1H30M"),
        ("26 hours", "P1DT2H"),
        ("2 weeks", "P14D"),
        ("0 s", "PT0S"),
        ("-5 min", "-PT5M"),
        ("1.5 s", "PT1.5S"),
        ("0.000001 s", "PT0.000001S"),
        ("0.0000001 s", None),
        ("1/3 s", None),
        ("3 months", None),
    ],
)
def test_a_duration_is_written_in_iso_8601_if_nothing_is_lost(text: str, iso: str | None) -> None:
    duration = duration_of(text)
    assert duration is not None
    assert iso_of(duration) == iso


def test_bare_minutes_may_be_followed_by_a_word() -> None:
    (written,) = read_durations("It takes 1h30 there.")
    assert (written.start, written.end) == (9, 13)
