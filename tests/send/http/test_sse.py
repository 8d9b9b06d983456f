"""The reader of server-sent events, however the network splits the bytes."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structgen.send.http import sse
from structgen.send.http.sse import Event, SseReader


def read(*pieces: bytes) -> list[Event]:
    reader = SseReader()
    return [*(event for piece in pieces for event in reader.feed(piece)), *reader.finish()]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_lines_may_end_in_every_way(end: bytes) -> None:
    assert read(end.join([b"data: one", b"", b"event: error", b"data: two", b"", b""])) == [
        Event(b"one"),
        Event(b"two", "error"),
    ]


def test_comments_and_other_fields_say_nothing() -> None:
    assert read(b": still there\n\nid: 7\nretry: 10\n\ndata: one\n\n") == [Event(b"one")]


def test_several_lines_of_data_are_one() -> None:
    assert read(b"data: a\ndata:b\ndata\n\n") == [Event(b"a\nb\n")]


def test_only_one_space_after_the_colon_goes() -> None:
    assert read(b"data:  a: b\n\n") == [Event(b" a: b")]


def test_the_name_of_an_event_ends_with_it() -> None:
    assert read(b"event: error\n\ndata: a\n\n") == [Event(b"a")]


def test_a_byte_order_mark_at_the_beginning_is_none_of_the_data() -> None:
    assert read(b"\xef\xbb\xbfdata: a\n\n") == [Event(b"a")]


def test_an_event_at_the_very_end_needs_no_empty_line() -> None:
    assert read(b"data: a") == [Event(b"a")]
    assert read(b"data: a\n") == [Event(b"a")]
    assert read() == []


def test_a_line_feed_that_comes_later_than_its_carriage_return_is_no_line() -> None:
    assert read(b"data: a\r", b"\ndata: b\r", b"\n\r\n") == [Event(b"a\nb")]


def test_an_event_that_goes_on_and_on_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "LONGEST_EVENT", 100)
    reader = SseReader()
    assert len(reader.feed(b"data: 1\n\n" * 50)) == 50
    with pytest.raises(ValueError, match="more than 100 bytes"):
        reader.feed(b"data: " + b"x" * 100)


words = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\r\n"), max_size=20)
events = st.lists(st.tuples(words, st.sampled_from(["", "error"])), max_size=8)


@settings(deadline=None, max_examples=200)
@given(events, st.sampled_from(["\n", "\r\n", "\r"]), st.lists(st.integers(0, 400), max_size=30))
def test_cuts_change_nothing(made: list[tuple[str, str]], end: str, cuts: list[int]) -> None:
    stream = "".join(
        f"event: {name}{end}data: {text}{end}{end}" if name else f"data: {text}{end}{end}" for text, name in made
    ).encode()
    places = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    pieces = [stream[start:stop] for start, stop in pairwise(places)]
    assert read(*pieces) == [Event(text.encode(), name) for text, name in made]


@settings(deadline=None, max_examples=200)
@given(st.lists(st.binary(max_size=40), max_size=10))
def test_no_bytes_make_it_fail(pieces: list[bytes]) -> None:
    assert read(*pieces) == read(b"".join(pieces))


def test_a_line_in_many_pieces_is_kept_in_pieces() -> None:
    """Joining at every piece would copy the whole line again and again."""
    reader = SseReader()
    for _ in range(1000):
        assert reader.feed(b"x") == []
    assert len(reader._line) == 1000
