from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from structgen import DocumentError
from structgen.speech import Segment, Word
from structgen.speech.joining import Piece, join
from structgen.speech.response_body import Heard

SPEECH = [f"word{number}" for number in range(60)]
"""One word a second."""


def piece(start: int, end: int, said: list[str] | None = None, late: float = 0.0, *, timed: bool = True) -> Piece:
    """What is heard from `start` to `end`, in sentences of five words, with times that are `late`."""
    said = SPEECH[start:end] if said is None else said
    words = tuple(Word(start + at + late, start + at + 0.9 + late, word) for at, word in enumerate(said))
    groups = [words[at : at + 5] for at in range(0, len(words), 5)]
    segments = tuple(Segment(one[0].start, one[-1].end, " ".join(word.text for word in one)) for one in groups)
    return Piece(start, end, Heard(" ".join(said), segments, words if timed else (), "English"))


def test_a_word_of_an_overlap_is_neither_lost_nor_double() -> None:
    joined = join([piece(0, 25), piece(15, 45), piece(35, 60)])
    assert joined.heard.text.split() == SPEECH
    assert [word.text for word in joined.heard.words] == SPEECH
    assert " ".join(one.text for one in joined.heard.segments).split() == SPEECH
    assert joined.notes == ()
    segments = joined.heard.segments
    assert all(one.end <= following.start for one, following in pairwise(segments))


def test_pieces_whose_times_differ_a_little_are_joined_at_the_words() -> None:
    assert join([piece(0, 25), piece(15, 45, late=1.2)]).heard.text.split() == SPEECH[:45]


def test_a_word_that_the_cut_divided_is_taken_from_the_piece_that_has_it_whole() -> None:
    before = piece(0, 25, [*SPEECH[:24], "wo"])
    after = piece(15, 45, ["rd15", *SPEECH[16:45]])
    assert join([before, after]).heard.text.split() == SPEECH[:45]


def test_punctuation_beside_the_seam_stays_with_its_word() -> None:
    marked = [f"{word}," for word in SPEECH]
    before, after = piece(0, 25, marked[:25]), piece(15, 45, marked[15:45])
    bare = [
        Piece(
            one.start,
            one.end,
            Heard(
                one.heard.text,
                one.heard.segments,
                tuple(Word(word.start, word.end, word.text.rstrip(",")) for word in one.heard.words),
            ),
        )
        for one in (before, after)
    ]
    assert join(bare).heard.text.split() == marked[:45]


def test_a_repeated_word_is_matched_by_its_time() -> None:
    said = ["yes"] * 45
    assert len(join([piece(0, 25, said[:25]), piece(15, 45, said[15:45])]).heard.text.split()) == 45


def test_silence_in_an_overlap_loses_nothing() -> None:
    joined = join([piece(0, 25, SPEECH[:10]), piece(15, 45)])
    assert joined.heard.text.split() == [*SPEECH[:10], *SPEECH[15:45]]
    assert joined.notes == ()


def test_a_silent_piece_is_left_out() -> None:
    silent = Piece(15, 45, Heard(""))
    assert join([piece(0, 25), silent, piece(35, 60)]).heard.text.split() == SPEECH[:25] + SPEECH[35:60]
    assert join([silent, piece(35, 60)]).heard.text.split() == SPEECH[35:60]


def test_pieces_that_share_no_words_meet_in_the_middle_and_a_note_says_so() -> None:
    joined = join([piece(0, 25), piece(15, 45, ["other"] * 30)])
    assert joined.heard.text.split() == SPEECH[:20] + ["other"] * 25
    assert joined.notes == ("the pieces share no words at 15.0 to 25.0 s: there words may be missing or double.",)


def test_without_words_segments_are_joined_by_their_times() -> None:
    joined = join([piece(0, 25, timed=False), piece(15, 45, timed=False)])
    assert joined.heard.text.split() == SPEECH[:45]


def test_pieces_without_times_are_refused() -> None:
    with pytest.raises(DocumentError, match="gave no times"):
        join([piece(0, 25), Piece(15, 45, Heard("word"))])


@given(st.integers(1, 9), st.integers(12, 30), st.floats(-1.0, 1.0))
def test_however_a_recording_is_cut_its_words_come_out_once(overlap: int, length: int, late: float) -> None:
    starts = range(0, len(SPEECH) - overlap, length - overlap)
    pieces = [piece(start, min(start + length, len(SPEECH)), late=late * (at % 2)) for at, start in enumerate(starts)]
    assert join(pieces).heard.text.split() == SPEECH
