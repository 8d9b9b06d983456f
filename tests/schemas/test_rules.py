"""Templates with the rules: the cases, and the samples of the first command in the README."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import pytest
from pydantic import TypeAdapter

import structgen
from structgen.core.json import Json
from structgen.core.records import Document
from structgen.documents import read_documents
from structgen.tasks import find_task, load_examples

HERE = Path(__file__).parent
SAMPLES = HERE.parent.parent / "notebooks" / "samples"

FOUND_BY_RULES = [
    ("recipe", 0, "title author prep_time_minutes cook_time_minutes ingredients instructions"),
    ("recipe", 1, "title total_time_minutes instructions"),
    ("receipt", 0, "company phone tax_id receipt_number date time items subtotal total currency"),
    ("receipt", 1, "company address tax_id receipt_number date time total currency"),
    ("receipt", 2, "company address date time"),
    ("product", 0, "name brand sku gtin price availability"),
    ("product", 1, "name sku"),
    ("product", 2, "price"),
    ("invoice", 0, "invoice_number invoice_date due_date items subtotal tax total amount_due currency"),
    ("invoice", 1, "invoice_date subtotal tax total currency"),
    ("event", 0, "name when organizer"),
    (
        "job_posting",
        0,
        "title company location employment_type responsibilities requirements benefits date_posted apply_by",
    ),
    ("resume", 0, "email phone location skills"),
    ("contact", 0, "role organization emails websites"),
    ("movie", 0, "directors genres countries languages runtime_minutes"),
]

FOUND_IN_SAMPLES: list[tuple[str, str, dict[str, Json]]] = [
    (
        "recipes",
        "apple-crumble.txt",
        {
            "title": "Apple and Blackberry Crumble",
            "author": "Slow Sunday Kitchen",
            "prep_time_minutes": 20,
            "cook_time_minutes": 45,
            "total_time_minutes": 65,
            "category": "Dessert",
            "cuisine": "British",
        },
    ),
    ("recipes", "focaccia.html", {"title": "No-Knead Focaccia", "author": "Crust & Crumb", "total_time_minutes": 760}),
    ("recipes", "linsensuppe.md", {"title": "Rote Linsensuppe mit Kokosmilch", "cook_time_minutes": 25}),
    (
        "recipes",
        "pickled-onions-card.txt",
        {"title": "PICKLED RED ONIONS", "yields": "1 jar", "total_time_minutes": 30},
    ),
    (
        "recipes",
        "tortilla.txt",
        {"title": "Tortilla de patatas", "author": "La Cocina del Puerto", "prep_time_minutes": 15},
    ),
    (
        "receipts",
        "diner.txt",
        {
            "company": "THE COPPER SPOON",
            "date": "2024-08-25",
            "time": "19:41:00",
            "subtotal": 56.0,
            "tip": 10.0,
            "total": 70.48,
        },
    ),
    ("receipts", "hardware-ocr.txt", {"company": "TUKANG JAYA HARDWARE SDN BHD", "date": "2017-11-21", "total": 44.9}),
    ("receipts", "tankstelle.txt", {"company": "Tankstelle Am Ring", "date": "2024-03-14", "total": 71.86}),
    ("receipts", "stall-17", {"company": "GREEN BARROW FARM STALL", "total": 6.3}),
    ("receipts", "stall-22", {"company": "Old Mill Honey", "receipt_number": "0815", "total": 19.5}),
    (
        "products",
        "kettle.html",
        {
            "sku": "HH-44120",
            "brand": "Brevik",
            "price": 54.9,
            "currency": "EUR",
            "review_count": 38,
            "condition": "new",
            "categories": ["Kitchen", "Kettles"],
        },
    ),
    ("products", "trail-shoe.md", {"brand": "Fjellrev", "sku": "77-1043", "price": 104.95, "average_rating": 4.3}),
    ("products", "desk-lamp.txt", {"price": 59.0, "old_price": 79.0, "currency": "£", "manufacturer": None}),
    (
        "products",
        "used-camera.txt",
        {
            "name": "Korvu K2 Spiegelreflexkamera mit Objektiv 50 mm",
            "brand": "Korvu",
            "price": 85.0,
            "condition": "gebraucht",
        },
    ),
]


def read(name: str, text: str | Document) -> dict[str, Any]:
    """What the rules find, whole or not, as plain JSON."""
    try:
        value: Any = structgen.extract(find_task(name, root=HERE), text, model="rules").value
        return cast("dict[str, Any]", value.model_dump(mode="json"))
    except structgen.ExtractionFailed as failed:
        return cast("dict[str, Any]", failed.partial)


def samples(folder: str) -> dict[str, Document]:
    found = [each for each in read_documents([str(SAMPLES / folder)]) if isinstance(each, Document)]
    return {document.id: document for document in found}


@pytest.mark.parametrize(("name", "number", "fields"), FOUND_BY_RULES)
def test_rules_find_what_a_label_or_a_heading_names(name: str, number: int, fields: str) -> None:
    case = load_examples(HERE / "cases" / f"{name}.json")[number]
    model: Any = find_task(name, root=HERE).schema
    expected = TypeAdapter(model).validate_json(json.dumps(case.value)).model_dump(mode="json")

    found = read(name, case.text)

    assert {field: found.get(field) for field in fields.split()} == {field: expected[field] for field in fields.split()}


@pytest.mark.parametrize(("folder", "sample", "expected"), FOUND_IN_SAMPLES)
def test_rules_read_the_samples(folder: str, sample: str, expected: dict[str, Json]) -> None:
    found = read(folder.removesuffix("s"), samples(folder)[sample])

    assert {field: found.get(field) for field in expected} == expected


def test_there_are_samples_enough_and_of_every_kind() -> None:
    folders = ("recipes", "receipts", "products")
    documents = [document for folder in folders for document in samples(folder).values()]
    kinds = {path.suffix for folder in folders for path in (SAMPLES / folder).iterdir()}

    assert len(documents) >= 12
    assert kinds == {".txt", ".md", ".html", ".jsonl"}


def test_every_recipe_of_the_samples_is_whole_but_the_story() -> None:
    found = {name: read("recipe", document) for name, document in samples("recipes").items()}

    lacking = {name for name, recipe in found.items() if not (recipe["ingredients"] and recipe["instructions"])}
    assert lacking == {"grandmothers-soup.txt"}


def test_nothing_is_made_up_for_a_story() -> None:
    with pytest.raises(structgen.ExtractionFailed) as failed:
        structgen.extract("recipe", samples("recipes")["grandmothers-soup.txt"], model="rules")

    assert {issue.path for issue in failed.value.issues} == {"/title", "/ingredients", "/instructions"}


def test_a_faded_receipt_gives_no_total() -> None:
    assert read("receipt", samples("receipts")["faded.txt"]).get("total") is None


UNTOLD = [
    ("product", 1, "average_rating"),
    ("invoice", 1, "amount_due"),
    ("event", 2, "name"),
    ("job_posting", 2, "title"),
    ("recipe", 2, "title"),
]


@pytest.mark.parametrize(("name", "number", "fields"), UNTOLD)
def test_what_no_label_tells_is_null_rather_than_something_near(name: str, number: int, fields: str) -> None:
    found = read(name, load_examples(HERE / "cases" / f"{name}.json")[number].text)

    assert {field: found.get(field) for field in fields.split()} == dict.fromkeys(fields.split())
