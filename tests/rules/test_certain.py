"""What the rules refuse: values that stand near a label, or look like one, and are none."""

from typing import Any

import pytest


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


MINUTES = {"type": ["integer", "null"]}


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("Minutes: 10", 10),
        ("Minutes: 1 hour", 60),
        ("Minutes: 1 h 10", None),
        ("Minutes: ten", None),
        ("Minutes:\n10", 10),
    ],
)
def test_a_field_may_be_named_like_a_unit(ask_one: Any, text: str, minutes: int | None) -> None:
    assert ask_one(text, "minutes", MINUTES) == minutes


def test_a_bare_number_is_a_duration_only_where_its_label_names_the_unit(ask_one: Any) -> None:
    assert ask_one("Prep time (min): 10", "prep_time_minutes", MINUTES) == 10
    assert ask_one("Total time (hours): 1.5", "total_time_minutes", MINUTES) == 90
    assert ask_one("Prep time: 10", "prep_time_minutes", MINUTES) is None
