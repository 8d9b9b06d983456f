import json
import subprocess
import sys

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structgen.core.errors import SchemaError
from structgen.core.records import Task
from structgen.schema import Schema


def said(schema, value, **options):
    return [(issue.path, issue.code) for issue in Schema.of(schema, **options).check(value)]


DRAFTS = {
    "https://json-schema.org/draft/2020-12/schema": {"prefixItems": [{"type": "null"}]},
    "https://json-schema.org/draft/2019-09/schema": {"items": [{"type": "null"}], "unevaluatedItems": True},
    "http://json-schema.org/draft-07/schema#": {"items": [{"type": "null"}]},
    "http://json-schema.org/draft-06/schema": {"items": [{"type": "null"}], "examples": []},
    "http://json-schema.org/draft-04/schema#": {"items": [{"type": "null"}], "minimum": 1, "exclusiveMinimum": True},
    "http://json-schema.org/draft-03/schema#": {"items": [{"type": "null"}], "divisibleBy": 2},
}


@pytest.mark.parametrize("draft", DRAFTS)
def test_every_draft_is_read_by_its_own_rules(draft):
    assert said({"$schema": draft, **DRAFTS[draft]}, [1]) == [("/0", "type")]


def test_without_a_draft_the_newest_that_fits_is_taken():
    assert said({"items": [{"type": "null"}]}, [1]) == [("/0", "type")]
    assert said({"minimum": 1, "exclusiveMinimum": True}, 1) == [("", "range")]


@pytest.mark.parametrize(
    ("schema", "path", "says"),
    [
        ({"type": "foo"}, "/type", 'should be "array"'),
        ({"properties": {"a": {"minimum": "x"}}}, "/properties/a/minimum", "should be a number"),
        ({"$schema": "http://json-schema.org/draft-07/schema#", "required": "a"}, "/required", "should be a list"),
        ({"a": object()}, "", "not plain JSON"),
        ({"a": float("nan")}, "", "not plain JSON"),
        ({1: "a"}, "", "not plain JSON"),
        ({"$ref": "#/$defs/a"}, "/$ref", "points to nothing in the schema"),
        ({"properties": {"a": {"$ref": "other"}}}, "/properties/a/$ref", "nothing is ever fetched"),
    ],
)
def test_a_schema_that_cannot_be_used_is_pointed_at(schema, path, says):
    with pytest.raises(SchemaError) as caught:
        Schema.of(schema)
    assert caught.value.path == path
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_schema_too_deep_is_refused():
    schema = {}
    for _ in range(20_000):
        schema = {"not": schema}
    with pytest.raises(SchemaError, match="nested too deep"):
        Schema.of(schema)


@pytest.mark.parametrize(
    ("schema", "value", "issues"),
    [
        ({"required": ["a"]}, {}, [("/a", "missing")]),
        ({"dependentRequired": {"a": ["b"]}}, {"a": 1}, [("/b", "missing")]),
        ({"additionalProperties": False}, {"b": 1, "a": 2}, [("/b", "unknown_key"), ("/a", "unknown_key")]),
        ({"additionalProperties": {"type": "null"}}, {"a": 2}, [("/a", "type")]),
        ({"propertyNames": {"maxLength": 1}}, {"ab": 1, "c": 1}, [("/ab", "key")]),
        ({"const": 1}, True, [("", "const")]),
        ({"enum": []}, 1, [("", "enum")]),
        ({"multipleOf": 0.01}, 19.99, []),
        ({"multipleOf": 0.01}, 19.999, [("", "multiple")]),
        ({"multipleOf": 3}, 10**400 + 1, [("", "multiple")]),
        ({"multipleOf": 2}, True, []),
        ({"uniqueItems": True}, [1, True, {"a": [1]}, {"a": [True]}], []),
        ({"uniqueItems": True}, [{"a": [1]}, {"a": [1.0]}], [("", "unique")]),
        ({"uniqueItems": False}, [1, 1], []),
        ({"contains": {"type": "null"}}, [1], [("", "contains")]),
        ({"contains": True, "maxContains": 1}, [1, 2], [("", "contains")]),
        ({"not": {}}, 1, [("", "not_allowed")]),
        (False, 1, [("", "not_allowed")]),
        ({"items": False}, [1], [("", "length")]),
        ({"maxItems": 1}, [1, 2], [("", "length")]),
        ({"minProperties": 1}, {}, [("", "length")]),
        ({"if": {"type": "object"}, "then": {"required": ["a"]}}, {}, [("/a", "missing")]),
        ({"allOf": [{"minimum": 3}, {"maximum": 1}]}, 2, [("", "range"), ("", "range")]),
        ({"anyOf": [False]}, 1, [("", "not_allowed")]),
        ({"anyOf": [{"type": "null"}, {"type": "string"}]}, 1, [("", "type")]),
        ({"anyOf": [{"type": "null"}, {"required": ["a"]}]}, {}, [("/a", "missing")]),
        ({"oneOf": [{"minimum": 1}, {"minimum": 2}]}, 3, [("", "union")]),
        ({"unevaluatedProperties": False, "allOf": [{"properties": {"a": {}}}]}, {"b": 2}, [("/b", "unknown_key")]),
        ({"format": "date"}, "x", []),
        ({"pattern": "^a"}, 5, []),
    ],
)  # fmt: skip
def test_verdicts_and_places(schema, value, issues):
    assert said(schema, value) == issues


