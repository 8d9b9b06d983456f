from __future__ import annotations

import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from structgen.report.visible import cut, line_of, visible


@settings(deadline=None, max_examples=300)
@given(st.text(st.characters()))
def test_what_is_visible_moves_no_cursor_turns_no_line_and_can_be_encoded(text: str) -> None:
    shown = visible(text)
    shown.encode()
    assert all(unicodedata.category(char) != "Cc" for char in shown if char not in "\t\n")
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def test_controls_have_their_pictures_and_line_ends_stay() -> None:
    assert visible("a\r\nb\tc\x1b[1m\x00\x7f\r") == "a\nb\tc␛[1m␀␡␍"


def test_what_would_turn_the_writing_direction_around_is_replaced() -> None:
    assert visible("a\u202a\u202e\u2066\u2069b\ud800\x9b") == "a" + "\ufffd" * 4 + "b" + "\ufffd" * 2


def test_marks_that_a_script_needs_stay() -> None:
    assert visible("नमस्ते \u200f\u200dليلى") == "नमस्ते \u200f\u200dليلى"


def test_a_cut_says_how_much_it_took() -> None:
    assert cut("abc", 3) == "abc"
    assert cut("x" * 1_003, 3) == "xxx… (1,000 more characters)"


def test_a_line_is_one_line() -> None:
    assert line_of(" a\n\tb\r\n", 10) == "a b"
