import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from structgen import DocumentError
from structgen.speech import Segment, Transcript, Word

SEGMENTS = (
    Segment(0.0, 3.79, "The total is 12 euros."),
    Segment(3.79, 3661.2345, "R&D <b>costs</b> --> less.\n\nBye."),
)
TRANSCRIPT = Transcript("...", SEGMENTS)


def test_subrip_numbers_its_cues_and_writes_times_with_a_comma() -> None:
    assert TRANSCRIPT.srt == (
        "1\n00:00:00,000 --> 00:00:03,790\nThe total is 12 euros.\n\n"
        "2\n00:00:03,790 --> 01:01:01,234\nR&D <b>costs</b> → less.\nBye.\n"
    )


def test_webvtt_has_a_header_and_escapes_what_would_be_markup() -> None:
    assert TRANSCRIPT.vtt == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:03.790\nThe total is 12 euros.\n\n"
        "00:00:03.790 --> 01:01:01.234\nR&amp;D &lt;b&gt;costs&lt;/b&gt; --&gt; less.\nBye.\n"
    )


def test_a_cue_never_ends_before_it_starts_and_an_empty_one_is_left_out() -> None:
    odd = Transcript("a b", (Segment(-0.5, 1.0, "a"), Segment(1.0, 2.0, "  \n "), Segment(5.0, 4.0, "b")))
    assert odd.srt == "1\n00:00:00,000 --> 00:00:01,000\na\n\n2\n00:00:05,000 --> 00:00:05,000\nb\n"


def test_words_alone_make_cues_that_end_at_a_pause_and_never_grow_too_long() -> None:
    spoken = [Word(at / 2, at / 2 + 0.4, f"word{at}") for at in range(30)]
    spoken += [Word(20.0, 20.5, "after"), Word(20.5, 21.0, "pause")]
    lines = Transcript("...", words=tuple(spoken)).srt.splitlines()
    times = [line for line in lines if "-->" in line]
    assert lines[-1] == "after pause"
    assert len(times) == 4
    assert times[0] == "00:00:00,000 --> 00:00:05,900"


def test_a_text_with_a_duration_is_one_cue_and_one_without_times_is_refused() -> None:
    assert Transcript("Hello", duration=2.5).srt == "1\n00:00:00,000 --> 00:00:02,500\nHello\n"
    with pytest.raises(DocumentError, match=r"call\.mp3 has no times.*verbose_json"):
        _ = Transcript("Hello", source="call.mp3").vtt


@given(st.lists(st.tuples(st.floats(0, 1e5), st.floats(0, 1e5), st.text()), min_size=1))
def test_any_text_keeps_the_form_of_the_file(parts: list[tuple[float, float, str]]) -> None:
    transcript = Transcript("...", tuple(Segment(*part) for part in parts), duration=1.0)
    blocks = [block for block in transcript.srt.split("\n\n") if block.strip()]
    for number, block in enumerate(blocks, 1):
        lines = block.strip("\n").split("\n")
        assert lines[0] == str(number)
        assert re.fullmatch(r"\d\d:\d\d:\d\d,\d{3} --> \d\d:\d\d:\d\d,\d{3}", lines[1])
        assert lines[2:]
        assert not any("-->" in line for line in lines[2:])
    assert transcript.vtt.count("-->") == len(blocks)
