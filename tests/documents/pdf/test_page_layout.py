from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structgen.documents.pdf.page_layout import page_text
from structgen.documents.pdf.segments import Glyph

WIDTH, HEIGHT = 5.0, 11.0


def words(text: str, x: float, y: float, height: float = HEIGHT) -> list[Glyph]:
    """Return a text of equally wide characters that begins at a place, `y` downwards."""
    return [Glyph(char, x + WIDTH * at, x + WIDTH * (at + 1), -y, height) for at, char in enumerate(text)]


def page(*texts: tuple[str, float, float]) -> str:
    return page_text([glyph for text, x, y in texts for glyph in [*words(text, x, y), Glyph("\n", x, x, -y, 1, False)]])


def test_a_page_without_characters_has_no_text() -> None:
    assert page_text([]) == ""
    assert page_text([Glyph(" ", 0, 5, 0, 10)]) == ""


def test_label_and_value_are_on_one_line_in_whatever_order_they_were_drawn() -> None:
    left = [("Invoice number", 0, 0), ("Date", 0, 13), ("Total", 0, 26)]
    right = [("INV-7", 200, 0), ("4 May 2024", 200, 13), ("12.50", 200, 26)]
    wanted = "Invoice number   INV-7\nDate             4 May 2024\nTotal            12.50"
    assert page(*left, *right) == page(*right, *left) == page(*left[::-1], *right) == wanted


def test_cells_of_a_column_begin_at_one_column_of_the_text_even_if_cells_before_them_are_empty() -> None:
    text = page(("Beans", 0, 0), ("2", 100, 0), ("3.00", 150, 0), ("Rice and peas", 0, 13), ("1.20", 150, 13))
    first, second = text.splitlines()
    assert first.index("3.00") == second.index("1.20")


def test_numbers_that_end_at_one_place_do_so_in_the_text() -> None:
    text = page(("Amount", 170, 0), ("222.00", 170, 13), ("82.00", 175, 26), ("9.90", 180, 39), ("a", 0, 39))
    assert {len(line) for line in text.splitlines()} == {9}


def test_a_wide_empty_space_takes_only_three_characters() -> None:
    assert page(("a", 0, 0), ("b", 500, 0)) == "a   b"


def test_small_differences_in_height_do_not_break_a_line() -> None:
    assert page(("Total", 0, 0), ("9.00", 100, 2)) == "Total   9.00"


def test_a_raised_small_character_stays_on_its_line() -> None:
    glyphs = [*words("25 m", 0, 20), *words("2", 20, 16, height=6)]
    assert page_text(glyphs) == "25 m2"


def test_a_large_title_beside_three_small_lines_does_not_mix_them() -> None:
    glyphs = [*words("Shop", 0, 20, height=30), *words("one", 200, 5), *words("two", 200, 16), *words("three", 200, 27)]
    lines = [line.split() for line in page_text(glyphs).splitlines()]
    assert [line[-1] for line in lines] == ["one", "two", "three"]


@pytest.mark.parametrize("leading", [12.0, 15.0, 18.0])
def test_a_centred_cell_is_on_the_line_of_the_long_cell_beside_it(leading: float) -> None:
    text = page(("A long description", 0, 0), ("of the work", 0, leading), ("3", 150, leading / 2), ("9", 0, 60))
    assert text.splitlines()[:2] == ["A long description   3", "of the work"]


def test_lines_far_apart_have_a_blank_line_between_them() -> None:
    assert page(("a", 0, 0), ("b", 0, 13), ("c", 0, 40)) == "a\nb\n\nc"


def test_a_gap_without_a_space_is_a_new_cell_sooner_than_one_with_a_space() -> None:
    gap = 0.7 * HEIGHT
    drawn = [*words("a", 0, 0), Glyph(" ", 5, 5 + gap, 0, HEIGHT), *words("b", 5 + gap, 0)]
    undrawn = [*words("a", 0, 0), Glyph(" ", 5, 5, 0, HEIGHT, False), *words("b", 5 + gap, 0)]
    assert (page_text(drawn), page_text(undrawn)) == ("a b", "a   b")


LEFT = [
    "The supplier delivers the goods in time",
    "and in good quality. The customer pays",
    "within thirty days. Whoever is late has",
    "to say so. Nothing else was agreed, and",
    "all changes need to be made in writing.",
    "This holds for this sentence as well.",
]
RIGHT = [
    "Der Lieferant liefert die Waren pünktlich",
    "und in guter Qualität. Der Kunde bezahlt",
    "binnen dreißig Tagen. Wer sich verspätet,",
    "muss es sagen. Anderes ist nicht vereinbart,",
    "und alle Änderungen bedürfen der Schrift.",
    "Das gilt auch für diesen Satz.",
]


@pytest.mark.parametrize("lower", [0.0, 6.0, 13.0])
def test_prose_in_two_columns_is_read_column_by_column(lower: float) -> None:
    left = [(line, 0, 13.0 * at) for at, line in enumerate(LEFT)]
    right = [(line, 240, 13.0 * at + lower) for at, line in enumerate(RIGHT)]
    both = page(("A title over both of the columns of this page", 90, -30), *left, *right)
    assert both.endswith("\n".join(LEFT) + "\n\n" + "\n".join(RIGHT))


def test_a_table_of_words_is_read_row_by_row() -> None:
    cells = [
        "Paint the wall",
        "Two coats, if it is dry",
        "Mend the roof at the back",
        "Red tiles",
        "Clean",
        "Done by us",
    ]
    texts = [(cell, 200.0 * (at % 2), 13.0 * (at // 2)) for at, cell in enumerate(cells * 3)]
    assert [line.split("   ")[0] for line in page(*texts).splitlines()] == cells[::2] * 3


@settings(deadline=None, max_examples=100)
@given(
    st.lists(
        st.tuples(st.text("ab1 ", max_size=6), st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.floats(0, 1e4, width=32)),
        max_size=30,
    )
)
def test_no_character_is_lost_wherever_it_is(texts: list[tuple[str, float, float, float]]) -> None:
    glyphs = [glyph for text, x, y, height in texts for glyph in words(text, x, y, height)]
    found = page_text(glyphs)
    assert sorted("".join(found.split())) == sorted("".join(glyph.char for glyph in glyphs if glyph.char != " "))


def test_many_cells_take_few_steps() -> None:
    """Twice the cells make twice the text, not four times."""
    sizes = [
        len(page(*((f"{row}", 60.0 * (row % 40), 13.0 * (row // 40)) for row in range(count))))
        for count in (1000, 2000, 4000)
    ]
    assert all(more < 2.5 * less for less, more in pairwise(sizes))
