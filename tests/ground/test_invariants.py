"""What holds for every value and every text."""

from __future__ import annotations

import math
import random
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from structgen.core.records import Status
from structgen.ground import locate

PIECES = """
0 1 5 12 2020 1/2 ½ ² 三 十 万 ٣ & &amp; &#x0; &#99999999; <b> </b @ x.org http:// www. / : - – . , ( ) [...] … ' " % €
# ++ _ * PT1H hour half and a one twenty hundred second no yes not n't May March 年 月 日 令和 元 İ ß ﬁ Ann a B
"""
BITS = st.sampled_from(
    [*PIECES.split(), " ", "  ", "\n", "\t", "-\n", "\ud800", "\udc00", "\u0301", "\u200d", "\x00", "\u202e"]
)
TEXTS = st.lists(BITS | st.text(st.characters(), max_size=3), max_size=30).map("".join)
SCALARS = (
    TEXTS | st.integers() | st.floats() | st.dates() | st.times() | st.datetimes() | st.timedeltas() | st.booleans()
)


@settings(deadline=None, max_examples=300)
@given(TEXTS, st.lists(SCALARS, max_size=5), st.data())
def test_evidence_is_a_stretch_of_the_text_and_exact_is_the_value_itself(
    text: str, values: list[object], data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, max(0, len(text) - 1)))
    values = [*values, text[start : data.draw(st.integers(start, len(text)))]]
    for piece in locate(values, text):
        if piece.start is None or piece.end is None:
            assert piece.status is Status.UNSUPPORTED
            continue
        assert 0 <= piece.start < piece.end <= len(text)
        assert piece.text == text[piece.start : piece.end]
        own = values[int(piece.path[1:])]
        if isinstance(own, str):
            assert (piece.text == own) or piece.status is not Status.EXACT
            assert piece.text != own or piece.status in (Status.EXACT, Status.AMBIGUOUS)


@settings(deadline=None, max_examples=200)
@given(TEXTS, st.lists(SCALARS, max_size=6), st.integers(0, 99))
def test_the_order_of_a_list_never_decides_whether_a_value_is_supported(
    text: str, values: list[object], seed: int
) -> None:
    order = list(range(len(values)))
    random.Random(seed).shuffle(order)

    def supported(items: list[object]) -> list[tuple[str, bool]]:
        found = ((items[int(piece.path[1:])], piece.status) for piece in locate(items, text))
        return sorted((said(item), status is not Status.UNSUPPORTED) for item, status in found)

    def said(item: object) -> str:
        # 0 and 0.0 are equal, so either may get the only place of both.
        number = isinstance(item, int | float) and not isinstance(item, bool) and math.isfinite(item)
        return str(Fraction(item)) if number else repr(item)

    assert supported(values) == supported([values[n] for n in order])


@settings(deadline=None, max_examples=100)
@given(st.text(max_size=1), st.text(max_size=2))
def test_the_shortest_texts_are_no_trouble(text: str, value: str) -> None:
    for piece in locate([value, text], text):
        assert piece.text is None or piece.text in text
