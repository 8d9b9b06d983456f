"""Titles of documents."""

from typing import Any

import pytest


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Title: Harbour Days\nBy Kim Low", "Harbour Days"),
        ("# Harbour Days #\n\ntext", "Harbour Days"),
        ("HARBOUR DAYS     (card no. 3)\n\nboil the water, then wait", "HARBOUR DAYS"),
        ("one line that is all there is", None),
        ("12345\n67890", None),
    ],
)
def test_a_title_stands_over_something(ask_one: Any, text: str, title: str | None) -> None:
    assert ask_one(text, "title") == title


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Acme Lamp 20 €\nTall Oak Desk Lamp\nPrice: 5 €\n", "Tall Oak Desk Lamp"),
        ("9 Hill Road, Leeds LS1 4DY\nTall Oak Desk Lamp\nPrice: 5 €\n", "Tall Oak Desk Lamp"),
        ("Search for recipes\nPea Soup with Mint\nServings: 4\n", "Pea Soup with Mint"),
        ("Re: that soup!!\nfry the leek, add the peas. then blend it all and eat it hot from the pan\n", None),
        ("12 g fibre\nPea Soup\nNo ratings yet\n", "Pea Soup"),
    ],
)
def test_furniture_prices_and_addresses_are_no_titles(ask_one: Any, text: str, title: str | None) -> None:
    assert ask_one(text, "title") == title


def test_a_title_that_is_no_line_is_read_from_the_breadcrumbs(ask_one: Any) -> None:
    text = "Print\nHome / Bakes / Plum Almond Tart\nBy Ann Lee\nPlum Almond Tart - the easiest one that we have baked."
    assert ask_one(f"{text}\nMost Popular\nRye Bread\nFig Jam", "title") == "Plum Almond Tart"


def test_of_the_lines_of_a_page_the_one_at_the_end_of_the_breadcrumbs_is_the_title(ask_one: Any) -> None:
    text = "Home > Bakes > Plum Almond Tart\nOur New Cookbook Is Here\nPlum Almond Tart\nSave\nShare"
    assert ask_one(text, "title") == "Plum Almond Tart"


def test_entries_of_a_menu_that_are_glued_together_are_no_title(ask_one: Any) -> None:
    assert ask_one("SoupsSaladsBreadsCakes\nPlum Almond Tart\nA tart for the autumn.", "title") == "Plum Almond Tart"


def test_how_many_a_recipe_feeds_is_no_title(ask_one: Any) -> None:
    text = "Linseneintopf\nFür 6 Personen, ca. 45 Minuten\n\nZutaten:\n- 300 g Linsen\n- 1 Zwiebel\n"
    assert ask_one(text, "title") == "Linseneintopf"
