"""Instructions without the usual heading, and what is none of them."""

from typing import Any

import pytest

STRINGS = {"type": ["array", "null"], "items": {"type": "string"}}
LIST = "Ingredients\n2 cups rye\n3 figs\n1 egg\n"
STEPS = ["Mix the rye with the figs.", "Beat the egg and add it.", "Bake for one hour."]


@pytest.mark.parametrize("mark", ["Step {}", "Étape {}", "{}", "{}.", "Schritt {}:"])
def test_the_line_below_each_number_is_a_step_even_without_a_full_stop(ask_one: Any, mark: str) -> None:
    steps = ["Mix the rye", "with the figs in a bowl", "Bake"]
    body = "\n".join(f"{mark.format(number)}\n{step}" for number, step in enumerate(steps, 1))
    assert ask_one(f"{LIST}Method\n{body}\nRelated recipes\nPancakes", "instructions", STRINGS) == steps


def test_the_first_step_may_be_shown_twice(ask_one: Any) -> None:
    text = f"{LIST}Method\nStep 1\nMix it\nNext\nStep 1\nMix it\nStep 2\nBake it\nStep 3\nEat it"
    assert ask_one(text, "instructions", STRINGS) == ["Mix it", "Bake it", "Eat it"]


def test_sentences_after_the_ingredients_are_steps_without_a_heading(ask: Any) -> None:
    value = ask(LIST + "Rye bread\n" + "\n".join(STEPS), ingredients=STRINGS, instructions=STRINGS)
    assert value["instructions"][-3:] == STEPS


@pytest.mark.parametrize("tail", ["Home\nAbout\nContact", "Great recipe, thank you", "Fig jam\nRye buns\nEgg salad"])
def test_other_lines_after_the_ingredients_are_no_steps(ask_one: Any, tail: str) -> None:
    assert ask_one(LIST + tail, "instructions", STRINGS) is None


def test_a_duration_alone_is_no_step(ask_one: Any) -> None:
    text = f"{LIST}Method\n20 min\n{STEPS[0]}\n1 h 15 min\n{STEPS[1]}\n{STEPS[2]}"
    assert ask_one(text, "instructions", STRINGS) == STEPS


@pytest.mark.parametrize(
    ("ingredients", "method"),
    [
        ("Les ingrédients de la recette", "La préparation de la recette"),
        ("The ingredients", "The method"),
        ("Die Zutaten", "Die Zubereitung"),
        ("Los ingredientes", "La preparación"),
    ],
)
def test_a_heading_may_begin_with_an_article(ask: Any, ingredients: str, method: str) -> None:
    text = f"{ingredients}\n2 figs\n3 g mace\n1 egg\n{method}\n" + "\n".join(STEPS)
    value = ask(text, ingredients=STRINGS, instructions=STRINGS)
    assert value == {"ingredients": ["2 figs", "3 g mace", "1 egg"], "instructions": STEPS}


def test_a_tip_is_no_step(ask_one: Any) -> None:
    text = "Method\n1. Mix everything.\n2. Fry in butter.\nTip: serve with jam.\n"
    steps = {"type": ["array", "null"], "items": {"type": "string"}}
    assert ask_one(text, "instructions", steps) == ["Mix everything.", "Fry in butter."]
