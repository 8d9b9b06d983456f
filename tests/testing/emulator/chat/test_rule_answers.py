"""The rules' answers to schemas with quotes, and to lists."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import pytest

from structgen import Document, EvidenceMode, Extraction, Extractor, Mode, Options, Schema, Status
from structgen.core.json import Json, JsonObject
from structgen.documents import read_documents
from structgen.forms.quotes import Keys, Quoted, pair_keys, with_quotes
from structgen.stages import compile_request
from structgen.testing import Emulator
from structgen.testing.emulator.chat.rule_answers import answer_by_rules, answer_in_form, without_pairs

MODEL = "groq/openai/gpt-oss-20b"
SAMPLES = Path(__file__).parents[4] / "notebooks" / "samples"
READ = [
    *(("receipt", name) for name in ("diner.txt", "hardware-ocr.txt", "tankstelle.txt")),
    *(("recipe", name) for name in ("apple-crumble.txt", "focaccia.html", "linsensuppe.md", "tortilla.txt")),
    ("recipe", "pickled-onions-card.txt"),
]
QUOTE: JsonObject = {"type": ["string", "null"]}
TEXT: JsonObject = {"type": "string"}
NULL: JsonObject = {"type": "null"}
NAMES = (
    ("quote", "words", "source_quote", "source_quote_2"),
    ("value", "is", "quoted_value", "quoted_value_2"),
)


def sample(task: str, name: str) -> Document:
    found = read_documents([str(SAMPLES / f"{task}s" / name)])
    return next(each for each in found if isinstance(each, Document))


def extract(task: str, document: Document, mode: Mode, evidence: EvidenceMode) -> Extraction[Any]:
    with Extractor(MODEL, Options(mode=mode, evidence=evidence)) as extractor:
        return extractor.extract(task, document)


def record(**fields: Json) -> JsonObject:
    return {"type": "object", "properties": fields, "required": list[Json](fields), "additionalProperties": False}


def pair(value: JsonObject) -> JsonObject:
    return {"type": "object", "properties": {"quote": QUOTE, "value": value}, "required": ["quote", "value"]}


def quoted(schema: object) -> Quoted:
    made = with_quotes(Schema.of(cast("JsonObject", schema)))
    assert isinstance(made, Quoted)
    return made


@pytest.mark.parametrize("mode", [Mode.JSON_SCHEMA, Mode.TOOLS])
@pytest.mark.parametrize(("task", "name"), READ)
def test_a_client_that_asks_for_quotes_gets_the_same_values_with_evidence(
    task: str, name: str, mode: Mode, groq_emulator: Emulator
) -> None:
    document = sample(task, name)
    plain = extract(task, document, mode, EvidenceMode.LOCATE)
    found = extract(task, document, mode, EvidenceMode.QUOTES)
    assert found.value == plain.value
    assert '"quote": ' in found.attempts[0].completion.text
    assert set(found.unsupported) <= set(plain.unsupported)
    assert any(piece.status is not Status.UNSUPPORTED for piece in found.evidence)


def test_a_quote_is_the_words_that_the_rules_took_the_value_from() -> None:
    schema = record(name=pair(TEXT), total={"anyOf": [pair({"type": "number"}), NULL]})
    assert answer_in_form(schema, "Name: Ada Lovelace\nTotal: 12.50") == {
        "name": {"quote": "Ada Lovelace", "value": "Ada Lovelace"},
        "total": {"quote": "12.50", "value": 12.5},
    }


def test_what_is_not_found_is_null_or_a_pair_of_nulls_where_the_pair_may_not_be() -> None:
    schema = record(name=pair(TEXT), phone={"anyOf": [pair(TEXT), NULL]}, gone=record(name=pair(TEXT)))
    assert answer_in_form(schema, "nothing of the kind") == {
        "name": {"quote": None, "value": None},
        "phone": None,
        "gone": None,
    }


def test_pairs_are_found_behind_references_and_in_lists() -> None:
    listed: JsonObject = {"type": "array", "items": {"$ref": "#/$defs/Line"}}
    schema = record(items=listed)
    schema["$defs"] = {"Line": record(description=pair(TEXT), amount=pair({"type": "number"}))}
    found: Any = answer_in_form(schema, sample("receipt", "diner.txt").text)
    assert found["items"][0] == {
        "description": {"quote": "Lobster Roll", "value": "Lobster Roll"},
        "amount": {"quote": "24.00", "value": 24.0},
    }


def test_of_a_union_the_first_object_is_filled_that_has_the_keys() -> None:
    options: list[Json] = [TEXT, record(name=pair(TEXT)), {"$ref": "#/$defs/Other"}, record(name=TEXT)]
    schema: JsonObject = {"anyOf": options, "$defs": {"Other": record(other=TEXT)}}
    assert answer_in_form(schema, "Name: Ada Lovelace") == {"name": {"quote": "Ada Lovelace", "value": "Ada Lovelace"}}


def test_what_no_part_of_the_schema_speaks_of_stays_as_the_rules_found_it() -> None:
    assert answer_in_form({"type": "object"}, "Name: Ada Lovelace") == {}
    assert answer_in_form(record(tags={"type": "array"}), "Tags: red, green") == {"tags": ["red", "green"]}


@pytest.mark.parametrize("taken", [0, 1, 2, 3, 4])
def test_the_keys_of_pairs_are_known_whatever_names_they_had_to_take(taken: int) -> None:
    names = [name for pair in zip(*NAMES, strict=True) for name in pair][: 2 * taken]
    made = quoted({"type": "object", "properties": dict.fromkeys([*names, "total"], TEXT)})
    held = cast("JsonObject", cast("JsonObject", made.schema.json_schema)["properties"])
    assert pair_keys(cast("JsonObject", held["total"])) == made.keys
    assert pair_keys(cast("JsonObject", made.schema.json_schema)) is None


@pytest.mark.parametrize(
    "schema",
    [
        record(quote=TEXT, value=TEXT),
        record(name=QUOTE, value=TEXT),
        record(quote=QUOTE, price=TEXT),
        record(quote=QUOTE, value=TEXT, more=TEXT),
        {"properties": {"quote": QUOTE, "value": TEXT}},
        {"type": "object"},
    ],
)
def test_what_only_looks_like_a_pair_is_none(schema: JsonObject) -> None:
    assert pair_keys(schema) is None
    assert without_pairs(schema) == schema


@pytest.mark.parametrize("form", [QUOTE, {"anyOf": [TEXT, NULL]}])
def test_the_schema_without_pairs_keeps_what_is_said_about_them(form: JsonObject) -> None:
    schema = {**record(quote=form, value={"type": "number"}), "description": "Amount due"}
    assert pair_keys(schema) == Keys()
    assert without_pairs(record(total={"anyOf": [schema, NULL]})) == record(
        total={"anyOf": [{"type": "number", "description": "Amount due"}, NULL]}
    )


def test_a_schema_nested_without_end_is_answered_too() -> None:
    schema: JsonObject = pair(TEXT)
    for _ in range(400):
        schema = record(part=schema)
    assert answer_in_form(record(name=pair(TEXT), deep=schema), "Name: Ada Lovelace") == {
        "name": {"quote": "Ada Lovelace", "value": "Ada Lovelace"},
        "deep": None,
    }


@pytest.mark.parametrize("evidence", [EvidenceMode.LOCATE, EvidenceMode.QUOTES])
@pytest.mark.parametrize("mode", [Mode.JSON_SCHEMA, Mode.TOOLS])
def test_a_root_list_of_which_nothing_is_found_is_empty(
    mode: Mode, evidence: EvidenceMode, groq_emulator: Emulator
) -> None:
    with Extractor(MODEL, Options(mode=mode, evidence=evidence)) as extractor:
        assert extractor.extract(list[str], "Nothing is listed here.").value == []
    assert len(groq_emulator.requests) == 1


def test_strict_mode_gets_its_empty_list_in_the_wrapping_object() -> None:
    asked = compile_request(list[str], "Nothing is listed here.", model=MODEL, mode=Mode.JSON_SCHEMA)
    assert json.loads(answer_by_rules(asked.to_groq())) == {"value": []}


def test_a_list_among_other_values_is_null_where_nothing_is_found_as_those_are() -> None:
    schema = record(name=TEXT, tags={"type": "array", "items": TEXT})
    assert answer_in_form(schema, "Name: Ada Lovelace") == {"name": "Ada Lovelace", "tags": None}


def test_a_root_list_that_may_be_null_is_null() -> None:
    assert answer_in_form({"type": ["array", "null"], "items": TEXT}, "Nothing is listed here.") is None
