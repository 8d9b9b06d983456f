"""``structgen runs reparse``: the rows of an earlier run again, by a better parser or a changed schema."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

import typer

from structgen.cli import options as given
from structgen.cli.call import Call, read_command, taking
from structgen.cli.command import say
from structgen.cli.extract import carry_out
from structgen.cli.keeping import STORE, opened
from structgen.core.errors import ConfigurationError

if TYPE_CHECKING:
    from structgen.store import Run, Store

TASK = "The TASK and the INPUTs where they are not those of the run. With --fields all are INPUTs."
KEEP = "Take the answers also where instructions, worked examples or descriptions are others now."
MODEL = "`replay`: ask nobody, and read alone what is kept. Else the model is that of the run."


@dataclass(frozen=True, kw_only=True)
class Reparse:
    """What a command line of `runs reparse` says. What is None is as it was in the run."""

    run: Annotated[int, typer.Argument(metavar="RUN", help="The number of a run that `structgen runs` lists.")]
    words: Annotated[list[str] | None, typer.Argument(metavar="TASK INPUT", help=TASK, show_default=False)] = None
    output: given.Output = None
    fields: given.Fields = None
    model: Annotated[str | None, typer.Option("--model", help=MODEL)] = None
    keep: Annotated[bool, typer.Option("--keep", help=KEEP)] = False
    max_cost: given.MaxCost = None
    max_tokens: given.MaxTokens = None
    allow_incomplete: given.AllowIncomplete = False
    store: given.StorePath = None
    show: given.Show = False
    quiet: given.Quiet = False


@taking(Reparse)
def reparse(told: Reparse) -> None:
    """Read the answers of a run again, with the schema of now, and ask only for what they do not say.

    The same documents and options as in the run, its output file included unless -o names another. For each document
    the kept answer is read first: where it fits, the row costs nothing. A field that is new in the schema is asked for
    alone, also one that may be left out; so is one whose description or title changed, or that got more choices,
    because it means something else now. Whether an answer fits other types or bounds is for validation to say, and what
    it refuses is asked for again. A field that is gone is dropped; a renamed one is a new one.

    Where the instructions, the worked examples or the description of the schema itself changed, every answer might be
    another: then each document is asked whole, unless --keep says that the old answers will do.

    The same command again, after any end, pays only for what is not there yet. Exit status as for extract.
    """
    from structgen.cli.again import Again

    with opened(told.store) as store:
        run = find_run(store, told.run)
        call = replace(_call_of(store, run, told), model=_model(run, told.model))
    again = Again(run, told.keep)
    try:
        status = carry_out(call, again)
    finally:
        if again.stats.total and not told.quiet:
            say(f"run {run.id}: {again.stats}.")
    raise typer.Exit(status)


def find_run(store: Store, number: int) -> Run:
    """The run of that number. Raises ConfigurationError where there is none."""
    run = next((run for run in store.runs() if run.id == number), None)
    if run is None:
        raise ConfigurationError(
            f"There is no run {number} in {store.path}: `structgen runs` lists them. A run with the rules, or with "
            "--no-store, keeps nothing: run it again."
        )
    return run


def _call_of(store: Store, run: Run, told: Reparse) -> Call:
    """What the command line of the run said, with what this one says in its place."""
    call = read_command("extract", Call, run.command)
    if call is None:
        before = read_command("runs reparse", Reparse, run.command)
        if before is None:
            raise ConfigurationError(f"Run {run.id} is of no command that extracts: {run.command}")
        call = _call_of(store, find_run(store, before.run), before)
    return replace(
        call,
        words=_words(call, told),
        fields=told.fields if told.fields or told.words else call.fields,
        output=told.output or call.output,
        max_cost=call.max_cost if told.max_cost is None else told.max_cost,
        max_tokens=call.max_tokens if told.max_tokens is None else told.max_tokens,
        allow_incomplete=told.allow_incomplete or call.allow_incomplete,
        store=told.store or STORE,
        no_store=False,
        show=told.show or call.show,
        quiet=told.quiet,
    )


def _words(call: Call, told: Reparse) -> list[str]:
    """TASK and INPUTs, or INPUTs alone with --fields: those that are named now, else those of the run."""
    before = call.words or []
    inputs = before if call.fields else before[1:]
    if told.fields:
        return told.words or inputs
    if not told.words:
        return before
    return told.words if len(told.words) > 1 else [*told.words, *inputs]


def _model(run: Run, named: str | None) -> str:
    """The model of the run, or the store alone with what that model answered."""
    if named is None or named == run.model:
        return run.model
    if named.partition("/")[0] == "replay":
        return f"replay/{run.model}"
    raise ConfigurationError(
        f"Run {run.id} asked {run.model}: what it lacks is asked of the same one. Leave --model out, or give "
        "--model replay to ask nobody."
    )
