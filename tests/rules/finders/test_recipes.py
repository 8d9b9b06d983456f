"""Recipes: ingredients, yields, and total times."""

from typing import Any

import pytest

STRINGS = {"type": "array", "items": {"type": "string"}}


CAKE = """Menu
Oat and Honey Cake
By Kim Low
This oat and honey cake is what we bake when it rains and nobody wants to go out to the shop for more flour.
Prep Time: 15 minutes
Cook: 40 mins  Total: 55 min
Serves 8

Ingredients
For the cake
- 200 g oats
- 2 eggs, beaten
- 100
ml
honey
A pinch of salt
Method
1. Mix the oats with the honey and leave them to soak.
2. Stir in the eggs and
bake for forty minutes.
Enjoy!
Did you make this recipe? Tag @oats
Related recipes
Pancakes
"""


def test_a_recipe_is_read_from_its_page(ask: Any) -> None:
    value = ask(
        CAKE,
        title="string",
        author="string",
        yields="string",
        prep_time_minutes="integer",
        cook_time_minutes="integer",
        total_time_minutes="integer",
        ingredients=STRINGS,
        instructions=STRINGS,
    )
    assert value == {
        "title": "Oat and Honey Cake",
        "author": "Kim Low",
        "yields": "8 servings",
        "prep_time_minutes": 15,
        "cook_time_minutes": 40,
        "total_time_minutes": 55,
        "ingredients": ["200 g oats", "2 eggs, beaten", "100 ml honey", "A pinch of salt"],
        "instructions": [
            "Mix the oats with the honey and leave them to soak.",
            "Stir in the eggs and bake for forty minutes.",
            "Enjoy!",
        ],
    }


@pytest.mark.parametrize(
    ("text", "yields"),
    [
        ("Servings: 4", "4 servings"),
        ("Yield: 12", "12"),
        ("Makes: 12", "12"),
        ("Yield: 4 persons", "4 servings"),
        ("Nombre de personnes: 4", "4 servings"),
        ("Servings 1", "1 serving"),
        ("4 personas", "4 servings"),
        ("Yield: 12 cookies 1x", "12 cookies"),
        ("Makes 1 tray", "1 tray"),
        ("4\npersonen", "4 servings"),
        ("Serving: 240 g", None),
        ("Servings: 1/6 of it", None),
        ("Servings: many", None),
    ],
)
def test_a_yield_is_a_number_with_its_noun(ask_one: Any, text: str, yields: str | None) -> None:
    assert ask_one(text, "yields") == yields


def test_a_yield_stays_as_written_where_the_schema_says_so(ask_one: Any) -> None:
    field = {"type": ["string", "null"], "description": "As written"}
    assert ask_one("Serves 4", "yields", field) == "Serves 4"
    assert ask_one("4 personas", "yields", field) == "4 personas"
    assert ask_one("Portionen: 4", "yields", field) == "4 Portionen"


def test_a_duration_that_stands_alone_is_the_total_where_it_sums_up_the_others(ask_one: Any) -> None:
    tail = "\nIngredients\n1 egg\n2 cups milk\n"
    minutes = {"type": ["integer", "null"]}
    schema = {"total_time_minutes": minutes, "ingredients": STRINGS}

    def total(head: str) -> object:
        from structgen.rules import extract_by_rules

        value = extract_by_rules({"type": "object", "properties": schema}, head + tail).value
        return value["total_time_minutes"] if isinstance(value, dict) else None

    assert total("Soup\n30 min\n") == 30
    assert total("Soup\n30 min\n10 min\n20 min\n") == 30
    assert total("Soup\n30 min\n25 min\n") is None


@pytest.mark.parametrize(
    ("text", "yields"),
    [
        ("Yield: serves 6", "6 servings"),
        ("Yield: 8 (1 cup each) servings", "8 servings"),
        ("Yield: 12\nPrep Time: 5 min\n12 muffins", "12"),
        ("Yield: 12\nPrep Time: 5 min\nYield: 12 Servings", "12 servings"),
        ("Yield: 12\nPrep Time: 5 min\nYield: 8 servings", "12"),
    ],
)
def test_the_fullest_words_for_the_same_yield_are_taken(ask_one: Any, text: str, yields: str) -> None:
    assert ask_one(text, "yields") == yields
