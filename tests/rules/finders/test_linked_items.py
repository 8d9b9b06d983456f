"""Which item of linked data a page is about, and what the texts in it say."""

import json
from typing import Any

import pytest

from structgen.rules import extract_by_rules

STRINGS: dict[str, Any] = {"type": ["array", "null"], "items": {"type": "string"}}
TEXT: dict[str, Any] = {"type": ["string", "null"]}
RECIPE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "title": TEXT,
        "author": TEXT,
        "yields": TEXT,
        "total_time_minutes": {"type": ["integer", "null"]},
        "ingredients": STRINGS,
        "instructions": STRINGS,
    },
}
OAT = {"@type": "Recipe", "name": "Oat Cake", "recipeIngredient": ["2 cups oats"], "recipeInstructions": ["Mix."]}


def page(*data: object, raw: str | None = None, body: str = "") -> str:
    scripts = [raw] if raw is not None else [json.dumps(one) for one in data]
    tags = "".join(f'<script type="application/ld+json">{script}</script>' for script in scripts)
    return f"<!doctype html><html><body>{tags}{body}</body></html>"


def read(text: str, schema: dict[str, Any] = RECIPE) -> Any:
    found = extract_by_rules(schema, text)
    assert all(text[piece.start : piece.end] == piece.text for piece in found.evidence)
    return found.value


def step(text: str) -> dict[str, object]:
    return {"@type": "HowToStep", "text": text}


@pytest.mark.parametrize(
    "instructions",
    [
        [
            {"@type": "HowToSection", "name": "Dough", "itemListElement": [step("Mix it."), step("Rest it.")]},
            {"@type": "HowToSection", "name": "Glaze", "itemListElement": step("Pour it.")},
        ],
        [
            {"@type": "HowToStep", "itemListElement": [{"@type": "HowToDirection", "text": "Mix it."}]},
            {
                "@type": "HowToStep",
                "itemListElement": [{"@type": "HowToTip", "text": "Be quick."}, {"text": "Rest it."}],
            },
            step("Pour it."),
        ],
        {
            "@type": "ItemList",
            "itemListElement": [{"@type": "ListItem", "item": step(f"{verb} it.")} for verb in ("Mix", "Rest", "Pour")],
        },
        "<ol><li>Mix it.</li><li>Rest it.</li><li>Pour it.</li></ol>",
        "1. Mix it.\n2. Rest it.\n\n3. Pour it.",
        [{"@type": ["HowToStep", "Thing"], "text": f"{verb} it."} for verb in ("Mix", "Rest", "Pour")],
    ],
)
def test_the_steps_are_found_in_every_form_and_no_name_of_a_section_is_one(instructions: object) -> None:
    value = read(page({**OAT, "recipeInstructions": instructions}))
    assert value["instructions"] == ["Mix it.", "Rest it.", "Pour it."]


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("Mix &amp; fold it.", "Mix & fold it."),
        ("Mix&nbsp;&amp;amp;&nbsp;fold it.", "Mix & fold it."),
        ("<p>Mix <b>well</b>.</p>", "Mix well."),
        ("&lt;p&gt;Mix well.&lt;/p&gt;", "Mix well."),
        ("Bake until 5 < 6 > 4.", "Bake until 5 < 6 > 4."),
    ],
)
def test_tags_and_entities_in_a_string_are_read_as_a_browser_shows_them(written: str, text: str) -> None:
    assert read(page({**OAT, "recipeInstructions": [written, "Eat."]}))["instructions"] == [text, "Eat."]


@pytest.mark.parametrize(
    ("written", "minutes"),
    [
        ("PT1H30M", 90),
        ("PT1H 30M", 90),
        ("pt1h30m", 90),
        ("P0DT1H", 60),
        ("P0Y0M0DT0H35M0.000S", 35),
        ("1 hour 15 minutes", 75),
        ("PT20M-PT30M", None),
        ("PT20M/PT30M", None),
        ("20-30 min", None),
        ("90", None),
    ],
)
def test_a_duration_is_read_as_a_whole_and_no_end_of_a_range(written: str, minutes: int | None) -> None:
    assert read(page({**OAT, "totalTime": written}))["total_time_minutes"] == minutes


def test_items_in_a_graph_refer_to_each_other_and_have_several_types() -> None:
    graph = [
        {"@type": "WebPage", "name": "A page"},
        {**OAT, "@type": ["Recipe", "Article"], "author": {"@id": "#kim"}},
        {"@type": "Person", "@id": "#kim", "name": "Kim Low"},
    ]
    value = read(page({"@context": "https://schema.org", "@graph": graph}))
    assert (value["title"], value["author"]) == ("Oat Cake", "Kim Low")


