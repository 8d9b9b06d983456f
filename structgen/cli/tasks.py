"""``structgen tasks``: what can be extracted by name, and templates of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from structgen.cli.command import Exit, say
from structgen.core.errors import ConfigurationError
from structgen.core.records import Task

WORDS = (
    "A task to explain; or `new NAME`, to write a first template into schemas/NAME.py; or `check [TASK...]`, to look "
    "templates over (all that have a name, where none is given). Without words, all tasks are listed."
)


def tasks(
    words: Annotated[list[str] | None, typer.Argument(metavar="[NAME|new NAME|check [TASK...]]", help=WORDS)] = None,
) -> None:
    """List the tasks that have a name, explain one, write a new one, or look them over."""
    match words or []:
        case []:
            _list()
        case ["new", name]:
            _write(name)
        case ["check", *names]:
            _check(names)
        case [name] if name != "new":
            _explain(name)
        case _:
            raise ConfigurationError("Give one task to explain, or `new NAME`, or `check [TASK...]`.")


def _list() -> None:
    from structgen.tasks import list_tasks

    registry = list_tasks()
    width = max((len(name) for name in registry.names), default=0)
    for name, task in registry.items():
        typer.echo(f"{name:{width}}  {task.description}")
    for name, reason in registry.broken.items():
        typer.echo(f"{name:{width}}  cannot be loaded: {reason}", err=True)


def _explain(name: str) -> None:
    from structgen.evaluate.lint import prompt_size
    from structgen.schema import Schema
    from structgen.tasks import find_task

    task = find_task(name)
    typer.echo(f"{task.name} (version {task.version})")
    if task.description:
        typer.echo(task.description)
    typer.echo(f"\n{Schema.of(task).outline()}")
    if task.instructions:
        typer.echo(f"\nInstructions: {task.instructions}")
    size = prompt_size(task)
    typer.echo(f"\nWorked examples: {len(task.examples)}")
    typer.echo(
        f"Prompt, about: {size.total} tokens before the document "
        f"(schema {size.schema}, instructions {size.instructions}, examples {size.examples})"
    )


def _write(name: str) -> None:
    """A first template that passes `check`, where there is no file of that name."""
    from structgen.tasks import starter

    text = starter(name)
    path = Path("schemas") / f"{name}.py"
    try:
        path.parent.mkdir(exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise ConfigurationError(f"{path} is there already: choose another name, or edit that file.") from error
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror}.") from error
    typer.echo(str(path))
    say(f"edit it, then: structgen tasks check {name}; structgen extract {name} INPUT...")


def _check(names: list[str]) -> None:
    """Every finding on a line of its own; exit status 1 where one of them is an error."""
    from structgen.evaluate.lint import Severity, lint_task
    from structgen.tasks import find_task, list_tasks

    registry = list_tasks()
    chosen: dict[str, Task[Any]] = {name: find_task(name) for name in names} or dict(registry)
    broken = {} if names else dict(registry.broken)
    for name, reason in broken.items():
        typer.echo(f"{name}: error: cannot be loaded: {reason}")
    worst = Severity.ERROR if broken else None
    for name, task in chosen.items():
        findings = lint_task(task)
        for finding in findings:
            where = f"{finding.path}: " if finding.path else ""
            typer.echo(f"{name}: {finding.severity.name.lower()}: {where}{finding.message}")
        worst = max([found.severity for found in findings] + ([worst] if worst else []), default=None)
    say(f"{len(chosen) + len(broken)} looked over, {'nothing found' if worst is None else 'see above'}.")
    if worst is Severity.ERROR:
        raise typer.Exit(Exit.SOME_NOT_OK)
