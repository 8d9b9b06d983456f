"""Worked examples and instructions out of files, to be given with a single call or run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError, model_validator

from structgen.core.errors import TaskError
from structgen.core.json import Json, JsonLike, steps
from structgen.core.records import Example
from structgen.tasks.mistakes import first_mistake
from structgen.tasks.texts import read_json, read_json_lines, read_text


class Row(BaseModel):
    """A worked example, as files hold it."""

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
        """The record of it."""
        return Example(self.text, self.value, self.quotes)


def wrong_quotes(example: Example) -> Iterator[tuple[str, str]]:
    """Quotes that would teach a model to misquote, by their path, and what is wrong with each."""
    for path, quote in example.quotes.items():
        if not _is_value(example.value, path):
            yield path, "no single value of the example stands at this path (a JSON Pointer, such as /items/0/name)"
        elif not quote.strip() or quote not in example.text:
            yield path, "this quote does not stand in the text of the example: copy it letter by letter"


def _is_value(tree: JsonLike, path: str) -> bool:
    """Whether a JSON Pointer leads to a single value of a tree."""
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
    """The examples of a file: JSON Lines of ``{"text", "value"}``, or a JSON list of the same; TaskError otherwise.

    A third key, ``"quotes"``, may give the words of the text from which a value is taken: ``{path: quote}``.
    """
    path = Path(path)
    if path.suffix.lower() in (".jsonl", ".ndjson"):
        rows = list(read_json_lines(path))
    else:
        content = read_json(path)
        if not isinstance(content, list):
            raise TaskError(f'{path}: a list of {{"text": ..., "value": ...}} is expected; JSON Lines end in .jsonl.')
        rows = [(f"{path}, example {number}", row) for number, row in enumerate(content, 1)]
    if not rows:
        raise TaskError(f"{path}: holds no example.")
    return tuple(_row(place, row).example() for place, row in rows)


def load_instructions(path: Path | str) -> str:
    """The instructions in a text file, the white space around them removed. TaskError where there are none."""
    text = read_text(Path(path)).strip()
    if not text:
        raise TaskError(f"{path}: is empty; write the instructions into it.")
    return text


def _row(place: str, row: Json) -> Row:
    try:
        return Row.model_validate(row)
    except ValidationError as error:
        raise TaskError(f"{place}: {first_mistake(error, Row)}") from None