def test_a_reference_to_nothing_and_to_itself_is_no_value() -> None:
    assert read(page({**OAT, "author": {"@id": "#nobody"}}))["author"] is None
    assert read(page({**OAT, "@id": "#a", "author": {"@id": "#a"}}))["author"] in (None, "Oat Cake")


FIG = {**OAT, "name": "Fig Cake", "recipeIngredient": ["3 figs"], "recipeYield": "4 servings"}


def test_of_several_recipes_the_one_is_read_that_the_page_is_named_after() -> None:
    value = read(page(OAT, FIG, body="<h1>Fig Cake</h1>"))
    assert (value["title"], value["ingredients"], value["yields"]) == ("Fig Cake", ["3 figs"], "4 servings")
    value = read(page(OAT, FIG, body="<h1>My Oat Cake</h1>"))
    assert (value["ingredients"], value["yields"]) == (["2 cups oats"], None)


def test_of_several_recipes_none_is_read_if_the_page_names_none_of_them() -> None:
    value = read(page(OAT, FIG, body="<h1>Two cakes</h1>"))
    assert (value["ingredients"], value["yields"], value["instructions"]) == (None, None, None)


def test_the_same_recipe_described_twice_is_one_recipe() -> None:
    assert read(page(OAT, {**OAT, "recipeYield": "8"}))["yields"] == "8"


def test_several_values_of_one_field_are_its_value_only_if_one_says_them_all() -> None:
    assert read(page({**OAT, "recipeYield": ["8", "8 servings"]}))["yields"] == "8 servings"
    assert read(page({**OAT, "recipeYield": ["8", "12 muffins"]}))["yields"] is None
    assert read(page({**OAT, "author": [{"name": "Kim Low"}, {"name": "Bo Ek"}]}))["author"] is None
    assert read(page({**OAT, "author": [{"name": "Kim Low"}, {"name": "Kim Low"}]}))["author"] == "Kim Low"


def test_a_list_may_be_asked_for_as_one_text() -> None:
    schema = {"type": "object", "properties": {"title": TEXT, "instructions": TEXT}}
    value = read(page({**OAT, "recipeInstructions": [step("Mix it."), step("Bake it.")]}), schema)
    assert value["instructions"] == "Mix it.\nBake it."


@pytest.mark.parametrize(
    "script",
    [
        '{"@type": "Recipe", /* new */ "name": "Oat Cake", "recipeIngredient": ["2 cups oats",],}',
        '{"@type": "Recipe", // new\n"name": "Oat\nCake", "recipeIngredient": ["2 cups oats"]};',
        '<!-- {"@type": "Recipe", "name": "Oat Cake", "recipeIngredient": ["2 cups oats"]} -->',
        '//<![CDATA[\n{"@type": "Recipe", "name": "Oat Cake", "recipeIngredient": ["2 cups oats"]}\n//]]>',
        '{"@type": "Recipe", "name": "Oat Cake", "recipeIngredient": ["2 cups oats"]} {"@type": "WebPage"}',
        '{"@type": "Recipe", "name": "Oat\tCake", "recipeIngredient": ["2 cups oats"], "x": "Kim\\\'s"}',
    ],
)
def test_broken_json_is_read_as_the_page_means_it(script: str) -> None:
    value = read(page(raw=script))
    assert (value["title"], value["ingredients"]) == ("Oat Cake", ["2 cups oats"])


@pytest.mark.parametrize("script", ['{"@type": "Recipe", "name": "Oat', "/* " * 2000, '{"name" "Oat"}', '{"a": [1, 2}'])
def test_what_is_no_json_gives_nothing(script: str) -> None:
    assert set(read(page(raw=script)).values()) == {None}


def test_a_raised_numerator_is_apart_from_the_number_before_it() -> None:
    items = "<li>2<sup>1</sup>&frasl;<sub>2</sub> cups rye</li><li><sup>1</sup>&frasl;<sub>2</sub> cup milk</li>"
    value = read(f"<!doctype html><h1>Rye Bread</h1><h2>Ingredients</h2><ul>{items}<li>1 egg</li></ul>")
    assert value["ingredients"] == ["2 1⁄2 cups rye", "1⁄2 cup milk", "1 egg"]
