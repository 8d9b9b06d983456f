"""Lists on one line, and what must not be taken into a list."""

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structgen.rules.finders.string_lists import parts_of

STRINGS = {"type": ["array", "null"], "items": {"type": "string"}}


NUMBERS = {"type": ["array", "null"], "items": {"type": "integer"}}


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("Tags: a, b, c", ["a", "b", "c"]),
        ("Tags: soup; warm, thick; vegan", ["soup", "warm, thick", "vegan"]),
        ("Tags: red, green, and blue", ["red", "green", "blue"]),
        ("Tags: red (light, warm), blue", ["red (light, warm)", "blue"]),
        ("Tags: soup | vegan", ["soup", "vegan"]),
        ("tags: [soup, vegan]", ["soup", "vegan"]),
        ("Tags: 1,5 l, blue", ["1,5 l", "blue"]),
        ("Tags: a\nAuthor: Kim Low\nplain words", ["a"]),
        ("Tags: a, total, b; Author: Kim Low", ["a", "total", "b"]),
        ("Tags: We cook, day and night. Come.", None),
        ("Tags: " + "long " * 15 + ", a", None),
        ("Tags\n- a\n- b\n\nAuthor: Kim Low\nmore", ["a", "b"]),
    ],
)
def test_a_list_may_stand_behind_its_label(ask_one: Any, text: str, tags: list[str] | None) -> None:
    assert ask_one(text, "tags", STRINGS) == tags


def test_the_lines_after_a_labelled_value_are_no_items(ask: Any) -> None:
    text = "Directed by: Kim Low\nWebsite: https://low.example/a,b\nRunning time: 97 minutes\nRated PG"
    directed = {**STRINGS, "title": "Directed by"}
    assert ask(text, directors=directed, website=STRINGS) == {
        "directors": ["Kim Low"],
        "website": ["https://low.example/a,b"],
    }


def test_each_item_is_of_the_kind_that_the_schema_asks_for(ask: Any) -> None:
    text = "Scores: 1, 2, 3\nRanks: 1, many\nSizes: small, large"
    sizes = {"type": ["array", "null"], "items": {"enum": ["Small", "Medium", "Large"]}}
    assert ask(text, scores=NUMBERS, ranks=NUMBERS, sizes=sizes) == {
        "scores": [1, 2, 3],
        "ranks": None,
        "sizes": ["Small", "Large"],
    }


@settings(deadline=None, max_examples=200)
@given(st.text(alphabet="ab ,;|>()[]\"'*1·", max_size=60))
def test_parts_are_in_order_and_bear_no_edges(text: str) -> None:
    spans = list(parts_of(text, (0, len(text))))
    assert all(start < end and text[start:end] == text[start:end].strip() for start, end in spans)
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(spans))


def test_a_quotation_after_the_last_step_is_no_step(ask_one: Any) -> None:
    text = (
        "## Method\n\n1. Boil the beans for ten minutes.\n2. Drain them well and serve.\n\n> **Tip:** Freeze the rest."
    )
    assert ask_one(text, "instructions", STRINGS) == ["Boil the beans for ten minutes.", "Drain them well and serve."]


PLAIN_STRINGS = {"type": "array", "items": {"type": "string"}}


def test_steps_are_found_by_their_numbers_where_no_heading_says_so(ask_one: Any) -> None:
    text = "Soup\nStep 1\nBoil the water in a pot.\nStep 2\nAdd the salt and the peas.\n"
    assert ask_one(text, "instructions", PLAIN_STRINGS) == ["Boil the water in a pot.", "Add the salt and the peas."]


def test_short_notes_are_steps_where_all_lines_are_alike(ask_one: Any) -> None:
    assert ask_one("Method\nslice the onions\nboil the vinegar", "instructions", PLAIN_STRINGS) == [
        "slice the onions",
        "boil the vinegar",
    ]


def test_any_heading_of_the_schema_names_its_list(ask_one: Any) -> None:
    text = "# Crew\n## Duties\n- steer\n- cook\n## Pay\n- none\n"
    assert ask_one(text, "duties", PLAIN_STRINGS) == ["steer", "cook"]
    assert ask_one(text, "hobbies", PLAIN_STRINGS) is None