def test_the_branch_that_fits_best_speaks():
    cat = {"properties": {"kind": {"const": "cat"}, "lives": {"type": "integer"}}, "required": ["kind", "lives"]}
    dog = {"properties": {"kind": {"const": "dog"}, "name": {"type": "string"}}, "required": ["kind", "name"]}
    assert said({"anyOf": [cat, dog]}, {"kind": "dog", "name": 5}) == [("/name", "type")]


UNEVALUATED = {
    "unevaluatedProperties": False,
    "patternProperties": {"^p": True},
    "$ref": "#/$defs/r",
    "$defs": {"r": {"properties": {"r": True}}},
    "anyOf": [
        {"required": ["a"], "properties": {"a": True}},
        {"properties": {"b": True}},
        {"additionalProperties": {"type": "null"}},
    ],
    "if": {"required": ["i"], "properties": {"i": True}},
    "then": {"properties": {"t": True}},
    "else": {"properties": {"e": True}},
    "dependentSchemas": {"d": {"properties": {"d": True, "f": True}}},
}  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(st.dictionaries(st.sampled_from(["p", "r", "a", "b", "i", "t", "e", "d", "f", "z"]), st.sampled_from([None, 1])))
def test_unevaluated_properties_agree_with_jsonschema(value):
    expected = jsonschema.Draft202012Validator(UNEVALUATED).is_valid(value)
    assert (said(UNEVALUATED, value) == []) == expected


@pytest.mark.parametrize("draft", ["2020-12", "2019-09"])
def test_a_schema_of_schemas_follows_dynamic_references(draft):
    meta = {"$ref": f"https://json-schema.org/draft/{draft}/schema", "unevaluatedProperties": False}
    schema = Schema.of({"$schema": f"https://json-schema.org/draft/{draft}/schema", **meta})
    assert schema.check({"type": "string"}) == ()
    assert [issue.path for issue in schema.check({"type": 5})] == ["/type"]
    assert [issue.path for issue in schema.check({"strange": 5})] == ["/strange"]


