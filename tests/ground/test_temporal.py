"""Dates, times of day and durations: found in every form of them, and ambiguous if a form has two readings."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest

from tests.ground.conftest import Find

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


@pytest.mark.parametrize(
    ("value", "text", "evidence"),
    [
        ("PT1H30M", "takes 1 hour 30 minutes", "1 hour 30 minutes"),
        ("PT1H30M", "takes 1 hr, 30 min.", "1 hr, 30 min."),
        ("PT1H30M", "takes 1.5 hours", "1.5 hours"),
        ("PT1H30M", "an hour and a half", "an hour and a half"),
        ("PT90M", "one and a half hours", "one and a half hours"),
        ("PT90M", "1 1/2 hours", "1 1/2 hours"),
        ("PT90M", "1½ hours", "1½ hours"),
        ("PT45M", "3/4 hour", "3/4 hour"),
        ("PT30M", "half an hour", "half an hour"),
        ("PT1H", "an hour", "an hour"),
        ("PT2H15M", "2h 15m", "2h 15m"),
        ("PT25M", "20-25 minutes", "25 minutes"),
        ("PT20M", "20 Minuten", "20 Minuten"),
        ("PT20M", "20分", "20分"),
        ("P1D", "24 hours", "24 hours"),
        ("P30D", "within thirty (30) days", "thirty (30) days"),
        ("P25D", "twenty-five days", "twenty-five days"),
        ("P2W", "14 days", "14 days"),
        ("P6M", "six months", "six months"),
        ("P1Y6M", "1 year and 6 months", "1 year and 6 months"),
        (timedelta(minutes=90), "for 90 minutes", "90 minutes"),
        ("1 hour 30 minutes", "90 min", "90 min"),
        ("PT3H", "1 hour, 2 hours and 3 hours", "3 hours"),
        ("PT200M", "two hundred minutes", "two hundred minutes"),
        ("PT102H", "one hundred and two hours", "one hundred and two hours"),
        ("PT24H", "two dozen hours", "two dozen hours"),
        ("PT1234H", "1 234 hours", "1 234 hours"),
        ("PT12000H", "12,000 hours at 3.5 each", "12,000 hours"),
        ("P1200000Y", "1.2 million years", "1.2 million years"),
        ("PT2H30M", "2 and a half hours", "2 and a half hours"),
        ("PT2H30M", "2½ hours", "2½ hours"),
        ("PT20M", "half an hour less 20 minutes", "20 minutes"),
        (timedelta(hours=-5), "at -5 hours", "-5 hours"),
    ],
)
def test_a_duration_is_found_however_it_is_written(find: Find, value: object, text: str, evidence: str) -> None:
    assert find(value, text) == (evidence, "normalized")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("PT45M", "1 hour 45 minutes"),
        ("PT1H", "1 hour 45 minutes"),
        ("PT5M", "15 minutes"),
        ("PT10M", "10m of rope"),
        ("P6M", "6 metres"),
        ("P1M", "30 days"),
        ("PT", "one hour"),
        ("PT1H", "1/0 days"),
        ("an hour " * 30, "an hour"),
        ("PT2H", "one hundred and two hours"),
        ("PT12H", "12,000 hours at 3.5 each"),
        ("PT5H", "at -5 hours"),
        ("PT5H", "minus five hours"),
        ("PT0.5H", "2½ hours"),
        ("P1000000Y", "1.2 million years"),
        ("P2D", "the second day"),
    ],
)
def test_a_part_of_a_duration_is_no_evidence(find: Find, value: str, text: str) -> None:
    assert find(value, text) == (None, "unsupported")


@pytest.mark.parametrize(
    ("value", "text"),
    [("PT12H", "12,000 hours"), ("PT12000H", "12,000 hours"), ("PT234H", "1 234 hours")],
)
def test_one_of_two_durations_is_ambiguous(find: Find, value: str, text: str) -> None:
    assert find(value, text)[1] == "ambiguous"


@pytest.mark.parametrize(
    ("value", "text", "evidence", "status"),
    [
        (date(2024, 3, 12), "Tuesday, 12 March 2024", "12 March 2024", "normalized"),
        (date(2024, 3, 12), "Monday, 12 March 2024", "12 March 2024", "ambiguous"),
        (date(2020, 4, 3), "Fri, 03/04/2020", "03/04/2020", "normalized"),
        (date(2020, 3, 4), "Fri, 03/04/2020", None, "unsupported"),
        (date(1920, 3, 20), "March 2024", None, "unsupported"),
        (date(2020, 3, 25), "1/3/2020-25/3/2020", "25/3/2020", "normalized"),
        (time(17), "open 9:00-17:00", "17:00", "normalized"),
        (time(2, 30), "at 2:30", "2:30", "normalized"),
        (time(14, 30), "at 2:30", "2:30", "ambiguous"),
        (time(14, 30), "午後2時30分", "午後2時30分", "normalized"),
        (time(2, 30), "午後2時30分", None, "unsupported"),
        ("PT2H", "2-3 hours", "2", "normalized"),
        ("PT3H", "2-3 hours", "3 hours", "normalized"),
        ("PT1H", "1 hour 30", "1 hour", "ambiguous"),
        ("PT90M", "1 hour 30", "1 hour 30", "ambiguous"),
        ("PT90M", "1h30", "1h30", "normalized"),
        ("PT90M", "1時間30分", "1時間30分", "normalized"),
        ("PT30M", "14時30分", None, "unsupported"),
        ("PT5M", "5 m", None, "unsupported"),
    ],
)
def test_what_notation_reads_is_graded(find: Find, value: object, text: str, evidence: str | None, status: str) -> None:
    assert find(value, text) == (evidence, status)


@pytest.mark.parametrize(
    ("value", "text", "status"),
    [
        ("2024-03-05T00:00:00", "Tue, 5 March 2024", "normalized"),
        ("2024-03-05T00:00:00", "5 March 2024 at midnight", "normalized"),
        ("2024-03-05T00:00:00", "5 March 2024 at 14:30", "unsupported"),
        (datetime.fromisoformat("2024-03-05"), "5 March 2024 at 14:30", "unsupported"),
        ("2024-03-05", "5 March 2024 at 14:30", "normalized"),
        ("2024-03-05T18:30:00", "5 March 2024, 17:30 doors, 18:30 show", "normalized"),
    ],
)
def test_midnight_is_no_date_with_another_time(find: Find, value: object, text: str, status: str) -> None:
    assert find(value, text)[1] == status


@pytest.mark.parametrize(
    ("value", "text", "status"),
    [
        ("2024-03-05T14:30:00Z", "5 March 2024, 14:30 UTC", "normalized"),
        ("2024-03-05T14:30:00Z", "5 March 2024, 14:30", "normalized"),
        ("2024-03-05T14:30:00", "5 March 2024, 14:30 UTC", "normalized"),
        ("2024-03-05T14:30:00Z", "5 March 2024, 14:30 +02:00", "unsupported"),
        ("2024-03-05T14:30:00Z", "2024-03-05T14:30-05:00", "unsupported"),
        (datetime.fromisoformat("2024-03-05T14:30+00:00"), "5 March 2024, 14:30 +02:00", "unsupported"),
        (datetime.fromisoformat("2024-03-05T14:30+02:00"), "5 March 2024, 14:30 +02:00", "normalized"),
        ("14:30:00Z", "14:30 +02:00", "unsupported"),
        (time.fromisoformat("14:30+02:00"), "14:30 +02:00", "normalized"),
    ],
)
def test_a_time_in_another_zone_is_another_time(find: Find, value: object, text: str, status: str) -> None:
    assert find(value, text)[1] == status
