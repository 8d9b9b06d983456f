"""Finds the task that a user names, in whatever way it is named."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

from structgen.core.errors import TaskError, TaskNotFound
from structgen.core.records import Task
from structgen.tasks.files import load_task_file
from structgen.tasks.modules import load_file, load_module
from structgen.tasks.pick import declared_task, named_task
from structgen.tasks.registry import Registry, list_tasks
from structgen.tasks.sources import Source

_FILE = re.compile(r"(?P<path>.*\.(?:py|toml|json))(?::(?P<name>[^/\\:]+))?", re.IGNORECASE | re.DOTALL)


def find_task(ref: str, *, root: Path | None = None) -> Task[object]:
    """The task that `ref` names; files are looked for in `root`, the current folder unless told otherwise.

    ``recipe``                  a name in the registry
    ``classification:spam|ham`` ... with an argument for its template's `configure`
    ``ticket.py``               a Python file with a `task`
    ``ticket.py:Ticket``        a type (or a task) in a Python file; ``desk.models:Ticket`` in a module
    ``ticket.toml``             a task file, TOML or JSON
    ``ticket.schema.json``      a JSON Schema

    Raises TaskNotFound where there is nothing of that name, and TaskError where it cannot be loaded.
    """
    root = (root or Path.cwd()).absolute()
    if file := _FILE.fullmatch(ref):
        return _in_file(root / Path(file["path"]).expanduser(), file["name"], root)
    registry = list_tasks(root=root)
    name, colon, argument = ref.partition(":")
    if name in registry:
        return _configured(registry.source(name), argument) if colon else registry[name]
    if argument and all(part.isidentifier() for part in name.split(".")):
        return named_task(load_module(name, root), argument, name)
    raise TaskNotFound(_not_found(ref, registry))


def _in_file(path: Path, name: str | None, root: Path) -> Task[object]:
    if not path.is_file():
        raise TaskNotFound(f"{path}: no such file.{_did_you_mean(path.name, _neighbours(path))}")
    if path.suffix.lower() != ".py":
        if name:
            raise TaskError(f"{path}: only a Python file holds types by name; leave out ':{name}'.")
        return load_task_file(path)
    module = load_file(path, root)
    return named_task(module, name, str(path)) if name else declared_task(module, str(path))


def _configured(source: Source, argument: str) -> Task[object]:
    """What a template makes of the argument after its name, or the type of that name in it."""
    module = source.module()
    if hasattr(module, argument) or not hasattr(module, "configure"):
        return named_task(module, argument, str(source))
    try:
        return replace(module.configure(argument), name=source.name)
    except ValueError as error:
        raise TaskError(f"{source.name}:{argument}: {error}") from None


def _not_found(ref: str, registry: Registry) -> str:
    return (
        f"No task {ref!r}.{_did_you_mean(ref, registry.names)} `structgen tasks` lists the names; a task can also be a "
        "file (ticket.py:Ticket, ticket.toml, ticket.schema.json) or a type in a module (package.module:Ticket)."
    )


def _did_you_mean(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name.lower(), list(known), n=2, cutoff=0.6)
    return f" Did you mean {' or '.join(map(repr, close))}?" if close else ""


def _neighbours(path: Path) -> Iterable[str]:
    return [each.name for each in path.parent.iterdir()] if path.parent.is_dir() else []
