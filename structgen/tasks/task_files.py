"""Tasks without Python: a JSON Schema file, or a TOML or JSON file with schema, instructions and examples.

    # ticket.toml
    description = "A support ticket"
    instructions = "Use null for what the text does not say."
    fields = "customer, product?, urgency: low|high, problem"

    [[examples]]
    text = "Ann here. The blender will not start, no hurry."
    value = { customer = "Ann", product = "blender", urgency = "low", problem = "will not start" }

`generate_instructions` replace the instructions if a value is generated from a prompt, without a document. An example
may have `quotes`, the passages of its text that state its values: `quotes = { "/urgency" = "no hurry" }`.
Instead of `fields`, the shorthand of `structgen.fields`, a file may have a `schema`, which is a JSON Schema, or it may
name another task that it `extends` (a name, or a file beside it): what it does not give is as there, examples and
`variants` included. `variants` are other instructions for `structgen tasks improve` to try, and `style` is how prompts
show the schema. Examples and instructions for a single call or run can also be read from separate files.
"""

from __future__ import annotations

import datetime as dt
import json
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, TypeGuard, cast

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, model_validator
from pydantic_core import ErrorDetails

from structgen.core.errors import TaskError
from structgen.core.json import Json, JsonLike, JsonObject, refuse_constant, steps
from structgen.core.options import Style
from structgen.core.records import Example, FieldsText, Task

_KEYWORDS = frozenset(
    {"$schema", "$ref", "$defs", "definitions", "type", "enum", "const", "properties", "patternProperties"}
    | {"additionalProperties", "required", "items", "prefixItems", "allOf", "anyOf", "oneOf", "not", "if"}
)
"""Every useful JSON Schema has one of these keywords at its root."""


class _TaskFile(BaseModel):
    """The contents of a task file."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: str | None = None
    description: str = ""
    version: str = "1"
    instructions: str = ""
    generate_instructions: str = ""
    variants: list[str] = []
    style: Literal["outline", "json_schema"] | None = None
    extends: str | None = None
    schema_: Annotated[dict[str, JsonValue] | bool | None, Field(alias="schema")] = None
    fields_: Annotated[str | None, Field(alias="fields")] = None
    examples: list[Row] = []

    @model_validator(mode="after")
    def _one_schema(self) -> _TaskFile:
        if sum(one is not None for one in (self.schema_, self.fields_, self.extends)) != 1:
            raise ValueError(
                "give either 'schema' (a JSON Schema) or 'fields' (the shorthand), or else 'extends' (another task), "
                "but not both"
            )
        return self

    def description_of_type(self) -> dict[str, JsonValue] | bool | FieldsText:
        """Return `schema` or `fields`, whichever the file has."""
        return FieldsText(self.fields_ or "") if self.schema_ is None else self.schema_


FindTask = Callable[[str], Task[object]]


def load_task_file(path: Path, extended: FindTask | None = None) -> Task[object]:
    """Load the task in a .toml or .json file. Raises TaskError that names the file and what is wrong with it.

    `extended` returns the task that a file extends.
    """
    content = read_toml(path) if path.suffix.lower() == ".toml" else read_json(path)
    if path.suffix.lower() == ".json" and _is_json_schema(content):
        return _schema_task(path, content)
    read = _validated(path, content)
    if read.extends is not None:
        if extended is None:
            raise TaskError(f"{path}: 'extends' is only possible in a file that is a task itself.")
        return _extending(path, read, extended(read.extends))
    return Task(
        name=read.name or task_name(path),
        schema=read.description_of_type(),
        instructions=read.instructions,
        examples=tuple(row.example() for row in read.examples),
        version=read.version,
        description=read.description,
        folder=str(path.resolve().parent),
        generate_instructions=read.generate_instructions,
        variants=tuple(read.variants),
        style=None if read.style is None else Style(read.style),
    )


def _extending(path: Path, read: _TaskFile, base: Task[object]) -> Task[object]:
    """Return the other task with what the file gives."""
    given: dict[str, Any] = {name: getattr(read, name) for name in read.model_fields_set - {"extends", "name"}}
    for name, made in (
        ("examples", tuple(row.example() for row in read.examples)),
        ("variants", tuple(read.variants)),
        ("style", None if read.style is None else Style(read.style)),
    ):
        if name in given:
            given[name] = made
    return replace(base, name=read.name or task_name(path), **given)


def task_name(path: Path) -> str:
    """Return the name of a file's task: ``ticket`` for ticket.py, ticket.toml and ticket.schema.json."""
    return path.stem.removesuffix(".schema")


def _is_json_schema(content: Json) -> TypeGuard[JsonObject | bool]:
    if not isinstance(content, dict):
        return isinstance(content, bool)
    return not content.keys() & {"schema", "fields", "extends", "instructions", "generate_instructions"} and (
        not content or bool(content.keys() & _KEYWORDS)
    )


def _schema_task(path: Path, schema: JsonObject | bool) -> Task[object]:
    said = schema.get("description") or schema.get("title") if isinstance(schema, dict) else None
    lines = said.strip().splitlines() if isinstance(said, str) else []
    return Task(task_name(path), schema, description=lines[0] if lines else "", folder=str(path.resolve().parent))


def _validated(path: Path, content: Json) -> _TaskFile:
    if not isinstance(content, dict):
        raise TaskError(f"{path}: must contain an object, as JSON Schemas and task files do.")
    try:
        return _TaskFile.model_validate(content)
    except ValidationError as error:
        raise TaskError(f"{path}: {first_mistake(error, _TaskFile)}") from None


