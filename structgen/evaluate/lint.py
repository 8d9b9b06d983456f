"""Lint a task before it costs anything: what would confuse a model, cannot be satisfied, or is simply wrong.

Three severities: an ERROR makes the task fail or give wrong values, a WARNING makes answers worse or more expensive,
a NOTE is good to know.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, cast

from structgen.compile.parameters import tokens_of
from structgen.compile.prompt_text import example_answer, schema_words, system_prompt
from structgen.core.errors import SchemaError
from structgen.core.json import JsonObject, as_number, pointer
from structgen.core.options import Style
from structgen.core.records import Task
from structgen.evaluate.ambiguous_unions import ambiguous_unions
from structgen.forms import PlainForm, strict_form
from structgen.forms.strict import StrictRefusal, strict_of
from structgen.schema import Schema
from structgen.schema.keywords import walk
from structgen.schema.node import Node
from structgen.tasks.task_files import wrong_quotes

LARGE_PROMPT = 4000
"""In tokens. The prompt is sent with every document, and free tiers allow about 6,000 to 8,000 tokens a minute."""


class Severity(IntEnum):
    """The severity of a finding. Ordered."""

    NOTE = 1
    WARNING = 2
    ERROR = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding. `path` is a pointer into the JSON Schema, or (``/examples/0/...``) into the task."""

    severity: Severity
    code: str
    path: str
    message: str


@dataclass(frozen=True, slots=True)
class PromptSize:
    """The parts of a prompt that are the same for every document, in estimated tokens (4 characters each)."""

    instructions: int
    schema: int
    examples: int
    total: int


def lint_task(task: Task[Any]) -> tuple[Finding, ...]:
    """Return the findings about a task, the worst first. An invalid schema is a finding, not an exception."""
    try:
        schema = Schema.of(task)
    except SchemaError as error:
        return (Finding(Severity.ERROR, "schema", error.path, str(error)),)
    found = [
        *_limits(schema.json_schema),
        *_examples(task, schema),
        *_descriptions(schema),
        *_unions(schema),
        *_words(task),
        *_strict(schema),
        *_size(task, schema),
    ]
    return tuple(sorted(found, key=lambda each: -each.severity))


def prompt_size(task: Task[Any]) -> PromptSize:
    """Return the size of the constant part of the task's prompts. Raises SchemaError for an invalid schema."""
    return _prompt_size(task, Schema.of(task))


def _prompt_size(task: Task[Any], schema: Schema[Any]) -> PromptSize:
    strict = strict_form(PlainForm(schema))
    form = PlainForm(schema) if isinstance(strict, StrictRefusal) else strict
    examples = sum(len(example.text) + len(example_answer(example, form)) for example in task.examples)
    system = len(system_prompt(schema, Style.OUTLINE, task.instructions, extracting=True))
    return PromptSize(
        instructions=tokens_of(len(task.instructions)),
        schema=tokens_of(len(schema_words(schema, Style.OUTLINE))),
        examples=tokens_of(examples),
        total=tokens_of(system + examples),
    )


def _limits(schema: JsonObject | bool) -> Iterator[Finding]:
    """Find constraints that no value, or only an empty one, satisfies."""
    for at, part in walk(schema):
        if isinstance(part, dict):
            for reason in impossible(part):
                yield Finding(Severity.ERROR, "constraint", pointer(at), reason)


def _examples(task: Task[Any], schema: Schema[Any]) -> Iterator[Finding]:
    """Find worked examples that the schema refuses: they teach a model to give refused answers."""
    for number, example in enumerate(task.examples):
        place = f"/examples/{number}"
        if not example.text.strip():
            yield Finding(Severity.ERROR, "example", f"{place}/text", "the text of the example is empty")
        for issue in schema.check(example.value):
            message = f"the schema refuses this value of the example: {issue.message}"
            yield Finding(Severity.ERROR, "example", f"{place}/value{issue.path}", message)
        for path, wrong in wrong_quotes(example):
            yield Finding(Severity.ERROR, "example", f"{place}/quotes{pointer([path])}", wrong)


def _descriptions(schema: Schema[Any]) -> Iterator[Finding]:
    """Find fields without a description, their own or that of the type they refer to."""
    for at, part in walk(schema.json_schema):
        properties = part.get("properties") if isinstance(part, dict) else None
        for name, described in cast(JsonObject, properties).items() if isinstance(properties, dict) else ():
            place = (*at, "properties", name)
            if isinstance(described, dict) and not _is_described(schema.node.at(described)):
                message = f"the field {name!r} has no description: say in a few words what belongs there"
                yield Finding(Severity.WARNING, "description", pointer(place), message)


