"""Dates, times and durations: read if they have one reading, on record, and never guessed."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pydantic import BaseModel

import structgen
from structgen.core.options import DateOrder, Options, Risk
from structgen.core.records import Completion, Conventions
from structgen.parse import parse_completion
from structgen.parse.align.moments import moment_in
from structgen.schema import Schema
from tests.parse.samples import read


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2024/3/5", "2024-03-05"),
        ("2024.03.05", "2024-03-05"),
        ("20240305", "2024-03-05"),
        ("March 5, 2024", "2024-03-05"),
        ("Mar. 5th 2024", "2024-03-05"),
        ("5 March 2024", "2024-03-05"),
        ("Tuesday, 5th of March, 2024", "2024-03-05"),
        ("05-Mar-2024", "2024-03-05"),
        ("2024 Sept 5", "2024-09-05"),
        ("25/12/2018", "2018-12-25"),
        ("12/25/2018", "2018-12-25"),
        ("04/04/2020", "2020-04-04"),
        ("2024-03-05T00:00:00Z", "2024-03-05"),
        ("12. März 2024", "2024-03-12"),
        ("the 3rd of May 2024", "2024-05-03"),
        ("le 1er janvier 2024", "2024-01-01"),
        ("2024年3月5日", "2024-03-05"),
        ("Fri, 03/04/2020", "2020-04-03"),
        ("Monday, 5 March 2024", None),
        ("3.4.2020", None),
        ("5 March 24", None),
        ("25122018", None),
        ("3-5 March 2024", None),
        ("on 5 May 2024 or so", None),
        ("03/04/2020", None),
        ("31/31/2020", None),
        ("2024-13-01", None),
        ("May", None),
        ("10", None),
        ("5 Brumaire 2024", None),
        ("2024-03-05T14:30:00", None),
        ("5 May 2024" + " " * 80, None),
    ],
)
def test_a_date_is_read_if_it_means_one_day(text: str, iso: str | None) -> None:
    assert moment_in(text, "date") == iso


@pytest.mark.parametrize(
    ("text", "order", "iso"),
    [
        ("03/04/2024", DateOrder.DMY, "2024-04-03"),
        ("03/04/2024", DateOrder.MDY, "2024-03-04"),
        ("03.04.2024", DateOrder.DMY, "2024-04-03"),
        ("2024-03-04T00:00:00Z", DateOrder.DMY, "2024-03-04"),
        ("2024/03/04", DateOrder.DMY, "2024-03-04"),
        ("04/13/2024", DateOrder.DMY, "2024-04-13"),
        ("Wednesday, 03/04/2024", DateOrder.DMY, "2024-04-03"),
        ("Tuesday, 03/04/2024", DateOrder.DMY, None),
        ("03/04/24", DateOrder.DMY, None),
        ("24/03/04", DateOrder.YMD, None),
        ("31/31/2024", DateOrder.DMY, None),
        ("03/04/2024 or so", DateOrder.DMY, None),
    ],
)
def test_a_stated_order_settles_the_day_and_the_month_but_nothing_else(
    text: str, order: DateOrder, iso: str | None
) -> None:
    assert moment_in(text, "date", order) == iso


@pytest.mark.parametrize(
    ("text", "order", "iso"),
    [
        ("03/04/2024 14:30", DateOrder.DMY, "2024-04-03T14:30:00"),
        ("03/04/2024 2:30 PM", DateOrder.MDY, "2024-03-04T14:30:00"),
        ("03/04/2024", DateOrder.DMY, "2024-04-03T00:00:00"),
        ("03/04/24 14:30", DateOrder.DMY, None),
        ("03/04/2024 14:30", None, None),
    ],
)
def test_a_stated_order_settles_dates_with_a_time(text: str, order: DateOrder | None, iso: str | None) -> None:
    assert moment_in(text, "date-time", order) == iso


def test_the_order_that_a_request_states_settles_the_dates_of_its_response_on_the_record() -> None:
    request = structgen.compile_request(date, "text", model="groq/m", options=Options(date_order=DateOrder.DMY))
    parsed = parse_completion(Schema.of(date), Completion('"03/04/2024"', "stop"), request)
    assert parsed.value == date(2024, 4, 3)
    assert [(repair.before, repair.after, repair.risk) for repair in parsed.repairs] == [
        ("03/04/2024", "2024-04-03", Risk.INTERPRETIVE)
    ]
    assert not parse_completion(
        Schema.of(date), Completion('"03/04/2024"', "stop"), replace(request, conventions=Conventions())
    ).ok


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (datetime, "12. März 2024, 14:30 Uhr", datetime.fromisoformat("2024-03-12T14:30")),
        (datetime, "Tuesday, 12 March 2024", datetime.fromisoformat("2024-03-12")),
        (datetime, "March 5, 2024 2:30 PM", datetime.fromisoformat("2024-03-05T14:30")),
        (datetime, "Tue Mar  5 14:30:00 2024", datetime.fromisoformat("2024-03-05T14:30")),
        (time, "2:30 pm", time(14, 30)),
        (time, "14h30", time(14, 30)),
        (time, "14.30 Uhr", time(14, 30)),
        (time, "noon", time(12)),
        (timedelta, "90 min", timedelta(minutes=90)),
        (timedelta, "90 m", timedelta(minutes=90)),
        (timedelta, "1h30", timedelta(minutes=90)),
        (timedelta, "1 hour and 30 minutes", timedelta(minutes=90)),
        (timedelta, "1:30 h", timedelta(minutes=90)),
        (timedelta, "half a second", timedelta(milliseconds=500)),
        (timedelta, "-5 min", timedelta(minutes=-5)),
        (timedelta, "2 weeks", timedelta(weeks=2)),
    ],
)
def test_a_moment_with_one_reading_is_read_on_record(kind: Any, text: str, value: object) -> None:
    parsed = read(kind, f'"{text}"')
    assert parsed.value == value
    assert [repair.risk for repair in parsed.repairs] == [Risk.INTERPRETIVE]
    assert not read(kind, f'"{text}"', max_risk=Risk.LOSSLESS).ok


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (datetime, "03/04/2020 14:30"),
        (datetime, "14:30"),
        (datetime, "12 March 2024, 25:00"),
        (datetime, "Mar 5 2:30 2024"),
        (datetime, "2024-03-05 14:30 AM"),
        (time, "2:30"),
        (time, "14.30"),
        (time, "9:00-17:00"),
        (time, "09:00-17:00"),
        (time, "09:00-05:00"),
        (time, "about 2 pm"),
        (timedelta, "1 hour 30"),
        (timedelta, "1,500 hours"),
        (timedelta, "1-2 hours"),
        (timedelta, "3 months"),
        (timedelta, "1/3 s"),
        (timedelta, "90"),
        (timedelta, "1:30"),
        (timedelta, "bake for 90 min"),
        (timedelta, "9" * 40 + " days"),
    ],
)
def test_a_moment_with_another_reading_or_none_is_refused(kind: Any, text: str) -> None:
    assert not read(kind, f'"{text}"').ok


@pytest.mark.parametrize("kind", [date, datetime])
def test_a_bare_number_as_a_key_is_no_date(kind: Any) -> None:
    assert read(dict[kind, int], '{"2024-03-05": 1}').ok
    parsed = read(dict[kind, int], '{"2024-03-05": 1, "2020": 1}')
    assert [(issue.path, issue.code) for issue in parsed.issues] == [("/2020", "format")]


def test_a_bare_number_is_no_time_in_a_union_with_something_else() -> None:
    class Loose(BaseModel):
        at: datetime | Decimal | list[str] | str

    assert [issue.path for issue in read(Loose, '{"at": "2020"}').issues if issue.code == "format"] == ["/at"]
    assert read(Loose, '{"at": ["2020"]}').value == Loose(at=["2020"])
    assert read(Loose, '{"at": "2024-03-05T10:00:00"}').ok


def test_minutes_and_seconds_are_not_taken_for_hours_and_minutes() -> None:
    assert not read(timedelta, '"03:45"').ok
    assert read(timedelta, '"00:03:45"').value == read(timedelta, '"PT3M45S"').value
    assert read(time, '"03:45"').value == time(3, 45)
