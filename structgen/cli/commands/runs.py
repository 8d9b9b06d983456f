"""``structgen runs``: list earlier runs, show one, read its answers again, or delete old ones."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from structgen.cli import arguments as args
from structgen.cli.argument_records import parse_command, takes
from structgen.cli.arguments import ExtractArguments
from structgen.cli.commands.extract import ReparseContext, run_extract
from structgen.cli.commands.run_sql import sql
from structgen.cli.completion import run_numbers, task_names
from structgen.cli.console import command, display, display_json, guarded, say
from structgen.cli.retry_failed import retry_of
from structgen.cli.run_store import default_store, open_existing_store
from structgen.core.batch_states import BatchState
from structgen.core.errors import ConfigurationError
from structgen.core.json import JsonObject
from structgen.core.records import Usage
from structgen.core.screen import moment, visible_line

if TYPE_CHECKING:
    from structgen.engine.budget import Told
    from structgen.store import Run, Spent, Store
    from structgen.store.batch_ledger import BatchRecord

_SECONDS = {"m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_AGE = re.compile(r"(\d{1,6})([mhdw])")

RunNumber = Annotated[
    int, typer.Argument(metavar="RUN", autocompletion=run_numbers, help="The number of a run, from `structgen runs`.")
]

runs = typer.Typer(rich_markup_mode=None)


@runs.callback(invoke_without_command=True, epilog="Example: structgen runs reparse 3 -o better.jsonl")
@guarded
def list_runs(context: typer.Context, *, store: args.StorePath = None, as_json: args.AsJson = False) -> None:
    """List the runs in the store, newest first; or show, reparse or prune runs."""
    if context.invoked_subcommand is not None:
        return
    with open_existing_store(store) as opened:
        found = opened.runs()
        for run in found:
            if as_json:
                display_json(_entry(run, opened))
                continue
            kind = "  reparse" if run.command.startswith("structgen runs reparse") else ""
            display(f"{run.id:>5}  {moment(run.started)}  {_ended(run, opened):>12}  {run.task}  {run.model}{kind}")
        if not found:
            say(f"{opened.path} contains no run yet: `structgen extract` with a model adds one.")


@command(runs, "structgen runs show 3")
def show(run: RunNumber, *, store: args.StorePath = None, as_json: args.AsJson = False) -> None:
    """Show one run: its command, its times, and what it paid for, at current prices."""
    from structgen.batch.summary import spent_words
    from structgen.cli.via_batch import batch_entry, words_of

    with open_existing_store(store) as opened:
        found = find_run(opened, run)
        paid, is_going, told = opened.usage_of(found), opened.is_going(found), told_of(opened.spent_by(found))
        in_batch, batches = _in_batch(found, opened), _batches_of(found, opened)
        if as_json:
            entry: JsonObject = {**_entry(found, opened), "paid": _paid(paid.completions, told)}
            display_json({**entry, "batches": [batch_entry(one) for one in batches]} if batches else entry)
            return
    facts = [("run", found.id), ("command", found.command), ("task", found.task), ("model", found.model)]
    facts += [("started", moment(found.started))]
    if found.finished is not None:
        facts += [("ended", moment(found.finished)), ("rows", found.rows)]
        facts += [("seconds", f"{found.finished - found.started:.1f}")]
    elif in_batch:
        facts += [("ended", "not yet: its batch has not ended; the same command in the same folder fetches it")]
        facts += [("batch", words_of(one).removeprefix("batch ")) for one in batches]
    elif is_going:
        facts += [("ended", "not yet: it is still running")]
    else:
        facts += [("ended", "interrupted; to continue it, run the command again in the same folder")]
    facts += [("paid", f"{_completions(paid.completions)}, {'; '.join(spent_words(told, told.cost))}")]
    for name, fact in facts:
        display(f"{name:10}{visible_line(str(fact))}")


@command(runs, "structgen runs sizes")
def sizes(*, store: args.StorePath = None, as_json: args.AsJson = False) -> None:
    """Show what the store contains and how large it is."""
    with open_existing_store(store) as opened:
        found = opened.sizes()
        if as_json:
            display_json({"store": str(opened.path), **asdict(found)})
            return
        display(f"store        {opened.path}\nbytes        {found.bytes:,}\nruns         {found.runs:,}")
    display(f"completions  {found.completions:,}")
    display(f"tokens       {found.input_tokens:,} in, {found.output_tokens:,} out")


@command(runs, "structgen runs prune --older-than 30d")
def prune(
    *,
    older_than: Annotated[str, typer.Option("--older-than", metavar="AGE", help="An age such as 30d, 12h or 4w.")],
    store: args.StorePath = None,
) -> None:
    """Delete completions and runs older than an age. A deleted completion is paid for again if it is needed again.

    The age of a run that never ended counts from its start.
    """
    age = _AGE.fullmatch(older_than.strip())
    if age is None:
        raise ConfigurationError(
            f"--older-than {older_than!r} is not an age: write a number and m, h, d or w, for example 30d."
        )
    with open_existing_store(store) as opened:
        deleted = opened.prune(int(age[1]) * _SECONDS[age[2]])
    say(f"{_completions(deleted)} deleted.")


@command(runs, "structgen runs cancel 3")
def cancel(
    run: RunNumber, *, store: args.StorePath = None, base_url: args.BaseUrl = None, as_json: args.AsJson = False
) -> None:
    """Cancel the batches of a run that was started with --via and has not ended.

    What a batch has answered is paid for: the command of the run, given again, fetches it. The documents without an
    answer fail with the reason, unless --retry says how to request them.
    """
    from structgen.cli.via_batch import batch_entry, cancel_batches, words_of

    with open_existing_store(store) as opened:
        found = find_run(opened, run)
        for record in cancel_batches(opened, found.id, base_url):
            if as_json:
                display_json(batch_entry(record))
            else:
                display(words_of(record))


@dataclass(frozen=True, kw_only=True)
class ReparseArguments:
    """The command line of `runs reparse`. An option that is None is as in the run."""

    run: RunNumber
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TASK INPUT",
            autocompletion=task_names,
            help=f"Another TASK, other INPUTs, or both. With --fields all of them are INPUTs. {args.RUNS_CODE}. The "
            "TASK of the run may be such a file.",
            show_default=False,
        ),
    ] = None
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="A .jsonl, .csv, .parquet or .sqlite file. Default: the output of the run."
        ),
    ] = None
    fields: args.Fields = None
    model: Annotated[
        str | None,
        typer.Option("--model", help="replay: use stored responses only, send nothing. Default: the model of the run."),
    ] = None
    keep: Annotated[
        bool,
        typer.Option("--keep", help="Use stored answers even if instructions, examples or descriptions changed."),
    ] = False
    max_cost: args.MaxCost = None
    max_tokens: args.MaxTokens = None
    allow_incomplete: args.AllowIncomplete = False
    store: args.StorePath = None
    show: args.Show = False
    quiet: args.Quiet = False


@takes(ReparseArguments)
def reparse(arguments: ReparseArguments) -> None:
    """Read the stored answers of a run again with the current schema, and ask only for what they lack.

    Documents, options and output file are those of the run; -o names another output file. The stored answer for each
    document is read first, and if it fits, the row costs nothing. A field that is new in the schema is requested alone,
    even an optional one. So is a field about which the prompt says something else now (description, title, unit,
    examples, default), or that admits more than before (other types or choices, wider bounds, null, another branch of
    a union): any answer could differ, even an empty one. Narrower types or bounds are checked by validation, and what
    it refuses is requested again. A field that was removed is dropped; a renamed field is a new one.

    If the instructions, the worked examples or the description of the schema itself are not those that an answer
    followed, all of it might differ: then the document is requested whole, unless --keep says that the stored answers
    will do. A later run knows which answers were kept, and requests them again without --keep.

    Running the same command again, however the last run ended, pays only for what is missing. Exit status as for
    extract.
    """
    from structgen.batch import ReparseStats

    with open_existing_store(arguments.store) as store:
        run = find_run(store, arguments.run)
        extract_arguments = _extract_arguments(store, run, arguments)
    context = ReparseContext(run, arguments.keep, ReparseStats())
    try:
        # the store is closed here: the run opens it again itself
        status = run_extract(replace(extract_arguments, model=_model(run, arguments.model)), context)
    finally:
        if context.stats.total and not arguments.quiet:
            say(f"run {run.id}: {context.stats}.")
    raise typer.Exit(status)


command(runs, "structgen runs reparse 3 -o better.jsonl")(reparse)


@command(runs, "structgen runs failures 3 --json")
def failures(run: RunNumber, *, store: args.StorePath = None, as_json: args.AsJson = False) -> None:
    """Show why rows of a run failed or are incomplete: each reason, how often, its first document, how to retry it.

    Reasons that differ only in numbers, ids and quoted values are counted as one. --json: an object for each reason,
    with the keys run, reason, status, count, example (id, source, error) and retry.
    """
    from structgen.batch.failure_reasons import FailureGroups

    with open_existing_store(store) as opened:
        found = find_run(opened, run)
        groups = FailureGroups()
        for row in opened.failures_of(run):
            groups.add(row.status, row.reason or "", id=row.id, source=row.source, error=row.error or "")
        recorded = next(opened.rows_of(run), None) is not None
    if found.rows and not recorded:
        raise ConfigurationError(
            f"Run {run} is from an older structgen, which recorded no outcomes: the rows are in its output. Run its "
            "command once more: stored responses cost nothing."
        )
    retry = retry_of(found)
    if as_json:
        for group in groups.ranked:
            example: JsonObject = {"id": group.id, "source": group.source, "error": group.error}
            kind: JsonObject = {"run": run, "reason": group.reason, "status": group.status, "count": group.count}
            display_json({**kind, "example": example, "retry": retry})
        return
    for group in groups.ranked:
        display(visible_line(f"{group.count:,} {group.status}: {group.reason}"))
        display(f"    first: {visible_line(f'{group.example}: {group.error}')}")
        display(f"    retry: {visible_line(retry)}")
    if not groups.ranked:
        say(f"run {run} has no row that is failed or incomplete.")


command(runs, 'structgen runs sql "SELECT reason, count(*) FROM documents GROUP BY 1" --json')(sql)


def find_run(store: Store, number: int) -> Run:
    """Return the run with this number. Raises ConfigurationError if there is none."""
    run = next((run for run in store.runs() if run.id == number), None)
    if run is None:
        raise ConfigurationError(
            f"No run {number} in {store.path}: `structgen runs` lists them. Runs with the rules or with --no-store are "
            "not recorded: use `structgen extract` for those."
        )
    return run


def _extract_arguments(store: Store, run: Run, given: ReparseArguments) -> ExtractArguments:
    """Return the run's own command line, with the arguments of this one in their place."""
    before = parse_command("extract", ExtractArguments, run.command)
    if before is None:
        # the run was a reparse itself: go back to the run that it read again
        again = parse_command("runs reparse", ReparseArguments, run.command)
        if again is None:
            raise ConfigurationError(f"Run {run.id} was not made by a command that extracts: {run.command}")
        before = _extract_arguments(store, find_run(store, again.run), again)
    return replace(
        before,
        words=_words(before, given),
        fields=given.fields if given.fields or given.words else before.fields,
        output=given.output or before.output,
        max_cost=before.max_cost if given.max_cost is None else given.max_cost,
        max_tokens=before.max_tokens if given.max_tokens is None else given.max_tokens,
        allow_incomplete=given.allow_incomplete or before.allow_incomplete,
        # what is missing is requested with single calls
        via=None,
        wait=False,
        retry=None,
        # the store in which the run was found, which its command line may not name
        store=given.store or default_store(),
        no_store=False,
        show=given.show or before.show,
        quiet=given.quiet,
    )


