from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structgen.core.screen import escaped, json_text, usd, visible, visible_line


@pytest.mark.parametrize(
    ("cost", "shown"),
    [
        (0.0, "0.0000 USD"),
        (12.34567, "12.3457 USD"),
        (0.00006, "0.0001 USD"),
        (0.00004, "0.000040 USD"),
        (0.0000004, "less than 0.000001 USD"),
    ],
)
def test_only_a_cost_of_nothing_is_shown_as_zero(cost: float, shown: str) -> None:
    assert usd(cost) == shown


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


def test_a_line_has_no_line_end() -> None:
    assert visible_line(" a\n\tb\x1b \u2028c") == "a b␛ \ufffdc"


def test_an_escape_names_the_character() -> None:
    assert escaped("a\x1b\x9b\u202e\u2028\ud800ä") == r"a\u001b\u009b\u202e\u2028\ud800ä"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters()),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(), max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@pytest.mark.parametrize("indent", [None, 2])
@settings(deadline=None, max_examples=150)
@given(value=JSON)
def test_json_without_acting_characters_reads_back_equal(value: object, indent: int | None) -> None:
    text = json_text(value, indent=indent)  # pyright: ignore[reportArgumentType]  plain JSON
    assert json.loads(text) == value
    text.encode()
    assert not [char for char in text if char != "\n" and unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"}]
    assert len(text.splitlines()) == 1 or indent is not None
