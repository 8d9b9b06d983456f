from hypothesis import given
from hypothesis import strategies as st

from structgen.speech import Segment, Transcript, Word
from structgen.speech.word_offsets import places, spoken_places


def words(*texts: str) -> tuple[Word, ...]:
    return tuple(Word(float(at), at + 0.9, text) for at, text in enumerate(texts))


def test_words_are_found_in_their_order() -> None:
    text = "The total is the total."
    found = spoken_places(text, words("The", " total", "is", "the", "total."))
    assert [text[one.start : one.end] for one in found] == ["The", "total", "is", "the", "total."]
    assert [one.begins for one in found] == [0.0, 1.0, 2.0, 3.0, 4.0]


def test_a_word_that_the_text_does_not_have_is_left_out() -> None:
    found = places("one two four", words("one", "two", "three", "four"))
    assert [place is None for place in found] == [False, False, True, False]


def test_a_word_is_not_taken_from_far_ahead() -> None:
    text = "start " + "x " * 500 + "total"
    assert places(text, words("start", "total"))[1] is None


def test_words_without_punctuation_are_found_too() -> None:
    text = "Well, yes: 12 euros."
    found = spoken_places(text, words("Well", "yes", "12", "euros"))
    assert [text[one.start : one.end] for one in found] == ["Well", "yes", "12", "euros"]


@given(st.text(), st.lists(st.text(), max_size=20))
def test_places_never_overlap_and_hold_the_words(text: str, said: list[str]) -> None:
    end = 0
    for word, place in zip(said, places(text, words(*said)), strict=True):
        if place is not None:
            assert text[place.start : place.end] == word.strip()
            assert place.start >= end
            end = place.end


def test_a_document_takes_its_times_from_words_and_without_them_from_segments() -> None:
    segments = (Segment(0.0, 2.0, "Hello there."), Segment(2.0, 4.0, "12 euros."))
    text = "Hello there. 12 euros."
    both = Transcript(text, segments, words("Hello", "there.", "12", "euros."), source="call.mp3", id="call").document
    assert both.seconds_at(13, 15) == (2.0, 2.9)
    assert (both.id, both.source) == ("call", "call.mp3")
    assert Transcript(text, segments).document.seconds_at(13, 15) == (2.0, 4.0)
    assert Transcript(text).document.seconds_at(13, 15) is None
