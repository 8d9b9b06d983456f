"""Reading takes steps in proportion to the text, whatever stands in it; counted in calls, not in seconds."""

from __future__ import annotations

import sys
from collections import deque

import pytest

from structgen.notation.numbers import numbers
from structgen.notation.style import style_of


def steps(text: str) -> int:
    """The calls, of Python and of C functions, that reading all numbers and the style takes."""
    count = 0

    def tick(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(tick)
    try:
        deque(numbers(text), maxlen=0)
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
    ],
)
def test_four_times_the_text_takes_about_four_times_the_steps(piece: str) -> None:
    steps(piece * 10)  # what is computed once and kept
    small, large = steps(piece * 200), steps(piece * 800)
    assert large < 4.5 * small + 200
    assert large < 60 * len(piece) * 800
