"""Durations, in ISO 8601 and in words, are compared by their length and read whole."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

Find = Callable[[object, str], tuple[str | None, str]]


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
