import json
from typing import Annotated, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field, StringConstraints, create_model

from structgen.schema import Schema, fields
from structgen.schema.outline import outline as write
from structgen.schema.resolve import Refs


def outline(schema):
    return Schema.of(schema).outline()


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int | None = None


class Dog(BaseModel):
    """A good dog"""

    kind: Literal["dog"]
    tricks: Annotated[list[str], Field(max_length=3)]


class Owner(BaseModel):
    name: Annotated[str, StringConstraints(min_length=1, max_length=40)] = Field(description="The full name")
    pet: Annotated[Cat | Dog, Field(discriminator="kind")]
    friends: list["Owner"] = []


def test_a_model_reads_like_a_skeleton_with_notes():
    assert outline(Owner) == "\n".join((
        "Owner",
        "type Owner = {",
        "  name: string (1..40 chars) // The full name",
        "  pet: one of (Cat | Dog) (by kind)",
        "  friends?: Owner[] = []",
        "}",
        'type Cat = {kind: "cat", lives?: integer | null = null}',
        'type Dog = {kind: "dog", tricks: string[] (<= 3 items)} // A good dog',
    ))  # fmt: skip


def test_the_shorthand_reads_like_itself():
    assert outline(fields("name, kind: a|b, price float?")) == (
        '{name: string, kind: "a" | "b", price?: number | null} (no other keys)'
    )


# Every keyword with the words that stand for it, each in a schema of its own.
KEYWORDS = [
    ({"type": "string"}, "string"),
    ({"type": ["string", "null"]}, "string | null"),
    ({}, "any"),
    (True, "any"),
    (False, "never"),
    ({"const": "a"}, '"a"'),
    ({"const": []}, "exactly []"),
    ({"enum": ["a", 1, None, {"b": 2}]}, '"a" | 1 | null | exactly {"b":2}'),
    ({"type": "integer", "enum": ["a", 1]}, 'integer & ("a" | 1)'),
    ({"type": "number", "minimum": 0, "maximum": 5}, "number (0..5)"),
    ({"type": "number", "minimum": 0}, "number (>= 0)"),
    ({"type": "number", "maximum": 5.5}, "number (<= 5.5)"),
    ({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 9}, "number (> 0, < 9)"),
    ({"$schema": "http://json-schema.org/draft-04/schema#", "minimum": 0, "exclusiveMinimum": True}, "any (> 0)"),
    ({"$schema": "http://json-schema.org/draft-04/schema#", "minimum": 0, "exclusiveMinimum": False}, "any (>= 0)"),
    ({"type": "integer", "multipleOf": 5}, "integer (multiple of 5)"),
    ({"type": "string", "minLength": 1, "maxLength": 9}, "string (1..9 chars)"),
    ({"type": "string", "minLength": 2, "maxLength": 2}, "string (2 chars)"),
    ({"type": "string", "pattern": "^a/b$"}, r"string (/^a\/b$/)"),
    ({"type": "string", "pattern": "a\nb"}, r'string (pattern "a\nb")'),
    ({"type": "string", "format": "date"}, "string (format date)"),
    ({"type": "string", "format": "my own"}, 'string (format "my own")'),
    ({"type": "array"}, "array"),
    ({"type": "array", "items": {"type": "string"}}, "string[]"),
    ({"type": "array", "items": {"enum": ["a", "b"]}}, '("a" | "b")[]'),
    ({"type": "array", "minItems": 1, "maxItems": 3, "uniqueItems": True}, "array (1..3 items, unique)"),
    ({"type": "array", "prefixItems": [{"type": "string"}, {}]}, "[string?, any?, ...]"),
    ({"type": "array", "prefixItems": [{}], "items": {"type": "null"}, "minItems": 1}, "[any, ...null[]]"),
    ({"type": "array", "prefixItems": [{}], "items": False, "minItems": 1}, "[any]"),
    ({"type": "array", "prefixItems": [{}, {}], "maxItems": 2, "minItems": 1}, "[any, any?]"),
    ({"type": "array", "contains": {"type": "null"}, "minContains": 2}, "array (contains (null), minContains: 2)"),
    ({"type": "object"}, "object"),
    ({"type": "object", "properties": {}}, "{}"),
    ({"type": "object", "properties": {"a": {}}, "required": ["a", "b"]}, '{a: any} (requires ["b"])'),
    ({"properties": {"a": {}}}, "{a?: any} (if object)"),
    ({"items": {}}, "any[] (if array)"),
    ({"type": "object", "properties": {"a b": {}}}, '{"a b"?: any}'),
    ({"type": "object", "additionalProperties": {"type": "string"}}, "{[key]: string}"),
    ({"type": "object", "additionalProperties": False}, "{} (no other keys)"),
    ({"type": "object", "patternProperties": {"^x": {"type": "null"}}}, "{[/^x/]: null}"),
    ({"type": "object", "minProperties": 1, "maxProperties": 2}, "object (1..2 keys)"),
    ({"type": "object", "propertyNames": {"maxLength": 3}}, "object (propertyNames (any (<= 3 chars)))"),
    ({"dependentRequired": {"a": ["b"]}}, 'any (dependentRequired: {"a":["b"]})'),
    ({"dependentSchemas": {"a": {"required": ["b"]}}}, 'any (if a then (any (requires ["b"])))'),
    (
        {"$schema": "http://json-schema.org/draft-07/schema#", "dependencies": {"a": ["b"]}},
        'any (if a requires ["b"])',
    ),
    ({"unevaluatedProperties": False}, "any (unevaluatedProperties: false)"),
    ({"unevaluatedItems": {"type": "null"}}, "any (unevaluatedItems (null))"),
    ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "string | null"),
    ({"oneOf": [{"type": "string"}, {"type": "null"}]}, "one of (string | null)"),
    ({"allOf": [{"type": "string"}, {"minLength": 1}]}, "string & any (>= 1 chars)"),
    ({"type": "string", "anyOf": [{"const": "a"}, {"minLength": 3}]}, 'string & ("a" | any (>= 3 chars))'),
    ({"not": {"type": "null"}}, "not (null)"),
    ({"if": {"type": "null"}, "then": True, "else": False}, "if (null) then (any) else (never)"),
    ({"then": {"type": "null"}}, "any (then (null))"),
    ({"type": "string", "default": "x"}, 'string = "x"'),
    ({"type": "string", "title": "T", "description": "D"}, 'string (title "T") // D'),
    ({"type": "array", "items": {"type": "string", "description": "D", "default": ""}}, 'string (default "", "D")[]'),
    ({"type": "string", "examples": ["x"], "x-new": {"a": 1}}, 'string (examples: ["x"], x-new: {"a":1})'),
    ({"type": "string", "deprecated": True, "my own": 1}, 'string (deprecated: true, "my own": 1)'),
    ({"$ref": "#/$defs/a", "$defs": {"a": {"type": "string"}}}, "a\ntype a = string"),
    ({"$ref": "http://json-schema.org/draft-07/schema#"}, 'any ($ref: "http://json-schema.org/draft-07/schema#")'),
    (
        {
            "oneOf": [{"$ref": "#/$defs/a"}],
            "discriminator": {"propertyName": "k", "mapping": {"z": "#/$defs/a"}},
            "$defs": {"a": {}},
        },
        'one of (a) (discriminator: {"propertyName":"k","mapping":{"z":"#/$defs/a"}})\ntype a = any',
    ),
]  # fmt: skip


