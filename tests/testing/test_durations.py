"""Durations as Go prints them."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structgen.send.http.failures import go_duration
from structgen.testing.emulator.durations import format_duration


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0s"),
        (-1, "0s"),
        (1e-9, "1ns"),
        (1.5e-6, "1.5µs"),
        (0.172, "172ms"),
        (0.9825, "982.5ms"),
        (0.9999999999, "1s"),
        (7.66, "7.66s"),
        (60, "1m0s"),
        (179.56, "2m59.56s"),
        (414.72, "6m54.72s"),
        (3600, "1h0m0s"),
        (90_061.5, "25h1m1.5s"),
    ],
)
def test_a_duration_reads_as_go_prints_it(seconds: float, words: str) -> None:
    assert format_duration(seconds) == words


@settings(deadline=None, max_examples=300)
@given(st.floats(0, 1e7))
def test_what_is_written_is_read_back_to_the_nanosecond(seconds: float) -> None:
    read = go_duration(format_duration(seconds))
    assert read is not None
    assert abs(read - seconds) <= 1e-9 + seconds * 1e-15


@settings(deadline=None, max_examples=300)
@given(st.integers(0, 10**16))
def test_no_digit_stands_there_without_need(nanoseconds: int) -> None:
    words = format_duration(nanoseconds / 1e9)
    assert re.fullmatch(r"(\d+h\d+m|\d+m)?\d+(\.\d*[1-9])?(s|ms|µs|ns)", words)
    assert "0" not in re.findall(r"(\d+)[hm](?!s)", words)[:1]
