"""Several recipes in one text: no mixture of them."""

from typing import Any

import pytest

STRINGS = {"type": ["array", "null"], "items": {"type": "string"}}
RICE = """Fried Rice
Serves 2
Ingredients
2 cups cooked rice
1 egg, beaten
Method
Fry the rice in a hot pan.
Stir in the egg and serve it.
"""
SAUCE = """Plum Sauce
Serves 8
Prep Time: 10 minutes
Ingredients
500 g plums
3 tbsp sugar
1 tsp ginger
Method
Cook the plums with the sugar and the ginger.
Strain the sauce.
Fill it into jars.
"""


def ask_recipe(ask: Any, text: str) -> Any:
    return ask(
        text, title="string", yields="string", prep_time_minutes="integer", ingredients=STRINGS, instructions=STRINGS
    )


def test_everything_is_from_the_first_of_several_recipes(ask: Any) -> None:
    assert ask_recipe(ask, f"{RICE}{SAUCE}") == {
        "title": "Fried Rice",
        "yields": "2 servings",
        "prep_time_minutes": None,
        "ingredients": ["2 cups cooked rice", "1 egg, beaten"],
        "instructions": ["Fry the rice in a hot pan.", "Stir in the egg and serve it."],
    }


@pytest.mark.parametrize("above", ["Ingredients\n2 cups rice\n1 egg\nMethod\nFry the rice and add the egg to it.\n"])
def test_a_recipe_that_is_told_and_then_shown_is_one(ask: Any, above: str) -> None:
    value = ask_recipe(ask, f"{above}{RICE}")
    assert value["yields"] == "2 servings"
    assert value["instructions"][0] == "Fry the rice in a hot pan."


def test_other_schemas_read_the_whole_text(ask: Any) -> None:
    assert ask(f"{RICE}{SAUCE}", prep_time_minutes="integer") == {"prep_time_minutes": 10}
