"""Tasks without Python: TOML and JSON files, JSON Schemas, and what can be wrong in them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from structgen.core.errors import TaskError
from structgen.core.records import Example, FieldsText, Task
from structgen.tasks.files import load_task_file

Write = Callable[[str, str], Path]
Outcome = Callable[..., Task[object] | str]

TICKET = """
    description = "A support ticket"
    version = "3"
    instructions = "Leave null what is not said."
    fields = "customer, opened date?, urgency: low|high"

    [[examples]]
    text = "Ann here, since 2 May. No hurry."
    value = { customer = "Ann", opened = 2024-05-02, urgency = "low", tags = [08:30:00] }
"""


def test_a_toml_file_is_a_whole_task(tmp_path: Path, write: Write) -> None:
    assert load_task_file(write("ticket.toml", TICKET)) == Task(
        name="ticket",
        schema=FieldsText("customer, opened date?, urgency: low|high"),
        instructions="Leave null what is not said.",
        examples=(
            Example(
                "Ann here, since 2 May. No hurry.",
                {"customer": "Ann", "opened": "2024-05-02", "urgency": "low", "tags": ["08:30:00"]},
            ),
        ),
        version="3",
        description="A support ticket",
        folder=str(tmp_path),
    )


def test_a_task_file_may_hold_a_json_schema(write: Write) -> None:
    path = write("ticket.toml", 'name = "Ticket"\n[schema]\ntype = "object"\n[schema.properties.a]\ntype = "string"\n')

    task = load_task_file(path)

    assert (task.name, task.schema) == ("Ticket", {"type": "object", "properties": {"a": {"type": "string"}}})


def test_the_examples_of_a_task_file_may_bring_their_own_quotes(write: Write) -> None:
    text = TICKET + '    quotes = { "/urgency" = "No hurry" }\n'

    assert load_task_file(write("ticket.toml", text)).examples[0].quotes == {"/urgency": "No hurry"}


def test_a_json_file_says_the_same_as_a_toml_file(write: Write) -> None:
    content = {"schema": {"type": "string"}, "instructions": "Short.", "examples": [{"text": "a", "value": None}]}

    task = load_task_file(write("ticket.json", json.dumps(content)))

    assert (task.schema, task.instructions, task.examples) == ({"type": "string"}, "Short.", (Example("a", None),))


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object"},
        {"$ref": "#/$defs/a", "$defs": {"a": {}}},
        {"enum": [1], "version": "1", "name": "x"},
        {"properties": {"schema": True}, "examples": [{"schema": 1}]},
        {},
        True,
        False,
    ],
)
def test_a_json_file_may_be_a_json_schema_itself(schema: object, write: Write) -> None:
    assert load_task_file(write("ticket.json", json.dumps(schema))).schema == schema


@pytest.mark.parametrize(
    ("schema", "description"),
    [
        ({"type": "object", "title": "T", "description": "First.\nSecond."}, "First."),
        ({"type": "object", "title": "T"}, "T"),
        ({"type": "object", "title": ["T"]}, ""),
        ({"type": "object", "description": " "}, ""),
    ],
)
def test_a_json_schema_describes_its_task(schema: object, description: str, write: Write) -> None:
    assert load_task_file(write("ticket.json", json.dumps(schema))).description == description


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (
            "a.toml",
            'feilds = "name"',
            r"a\.toml: 'feilds' is no key of it\. Did you mean 'fields'\? The keys are: name, ",
        ),
        (
            "a.toml",
            'fields = "a"\nmodel = "x"',
            r"'model' is no key of it\. The keys are: .*schema, fields, examples\.",
        ),
        ("a.json", '{"shema": {"type": "object"}}', r"'shema' is no key of it\. Did you mean 'schema'\?"),
        ("a.json", '{"schema": {}, "type": "object"}', r"'type' is no key of it\."),
        ("a.toml", 'description = "nothing else"', r"a\.toml: give either 'schema' .* or 'fields'"),
        ("a.toml", 'fields = "a"\nschema = true', r"give either .* and not both\."),
        ("a.toml", "fields = 3", r"a\.toml: fields: Input should be a valid string\."),
        ("a.toml", 'fields = "a"\nversion = 3', r"version: Input should be a valid string"),
        ("a.toml", 'fields = "a"\nexamples = [{text = "a"}]', r"examples/0/value: Field required"),
        ("a.toml", 'fields = "a"\nexamples = [{text = "a", value = 1, why = 2}]', r"examples/0/why: Extra inputs"),
        ("a.json", "[1]", r"a\.json: neither a JSON Schema nor a task file: both are objects\."),
        ("a.json", "3", r"neither a JSON Schema nor a task file"),
        ("a.json", '{"type": "object",}', r"a\.json: not JSON at line 1, column 19: "),
        ("a.json", '{"type": 1, "type": 2}', r"not JSON: the key 'type' stands twice in one object\."),
        ("a.json", '{"enum": [NaN]}', r"not JSON: NaN is no JSON number\."),
        ("a.json", '{"enum": ' + "[" * 100_000, r"nested too deep"),
        ("a.json", "", r"not JSON at line 1, column 1"),
        ("a.toml", "fields = ", r"a\.toml: not TOML: "),
        ("a.toml", 'fields = "a"\nfields = "b"', r"not TOML: Cannot overwrite"),
    ],
)
def test_a_mistake_in_a_file_is_one_line_that_names_it(name: str, text: str, said: str, write: Write) -> None:
    with pytest.raises(TaskError, match=said) as caught:
        load_task_file(write(name, text))

    assert "\n" not in str(caught.value)


def test_a_file_that_cannot_be_read_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "latin.json").write_bytes(b'{"title": "caf\xe9"}')
    (tmp_path / "folder.toml").mkdir()

    with pytest.raises(TaskError, match=r"latin\.json: not UTF-8 at byte 14: save the file as UTF-8\."):
        load_task_file(tmp_path / "latin.json")
    with pytest.raises(TaskError, match=r"missing\.json: no such file\."):
        load_task_file(tmp_path / "missing.json")
    with pytest.raises(TaskError, match=r"folder\.toml: cannot be read: Is a directory\."):
        load_task_file(tmp_path / "folder.toml")


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b'\xef\xbb\xbf{"type": "object"}')

    assert load_task_file(tmp_path / "a.json").schema == {"type": "object"}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "schema", "fields", "name", "examples", "text", "value", "x"]), inner
        )
    ),
    max_leaves=8,
)


@given(value=json_values)
@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_json_is_a_task_or_an_error_of_one_line(value: object, tmp_path: Path, outcome: Outcome) -> None:
    path = tmp_path / "any.json"
    path.write_text(json.dumps(value), encoding="utf-8")
    found = outcome(load_task_file, path)

    assert isinstance(found, Task) or found.startswith(str(path))


@given(
    text=st.text(max_size=60)
    | st.from_regex(r'(\[+"?[a-z]*"?\]*|[a-z]+ *= *("[^"\n]*"|[0-9:.-]+|\{|\[)\n)*', fullmatch=True)
)
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_in_a_toml_file_is_a_task_or_a_task_error(text: str, tmp_path: Path, outcome: Outcome) -> None:
    path = tmp_path / "any.toml"
    path.write_text(text, encoding="utf-8", errors="replace")
    found = outcome(load_task_file, path)

    assert isinstance(found, Task) or found.startswith(str(path))
