"""The clock that tests control."""

from __future__ import annotations

import re
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structgen.core.errors import ConfigurationError
from structgen.send.http.failures import go_duration
from structgen.testing import Clock
from structgen.testing.emulator.rate_limits import format_duration


class Seconds:
    """A source of time that only moves when it is set."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


def test_a_clock_starts_at_nothing_and_keeps_real_time() -> None:
    source = Seconds()
    clock = Clock(source=source)
    source.at += 2.5
    assert clock.now() == 2.5


def test_by_default_it_goes_by_itself() -> None:
    clock = Clock(speed=1e6)
    started = clock.now()
    while clock.now() == started:
        pass
    assert clock.now() > started


def test_a_fast_clock_makes_a_minute_of_a_second() -> None:
    source = Seconds()
    clock = Clock(speed=60, source=source)
    source.at += 1
    assert clock.now() == 60


def test_a_clock_that_stands_still_moves_only_when_turned() -> None:
    source = Seconds()
    clock = Clock(speed=0, source=source)
    source.at += 5
    clock.advance(7)
    assert clock.now() == 7


def test_a_clock_may_be_turned_back() -> None:
    clock = Clock(speed=0)
    clock.advance(60)
    clock.advance(-90)
    assert clock.now() == -30


@pytest.mark.parametrize("speed", [-1.0, float("nan"), float("inf")])
def test_a_speed_that_is_none_is_refused(speed: float) -> None:
    with pytest.raises(ConfigurationError, match="speed of a clock must be 0 or more"):
        Clock(speed)


def test_no_turn_is_lost_between_threads() -> None:
    clock = Clock(speed=0)

    def turn() -> None:
        for _ in range(500):
            clock.advance(1)

    threads = [threading.Thread(target=turn) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert clock.now() == 4000


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
