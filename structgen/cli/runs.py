"""``structgen runs``: what was run, what is kept of it, how to read it again, and how to make room."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from structgen.cli import options as given
from structgen.cli.command import command, guarded, say
from structgen.cli.keeping import opened
from structgen.cli.reparse import find_run, reparse
from structgen.core.errors import ConfigurationError

if TYPE_CHECKING:
    from structgen.store import Run

_SECONDS = {"m": 60, "h": 3_600, "d": 86_400, "w": 604_800}

runs = typer.Typer(rich_markup_mode=None)


@runs.callback(invoke_without_command=True, epilog="Example: structgen runs reparse 3 -o better.jsonl")
@guarded
def list_runs(context: typer.Context, *, store: given.StorePath = None) -> None:
    """List the runs in the store, the newest first; show one, read one again, or delete what is old."""
    if context.invoked_subcommand is not None:
        return
    with opened(store) as held:
        found = held.runs()
        for run in found:
            again = "  reparse" if run.command.startswith("structgen runs reparse") else ""
            typer.echo(f"{run.id:>5}  {_moment(run.started)}  {_ended(run):>12}  {run.task}  {run.model}{again}")
        if not found:
            say(f"{held.path} holds no run yet: `structgen extract` with a model makes one.")


@command(runs, "structgen runs show 3")
def show(
    run: Annotated[int, typer.Argument(metavar="RUN", help="The number of a run.")], *, store: given.StorePath = None
) -> None:
    """Show one run: what it was told, and what it took."""
    with opened(store) as held:
        found = find_run(held, run)
        kept = held.kept(found.started, found.finished)
    typer.echo(f"run       {found.id}\ncommand   {found.command}\ntask      {found.task}\nmodel     {found.model}")
    ended = _moment(found.finished) if found.finished else "not yet, or it was stopped"
    typer.echo(f"started   {_moment(found.started)}\nended     {ended}")
    if found.finished:
        typer.echo(f"rows      {found.rows}\nseconds   {found.finished - found.started:.1f}")
    since = "meanwhile" if found.finished else "since"
    tokens = f"{kept.input_tokens:,} tokens in, {kept.output_tokens:,} out"
    typer.echo(f"paid      {kept.completions} completion{'' if kept.completions == 1 else 's'} {since}, {tokens}")


@command(runs, "structgen runs sizes")
def sizes(*, store: given.StorePath = None) -> None:
    """Show what the store holds, and how large it is."""
    with opened(store) as held:
        found = held.sizes()
        typer.echo(f"store        {held.path}\nbytes        {found.bytes:,}\nruns         {found.runs:,}")
    typer.echo(f"completions  {found.completions:,}")
    typer.echo(f"tokens       {found.input_tokens:,} in, {found.output_tokens:,} out")


@command(runs, "structgen runs prune --older-than 30d")
def prune(
    *,
    older_than: Annotated[str, typer.Option("--older-than", metavar="AGE", help="An age like 30d, 12h or 4w.")],
    store: given.StorePath = None,
) -> None:
    """Delete completions and runs that are older; what is deleted costs again when it is asked for again.

    A run that never ended is as old as its beginning.
    """
    read = re.fullmatch(r"(\d{1,6})([mhdw])", older_than.strip())
    if read is None:
        raise ConfigurationError(
            f"--older-than {older_than!r} is no age: write a number and m, h, d or w, for example 30d."
        )
    with opened(store) as held:
        deleted = held.prune(int(read[1]) * _SECONDS[read[2]])
    say(f"{deleted} completion{'' if deleted == 1 else 's'} deleted.")


command(runs, "structgen runs reparse 3 -o better.jsonl")(reparse)


def _ended(run: Run) -> str:
    if run.finished is None:
        return "not ended"
    return f"{run.rows:,} row{'' if run.rows == 1 else 's'}"


def _moment(seconds: float) -> str:
    """A moment in the clock of this place."""
    return datetime.fromtimestamp(seconds).astimezone().isoformat(" ", "seconds")
