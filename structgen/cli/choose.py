"""What a command line means: the model, the task and the words of its request."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from structgen.core.errors import ConfigurationError, TaskNotFound
from structgen.core.records import FieldsText, Task

RULES = "rules"


def load_environment() -> None:
    """Read the nearest .env, from the current folder upward. What the environment has already is not changed."""
    from dotenv import find_dotenv, load_dotenv

    path = find_dotenv(usecwd=True)
    if not path:
        return
    try:
        load_dotenv(path, override=False)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}.") from error


def choose_model(named: str | None) -> str:
    """The model to use: the one that is named, else what the environment says, else the rules."""
    from structgen.send import default_model

    if named is not None and not named.strip():
        raise ConfigurationError("--model is empty: name a model, or leave the option out.")
    load_environment()
    return named or default_model() or RULES


def load_task(words: list[str], fields: str | None, examples: Path | None) -> tuple[Task[Any], list[str]]:
    """The task with its additional examples, and the words that are left: the inputs.

    With `fields` all words are inputs. Raises TaskError, ConfigurationError.
    """
    from structgen.tasks import load_examples

    task: Task[Any]
    if fields is not None:
        task, inputs = _fields_task(fields), words
    elif words:
        task, inputs = _named_task(words[0]), words[1:]
    else:
        raise ConfigurationError("No TASK is named: `structgen tasks` lists them, or give --fields.")
    if examples is not None:
        task = replace(task, examples=(*task.examples, *load_examples(examples)))
    return task, inputs


def _named_task(name: str) -> Task[Any]:
    """The task of that name. TaskNotFound says where it is something to read, which is a slip of the order."""
    from structgen.tasks import find_task

    try:
        return find_task(name)
    except TaskNotFound as error:
        if not Path(name).exists():
            raise
        raise TaskNotFound(
            f"{name} is no task, but something to read: the TASK comes first (`structgen tasks` lists them), then what "
            "to read; or give --fields in place of a TASK."
        ) from error


def _fields_task(text: str) -> Task[Any]:
    """The task of --fields. SchemaError points at the column of a mistake."""
    from structgen.schema import fields

    fields(text)
    return Task("fields", FieldsText(text))


def load_words(path: Path | None) -> str | None:
    """The instructions in a file, None where none is given."""
    from structgen.tasks import load_instructions

    return None if path is None else load_instructions(path)
