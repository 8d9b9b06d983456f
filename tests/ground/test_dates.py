"""Dates and times of day in many forms; a date that may be read in two ways is not taken for certain."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time

import pytest

Find = Callable[[object, str], tuple[str | None, str]]
DAY = date(2020, 3, 5)


@pytest.mark.parametrize(
    ("text", "evidence"),
    [
        ("Order of 5 March 2020 on", "5 March 2020"),
        ("the 5th day of March, 2020", "5th day of March, 2020"),
        ("March the 5th, 2020", "March the 5th, 2020"),
        ("MARCH 5TH 2020", "MARCH 5TH 2020"),
        ("05-MAR-2020", "05-MAR-2020"),
        ("05MAR2020", "05MAR2020"),
        ("Thursday, March 05, 2020", "March 05, 2020"),
        ("March 5-7, 2020", "March 5-7, 2020"),
        ("5-7 March 2020", "5-7 March 2020"),
        ("3 to 5 March 2020", "3 to 5 March 2020"),
        ("Mar 5 '20", "Mar 5 '20"),
        ("2020/03/05", "2020/03/05"),
        ("2020.03.05.", "2020.03.05"),
        ("05.03.2020", "05.03.2020"),
        ("on 2020-03-05T10:00Z", "2020-03-05"),
        ("二〇二〇年三月五日", "二〇二〇年三月五日"),
        ("令和2年3月5日", "令和2年3月5日"),
        ("2020년 3월 5일", "2020년 3월 5일"),
        ("٥ مارس ٢٠٢٠", "٥ مارس ٢٠٢٠"),
        ("5 במרץ 2020", "5 במרץ 2020"),
        ("5 मार्च 2020", "5 मार्च 2020"),
        ("5 мая 2020, 5 марта 2020", "5 марта 2020"),
        ("1er mars 2020 et 5 mars 2020", "5 mars 2020"),
    ],
)
def test_a_date_is_found_in_the_forms_of_many_places(find: Find, text: str, evidence: str) -> None:
    assert find(DAY, text)[0] == evidence
    assert find(DAY, text)[1] != "ambiguous"


def test_the_first_year_of_an_era_has_a_name_of_its_own(find: Find) -> None:
    assert find(date(2019, 5, 2), "令和元年5月2日")[0] == "令和元年5月2日"


@pytest.mark.parametrize(
    "text",
    [
        "15 March 2020",
        "5 March 20201",
        "March 2020, 5 people",
        "may 5 2020",
        "03.05.2020",
        "12020-03-05",
        "x20200305",
        "1-2020-03-05",
        "三月五日",
        "二〇二〇年十三月五日",
        "2020年3月東日",
    ],
)
def test_another_date_is_no_evidence(find: Find, text: str) -> None:
    assert find(DAY, text) == (None, "unsupported")


@pytest.mark.parametrize(
    ("day", "text", "status"),
    [
        (date(2020, 3, 4), "03/04/2020", "ambiguous"),
        (date(2020, 4, 3), "03/04/2020", "ambiguous"),
        (date(2020, 4, 3), "03/04/2020, 25/12/2020", "normalized"),
        (date(2020, 3, 4), "03/04/2020, 25/12/2020", "ambiguous"),
        (date(2020, 3, 4), "03/04/2020, 12/25/2020", "normalized"),
        (date(2020, 3, 4), "03/04/2020, 12/25/2020, 25/12/2020", "ambiguous"),
        (date(2020, 3, 3), "03/03/2020", "normalized"),
        (date(2020, 3, 25), "25/03/2020", "normalized"),
        (date(2020, 3, 4), "4.3.2020", "normalized"),
        (date(2020, 3, 4), "03/04/2020 is 4 March 2020", "normalized"),
        (date(2003, 4, 20), "03/04/20", "ambiguous"),
        (date(2013, 12, 25), "13-12-25", "ambiguous"),
    ],
)
def test_a_date_of_two_readings_is_ambiguous_unless_the_text_tells(
    find: Find, day: date, text: str, status: str
) -> None:
    assert find(day, text)[1] == status


@pytest.mark.parametrize(
    ("value", "text", "evidence"),
    [
        ("March 5, 2020", "on 2020-03-05", "2020-03-05"),
        ("5 March 2020", "March 5th, 2020", "March 5th, 2020"),
        ("2:30 PM", "at 14:30", "14:30"),
        ("2020-03-05T10:00:00Z", "5 March 2020 at 10 am", "5 March 2020 at 10 am"),
        ("2020-03-05T10:00:00Z", "5 March 2020 at 11 am", None),
        ("2020-03-05T00:00:00", "5 March 2020", "5 March 2020"),
        (datetime.combine(DAY, time(14, 30)), "2020-03-05 14:30", "2020-03-05 14:30"),
    ],
)
def test_a_date_in_words_is_looked_for_as_a_date(find: Find, value: object, text: str, evidence: str | None) -> None:
    assert find(value, text)[0] == evidence


@pytest.mark.parametrize(
    ("moment", "text", "evidence"),
    [
        (time(14, 30), "at 14h30", "14h30"),
        (time(14, 30), "at 1430 hrs", "1430 hrs"),
        (time(14, 30), "um 14 Uhr 30", "14 Uhr 30"),
        (time(14, 30), "14時30分", "14時30分"),
        (time(14), "at 2 pm", "2 pm"),
        (time(5), "at 5 o'clock", "5 o'clock"),
        (time(12), "at noon", "noon"),
        (time(0), "at Midnight", "Midnight"),
        (time(14, 30), "costs 14.30, at 14:30", "14:30"),
        (time(14, 30), "114:30", None),
        (time(14, 30), "1:14:30", None),
        (time(2, 30), "at 2:30 PM", None),
        (time(12), "the afternoon", None),
        (time(14), "25:00 or 14:60", None),
        (time(14), "14 men", None),
    ],
)
def test_times_of_day_are_found_whole(find: Find, moment: time, text: str, evidence: str | None) -> None:
    assert find(moment, text)[0] == evidence