def own_arguments(store: Store, run: Run) -> ExtractArguments | None:
    """Return the command line of a run, or None if it cannot be parsed, as with a part that was masked."""
    try:
        return _extract_arguments(store, run, ReparseArguments(run=run.id))
    except ConfigurationError:
        return None


def _words(before: ExtractArguments, given: ReparseArguments) -> list[str]:
    """Return TASK and INPUTs (INPUTs alone with --fields): those given now, else those of the run."""
    words = before.words or []
    # without --fields the first word is the TASK
    inputs = words if before.fields else words[1:]
    if given.fields:
        return given.words or inputs
    if not given.words:
        return words
    # one word is a TASK for the same inputs
    return given.words if len(given.words) > 1 else [*given.words, *inputs]


def _model(run: Run, named: str | None) -> str:
    """Return the model of the run, or the replay of what that model answered."""
    if "," in run.model:
        raise ConfigurationError(
            f"Run {run.id} asked several models ({run.model}), but reparse reads the answers of one. Repeat the run's "
            "command instead: equal requests are answered from the store."
        )
    if named is None or named == run.model:
        return run.model
    if named.partition("/")[0] == "replay":
        return f"replay/{run.model}"
    raise ConfigurationError(
        f"Run {run.id} used {run.model}, and what is missing is requested from the same model. Omit --model, or give "
        "--model replay to send nothing."
    )


