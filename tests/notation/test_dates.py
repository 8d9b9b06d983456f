"""Dates: every reading of what people write, with its place."""

from __future__ import annotations

import pytest

from structgen.core.options import DateOrder
from structgen.notation.dates import order_of, read_dates, settle
from structgen.notation.readings import covering


def readings(text: str) -> dict[str, bool]:
    """The days that the whole text may be -> whether they are likely."""
    return {one.value.isoformat(): not one.unlikely for one in covering(text, read_dates(text))}


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2024-03-05", "2024-03-05"),
        ("2024/3/5", "2024-03-05"),
        ("2024. 3. 5.", "2024-03-05"),
        ("20240305", "2024-03-05"),
        ("25/12/2020", "2020-12-25"),
        ("12/25/2020", "2020-12-25"),
        ("05/05/2020", "2020-05-05"),
        ("12. März 2024", "2024-03-12"),
        ("am 12. März 2024", "2024-03-12"),
        ("the 3rd of May 2024", "2024-05-03"),
        ("3rd May, 2024", "2024-05-03"),
        ("May 3, 2024", "2024-05-03"),
        ("12-Mar-2024", "2024-03-12"),
        ("2024 Mar 5", "2024-03-05"),
        ("Sept. 5, 2024", "2024-09-05"),
        ("5 de marzo de 2024", "2024-03-05"),
        ("le 1er janvier 2024", "2024-01-01"),
        ("5 août 2024", "2024-08-05"),
        ("5 aout 2024", "2024-08-05"),
        ("5 марта 2024", "2024-03-05"),
        ("5 มีนาคม 2024", "2024-03-05"),
        ("5 มีนาคม 2567", "2024-03-05"),
        ("٢٠٢٤/٠٣/٠٥", "2024-03-05"),
        ("2024年3月5日", "2024-03-05"),
        ("２０２４年３月５日", "2024-03-05"),
        ("二〇二四年三月五日", "2024-03-05"),
        ("令和6年3月5日", "2024-03-05"),
        ("2024년 3월 5일", "2024-03-05"),
        ("Tuesday, 12 March 2024", "2024-03-12"),
        ("Tue the 12th of March 2024", "2024-03-12"),
        ("Mi., 13.03.2024", "2024-03-13"),
        ("2024年3月5日(火)", "2024-03-05"),
        ("Fri, 03/04/2020", "2020-04-03"),
    ],
)
def test_one_day_is_meant(text: str, day: str) -> None:
    assert readings(text) == {day: True}


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("03/04/2020", {"2020-04-03": True, "2020-03-04": True}),
        ("5. listopada 2024", {"2024-10-05": True, "2024-11-05": True}),
        ("3.4.2020", {"2020-04-03": True, "2020-03-04": False}),
        ("5 Mar 24", {"1924-03-05": True, "2024-03-05": True}),
        ("31-12-20", {"1920-12-31": True, "2020-12-31": True, "1931-12-20": False, "2031-12-20": False}),
        ("25122018", {"2018-12-25": False}),
        ("04052018", {"2018-05-04": False, "2018-04-05": False}),
        ("Monday, 12 March 2024", {"2024-03-12": False}),
        ("۱۴۰۲/۱۲/۱۵", {"1402-12-15": False}),
        ("3-5 March 2024", {"2024-03-03": True, "2024-03-05": True}),
        ("March 5-7, 2024", {"2024-03-05": True, "2024-03-07": True}),
    ],
)
def test_all_days_that_may_be_meant_are_read(text: str, days: dict[str, bool]) -> None:
    assert readings(text) == days


@pytest.mark.parametrize(
    "text",
    [
        "March 2024",
        "2024",
        "May",
        "31/31/2020",
        "30 February 2024",
        "10.0.20.1",
        "1.2.20.5",
        "5 people 2024",
        "12/2024",
    ],
)
def test_what_is_no_date_has_no_reading(text: str) -> None:
    assert not any(written.readings for written in read_dates(text))


def test_a_place_lies_in_the_text_and_holds_the_weekday() -> None:
    (written,) = read_dates("Come on Tuesday, 12 March 2024, please.")
    assert (written.start, written.end) == (8, 30)
    assert (written.readings[0].start, written.readings[0].end) == (17, 30)


def test_only_the_dates_that_begin_in_a_stretch_are_read() -> None:
    text = "1 May 2024, 2 May 2024, 3 May 2024"
    assert [written.readings[0].value.day for written in read_dates(text, 12, 20)] == [2]


def test_both_ends_of_a_range_say_that_they_are_one() -> None:
    text = "from 3 to 5 March 2024"
    assert [(one.readings[0].value.day, one.of_range) for one in read_dates(text)] == [(3, True), (5, True)]
    assert [one.of_range for one in read_dates("1/3/2020-25/3/2020")] == [True, True]
    assert [one.of_range for one in read_dates("2020-03-01 to 2020-03-25")] == [True, True]


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("25/12/2020 and 03/04/2020", DateOrder.DMY),
        ("12/25/2020 and 03/04/2020", DateOrder.MDY),
        ("25/12/2020 and 12/25/2020", None),
        ("25.12.2020 and 03/04/2020", None),
        ("2020-12-25 and 03/04/2020", None),
    ],
)
def test_other_dates_of_the_text_tell_the_order(text: str, order: DateOrder | None) -> None:
    dates = list(read_dates(text))
    assert order_of(dates) is order
    (unsure,) = read_dates("03/04/2020")
    assert len(settle(unsure.readings, order)) == (1 if order else 2)
