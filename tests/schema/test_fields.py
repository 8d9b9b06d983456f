import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structgen.core.errors import SchemaError
from structgen.schema import Schema, fields


def properties(text):
    return fields(text).json_schema["properties"]


def only(text):
    return properties(f"x: {text}")["x"]


def test_the_whole_notation_at_once():
    schema = fields("name, age int, price float?, tags list[str], kind: a|b|c, items: {sku, qty int}[]")
    assert schema.json_schema == {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "age": {"type": "integer"},
            "price": {"anyOf": [{"type": "number"}, {"type": "null"}]},
            "tags": {"type": "array", "items": {"type": "string"}},
            "kind": {"enum": ["a", "b", "c"]},
            "items": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"sku": {"type": "string"}, "qty": {"type": "integer"}},
                    "required": ["sku", "qty"],
                    "additionalProperties": False,
                },
            },
        },
        "required": ["name", "age", "tags", "kind", "items"],
        "additionalProperties": False,
    }


@pytest.mark.parametrize(
    ("text", "schema"),
    [
        ("text", {"type": "string"}),
        ("Integer", {"type": "integer"}),
        ("decimal", {"type": "number"}),
        ("bool", {"type": "boolean"}),
        ("date", {"type": "string", "format": "date"}),
        ("datetime", {"type": "string", "format": "date-time"}),
        ("url", {"type": "string", "format": "uri"}),
        ("any", {}),
        ("object", {"type": "object"}),
        ("str[][]", {"type": "array", "items": {"type": "array", "items": {"type": "string"}}}),
        ("list[int?]", {"type": "array", "items": {"anyOf": [{"type": "integer"}, {"type": "null"}]}}),
        ("dict[str, int]", {"type": "object", "additionalProperties": {"type": "integer"}}),
        ("int|str", {"anyOf": [{"type": "integer"}, {"type": "string"}]}),
        ("(int|str)[]", {"type": "array", "items": {"anyOf": [{"type": "integer"}, {"type": "string"}]}}),
        ("a|b|null", {"enum": ["a", "b", None]}),
        ('"in stock"|"sold out"', {"enum": ["in stock", "sold out"]}),
        ("1|2|3", {"enum": [1, 2, 3]}),
        ("1..5", {"type": "integer", "minimum": 1, "maximum": 5}),
        ("0..1.5", {"type": "number", "minimum": 0, "maximum": 1.5}),
        ("-3..3", {"type": "integer", "minimum": -3, "maximum": 3}),
    ],
)
def test_every_type_has_its_schema(text, schema):
    assert only(text) == schema


def test_a_description_in_quotes_follows_the_type():
    assert properties('name "the \\"full\\" name", age int? "in years"') == {
        "name": {"type": "string", "description": 'the "full" name'},
        "age": {"anyOf": [{"type": "integer"}, {"type": "null"}], "description": "in years"},
    }


@pytest.mark.parametrize("text", ["a int?", "a?: int", "a? int", "a: int ?"])
def test_a_question_mark_makes_a_field_optional_and_nullable(text):
    schema = fields(text)
    assert schema.json_schema["required"] == []
    assert schema.check({}) == schema.check({"a": None}) == schema.check({"a": 1}) == ()


def test_an_optional_choice_takes_null_among_its_words():
    assert only("a|b?") == {"enum": ["a", "b", None]}
    assert only("a|null?") == {"enum": ["a", None]}


def test_new_lines_and_spare_commas_part_fields_too():
    assert [*properties("a\nb int\n\n, c: {d,\n e},")] == ["a", "b", "c"]


def test_a_name_in_quotes_may_be_anything():
    assert [*properties('"full name" str, größe int, x-y')] == ["full name", "größe", "x-y"]


def test_a_field_called_like_a_type_is_a_field():
    assert properties("date date, list list[str]")["date"]["format"] == "date"


def test_formats_are_conditions_and_other_keys_are_refused():
    schema = fields("born date, site url")
    assert schema.check({"born": "2024-02-29", "site": "https://example.com"}) == ()
    issues = schema.check({"born": "2023-02-29", "site": "example", "more": 1})
    assert [(issue.path, issue.code) for issue in issues] == [
        ("/born", "format"),
        ("/site", "format"),
        ("/more", "unknown_key"),
    ]


@pytest.mark.parametrize(
    ("text", "column", "says"),
    [
        ("name, age itn", 11, 'did you mean "int"?'),
        ("name age int", 6, "fields have commas between them"),
        ("a: foo", 4, '"foo" is not a type; types are str'),
        ("a: int|foo", 4, 'is "int" a type or a word here?'),
        ("a: {b, c", 9, 'expected "}"'),
        ("a list", 3, "a list of what?"),
        ("a: list[]", 4, "a list of what?"),
        ("a: foo[]", 4, '"foo" is not a type'),
        ("a, a", 4, "the field 'a' is there twice"),
        ("", 1, "name at least one field"),
        ("a: list[", 9, "expected a type, but the text ends"),
        ("a: list[int", 12, 'expected "]"'),
        ("a: int[5]", 8, 'expected "]"'),
        ("a: (int", 8, 'expected ")"'),
        ("a: 5..1", 7, "the range ends before it begins"),
        ("a: 5..b", 7, "expected the highest number"),
        ("a: , b", 4, "expected a type"),
        ("a: dict[int, str]", 9, "the keys of a dict are str"),
        ("a: dict[str]", 12, 'expected ","'),
        ('a "x', 3, 'expected ","'),
        ('a "\\q"', 3, "wrong escape"),
        ("a$ int", 2, "expected \",\" before the next field, not '$'"),
        ("5 int", 1, "expected the name of a field"),
        ("a: {}}", 6, 'expected ","'),
    ],
)
def test_a_mistake_is_shown_at_its_column(text, column, says):
    with pytest.raises(SchemaError) as caught:
        fields(text)
    said, line, caret = str(caught.value).split("\n")
    assert said.startswith(f"Fields, column {column}: ")
    assert says in said
    assert line == f"  {text}"
    assert caret == " " * (column + 1) + "^"


def test_a_mistake_on_a_later_line_names_the_line():
    with pytest.raises(SchemaError) as caught:
        fields("a int\nb itn, c")
    assert str(caught.value).startswith("Fields, line 2, column 3: ")
    assert str(caught.value).endswith("\n  b itn, c\n    ^")


@settings(deadline=None, max_examples=300)
@given(st.text(st.sampled_from('ab int,:?|[]{}()". \n15-list')))
def test_any_text_is_read_or_refused(text):
    with contextlib.suppress(SchemaError):
        assert isinstance(fields(text), Schema)


def test_braces_without_end_are_refused_too():
    with pytest.raises(SchemaError):
        fields("a: " + "{b: " * 5000)
