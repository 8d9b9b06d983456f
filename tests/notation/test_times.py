"""Times of day, with and without a date: every reading of what people write, with its place."""

from __future__ import annotations

import pytest

from structgen.notation.readings import covering
from structgen.notation.times import read_datetimes, read_times


def times(text: str) -> dict[str, bool]:
    """The times that the whole text may be -> whether they are likely."""
    return {one.value.isoformat(): not one.unlikely for one in covering(text, read_times(text))}


def datetimes(text: str) -> dict[str, bool]:
    """The same for dates with a time of day."""
    return {one.value.isoformat(): not one.unlikely for one in covering(text, read_datetimes(text))}


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("14:30", "14:30:00"),
        ("02:30", "02:30:00"),
        ("0:30", "00:30:00"),
        ("14:30:15.25", "14:30:15.250000"),
        ("2.30 pm", "14:30:00"),
        ("2pm", "14:00:00"),
        ("12 a.m.", "00:00:00"),
        ("14h30", "14:30:00"),
        ("14 h 30", "14:30:00"),
        ("14 Uhr 30", "14:30:00"),
        ("14.30 Uhr", "14:30:00"),
        ("1430 hrs", "14:30:00"),
        ("noon", "12:00:00"),
        ("12 noon", "12:00:00"),
        ("Mitternacht", "00:00:00"),
        ("14時30分", "14:30:00"),
        ("午後2時30分", "14:30:00"),
        ("下午3点半", "15:30:00"),
        ("오후 2시", "14:00:00"),
        ("14:30Z", "14:30:00+00:00"),
        ("14:30 UTC", "14:30:00+00:00"),
        ("14:30 +01:00", "14:30:00+01:00"),
        ("14:30:00-05:00", "14:30:00-05:00"),
        ("14:30:00 -0530", "14:30:00-05:30"),
        ("3:15 pm GMT+2", "15:15:00+02:00"),
    ],
)
def test_one_time_is_meant(text: str, time: str) -> None:
    assert times(text) == {time: True}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2:30", {"02:30:00": True, "14:30:00": False}),
        ("2 o'clock", {"02:00:00": True, "14:00:00": False}),
        ("14.30", {"14:30:00": False}),
    ],
)
def test_all_times_that_may_be_meant_are_read(text: str, found: dict[str, bool]) -> None:
    assert times(text) == found


@pytest.mark.parametrize("text", ["25:00", "14:75", "1:2", "14", "2.30.1", "5 pmx", "22:00 AM"])
def test_what_is_no_time_has_no_reading(text: str) -> None:
    assert times(text) == {}


@pytest.mark.parametrize("text", ["09:00-17:00", "9 am - 5 pm", "10:30 to 11:30", "von 9:00 bis 17:00 Uhr"])
def test_both_ends_of_a_range_say_that_they_are_one(text: str) -> None:
    found = list(read_times(text))
    assert [one.of_range for one in found] == [True, True]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-03-05T14:30", "2024-03-05T14:30:00"),
        ("2024-03-05 14:30:00Z", "2024-03-05T14:30:00+00:00"),
        ("2024-03-05T14:30-05:00", "2024-03-05T14:30:00-05:00"),
        ("20240305T143000Z", "2024-03-05T14:30:00+00:00"),
        ("12. März 2024, 14:30 Uhr", "2024-03-12T14:30:00"),
        ("12 March 2024 at 2pm", "2024-03-12T14:00:00"),
        ("14:30 on Tuesday, 12 March 2024", "2024-03-12T14:30:00"),
        ("March 5, 2024 2:30 PM", "2024-03-05T14:30:00"),
        ("2024年3月5日14時30分", "2024-03-05T14:30:00"),
        ("2024年3月5日午後2時30分", "2024-03-05T14:30:00"),
        ("2024년 3월 5일 오후 2시", "2024-03-05T14:00:00"),
        ("Tue Mar  5 14:30:00 2024", "2024-03-05T14:30:00"),
        ("Tue, 05 Mar 2024 14:30:00 -0500", "2024-03-05T14:30:00-05:00"),
    ],
)
def test_a_date_with_its_time_is_one_moment(text: str, moment: str) -> None:
    assert datetimes(text) == {moment: True}


def test_the_readings_of_a_moment_are_those_of_its_parts() -> None:
    assert datetimes("03/04/2020 14:30") == {"2020-04-03T14:30:00": True, "2020-03-04T14:30:00": True}


@pytest.mark.parametrize("text", ["5 March 2024", "14:30", "5 March 2024 for 14:30 people"])
def test_no_moment_is_completed(text: str) -> None:
    assert datetimes(text) == {}


@pytest.mark.parametrize(("text", "end"), [("14:30 UTC there", 9), ("14:30Z there", 6), ("오후 2시 there", 5)])
def test_a_time_ends_with_its_last_character(text: str, end: int) -> None:
    (written,) = read_times(text)
    assert (written.start, written.end) == (0, end)
