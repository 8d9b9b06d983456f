"""Reading takes steps in proportion to the text, whatever stands in it; counted in calls, not in seconds."""

from __future__ import annotations

import sys
from collections import deque

import pytest

from structgen.notation.dates import read_dates
from structgen.notation.durations import read_durations
from structgen.notation.numbers import read_money, read_numbers
from structgen.notation.style import style_of
from structgen.notation.times import read_datetimes, read_times

READERS = (read_numbers, read_money, read_dates, read_times, read_datetimes, read_durations)


def steps(text: str) -> int:
    """The calls, of Python and of C functions, that all readers and the style take."""
    count = 0

    def tick(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(tick)
    try:
        for reader in READERS:
            deque(reader(text), maxlen=0)
        style_of(text)
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize(
    "piece",
    [
        "1,111,",
        "1 111 ",
        "1.1",
        "1-",
        "1/",
        "1 1/2 ",
        "9",
        "(20.00) ",
        "-",
        "$",
        "USD ",
        "minus ",
        "5 million ",
        "5\n",
        "1万2",
        "1万1,",
        "1e5",
        "10^",
        "½",
        "half a ",
        "two hundred and ",
        "one and a ",
        "two thirds ",
        "三",
        "5 and a half ",
        "20.00-",
        "3.5 ",
        "1,5 and ",
        "1/1/20",
        "1 May ",
        "May 1, ",
        "5-",
        "12:30 ",
        "12:30-",
        "1.1.2020 12:30 ",
        "12 noon ",
        "1 h 5 ",
        "1 h 5 min ",
        "an ",
        "1-2 days ",
        "1h",
        "P1D ",
        "１月",
    ],
)
def test_four_times_the_text_takes_about_four_times_the_steps(piece: str) -> None:
    steps(piece * 10)  # what is computed once and kept
    small, large = steps(piece * 200), steps(piece * 800)
    assert large < 4.5 * small + 200
    assert large < 160 * len(piece) * 800
