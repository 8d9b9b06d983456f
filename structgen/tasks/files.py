"""Tasks without Python: a JSON Schema file, or a TOML or JSON file with schema, instructions and examples.

    # ticket.toml
    description = "A support ticket"
    instructions = "Leave null what the text does not say."
    fields = "customer, product?, urgency: low|high, problem"

    [[examples]]
    text = "Ann here. The blender will not start, no hurry."
    value = { customer = "Ann", product = "blender", urgency = "low", problem = "will not start" }

An example may have `quotes`, the words of its text from which a value is taken: `quotes = { "/urgency" = "no hurry" }`.
In place of `fields`, the shorthand of `structgen.fields`, a file may have a `schema`, which is a JSON Schema.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeGuard

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, model_validator

from structgen.core.errors import TaskError
from structgen.core.json import Json, JsonObject
from structgen.core.records import FieldsText, Task
from structgen.tasks.examples import Row
from structgen.tasks.mistakes import first_mistake
from structgen.tasks.texts import read_json, read_toml

_KEYWORDS = frozenset(
    {"$schema", "$ref", "$defs", "definitions", "type", "enum", "const", "properties", "patternProperties"}
    | {"additionalProperties", "required", "items", "prefixItems", "allOf", "anyOf", "oneOf", "not", "if"}
)
"""Every useful JSON Schema has one of these at its root."""


class _TaskFile(BaseModel):
    """What a task file may say."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: str | None = None
    description: str = ""
    version: str = "1"
    instructions: str = ""
    schema_: Annotated[dict[str, JsonValue] | bool | None, Field(alias="schema")] = None
    fields_: Annotated[str | None, Field(alias="fields")] = None
    examples: list[Row] = []

    @model_validator(mode="after")
    def _one_schema(self) -> _TaskFile:
        if (self.schema_ is None) == (self.fields_ is None):
            raise ValueError("give either 'schema' (a JSON Schema) or 'fields' (the shorthand), and not both")
        return self

    def description_of_type(self) -> dict[str, JsonValue] | bool | FieldsText:
        """Whichever of the two the file gives."""
        return FieldsText(self.fields_ or "") if self.schema_ is None else self.schema_


def load_task_file(path: Path) -> Task[object]:
    """The task of a .toml or .json file. Raises TaskError naming the file and what is wrong in it."""
    content = read_toml(path) if path.suffix.lower() == ".toml" else read_json(path)
    if path.suffix.lower() == ".json" and _is_json_schema(content):
        return _schema_task(path, content)
    read = _validated(path, content)
    return Task(
        name=read.name or task_name(path),
        schema=read.description_of_type(),
        instructions=read.instructions,
        examples=tuple(row.example() for row in read.examples),
        version=read.version,
        description=read.description,
        folder=str(path.resolve().parent),
    )


def task_name(path: Path) -> str:
    """The name under which the registry knows a file: ``ticket`` for ticket.py, ticket.toml and ticket.schema.json."""
    return path.stem.removesuffix(".schema")


def _is_json_schema(content: Json) -> TypeGuard[JsonObject | bool]:
    if not isinstance(content, dict):
        return isinstance(content, bool)
    return not content.keys() & {"schema", "fields", "instructions"} and (
        not content or bool(content.keys() & _KEYWORDS)
    )


def _schema_task(path: Path, schema: JsonObject | bool) -> Task[object]:
    said = schema.get("description") or schema.get("title") if isinstance(schema, dict) else None
    lines = said.strip().splitlines() if isinstance(said, str) else []
    return Task(task_name(path), schema, description=lines[0] if lines else "", folder=str(path.resolve().parent))


def _validated(path: Path, content: Json) -> _TaskFile:
    if not isinstance(content, dict):
        raise TaskError(f"{path}: neither a JSON Schema nor a task file: both are objects.")
    try:
        return _TaskFile.model_validate(content)
    except ValidationError as error:
        raise TaskError(f"{path}: {first_mistake(error, _TaskFile)}") from None