@pytest.mark.parametrize(("schema", "words"), KEYWORDS)
def test_every_keyword_has_its_words(schema, words):
    assert outline(schema) == words


@pytest.mark.parametrize("schema", [schema for schema, _ in KEYWORDS])
def test_every_keyword_can_be_read_back(reader, schema):
    before, after = reader.same(schema, outline(schema))
    assert before == after


def test_a_title_that_only_repeats_the_key_is_left_out():
    schema = {"type": "object", "properties": {"prep_time": {"type": "integer", "title": "Prep Time"}}}
    assert outline(schema) == "{prep_time?: integer}"


def test_a_title_that_says_more_than_the_key_stays():
    schema = {"type": "object", "properties": {"t": {"type": "integer", "title": "Prep Time"}}}
    assert outline(schema) == '{t?: integer (title "Prep Time")}'


def test_two_definitions_of_one_name_are_told_apart():
    schema = {
        "$defs": {"a": {"$defs": {"a": {"type": "null"}}, "type": "string"}},
        "anyOf": [{"$ref": "#/$defs/a"}, {"$ref": "#/$defs/a/$defs/a"}],
    }
    assert sorted(outline(schema).split("\n")) == ["a | a_2", "type a = string", "type a_2 = null"]


def test_a_definition_that_bears_the_name_of_a_type_gets_another():
    assert (
        outline({"$ref": "#/$defs/string", "$defs": {"string": {"type": "null"}}}) == "string_2\ntype string_2 = null"
    )


def test_beside_a_reference_of_draft_7_only_remarks_count():
    schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "definitions": {"a": {"type": "string"}},
        "properties": {"x": {"$ref": "#/definitions/a", "maxLength": 1, "description": "D"}},
        "type": "object",
    }
    assert outline(schema) == "{\n  x?: a // D\n}\ntype a = string"


HOSTILE = 'one\ntwo } `code` ```\u2028\u202e\x00\ud800 \\n " // /* (x'


def test_hostile_words_add_no_line_and_close_no_fence(reader):
    schema = {
        "type": "object",
        "title": HOSTILE,
        "description": HOSTILE,
        "properties": {HOSTILE: {"type": "string", "description": HOSTILE, "default": HOSTILE, "enum": [HOSTILE]}},
    }
    words = outline(schema)
    assert len(words.split("\n")) == 3
    assert "```" not in words
    assert all(sign.isprintable() or sign == "\n" for sign in words)
    words.encode()
    before, after = reader.same(schema, words)
    assert before == after


# Schemas of every kind, as hypothesis makes them up.