def test_a_draft_named_inside_does_not_bring_back_unsafe_keywords():
    inner = {"$schema": "http://json-schema.org/draft-07/schema#", "pattern": "^(?!b)(a+)+$"}
    schema = Schema.of({"properties": {"a": inner}})
    assert [issue.path for issue in schema.check({"a": "a" * 2000 + "b"})] == ["/a"]


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("date", "2024-02-29", "2023-02-29"),
        ("date", "2024-02-29", "20240229"),
        ("date-time", "2024-02-29T10:00:00Z", "2024-02-29"),
        ("date-time", "2024-02-29T10:00:00", "2024-02-29T25:00:00"),
        ("time", "10:00:00+01:00", "1000"),
        ("duration", "P1DT2H", "PT"),
        ("duration", "P3W", "3 weeks"),
        ("email", "a@example.com", "a@b@c"),
        ("hostname", "a-b.example", "-a.example"),
        ("ipv4", "127.0.0.1", "256.0.0.1"),
        ("ipv6", "::1", "1"),
        ("uri", "https://example.com/a?b=c", "example.com"),
        ("uri", "urn:isbn:1", "https://example.com/a b"),
        ("uuid", "12345678-1234-5678-1234-567812345678", "1234"),
    ],
)
def test_a_format_is_a_condition_where_asked(name, good, bad):
    assert said({"format": name}, bad) == []
    assert said({"format": name}, good, assert_formats=True) == []
    assert said({"format": name}, bad, assert_formats=True) == [("", "format")]


@pytest.mark.parametrize(
    "schema",
    [
        {"$id": "https://example.com/a", "$ref": "b", "$defs": {"x": {"$id": "b", "type": "null"}}},
        {
            "$id": "https://example.com/a",
            "$ref": "b#/$defs/c",
            "$defs": {"x": {"$id": "b", "$defs": {"c": {"type": "null"}}}},
        },
        {"$ref": "#mark", "$defs": {"x": {"$anchor": "mark", "type": "null"}}},
        {"$id": "urn:example:a", "$ref": "#mark", "$defs": {"x": {"$anchor": "mark", "type": "null"}}},
        {"$ref": "#/$defs/a~1b%25/anyOf/0", "$defs": {"a/b%": {"anyOf": [{"type": "null"}]}}},
        {
            "$schema": "http://json-schema.org/draft-07/schema#",
            "allOf": [{"$ref": "#mark"}],
            "definitions": {"x": {"$id": "#mark", "type": "null"}},
        },
        {
            "$schema": "http://json-schema.org/draft-04/schema#",
            "id": "https://example.com/a",
            "allOf": [{"$ref": "b"}],
            "definitions": {"x": {"id": "b", "type": "null"}},
        },
    ],
)
def test_references_by_name_are_followed_and_outlined(schema):
    assert said(schema, None) == []
    assert said(schema, 1) == [("", "type")]
    assert Schema.of(schema).outline().endswith(" = null")


def test_a_format_that_nobody_knows_holds_for_all():
    assert said({"format": "my-own"}, "x", assert_formats=True) == []


def test_the_schema_is_a_copy():
    given = {"type": "object", "properties": {"a": {"type": "null"}}}
    schema = Schema.of(given)
    given["properties"]["a"]["type"] = "string"
    assert schema.check({"a": None}) == ()
    assert schema.json_schema["properties"] == {"a": {"type": "null"}}


@pytest.mark.parametrize(
    ("schema", "name"),
    [
        ({"title": "Order line"}, "Order_line"),
        ({"title": "ä ü"}, "answer"),
        ({"title": 80 * "x"}, 64 * "x"),
        (True, "answer"),
    ],
)
def test_the_name_is_one_that_every_server_takes(schema, name):
    assert Schema.of(schema).name == name


def test_a_hostile_value_gives_a_bounded_number_of_issues():
    assert len(Schema.of({"items": {"type": "null"}}).check([1] * 5000)) <= 200


def test_jsonschema_is_imported_only_for_json_schemas():
    code = (
        "import sys\nfrom structgen.schema import Schema\nimport dataclasses\n"
        "@dataclasses.dataclass\nclass A:\n    x: int\n"
        "Schema.of(A).outline(); Schema.of(A).check({'x': 1})\n"
        "assert 'jsonschema' not in sys.modules\n"
        "Schema.of({'type': 'string'})\nassert 'jsonschema' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.fixture
def folder(tmp_path):
    inside = tmp_path / "schemas"
    (inside / "parts").mkdir(parents=True)
    part = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://example.com/line",
        "$defs": {"sku": {"type": "string", "minLength": 2}},
        "type": "object",
        "properties": {"sku": {"$ref": "#/$defs/sku"}, "unit": {"$ref": "../unit.json"}, "parts": {"$ref": "#"}},
    }
    (inside / "parts" / "line.json").write_text(json.dumps(part))
    (inside / "unit.json").write_text('{"enum": ["kg", "l"]}')
    (inside / "any.json").write_text("true")
    (inside / "text.json").write_text("no json")
    (inside / "list.json").write_text("[1]")
    (tmp_path / "secret.json").write_text("{}")
    (inside / "link.json").symlink_to(tmp_path / "secret.json")
    return inside


