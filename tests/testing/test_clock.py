"""The clock that tests turn."""

import threading

import pytest

from structgen.core.errors import ConfigurationError
from structgen.testing import Clock


class Seconds:
    """A source of time that stands where it is put."""

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