texts = st.text(st.characters(codec="utf-8"), max_size=12)
scalars = st.one_of(st.none(), st.booleans(), st.integers(-99, 99), st.sampled_from([0.5, -1.25, 1e30]), texts)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2))
counts = st.integers(0, 5)
numbers = st.one_of(st.integers(-99, 99), st.sampled_from([0.5, 2.5, -0.1]))
patterns = st.sampled_from(["^a", "a/b", r"\d+\/x", "[/]", "é`", "x\ty", "^(?!a)b$"])
kinds = st.sampled_from(["string", "integer", "number", "boolean", "null", "object", "array"])

plain_keywords = {
    "title": texts, "description": texts, "default": values, "examples": st.lists(values, max_size=2),
    "type": kinds | st.lists(kinds, min_size=1, max_size=3, unique=True),
    "enum": st.lists(values, min_size=1, max_size=3, unique_by=repr), "const": values,
    "minimum": numbers, "maximum": numbers, "exclusiveMinimum": numbers, "exclusiveMaximum": numbers,
    "multipleOf": st.sampled_from([2, 0.5]), "minLength": counts, "maxLength": counts, "pattern": patterns,
    "format": st.sampled_from(["date", "e mail", "x-y"]), "minItems": counts, "maxItems": counts,
    "uniqueItems": st.booleans(), "minContains": counts, "maxContains": counts, "minProperties": counts,
    "maxProperties": counts, "required": st.lists(st.sampled_from("abc"), max_size=3, unique=True),
    "dependentRequired": st.dictionaries(texts, st.lists(texts, max_size=2, unique=True), max_size=2),
    "readOnly": st.booleans(), "contentMediaType": texts, "x-own": values,
    "$ref": st.sampled_from(["#/$defs/one", "#/$defs/Two"]),
}  # fmt: skip


def of_schemas(inner):
    named = st.dictionaries(st.sampled_from("abc") | texts, inner, max_size=3)
    some = st.lists(inner, min_size=1, max_size=3)
    keywords = {
        "properties": named, "patternProperties": st.dictionaries(patterns, inner, max_size=2),
        "additionalProperties": inner, "propertyNames": inner, "unevaluatedProperties": inner, "items": inner,
        "prefixItems": some, "contains": inner, "unevaluatedItems": inner, "allOf": some, "anyOf": some, "oneOf": some,
        "not": inner, "if": inner, "then": inner, "else": inner, "dependentSchemas": named, "contentSchema": inner,
    }  # fmt: skip
    return with_keywords({**plain_keywords, **keywords})


def with_keywords(keywords):
    chosen = st.lists(st.sampled_from(sorted(keywords)), max_size=5, unique=True)
    return chosen.flatmap(lambda names: st.fixed_dictionaries({name: keywords[name] for name in names}))


schemas = st.recursive(st.booleans() | with_keywords(plain_keywords), of_schemas, max_leaves=8)
definitions = with_keywords({name: made for name, made in plain_keywords.items() if name != "$ref"})


@settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))
@given(schemas.filter(lambda schema: isinstance(schema, dict)), definitions, definitions)
def test_no_keyword_of_any_schema_is_lost(reader, schema, one, two):
    schema = {**schema, "$defs": {"one": one, "Two": two}}
    before, after = reader.same(schema, write(schema, "answer"))
    assert before == after


@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
@given(of_schemas(st.booleans() | with_keywords(plain_keywords)), st.data())
def test_the_reader_notices_a_keyword_that_is_gone(reader, schema, data):
    """Guards the guard: a comparison that sees nothing would let everything pass."""
    schema = {"type": "object", **schema, "$defs": {"one": {"const": "one"}, "Two": {"const": "two"}}}
    keywords = ("minLength", "maximum", "multipleOf", "format", "x-own", "not", "contains")
    said = [name for name in keywords if name in schema and json.dumps(schema).count(f'"{name}"') == 1]
    if said and "$ref" not in schema:
        gone = data.draw(st.sampled_from(said))
        less = {name: value for name, value in schema.items() if name != gone}
        facts, read = reader.same(schema, write(less, "answer"))
        assert facts != read


MODELS = [
    {"name": (str, ...), "age": (int, ...), "active": (bool, True)},
    {f"field_{number}": (str | None, None) for number in range(12)},
    {f"amount_{number}": (Annotated[float, Field(ge=0, description="In euros")], ...) for number in range(30)},
    {"tags": (list[str], ...), "level": (Literal["low", "high"], "low"), "extra": (dict[str, int], {})},
    {"owner": (Owner, ...), "other": (Owner | None, None), "pets": (list[Cat | Dog], ...)},
]


@pytest.mark.parametrize("made", MODELS)
def test_an_outline_is_shorter_than_the_minified_schema(reader, made):
    schema = Schema.of(create_model("Made", **made))
    minified = json.dumps(schema.json_schema, separators=(",", ":"), ensure_ascii=False)
    assert len(schema.outline()) < 0.75 * len(minified)
    before, after = reader.same(schema.json_schema, schema.outline(), schema.name, Refs.of(schema.json_schema).find)
    assert before == after