def test_files_in_the_folder_become_part_of_the_schema(folder):
    schema = Schema.of({"type": "array", "items": {"$ref": "parts/line.json"}}, folder=str(folder))
    assert schema.check([{"sku": "ab", "unit": "kg", "parts": {"unit": "l"}}]) == ()
    issues = schema.check([{"sku": "a", "parts": {"unit": "m"}}])
    assert [issue.path for issue in issues] == ["/0/sku", "/0/parts/unit"]
    assert "json" not in json.dumps(schema.json_schema).replace("json-schema.org", "")


def test_a_part_of_a_file_can_be_named(folder):
    schema = Schema.of({"$ref": "parts/line.json#/$defs/sku"}, folder=str(folder))
    assert [issue.code for issue in schema.check("a")] == ["length"]


def test_a_task_brings_its_folder(folder):
    task = Task("lines", {"$ref": "unit.json"}, folder=str(folder))
    assert [issue.code for issue in Schema.of(task).check("m")] == ["enum"]


def test_a_schema_of_one_word_is_a_file_too(folder):
    assert Schema.of({"$ref": "any.json"}, folder=str(folder)).check(1) == ()
    assert Schema.of(True, folder=str(folder)).check(1) == ()


@pytest.mark.parametrize(
    "ref", ["../secret.json", "link.json", "%2e%2e/secret.json", "parts/../../secret.json", "parts"]
)
def test_nothing_outside_the_folder_is_read(folder, ref):
    with pytest.raises(SchemaError, match="leads out of the schema's folder") as caught:
        Schema.of({"properties": {"a": {"$ref": ref}}}, folder=str(folder))
    assert caught.value.path == "/properties/a/$ref"


@pytest.mark.parametrize(
    "ref", ["/etc/passwd", "file:///etc/passwd", "https://example.com/x.json", "//example.com/x", "unit.json#/no"]
)
def test_nothing_is_ever_fetched(folder, ref):
    with pytest.raises(SchemaError, match="nothing is ever fetched"):
        Schema.of({"$ref": ref}, folder=str(folder))


@pytest.mark.parametrize(
    ("ref", "says"),
    [
        ("no.json", "not there"),
        ("a\0b", "not there"),
        ("text.json", "not a JSON Schema"),
        ("list.json", "an object, true or false"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(folder, ref, says):
    with pytest.raises(SchemaError, match=says):
        Schema.of({"$ref": ref}, folder=str(folder))


def test_a_file_too_large_is_refused(folder, monkeypatch):
    monkeypatch.setattr("structgen.schema.json_schema._MOST_BYTES", 5)
    with pytest.raises(SchemaError, match="larger than"):
        Schema.of({"$ref": "unit.json"}, folder=str(folder))


def test_too_many_files_are_refused(folder, monkeypatch):
    monkeypatch.setattr("structgen.schema.json_schema._MOST_FILES", 1)
    with pytest.raises(SchemaError, match="more than 1 files"):
        Schema.of({"anyOf": [{"$ref": "unit.json"}, {"$ref": "any.json"}]}, folder=str(folder))


def test_a_name_that_is_taken_is_left_alone(folder):
    schema = Schema.of({"$ref": "unit.json", "$defs": {"unit": {"type": "null"}}}, folder=str(folder))
    assert schema.check("kg") == ()


def test_without_a_folder_no_file_is_read(folder, monkeypatch):
    monkeypatch.chdir(folder)
    with pytest.raises(SchemaError, match="nothing is ever fetched"):
        Schema.of({"$ref": "unit.json"})
