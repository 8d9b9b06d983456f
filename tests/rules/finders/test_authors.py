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


CARD = "Plum Tart\nEasy Desserts\nWe love it.\nPlum Tart\nAnn Lee\n"


def test_the_name_below_the_repeated_title_on_a_card_is_the_author(ask_one: Any) -> None:
    text = f"{CARD}This tart is the easiest of all the tarts that we bake in the autumn.\nIngredients\n2 plums\n1 egg"
    assert ask_one(text, "author") == "Ann Lee"


def test_a_category_that_is_repeated_elsewhere_is_no_author(ask_one: Any) -> None:
    text = "Easy Desserts\nPlum Tart\nEasy Desserts\nDinner\nIngredients\n2 plums\n1 egg"
    assert ask_one(text, "author") is None


@pytest.mark.parametrize("more", ["Ann Lee says:\nThank you!", "Photos by Ann Lee"])
def test_a_name_below_the_title_is_the_author_if_the_text_credits_it(ask_one: Any, more: str) -> None:
    assert ask_one(f"Plum Tart\nAnn Lee\nDinner\nIngredients\n2 plums\n1 egg\n{more}", "author") == "Ann Lee"


def test_a_handle_is_an_author_behind_a_label_with_a_colon(ask_one: Any) -> None:
    assert ask_one("Plum Tart\nAuthor: breadfan\nPrep Time: 5 min", "author") == "breadfan"
    assert ask_one("Plum Tart\nBy course\nPrep Time: 5 min", "author") is None