def _is_described(node: Node) -> bool:
    return bool(node.description) or "const" in node.words


def _unions(schema: Schema[Any]) -> Iterator[Finding]:
    """Find unions whose members only a tag would distinguish."""
    for place, advice in ambiguous_unions(schema):
        yield Finding(Severity.WARNING, "union", place, advice)


def _words(task: Task[Any]) -> Iterator[Finding]:
    """Find what the task lacks."""
    if not task.description.strip():
        yield Finding(Severity.NOTE, "summary", "", "no description: `structgen tasks` shows none for this task")
    if not task.instructions.strip():
        yield Finding(Severity.WARNING, "instructions", "", "no instructions: say what counts and what to leave out")
    if task.generate_instructions and not task.generate_instructions.strip():
        message = "generate_instructions are blank, so `generate` sends those for extraction: write some, or omit them"
        yield Finding(Severity.WARNING, "generate_instructions", "", message)
    elif task.generate_instructions and task.generate_instructions.split() == task.instructions.split():
        message = "generate_instructions repeat the instructions: say how to write the value, not how to find it"
        yield Finding(Severity.WARNING, "generate_instructions", "", message)
    if not task.examples:
        yield Finding(Severity.WARNING, "examples", "", "no worked examples: two short ones help a model most")


def _strict(schema: Schema[Any]) -> Iterator[Finding]:
    """Say why no server can enforce this schema."""
    strict = strict_of(schema)
    if isinstance(strict, StrictRefusal):
        message = f"strict mode cannot express this, so answers are only checked afterwards: {strict.reason}"
        yield Finding(Severity.NOTE, "strict", strict.path, message)


def _size(task: Task[Any], schema: Schema[Any]) -> Iterator[Finding]:
    """Find a prompt that is expensive with every document."""
    size = _prompt_size(task, schema)
    if size.total > LARGE_PROMPT:
        message = (
            f"about {size.total:,} tokens are sent with every document (instructions {size.instructions:,}, "
            f"schema {size.schema:,}, examples {size.examples:,}): shorten the largest"
        )
        yield Finding(Severity.WARNING, "size", "", message)


_PAIRS = (
    ("minLength", "maxLength"),
    ("minItems", "maxItems"),
    ("minProperties", "maxProperties"),
    ("minContains", "maxContains"),
    ("minimum", "maximum"),
)
_EMPTY = {"maxLength": "text", "maxItems": "list", "maxProperties": "object"}


def impossible(schema: JsonObject) -> Iterator[str]:
    """Yield why no value, or only an empty one, satisfies this schema, without looking at its subschemas."""
    for low, high in _PAIRS:
        least, most = as_number(schema.get(low)), as_number(schema.get(high))
        if least is not None and most is not None and least > most:
            yield f"{low} {least:g} is more than {high} {most:g}: no value fits"
    yield from _exclusive(schema)
    for key, kind in _EMPTY.items():
        if as_number(schema.get(key)) == 0:
            yield f"{key} 0 allows nothing but the empty {kind}"
    yield from _choices(schema)
    yield from _required(schema)


def _exclusive(schema: JsonObject) -> Iterator[str]:
    """Find contradictions of exclusive bounds. Before draft 6 these are booleans next to minimum or maximum."""
    above, below = as_number(schema.get("exclusiveMinimum")), as_number(schema.get("exclusiveMaximum"))
    minimum, maximum = as_number(schema.get("minimum")), as_number(schema.get("maximum"))
    # draft 4: exclusiveMinimum is true, and minimum has the number
    above = minimum if schema.get("exclusiveMinimum") is True else above
    below = maximum if schema.get("exclusiveMaximum") is True else below
    for low, high in ((above, below), (above, maximum), (minimum, below)):
        if low is not None and high is not None and low >= high:
            yield f"more than {low:g} and less than {high:g}: no value fits"
            return


def _choices(schema: JsonObject) -> Iterator[str]:
    choices = schema.get("enum")
    if isinstance(choices, list) and not choices:
        yield "the enum is empty: no value fits"


def _required(schema: JsonObject) -> Iterator[str]:
    """Find required keys that a closed object does not allow."""
    required, closed = schema.get("required"), schema.get("additionalProperties") is False
    # a pattern may allow any name, so nothing can be said
    if closed and isinstance(required, list) and not schema.get("patternProperties"):
        known = cast(JsonObject, schema.get("properties") or {})
        for name in required:
            if isinstance(name, str) and name not in known:
                yield f"{name!r} is required, but the object has no such property and allows no others: no value fits"
