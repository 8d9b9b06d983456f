"""Every template: its fields have descriptions, its examples are exact, its cases validate and can be sent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter

import structgen
from structgen.core.records import Example, Status, Task
from structgen.forms.quotes import Quoted, with_quotes
from structgen.ground import quote_example
from structgen.schema import Schema
from structgen.schemas.classification import configure
from structgen.tasks import find_task, list_tasks, load_examples
from structgen.tasks.python_modules import templates_folder
from structgen.tasks.task_files import wrong_quotes
from structgen.testing import Emulator, reply

NOWHERE = Path(__file__).parent
TASKS = dict(list_tasks(root=NOWHERE))
CASES = {name: load_examples(NOWHERE / "cases" / f"{name}.json") for name in TASKS}
ALL_CASES = [pytest.param(TASKS[name], case, id=f"{name}-{n}") for name in TASKS for n, case in enumerate(CASES[name])]
ALL_EXAMPLES = [
    pytest.param(task, example, id=f"{name}-{n}")
    for name, task in TASKS.items()
    for n, example in enumerate(task.examples)
]


def read(task: Task[object], value: object) -> BaseModel:
    """The value as the model reads the JSON of a model that answers: strictly."""
    adapter: TypeAdapter[Any] = TypeAdapter(task.schema)
    return adapter.validate_json(json.dumps(value), strict=True)


def quotes(value: object) -> list[str]:
    """What the template calls the exact words of the text."""
    if isinstance(value, list):
        return [quote for each in value for quote in quotes(each)]
    if not isinstance(value, dict):
        return []
    own = [value[key] for key in ("quote", "phrase", "opinion") if value.get(key)]
    return own + [quote for each in value.values() for quote in quotes(each)]


def test_there_is_a_template_for_what_people_extract_most() -> None:
    assert set(TASKS) == {
        *("recipe", "receipt", "product", "sentiment", "aspect_sentiment", "movie", "invoice", "contact", "event"),
        *("job_posting", "resume", "entities", "classification", "summary"),
    }


@pytest.mark.parametrize("name", TASKS)
def test_a_template_says_what_it_is_for_and_shows_it(name: str) -> None:
    task = TASKS[name]

    assert task.version
    assert task.instructions
    assert len(task.description) < 80
    assert len(task.examples) >= 2
    assert len(CASES[name]) >= 3
    assert (templates_folder() / f"{name}.py").read_text(encoding="utf-8").startswith('"""')


@pytest.mark.parametrize("name", TASKS)
def test_every_field_is_described_in_a_line(name: str) -> None:
    schema: dict[str, Any] = TypeAdapter(TASKS[name].schema).json_schema()

    for model in [schema, *schema.get("$defs", {}).values()]:
        assert 5 < len(model["description"]) < 120
        for key, field in model.get("properties", {}).items():
            assert 3 < len(field.get("description", "")) <= 100, f"{name}: {model['title']}.{key}"


@pytest.mark.parametrize(("task", "example"), ALL_EXAMPLES)
def test_an_example_shows_every_field_nulls_included(task: Task[object], example: Example) -> None:
    assert read(task, example.value).model_dump(mode="json") == example.value


@pytest.mark.parametrize(("task", "case"), ALL_CASES)
def test_a_case_validates_without_any_conversion(task: Task[object], case: Example) -> None:
    assert read(task, case.value)


@pytest.mark.parametrize(("task", "example"), ALL_EXAMPLES)
def test_an_example_shows_a_short_quote_for_all_that_a_model_is_asked_to_quote(
    task: Task[object], example: Example
) -> None:
    form = with_quotes(Schema.of(task))
    assert isinstance(form, Quoted)
    shown = quote_example(example).quotes
    lengths = {path: len(shown.get(path, "")) for path in form.asked(example.value)}  # pyright: ignore[reportArgumentType]

    assert list(wrong_quotes(example)) == []
    assert [path for path, length in lengths.items() if not 0 < length <= 125] == []


@pytest.mark.parametrize(("task", "case"), [*ALL_EXAMPLES, *ALL_CASES])
def test_what_is_called_a_quote_stands_in_the_text(task: Task[object], case: Example) -> None:
    assert [quote for quote in quotes(case.value) if quote not in case.text] == []


@pytest.mark.parametrize(("task", "case"), ALL_CASES)
def test_a_case_comes_back_over_the_wire(task: Task[object], case: Example, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(read(task, case.value).model_dump_json()))

    result = structgen.extract(task, case.text, model="groq/openai/gpt-oss-20b")

    assert result.value == read(task, case.value)
    assert result.repairs == ()
    assert len(result.attempts) == 1


def test_most_of_a_copied_value_is_found_in_its_text(groq_emulator: Emulator) -> None:
    case = CASES["receipt"][0]
    groq_emulator.script(reply(json.dumps(case.value)))

    result = structgen.extract("receipt", case.text, model="groq/openai/gpt-oss-20b")

    assert [piece.path for piece in result.evidence if piece.status is Status.UNSUPPORTED] == []


def test_labels_that_are_given_are_the_only_ones_accepted(groq_emulator: Emulator) -> None:
    task = configure("billing | bug | praise")
    groq_emulator.script(reply('{"label": "spam", "confidence": 0.9}'), reply('{"label": "bug", "confidence": 0.9}'))

    result = structgen.extract(task, "It crashes on start.", model="groq/openai/gpt-oss-20b")

    assert result.value.label == "bug"
    assert len(result.attempts) == 2


def test_a_template_is_the_same_by_name_file_and_import() -> None:
    by_file = find_task(str(templates_folder() / "classification.py"), root=NOWHERE)

    assert by_file == TASKS["classification"]
