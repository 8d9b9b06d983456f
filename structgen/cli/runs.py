"""``structgen runs``: what was run, what is kept of it, and how to make room."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from structgen.cli import options as given
from structgen.cli.command import say
from structgen.cli.keeping import opened
from structgen.core.errors import ConfigurationError

if TYPE_CHECKING:
    from structgen.store import Run, Store

WORDS = "`show RUN` for one run; `sizes` for what the store holds; `prune` to make room. Without words, the runs."
_SECONDS = {"m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


def runs(
    words: Annotated[list[str] | None, typer.Argument(metavar="[show RUN|sizes|prune]", help=WORDS)] = None,
    *,
    older_than: Annotated[
        str | None, typer.Option("--older-than", metavar="AGE", help="With prune: an age like 30d, 12h or 4w.")
    ] = None,
    store: given.StorePath = None,
) -> None:
    """List the runs in the store, show one, or delete what is old.

    What is deleted costs again when it is asked for again.
    """
    if (older_than is not None) != (words == ["prune"]):
        raise ConfigurationError("prune and --older-than belong together: structgen runs prune --older-than 30d")
    with opened(store) as held:
        match words or []:
            case []:
                _list(held)
            case ["show", number]:
                _show(held, number)
            case ["sizes"]:
                _sizes(held)
            case ["prune"]:
                _prune(held, older_than or "")
            case _:
                raise ConfigurationError(
                    "Give `show RUN`, `sizes`, or `prune --older-than AGE`; or nothing, for a list."
                )


def _list(store: Store) -> None:
    """The newest first, a line each."""
    for run in store.runs():
        typer.echo(f"{run.id:>5}  {_moment(run.started)}  {_ended(run):>12}  {run.task}  {run.model}")


def _show(store: Store, number: str) -> None:
    run = next((run for run in store.runs() if str(run.id) == number), None)
    if run is None:
        raise ConfigurationError(f"There is no run {number} in {store.path}: `structgen runs` lists them.")
    kept = store.kept(run.started, run.finished)
    typer.echo(f"run       {run.id}\ncommand   {run.command}\ntask      {run.task}\nmodel     {run.model}")
    ended = _moment(run.finished) if run.finished else "not yet, or it was stopped"
    typer.echo(f"started   {_moment(run.started)}\nended     {ended}")
    if run.finished:
        typer.echo(f"rows      {run.rows}\nseconds   {run.finished - run.started:.1f}")
    since = "meanwhile" if run.finished else "since"
    tokens = f"{kept.input_tokens:,} tokens in, {kept.output_tokens:,} out"
    typer.echo(f"paid      {kept.completions} completions {since}, {tokens}")


def _sizes(store: Store) -> None:
    sizes = store.sizes()
    typer.echo(f"store        {store.path}\nbytes        {sizes.bytes:,}\nruns         {sizes.runs:,}")
    typer.echo(f"completions  {sizes.completions:,}")
    typer.echo(f"tokens       {sizes.input_tokens:,} in, {sizes.output_tokens:,} out")


def _prune(store: Store, age: str) -> None:
    read = re.fullmatch(r"(\d{1,6})([mhdw])", age.strip())
    if read is None:
        raise ConfigurationError(f"--older-than {age!r} is no age: write a number and m, h, d or w, for example 30d.")
    deleted = store.prune(int(read[1]) * _SECONDS[read[2]])
    say(f"{deleted} completion{'' if deleted == 1 else 's'} deleted.")


def _ended(run: Run) -> str:
    if run.finished is None:
        return "not ended"
    return f"{run.rows:,} row{'' if run.rows == 1 else 's'}"


def _moment(seconds: float) -> str:
    """A moment in the clock of this place."""
    return datetime.fromtimestamp(seconds).astimezone().isoformat(" ", "seconds")
