"""What stands above a place in a text."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structgen.documents.chunks_headings import contexts, read_headings, title_of


def found(text: str) -> list[tuple[int, str]]:
    return [(heading.level, heading.text) for heading in read_headings(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# One #\ntext", [(1, "One")]),
        ("text\n### Three\n", [(3, "Three")]),
        ("Name\n====\ntext", [(1, "Name")]),
        ("Name\n----\ntext", [(2, "Name")]),
        ("<p>x</p><h2 class='a'>The <b>bold</b> one</h2><p>y", [(2, "The bold one")]),
        ("text.\n\n2.1 Costs of the year\n\ntext", [(2, "2.1 Costs of the year")]),
        ("text.\n\nIngredients\n\nFlour, eggs and milk.", [(7, "Ingredients")]),
        ("文章。\n\n第三章\n\n文章。", [(7, "第三章")]),
        ("A sentence that stands alone.\n\nAnother one.", []),
        ("- one thing\n\n- another thing", []),
        ("text.\n\n1. boil the water\n2. add the rice\n", []),
        ("#hashtag and #another\n", []),
        ("----\n----\n", []),
        ("x" * 100, []),
    ],
)
def test_headings_are_told_from_text(text: str, expected: list[tuple[int, str]]) -> None:
    assert found(text) == expected


@settings(deadline=None, max_examples=200)
@given(st.text(st.sampled_from("#=- \n1.<h>/aB"), max_size=80))
def test_headings_come_in_order_and_begin_within_the_text(text: str) -> None:
    starts = [heading.start for heading in read_headings(text)]
    assert starts == sorted(set(starts))
    assert all(0 <= start < len(text) for start in starts)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("\n# The book\n\ntext", "The book"),
        ("Annual report 2020\n\ntext", "Annual report 2020"),
        ("<html><head><title>The\n page</title>", "The page"),
        ("<p>No title here</p>", ""),
        ("It begins with a sentence.\nAnd goes on", ""),
        ("", ""),
        ("x " * 100, ""),
        ("12 / 34\ntext", ""),
    ],
)
def test_the_title_is_the_short_first_line(text: str, title: str) -> None:
    assert title_of(text) == title


def test_a_heading_ends_where_one_of_its_level_begins() -> None:
    text = "# T\n## A\n### a\n## B\nend"
    starts = [0, text.index("### a"), text.index("## B"), text.index("end")]
    assert list(contexts(text, read_headings(text), starts)) == ["", "T > A", "T", "T > B"]
