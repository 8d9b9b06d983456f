"""Worked examples and instructions out of files, to be given with a single call or run."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from structgen.core.errors import TaskError
from structgen.core.json import Json
from structgen.core.records import Example
from structgen.tasks.mistakes import first_mistake
from structgen.tasks.texts import read_json, read_json_lines, read_text


class Row(BaseModel):
    """A worked example, as files hold it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    text: str
    value: JsonValue

    def example(self) -> Example:
        """The record of it."""
        return Example(self.text, self.value)


def load_examples(path: Path | str) -> tuple[Example, ...]:
    """The examples of a file: JSON Lines of ``{"text", "value"}``, or a JSON list of the same; TaskError otherwise."""
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
