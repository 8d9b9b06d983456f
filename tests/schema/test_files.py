import json

import pytest

from structgen.core.errors import SchemaError
from structgen.core.records import Task
from structgen.schema import Schema


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
        ("text.json", "no JSON Schema"),
        ("list.json", "an object, true or false"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(folder, ref, says):
    with pytest.raises(SchemaError, match=says):
        Schema.of({"$ref": ref}, folder=str(folder))


def test_a_file_too_large_is_refused(folder, monkeypatch):
    monkeypatch.setattr("structgen.schema.files._MOST_BYTES", 5)
    with pytest.raises(SchemaError, match="larger than"):
        Schema.of({"$ref": "unit.json"}, folder=str(folder))


def test_too_many_files_are_refused(folder, monkeypatch):
    monkeypatch.setattr("structgen.schema.files._MOST_FILES", 1)
    with pytest.raises(SchemaError, match="more than 1 files"):
        Schema.of({"anyOf": [{"$ref": "unit.json"}, {"$ref": "any.json"}]}, folder=str(folder))


def test_a_name_that_is_taken_is_left_alone(folder):
    schema = Schema.of({"$ref": "unit.json", "$defs": {"unit": {"type": "null"}}}, folder=str(folder))
    assert schema.check("kg") == ()


def test_without_a_folder_no_file_is_read(folder, monkeypatch):
    monkeypatch.chdir(folder)
    with pytest.raises(SchemaError, match="nothing is ever fetched"):
        Schema.of({"$ref": "unit.json"})
