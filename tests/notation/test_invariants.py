"""What holds for every reader and every text: no error, places in the text, and only what begins in a stretch."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structgen.notation.dates import read_dates
from structgen.notation.durations import read_durations
from structgen.notation.numbers import read_money, read_numbers
from structgen.notation.times import read_datetimes, read_times

Reader = Callable[..., Iterable[Any]]
READERS: list[Reader] = [read_numbers, read_money, read_dates, read_times, read_datetimes, read_durations]
_PIECES = (
    "0 1 2 5 12 15 30 31 2024 1999 24 1e3 ½ ٣ 三 十 年 月 日 時 分 万 １ ， . , : - – / ' ’ ( ) $ € USD % "
    "k million half a an and March märz мая may to noon pm am h hr hours min m s T Z UTC + P PT1H the Tue "
    "st nd of Uhr o'clock two twenty third"
)
texts = st.lists(st.sampled_from([*_PIECES.split(), " ", " ", " ", "\n", "\u00a0"]), max_size=14).map("".join)


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.__name__)
@settings(max_examples=150, deadline=None)
@given(text=st.one_of(texts, st.text(max_size=30)))
def test_every_reading_lies_in_the_place_of_what_is_written(reader: Reader, text: str) -> None:
    for written in reader(text):
        assert 0 <= written.start < written.end <= len(text)
        assert all(written.start <= one.start < one.end <= written.end for one in written.readings)


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.__name__)
@settings(max_examples=100, deadline=None)
@given(several=st.lists(texts, min_size=2, max_size=4))
def test_a_stretch_between_lines_gives_what_begins_in_it(reader: Reader, several: list[str]) -> None:
    text = "\n\n\n\n".join(several)
    ends = [0]
    for one in several:
        ends.append(ends[-1] + len(one) + 4)
    for start, end in pairwise(ends):
        assert all(start <= one.readings[0].end and one.start < end for one in reader(text, start, end) if one.readings)
