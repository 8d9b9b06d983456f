"""``structgen schema``: the JSON Schema of a task."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from structgen.cli import options as given


def schema(
    task: given.TaskName,
    outline: Annotated[bool, typer.Option("--outline", help="The compact words that a model reads instead.")] = False,
) -> None:
    """Print the JSON Schema of a task."""
    from structgen.schema import Schema
    from structgen.tasks import find_task

    found = Schema.of(find_task(task))
    typer.echo(found.outline() if outline else json.dumps(found.json_schema, ensure_ascii=False, indent=2))