def test_lists_end_where_prose_begins(ask_one: Any) -> None:
    text = "Ingredients\n200 g oats\n2 eggs\nThis cake was first made by my aunt in the winter of that year.\n3 things"
    assert ask_one(text, "ingredients", PLAIN_STRINGS) == ["200 g oats", "2 eggs"]


def test_bullets_on_lines_of_their_own_mark_the_items(ask_one: Any) -> None:
    text = "Ingredients\nDough\n▢\n200 g oats\n▢\n2 eggs\n▢\nsalt\nInstructions\nMix it all very well.\n"
    assert ask_one(text, "ingredients", PLAIN_STRINGS) == ["200 g oats", "2 eggs", "salt"]


def test_a_section_holds_its_sub_headings_and_ends_at_its_own_level(ask_one: Any) -> None:
    text = "## Duties\n### Day\n- steer\n### Night\n- watch\n## Pay\n- none\n"
    assert ask_one(text, "duties", PLAIN_STRINGS) == ["steer", "watch"]


@pytest.mark.parametrize(
    "line", ["½ tsp mace", "sea salt", "Olive Oil", "Sea Salt", "Fresh Thyme", "water", "Salt and Pepper"]
)
def test_an_ingredient_without_a_digit_is_no_heading(ask_one: Any, line: str) -> None:
    text = f"Ingredients\n2 cups rye\n{line}\n3 figs\nMethod\nMix all of it in a bowl and bake it."
    assert ask_one(text, "ingredients", STRINGS) == ["2 cups rye", line, "3 figs"]


@pytest.mark.parametrize("line", ["Lemon Dressing", "Für den Teig", "Sauce", "For the filling", "Topping:"])
def test_the_name_of_a_part_is_no_ingredient(ask_one: Any, line: str) -> None:
    text = f"Ingredients\n2 cups rye\n1 egg\n{line}\n3 figs\nMethod\nMix all of it in a bowl and bake it."
    assert ask_one(text, "ingredients", STRINGS) == ["2 cups rye", "1 egg", "3 figs"]


@pytest.mark.parametrize(
    ("lines", "items"),
    [
        ("2 teentjes\nknoflook\n1 takje\ntijm", ["2 teentjes knoflook", "1 takje tijm"]),
        ("4x\nfigs\n150 g\nrye", ["4x figs", "150 g rye"]),
        ("1x\n2x\n3x\n2 figs\n3 pears", ["2 figs", "3 pears"]),
        ("2 figs\n(fresh or dried)\n3 pears", ["2 figs (fresh or dried)", "3 pears"]),
        ("The quantities are for a large family, so halve them.\n2 figs\n3 pears", ["2 figs", "3 pears"]),
        ("2 figs\n3 pears\nServe with\n1 cup cream", ["2 figs", "3 pears", "1 cup cream"]),
        (
            "2 figs\n3 pears\n1 egg\n2 cups rye\n1 tsp mace\n4 kiwis\nBread\nJams\nBuns\nTarts\nNews\nRolls\nTea",
            ["2 figs", "3 pears", "1 egg", "2 cups rye", "1 tsp mace", "4 kiwis"],
        ),
    ],
)
def test_the_parts_of_an_ingredient_are_joined_and_other_lines_left_out(
    ask_one: Any, lines: str, items: list[str]
) -> None:
    assert ask_one(f"Ingredients\n{lines}\nMethod\nMix all of it and bake it.", "ingredients", STRINGS) == items


@pytest.mark.parametrize(
    ("line", "items"),
    [
        ("English, French and German", ["English", "French", "German"]),
        ("Ann, Bob, and Cy", ["Ann", "Bob", "Cy"]),
        ("Ann and Bob", None),
        ("planning, research and development of drugs", ["planning", "research and development of drugs"]),
    ],
)
def test_and_separates_the_last_two_words_of_a_list(ask_one: Any, line: str, items: object) -> None:
    found = ask_one(f"Topics: {line}\n", "topics", {"type": ["array", "null"], "items": {"type": "string"}})
    assert found == items


def test_a_list_does_not_take_the_label_of_another_field(ask: Any) -> None:
    strings = {"type": ["array", "null"], "items": {"type": "string"}}
    assert ask("Tags: red, blue\n", tags=strings, keywords=strings) == {"tags": ["red", "blue"], "keywords": None}