def _entry(run: Run, store: Store) -> JsonObject:
    """Return a run as JSON. Times are ISO 8601 in UTC; `finished` and `rows` are null until it has ended."""
    status = "finished" if run.finished is not None else _ended(run, store).replace("in a batch", "batch")
    return {
        "run": run.id,
        "status": status,
        "command": run.command,
        "task": run.task,
        "model": run.model,
        "started": _utc(run.started),
        "finished": None if run.finished is None else _utc(run.finished),
        "rows": run.rows if run.finished is not None else None,
    }


def told_of(spent: Iterable[Spent]) -> Told:
    """Return the usage and cost of a run's calls, at current prices."""
    from structgen.engine.budget import Told, cost_of
    from structgen.send import find_card

    whole = Told()
    for one in spent:
        usage = Usage(int(one.input_tokens), int(one.output_tokens), int(one.cached_tokens), calls=one.calls)
        told = one.calls > one.untold_calls
        cost = cost_of(usage, find_card(one.provider, one.model)) if told else 0.0
        whole += Told(
            usage.input_tokens or 0,
            usage.output_tokens or 0,
            None if cost is None else cost * one.price_share,
            one.untold_calls,
        )
    return whole


def _paid(completions: int, told: Told) -> JsonObject:
    """Return what a run paid for as JSON. If some calls told no tokens, the cost is null and the rest lower bounds."""
    paid: JsonObject = {
        "completions": completions,
        "input_tokens": told.input_tokens,
        "output_tokens": told.output_tokens,
        "cost": None if told.untold_calls else told.cost,
    }
    return {**paid, "cost_at_least": told.cost, "untold_calls": told.untold_calls} if told.untold_calls else paid


def _utc(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def _ended(run: Run, store: Store) -> str:
    if run.finished is None:
        return "going" if store.is_going(run) else "in a batch" if _in_batch(run, store) else "interrupted"
    return f"{run.rows:,} row{'' if run.rows == 1 else 's'}"


def _batches_of(run: Run, store: Store) -> tuple[BatchRecord, ...]:
    return () if store.read_only else store.batches.open(run=run.id)


def _in_batch(run: Run, store: Store) -> bool:
    """Whether a run has batches whose answers have not been fetched yet."""
    return any(one.state is not BatchState.FETCHED for one in _batches_of(run, store))


def _completions(count: int) -> str:
    return f"{count} completion{'' if count == 1 else 's'}"