class Row(BaseModel):
    """A worked example in a file."""

    model_config = ConfigDict(extra="forbid", strict=True)

    text: str
    value: JsonValue
    quotes: dict[str, str] = {}

    @model_validator(mode="after")
    def _true_quotes(self) -> Row:
        for path, wrong in wrong_quotes(self.example()):
            raise ValueError(f"quotes: {path}: {wrong}")
        return self

    def example(self) -> Example:
        """Return it as an Example."""
        return Example(self.text, self.value, self.quotes)


def wrong_quotes(example: Example) -> Iterator[tuple[str, str]]:
    """Yield the path of each wrong quote, and what is wrong: it would teach the model to misquote."""
    for path, quote in example.quotes.items():
        if not _is_value(example.value, path):
            yield path, "the example has no single value at this path (a JSON Pointer, such as /items/0/name)"
        elif not quote.strip() or quote not in example.text:
            yield path, "the text of the example does not contain this quote: copy it exactly"


def _is_value(tree: JsonLike, path: str) -> bool:
    """Return whether a JSON Pointer leads to a single value of a tree."""
    if path and not path.startswith("/"):
        return False
    for step in steps(path):
        if isinstance(tree, Mapping) and step in tree:
            tree = tree[step]
        elif isinstance(tree, list | tuple) and step.isdecimal() and int(step) < len(tree):
            tree = tree[int(step)]
        else:
            return False
    return isinstance(tree, str | int | float)


def load_examples(path: Path | str) -> tuple[Example, ...]:
    """Load examples from a file: JSON Lines of ``{"text", "value"}``, or a JSON list of the same. Raises TaskError.

    A third key, ``"quotes"``, may map paths in the value to the passages of the text that state them.
    """
    path = Path(path)
    if path.suffix.lower() in (".jsonl", ".ndjson"):
        rows = list(read_json_lines(path))
    else:
        content = read_json(path)
        if not isinstance(content, list):
            raise TaskError(
                f'{path}: must contain a list of {{"text": ..., "value": ...}}. For JSON Lines, name the file .jsonl.'
            )
        rows = [(f"{path}, example {number}", row) for number, row in enumerate(content, 1)]
    if not rows:
        raise TaskError(f"{path}: contains no examples.")
    return tuple(_row(place, row).example() for place, row in rows)


def load_instructions(path: Path | str) -> str:
    """Load instructions from a text file, without surrounding white space. Raises TaskError if there are none."""
    text = read_text(Path(path)).strip()
    if not text:
        raise TaskError(f"{path}: the file is empty. Write the instructions into it.")
    return text


def _row(place: str, row: Json) -> Row:
    try:
        return Row.model_validate(row)
    except ValidationError as error:
        raise TaskError(f"{place}: {first_mistake(error, Row)}") from None


def read_text(path: Path) -> str:
    """Return the text of a UTF-8 file, with or without a byte order mark."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise TaskError(f"{path}: no such file.") from None
    except OSError as error:
        raise TaskError(f"{path}: cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        raise TaskError(f"{path}: not UTF-8 at byte {error.start}: save the file as UTF-8.") from None


def read_json(path: Path) -> Json:
    """Return the JSON value of a file. A duplicate key is an error, because one of its values would be lost."""
    return decode(read_text(path), str(path))


def read_json_lines(path: Path) -> Iterator[tuple[str, Json]]:
    """Yield the place and the value of each line. Blank lines are skipped."""
    for number, line in enumerate(read_text(path).split("\n"), 1):
        if line.strip():
            place = f"{path}, line {number}"
            yield place, decode(line, place)


def read_toml(path: Path) -> JsonObject:
    """Return the contents of a TOML file as JSON. Dates and times become ISO strings."""
    try:
        return cast("JsonObject", _as_json(tomllib.loads(read_text(path))))
    except tomllib.TOMLDecodeError as error:
        raise TaskError(f"{path}: not TOML: {error}.") from None


def decode(text: str, place: str) -> Json:
    """Return the JSON value of a text. `place` names it in errors."""
    try:
        return cast("Json", json.loads(text, object_pairs_hook=_no_key_twice, parse_constant=refuse_constant))
    except json.JSONDecodeError as error:
        raise TaskError(f"{place}: not JSON at line {error.lineno}, column {error.colno}: {error.msg}.") from None
    except RecursionError:
        raise TaskError(f"{place}: nested too deeply.") from None
    except ValueError as error:
        raise TaskError(f"{place}: not JSON: {error}.") from None


def _no_key_twice(pairs: list[tuple[str, Json]]) -> JsonObject:
    found: JsonObject = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"duplicate key {key!r}")
        found[key] = value
    return found


def _as_json(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _as_json(item) for key, item in cast("Mapping[str, object]", value).items()}
    if isinstance(value, list):
        return [_as_json(item) for item in cast("Sequence[object]", value)]
    return value.isoformat() if isinstance(value, dt.date | dt.time) else value


def first_mistake(error: ValidationError, model: type[BaseModel]) -> str:
    """Describe the first mistake in one line: its place and what belongs there, or the allowed keys for a wrong one."""
    details = error.errors(include_url=False)
    wrong = next((each for each in details if each["type"] == "extra_forbidden"), None)
    if wrong is not None and len(wrong["loc"]) == 1:
        return _wrong_key(str(wrong["loc"][0]), model)
    return _plain(wrong or details[0])


def _wrong_key(key: str, model: type[BaseModel]) -> str:
    allowed = [field.alias or name for name, field in model.model_fields.items()]
    close = get_close_matches(key, allowed, n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    return f"unknown key {key!r}.{hint} The keys are: {', '.join(allowed)}."


def _plain(details: ErrorDetails) -> str:
    place = "/".join(str(step) for step in details["loc"])
    message = details["msg"].removeprefix("Value error, ")
    return f"{place}: {message}." if place else f"{message}."
