"""Which model, task and instructions a command line selects."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from structgen.cli.console import say
from structgen.core.errors import ConfigurationError, TaskNotFound
from structgen.core.records import FieldsText, Task

if TYPE_CHECKING:
    from structgen.cli.configuration import Settings

RULES = "rules"
BASE_URL = "STRUCTGEN_BASE_URL"


def load_environment() -> Settings:
    """Load the nearest .env, searching upward from the current folder, and return the settings of file and environment.

    Variables that are already set win. The `base_url` of a file takes the place of a STRUCTGEN_BASE_URL that is not
    set. Raises ConfigurationError.
    """
    from structgen.cli.configuration import read_settings

    settings = read_settings(dotenv=load_dotenv_file())
    if (server := settings.get("base_url")) and server.in_file:
        os.environ.setdefault(BASE_URL, str(server.value))
    return settings


def load_dotenv_file() -> dict[str, str]:
    """Load the nearest .env, and return the variables that it set, each with the path of the file."""
    from dotenv import find_dotenv, load_dotenv

    path = find_dotenv(usecwd=True)
    if not path:
        return {}
    before = set(os.environ)
    try:
        load_dotenv(path, override=False)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"Cannot read {path}: {error}.") from error
    return dict.fromkeys(set(os.environ) - before, path)


def choose_model(named: str | None) -> str:
    """Return the model named on the command line, else that of the settings, else the default, else the rules."""
    from structgen.send import default_model

    if named is not None and not named.strip():
        raise ConfigurationError("--model is empty: name a model, or omit the option.")
    settings = load_environment()
    chosen = named or (str(settings["model"].value) if "model" in settings else default_model())
    server = settings.get("base_url")
    # the user may not expect a project's file to decide where documents and key are sent
    used = any(one.strip().startswith("compatible/") for one in (chosen or "").split(","))
    if server and server.in_file and used:
        say(f"{chosen} is at {server.value} ({server.source}).")
    return chosen or RULES


def is_chosen(named: str | None) -> bool:
    """Return whether the command line or a setting names a model."""
    return named is not None or "model" in load_environment()


def load_task(words: list[str], fields: str | None, examples: Path | None) -> tuple[Task[Any], list[str]]:
    """Return the task, with the additional examples, and the remaining words, which are the inputs.

    With `fields` all words are inputs. Raises TaskError, ConfigurationError.
    """
    from structgen.tasks import load_examples

    task: Task[Any]
    if fields is not None:
        task, inputs = _fields_task(fields), words
    elif words:
        task, inputs = _named_task(words[0]), words[1:]
    else:
        raise ConfigurationError("Name a TASK (`structgen tasks` lists them), or give --fields.")
    if examples is not None:
        task = replace(task, examples=(*task.examples, *load_examples(examples)))
    return task, inputs


def _named_task(name: str) -> Task[Any]:
    """Find a task. If the name is that of a file, TaskNotFound explains the order: the user forgot the TASK."""
    from structgen.tasks import find_task

    try:
        return find_task(name)
    except TaskNotFound as error:
        if not Path(name).exists():
            raise
        raise TaskNotFound(
            f"{name} is an input, not a task: name the TASK first (`structgen tasks` lists them), then the inputs; or "
            "give --fields instead of a TASK."
        ) from error


def _fields_task(text: str) -> Task[Any]:
    """Return the task for --fields. Parse the fields now, so that SchemaError points at the column of a mistake."""
    from structgen.schema import fields

    fields(text)
    return Task("fields", FieldsText(text))


def read_instructions(path: Path | None) -> str | None:
    """Return the instructions in a file, or None if no file is given."""
    from structgen.tasks import load_instructions

    return None if path is None else load_instructions(path)
