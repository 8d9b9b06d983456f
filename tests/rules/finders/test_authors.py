"""Authors of documents."""

from typing import Any

import pytest


@pytest.mark.parametrize(
    ("text", "author"),
    [
        ("Author: Kim Low", "Kim Low"),
        ("Soup\nBy Kim LowApril 4, 2023", "Kim Low"),
        ("Soup\nby Kim Low on 3 May 2021", "Kim Low"),
        ("Pea Soup with Mint\nKim Low\n3 May 2021\n", "Kim Low"),
        ("By course\nBy diet\n", None),
        ("By the river we sat down.", None),
        ("By 28", None),
    ],
)
def test_an_author_reads_like_a_name(ask_one: Any, text: str, author: str | None) -> None:
    assert ask_one(text, "author") == author
