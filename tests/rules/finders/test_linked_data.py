"""Values from linked data."""

import json
from typing import Any


def test_linked_data_comes_before_what_is_shown(ask: Any) -> None:
    data = {
        "@type": "Recipe",
        "name": "Oat Cake",
        "author": {"@type": "Person", "name": "Kim Low"},
        "totalTime": "PT1H5M",
        "recipeYield": "8 slices",
        "recipeIngredient": ["200 g oats", "2 eggs"],
        "recipeInstructions": [{"@type": "HowToStep", "text": "Mix."}, {"@type": "HowToStep", "text": "Bake."}],
    }
    text = f'<html><script type="application/ld+json">{json.dumps(data)}</script><h1>Another</h1>'
    strings = {"type": "array", "items": {"type": "string"}}
    value = ask(
        text,
        title="string",
        author="string",
        yields="string",
        total_time_minutes="integer",
        ingredients=strings,
        instructions=strings,
    )
    assert value == {
        "title": "Oat Cake",
        "author": "Kim Low",
        "yields": "8 slices",
        "total_time_minutes": 65,
        "ingredients": ["200 g oats", "2 eggs"],
        "instructions": ["Mix.", "Bake."],
    }


def test_offers_ratings_and_reviews_are_read_where_they_stand(ask: Any) -> None:
    data = {
        "@type": "Product",
        "name": "Cup",
        "offers": {"price": "1,50", "priceCurrency": "EUR", "availability": "https://schema.org/InStock"},
        "aggregateRating": {"ratingValue": "4.5", "reviewCount": 12},
        "review": [{"author": {"name": "Bo"}, "reviewBody": "Fine."}, {"reviewBody": "Ok."}],
    }
    text = f'<html><script type="application/ld+json">{json.dumps(data)}</script><p>x'
    review = {"type": "object", "properties": {"author": {"type": ["string", "null"]}, "comment": {"type": "string"}}}
    value = ask(
        text,
        name="string",
        currency="string",
        availability={"enum": ["in stock", "out of stock"]},
        rating="number",
        review_count="integer",
        reviews={"type": "array", "items": {**review, "required": ["comment"]}},
    )
    assert value == {
        "name": "Cup",
        "currency": "EUR",
        "availability": "in stock",
        "rating": 4.5,
        "review_count": 12,
        "reviews": [{"author": "Bo", "comment": "Fine."}, {"author": None, "comment": "Ok."}],
    }


def test_ingredients_in_linked_data_are_taken_apart(ask_one: Any) -> None:
    data = {
        "@type": "Recipe",
        "name": "Cake",
        "recipeIngredient": ["200 g oats", "2 eggs, beaten"],
        "ingredients": ["no"],
    }
    text = f'<html><script type="application/ld+json">{json.dumps(data)}</script>'
    part = {"type": ["string", "null"]}
    item = {"type": "object", "properties": {"name": part, "quantity": part, "unit": part, "note": part}}
    schema = {"type": "object", "properties": {"title": part, "ingredients": {"type": "array", "items": item}}}
    from structgen.rules import extract_by_rules

    found = extract_by_rules(schema, text)
    assert isinstance(found.value, dict)
    assert found.value["ingredients"] == [
        {"name": "oats", "quantity": "200", "unit": "g", "note": None},
        {"name": "eggs", "quantity": "2", "unit": None, "note": "beaten"},
    ]


def test_terms_of_a_vocabulary_become_words_and_breadcrumbs_a_list(ask: Any) -> None:
    data = """{"@type": "Product", "name": "Pan", "category": "Kitchen > Pans", "keywords": "iron, round",
      "itemCondition": "https://schema.org/UsedCondition", "description": "https://schema.org/InStock"}"""
    page = f"<html><script type='application/ld+json'>{data}</script><h1>Pan</h1></html>"
    strings = {"type": "array", "items": {"type": "string"}}
    found = ask(
        page, name="string", categories=strings, keywords=strings, item_condition="string", description="string"
    )
    assert found == {
        "name": "Pan",
        "categories": ["Kitchen", "Pans"],
        "keywords": ["iron", "round"],
        "item_condition": "used",
        "description": "in stock",
    }
