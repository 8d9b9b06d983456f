from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from structgen.core.records import Evidence, Status
from structgen.report.value_rows import Entry, Kind, Passages, passages_of
from structgen.report.view import Limits


def entry(text: str, start: int, end: int) -> Entry:
    return Entry("/x", 0, "x", "x", Kind.TEXT, Evidence("/x", start, end, text[start:end], Status.EXACT))


def shown(text: str, passages: Passages) -> list[str]:
    return ["…" if piece.left_out else text[piece.start : piece.end] for piece in passages.pieces]


def test_a_stretch_begins_and_ends_with_a_line_where_it_can() -> None:
    text = "aaaa\nbbbb cccc\ndddd\neeee"
    found = passages_of(text, [entry(text, 10, 14)], Limits(text=5, context=6))
    assert shown(text, found)[-3:] == ["cccc", "\ndddd", "…"]


def test_a_stretch_begins_and_ends_with_a_word_where_lines_are_long() -> None:
    text = "aaaa bbbb cccc dddd eeee ffff gggg hhhh"
    found = passages_of(text, [entry(text, 25, 29)], Limits(text=5, context=7))
    assert shown(text, found) == ["aaaa bbbb", "…", "eeee ", "ffff", " gggg", "…"]


def test_a_gap_that_is_shorter_than_the_context_is_shown() -> None:
    text = "aaaa bbbb cccc dddd eeee ffff gggg"
    found = passages_of(text, [entry(text, 20, 24)], Limits(text=5, context=7))
    assert shown(text, found) == ["aaaa bbbb cccc dddd ", "eeee", " ffff", "…"]


def test_evidence_with_an_impossible_place_is_not_marked() -> None:
    evidence = [Evidence("/x", *place, "abc", Status.EXACT) for place in [(-3, 3), (5, 2), (2, 9), (3, None)]]
    found = passages_of("abcabc", [Entry("/x", 0, "x", "x", Kind.TEXT, piece) for piece in evidence], Limits())
    assert found.misplaced == 4
    assert [piece.mark for piece in found.pieces] == [None]


def test_of_places_within_each_other_the_innermost_owns_the_text() -> None:
    places = [(0, 9), (2, 6), (2, 4), (3, 8)]
    found = passages_of("abcdefghi", [entry("abcdefghi", *place) for place in places], Limits())
    assert [piece.owner for piece in found.pieces] == [0, 2, 3, 3, 3, 0]
    assert found.reach == {0: (0, 5), 1: (1, 3), 2: (1, 2), 3: (2, 4)}


PLACES = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 30)), max_size=12)


@settings(deadline=None, max_examples=300)
@given(st.text("ab \n", max_size=60), PLACES, st.integers(0, 70), st.integers(0, 20))
def test_the_pieces_cover_the_text_and_each_place_is_marked_from_end_to_end(
    text: str, places: list[tuple[int, int]], most: int, context: int
) -> None:
    starts = [(start % len(text), size) for start, size in places if text]
    spans = [(start, min(start + size, len(text))) for start, size in starts]
    found = passages_of(text, [entry(text, *span) for span in spans], Limits(text=most, context=context))

    assert [piece.start for piece in found.pieces] == [0, *(piece.end for piece in found.pieces)][: len(found.pieces)]
    assert found.pieces[-1].end == len(text) if text else not found.pieces
    assert len(text) > most or not any(piece.left_out for piece in found.pieces)

    marks = [piece for piece in found.pieces if piece.mark is not None]
    assert [piece.mark for piece in marks] == list(range(len(marks)))
    for number, (start, end) in enumerate(spans):
        first, last = found.reach[number]
        assert (marks[first].start, marks[last].end) == (start, end)
        assert all(a.end == b.start for a, b in zip(marks[first:last], marks[first + 1 : last + 1], strict=True))
    for piece in marks:
        around = [span for span in spans if span[0] <= piece.start and piece.end <= span[1]]
        innermost = max(around, key=lambda span: (span[0], -span[1]))
        assert piece.owner is not None
        assert spans[piece.owner] == innermost
