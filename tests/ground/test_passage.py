"""The passage around places holds them, ends with its sentences, and is never too long."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from structgen.ground import locate, passage

TEXT = "First one. Second holds apples! Third? Fourth holds pears.\nFifth line\nSixth."


def cut(*values: str, around: int = 0, most: int = 4_000) -> str:
    start, end = passage(TEXT, locate(list(values), TEXT), around=around, most=most)
    return TEXT[start:end]


def test_the_sentence_that_holds_a_value_is_its_passage() -> None:
    assert cut("apples").strip() == "Second holds apples!"


def test_sentences_around_are_given_on_request() -> None:
    assert cut("apples", around=1).strip() == "First one. Second holds apples! Third?"


def test_the_passage_of_several_values_holds_all_of_them() -> None:
    assert cut("pears", "apples").strip() == "Second holds apples! Third? Fourth holds pears."


def test_lines_end_a_passage_too() -> None:
    assert cut("line").strip() == "Fifth line"


def test_a_value_at_the_end_of_its_sentence_does_not_drag_in_the_next() -> None:
    start, end = passage("One. Two.\nThree.", [(5, 9)], around=0)
    assert "One. Two.\nThree."[start:end].strip() == "Two."


def test_without_a_place_the_beginning_of_the_text_is_given() -> None:
    assert cut("zebra", most=10) == TEXT[:10]


def test_a_long_passage_is_cut_around_the_spans() -> None:
    text = "a" * 1000 + " apples " + "b" * 1000
    start, end = passage(text, [(1001, 1007)], most=100)
    assert end - start <= 100
    assert "apples" in text[start:end]


def test_full_stops_of_other_scripts_end_a_sentence() -> None:
    text = "一。二は林檎。三。"
    start, end = passage(text, [(4, 6)], around=0)
    assert text[start:end] == "二は林檎。"


@settings(deadline=None, max_examples=200)
@given(
    st.text(alphabet="ab. \n!", max_size=80),
    st.lists(st.tuples(st.integers(0, 80), st.integers(0, 80)), max_size=3),
    st.integers(0, 3),
    st.integers(0, 60),
)
def test_a_passage_lies_in_the_text_and_holds_what_fits(
    text: str, drawn: list[tuple[int, int]], around: int, most: int
) -> None:
    spans = [(min(a, b), max(a, b)) for a, b in drawn if max(a, b) <= len(text)]
    start, end = passage(text, spans, around=around, most=most)
    assert 0 <= start <= end <= len(text)
    assert end - start <= most
    if spans and max(b for _, b in spans) - min(a for a, _ in spans) <= most:
        assert start <= min(a for a, _ in spans)
        assert end >= max(b for _, b in spans)
