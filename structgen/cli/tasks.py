"""``structgen tasks``: what can be extracted by name."""

from __future__ import annotations

from typing import Annotated

import typer

from structgen.core.records import Task


def tasks(
    name: Annotated[str | None, typer.Argument(help="The task to explain; without it, all are listed.")] = None,
) -> None:
    """List the tasks that have a name, or explain one."""
    if name is None:
        _list()
    else:
        from structgen.tasks import find_task

        _explain(find_task(name))


def _list() -> None:
    from structgen.tasks import list_tasks

    registry = list_tasks()
    width = max((len(name) for name in registry.names), default=0)
    for name, task in registry.items():
        typer.echo(f"{name:{width}}  {task.description}")
    for name, reason in registry.broken.items():
        typer.echo(f"{name:{width}}  cannot be loaded: {reason}", err=True)


def _explain(task: Task[object]) -> None:
    from structgen.schema import Schema

    typer.echo(f"{task.name} (version {task.version})")
    if task.description:
        typer.echo(task.description)
    typer.echo(f"\n{Schema.of(task).outline()}")
    if task.instructions:
        typer.echo(f"\nInstructions: {task.instructions}")
    typer.echo(f"\nWorked examples: {len(task.examples)}")
