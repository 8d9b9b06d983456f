"""Tasks without Python: TOML and JSON files, JSON Schemas, and the mistakes in them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from structgen.core.errors import TaskError
from structgen.core.options import Style
from structgen.core.records import Example, FieldsText, Task
from structgen.tasks import find_task, list_tasks, load_examples, load_instructions
from structgen.tasks.task_files import load_task_file

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


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pie.toml", 'fields = "name"\ninstructions = "Find it."\ngenerate_instructions = "Invent it."\n'),
        ("pie.json", '{"fields": "name", "instructions": "Find it.", "generate_instructions": "Invent it."}'),
    ],
)
def test_a_task_file_may_have_instructions_for_generating(name: str, text: str, write: Write) -> None:
    task = load_task_file(write(name, text))

    assert (task.instructions, task.generate_instructions) == ("Find it.", "Invent it.")


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
            r"a\.toml: unknown key 'feilds'\. Did you mean 'fields'\? The keys are: name, ",
        ),
        (
            "a.toml",
            'fields = "a"\nmodel = "x"',
            r"unknown key 'model'\. The keys are: .*schema, fields, examples\.",
        ),
        ("a.json", '{"shema": {"type": "object"}}', r"unknown key 'shema'\. Did you mean 'schema'\?"),
        ("a.json", '{"schema": {}, "type": "object"}', r"unknown key 'type'\."),
        ("a.toml", 'description = "nothing else"', r"a\.toml: give either 'schema' .* or 'fields'"),
        ("a.toml", 'fields = "a"\nschema = true', r"give either .* but not both\."),
        ("a.toml", "fields = 3", r"a\.toml: fields: Input should be a valid string\."),
        ("a.toml", 'fields = "a"\nversion = 3', r"version: Input should be a valid string"),
        ("a.toml", 'fields = "a"\nexamples = [{text = "a"}]', r"examples/0/value: Field required"),
        ("a.toml", 'fields = "a"\nexamples = [{text = "a", value = 1, why = 2}]', r"examples/0/why: Extra inputs"),
        ("a.json", "[1]", r"a\.json: must contain an object, as JSON Schemas and task files do\."),
        ("a.json", "3", r"must contain an object"),
        ("a.json", '{"type": "object",}', r"a\.json: not JSON at line 1, column 19: "),
        ("a.json", '{"type": 1, "type": 2}', r"not JSON: duplicate key 'type'\."),
        ("a.json", '{"enum": [NaN]}', r"not JSON: NaN is not a JSON number\."),
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


def test_each_line_of_json_lines_is_an_example(write: Write) -> None:
    path = write("e.jsonl", '{"text": "a", "value": {"n": 1}}\n\n{"text": "b", "value": null}\r\n')

    assert load_examples(path) == (Example("a", {"n": 1}), Example("b", None))


def test_a_json_list_holds_the_same(write: Write) -> None:
    assert load_examples(str(write("e.json", '[{"text": "a", "value": [1]}]'))) == (Example("a", [1]),)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("e.jsonl", '{"text": "a", "value": 1}\n{"text": "b"}', r"e\.jsonl, line 2: value: Field required\."),
        ("e.jsonl", '{"text": "a", "valeu": 1}', r"line 1: unknown key 'valeu'\. Did you mean 'value'\?"),
        ("e.jsonl", '{"text": 5, "value": 1}', r"line 1: text: Input should be a valid string\."),
        ("e.jsonl", "oops", r"e\.jsonl, line 1: not JSON at line 1, column 1"),
        ("e.jsonl", '"oops"', r"line 1: Input should be a valid dictionary"),
        ("e.jsonl", "\n", r"e\.jsonl: contains no examples\."),
        ("e.json", "[]", r"e\.json: contains no examples\."),
        ("e.json", '{"text": "a", "value": 1}', r"must contain a list of .* For JSON Lines, name the file \.jsonl\."),
        ("e.json", '[{"text": "a", "value": 1}, 3]', r"e\.json, example 2: "),
    ],
)
def test_a_wrong_example_is_named_with_its_place(name: str, text: str, said: str, write: Write) -> None:
    with pytest.raises(TaskError, match=said):
        load_examples(write(name, text))


def test_an_example_may_bring_the_words_from_which_its_values_are_taken(write: Write) -> None:
    row = '{"text": "Lovely cups, 5 of them", "value": {"mood": "good", "n": [5]}, "quotes": %s}'
    path = write("e.jsonl", row % '{"/mood": "Lovely", "/n/0": "5 of them"}')

    assert load_examples(path)[0].quotes == {"/mood": "Lovely", "/n/0": "5 of them"}


@pytest.mark.parametrize(
    ("quotes", "said"),
    [
        ('{"/mood": "lovely"}', r"line 1: quotes: /mood: the text of the example does not contain this quote"),
        ('{"/mood": " "}', r"quotes: /mood: the text of the example does not contain"),
        ('{"mood": "Lovely"}', r"quotes: mood: the example has no single value at this path"),
        ('{"/modo": "Lovely"}', r"quotes: /modo: the example has no single value"),
        ('{"/n": "Lovely"}', r"quotes: /n: the example has no single value"),
        ('{"/n/1": "Lovely"}', r"quotes: /n/1: the example has no single value"),
        ('{"/mood/x": "Lovely"}', r"quotes: /mood/x: the example has no single value"),
        ('{"/mood": 5}', r"line 1: quotes//mood: Input should be a valid string"),
    ],
)
def test_a_quote_that_teaches_misquoting_is_refused_with_its_place(quotes: str, said: str, write: Write) -> None:
    row = f'{{"text": "Lovely cups, 5 of them", "value": {{"mood": "good", "n": [5]}}, "quotes": {quotes}}}'
    with pytest.raises(TaskError, match=said):
        load_examples(write("e.jsonl", row))


def test_the_whole_value_has_the_empty_path(write: Write) -> None:
    path = write("e.jsonl", '{"text": "Lovely cups", "value": "good", "quotes": {"": "Lovely"}}')

    assert load_examples(path)[0].quotes == {"": "Lovely"}


def test_instructions_are_the_text_of_a_file(write: Write) -> None:
    assert (
        load_instructions(write("how.txt", "\nBe brief.\n{{ not a template }}\n\n"))
        == "Be brief.\n{{ not a template }}"
    )


def test_instructions_must_say_something(write: Write) -> None:
    with pytest.raises(TaskError, match=r"how\.txt: the file is empty"):
        load_instructions(write("how.txt", " \n"))
    with pytest.raises(TaskError, match=r"nowhere\.txt: no such file"):
        load_instructions("nowhere.txt")


@given(rows=st.lists(st.tuples(st.text(), st.text() | st.integers() | st.lists(st.text())), min_size=1, max_size=4))
@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_examples_come_back_as_they_were_written(rows: list[tuple[str, object]], tmp_path: Path) -> None:
    path = tmp_path / "e.jsonl"
    path.write_text("".join(json.dumps({"text": t, "value": v}) + "\n" for t, v in rows), encoding="utf-8")

    assert [(each.text, each.value) for each in load_examples(path)] == rows


def test_a_file_may_extend_another_task(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text('description = "Base"\ninstructions = "Read."\nfields = "name"\n')
    (tmp_path / "sub").mkdir()
    examples = [{"text": "A", "value": {"name": "A"}}]
    new = {"extends": "../base.toml", "style": "json_schema", "variants": ["Find."], "examples": examples}
    (tmp_path / "sub" / "new.json").write_text(json.dumps(new))
    task = find_task("sub/new.json", root=tmp_path)
    assert (task.name, task.description, task.instructions) == ("new", "Base", "Read.")
    assert (task.style, task.variants, len(task.examples)) == (Style.JSON_SCHEMA, ("Find.",), 1)
    assert list_tasks(root=tmp_path).names


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('{"extends": "itself.json"}', "extend each other"),
        ('{"extends": "nothing_like_it"}', "No task 'nothing_like_it'"),
        ('{"extends": "itself.json", "fields": "a"}', "but not both"),
        ('{"extends": "itself.json", "style": "none"}', "style"),
    ],
)
def test_a_file_that_extends_nothing_is_an_error(content: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "itself.json").write_text(content)
    with pytest.raises(TaskError, match=reason):
        find_task("itself.json", root=tmp_path)
