"""``structgen extract``: files in, typed rows out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from structgen.cli.argument_records import takes
from structgen.cli.arguments import EngineName, ExtractArguments
from structgen.cli.console import Exit, say
from structgen.cli.engines import check_engine, daft_batch
from structgen.cli.selection import RULES, choose_model, is_chosen, load_task, read_instructions
from structgen.cli.via_batch import Question, Rereader, Sent, check_via, send_in_batches
from structgen.core.errors import ConfigurationError

if TYPE_CHECKING:
    from structgen.batch import Batch, ReparseStats
    from structgen.cli.confidence import Acceptance
    from structgen.cli.listener import Listener
    from structgen.cli.retry_failed import Retry
    from structgen.cli.run_batch import Manner
    from structgen.core.records import Task
    from structgen.engine.reparse.previous_run import PreviousRun
    from structgen.extractor import Extractor
    from structgen.store import Run, RunSpec, Store


@takes(ExtractArguments)
def extract(arguments: ExtractArguments) -> None:
    """Extract typed rows from files, folders, tables or standard input.

    Each document becomes one row of JSON: id, source, status (ok, incomplete, failed), value, evidence, unsupported,
    repairs, issues, usage, model, error; and chunks, if the document was split. Rows go to stdout or to the file given
    with -o, everything else to stderr. A row is incomplete if its value lacks a required part, or if chunks of its
    document failed; with --allow-incomplete that counts as ok.

    Responses are stored: running the same command again, however the last run ended, pays only for what is missing.
    With --retry-failed it retries only the documents that failed or are incomplete (`structgen runs failures` lists
    them), and replaces their rows. After a change to the schema, use `structgen runs reparse`.

    With --via groq-batch the command sends the documents in batches and returns with status 0, before any row is
    written. Run again, it reports the state of the batches, and writes the rows once they have ended. --wait waits for
    that.

    Exit status: 0 every row ok, 1 some not, 2 usage error, 3 stopped (by a budget, a rate limit, a full store, or a
    server that is down), 130 interrupted by Ctrl-C, 143 by SIGTERM.
    """
    raise typer.Exit(run_extract(arguments))


@dataclass(frozen=True, slots=True)
class ReparseContext:
    """The previous run whose stored answers are read first, and whether they still count after its prompt changed."""

    run: Run
    keep: bool
    stats: ReparseStats

    def previous(self, store: Store, now: RunSpec) -> PreviousRun:
        """Return the previous run, after telling the user if its answers cannot be used."""
        from structgen.engine.reparse.previous_run import PreviousRun, other_words

        changed = other_words(self.run.asked[0], now) if self.run.asked else ()
        if not self.run.asked:
            say(f"run {self.run.id} is from an older structgen, which stored no schema: requesting every value whole.")
        elif changed and not self.keep:
            words = " and ".join(changed)
            say(f"the {words} changed since run {self.run.id}: requesting every value whole (--keep uses the answers).")
        elif not self.keep and any(other_words(asked, now) for asked in self.run.asked[1:]):
            say(f"run {self.run.id} reparsed a run with another prompt: requesting whole what still has its answers.")
        return PreviousRun(store, self.run, self.keep)


def run_extract(arguments: ExtractArguments, reparse: ReparseContext | None = None) -> Exit:
    """Run the command line, reading the answers of a previous run first if there is one; return the exit status."""
    from structgen.cli.input_choice import check_choice
    from structgen.cli.retry_failed import open_retry
    from structgen.cli.run_store import open_run_store

    # everything that can be wrong is checked before anything is opened or paid for
    check_choice(arguments)
    task, inputs = load_task(arguments.words or [], arguments.fields, arguments.examples)
    accepted = _acceptance(arguments, task)
    _check_inputs(inputs, arguments.output)
    check_via(arguments)
    check_engine(arguments, reparsing=reparse is not None)
    if arguments.dry_run:
        from structgen.cli.dry_run_command import print_estimate

        return print_estimate(arguments, task, inputs)
    model, instructions = choose_model(arguments.model), read_instructions(arguments.instructions)
    with open_run_store(model, arguments.store, off=arguments.no_store) as store:
        retry = open_retry(store, quiet=arguments.quiet) if arguments.retry_failed else None
        work = _Work(arguments, task, inputs, model, instructions, store, retry, accepted)
        return _run(work, reparse)


@dataclass(frozen=True, slots=True)
class _Work:
    """What a command line asks for, loaded and checked."""

    arguments: ExtractArguments
    task: Task[Any]
    inputs: list[str]
    model: str
    instructions: str | None
    store: Store | None
    retry: Retry | None
    accepted: Acceptance | None


def _run(work: _Work, reparse: ReparseContext | None) -> Exit:
    """Open what the run needs, and run it, by batches of the provider if the command line says so."""
    from structgen.cli.input_choice import input_documents
    from structgen.cli.listener import listener_of
    from structgen.cli.run_batch import run_batch, with_output
    from structgen.cli.run_store import record_run, request_spec

    arguments, inputs, store, retry = work.arguments, work.inputs, work.store, work.retry
    spec = request_spec(work.task, work.instructions)
    previous = reparse.previous(store, spec) if reparse and store else None
    # a reparse can be reparsed itself: its answers are to this request and to those before it
    specs = [spec, *(previous.run.asked if previous else ())]
    manner = _manner(work)
    with (
        _extractor(work, previous, manner) as extractor,
        listener_of(arguments, work.model, store) as listener,
    ):
        question = Question(extractor, work.task, work.instructions)
        reader = Rereader(lambda quiet: input_documents(replace(arguments, quiet=quiet), inputs, listener), inputs)
        sent = send_in_batches(arguments, question, store, specs, reader)
        if sent.status is not None:
            return sent.status
        batch = _batch(work, question, reparse, listener, sent)
        _announce_rules(extractor.model, chosen=is_chosen(arguments.model))
        read = reader.read(quiet=arguments.quiet)
        documents = retry.chosen(read) if retry else read
        documents, output = with_output(
            documents, arguments.output, batch.schema, show=arguments.show, patch=retry is not None
        )
        with record_run(store, work.task.name, extractor.model, batch, specs, sent.run) as record:
            batch.in_run(record.run if record else None)
            status = run_batch(batch, documents, output, manner, record)
        sent.close(batch)
        listener.report(quiet=arguments.quiet)
        if work.accepted is not None and not arguments.quiet:
            work.accepted.report(arguments.output)
        return status


def _manner(work: _Work) -> Manner:
    from structgen.cli.retry_failed import retry_command
    from structgen.cli.run_batch import Manner

    arguments = work.arguments
    return Manner(
        arguments.quiet,
        arguments.allow_incomplete,
        bar=not arguments.show,
        stored=work.store is not None,
        total=partial(_total, arguments, work.inputs, work.retry),
        retry=retry_command(work.store),
    )


def _extractor(work: _Work, previous: PreviousRun | None, manner: Manner) -> Extractor:
    from structgen.extractor import Extractor

    return Extractor(
        work.model,
        work.arguments.options(work.arguments.html),
        base_url=work.arguments.base_url,
        limits=work.arguments.limits,
        store=work.store,
        previous_run=previous,
        observers=[manner.observer],
    )


def _acceptance(arguments: ExtractArguments, task: Task[Any]) -> Acceptance | None:
    """Return what marks fields for review, or None without --accept."""
    if arguments.accept is None:
        return None
    from structgen.cli.confidence import acceptance
    from structgen.core.records import Conventions

    conventions = Conventions(arguments.date_order, arguments.currency, arguments.language)
    return acceptance(task, choose_model(arguments.model), arguments.accept, conventions)


def _batch(work: _Work, question: Question, reparse: ReparseContext | None, listener: Listener, sent: Sent) -> Batch:
    from structgen.batch import Batch

    arguments, store = work.arguments, work.store
    task, instructions, extractor = question.task, question.instructions, sent.answering or question.extractor
    budget = sent.budget(arguments)
    if arguments.engine is EngineName.DAFT:
        batch = daft_batch(arguments, extractor, task, instructions, budget, lambda: listener.cost, store)
    else:
        batch = Batch(
            extractor,
            task,
            instructions=instructions,
            concurrency=arguments.concurrency,
            budget=budget,
            before=sent.spent(),
            seen=reparse.stats.add if reparse is not None else None,
            elsewhere=lambda: listener.cost,
            judged=work.accepted,
        )
    listener.follow(batch)
    return batch


def _total(arguments: ExtractArguments, inputs: list[str], retry: Retry | None) -> int | None:
    """Return the number of documents, or None if they would have to be read to count them."""
    from structgen.cli.input_choice import count_inputs

    return count_inputs(arguments, inputs) if retry is None else len(retry.rows)


def _check_inputs(inputs: list[str], output: Path | None) -> None:
    """Raise ConfigurationError if there is no input, or if the output would overwrite one."""
    if not inputs:
        raise ConfigurationError("Name an INPUT: files, folders or globs, or - for standard input.")
    for name in inputs:
        if output is not None and output.exists() and Path(name).exists() and output.samefile(name):
            raise ConfigurationError(f"{output} is also an input: name another output file.")


def _announce_rules(model: str, *, chosen: bool) -> None:
    """Say in every run with the rules that they use no LLM: nobody should mistake their nulls for a model's."""
    if model == RULES:
        why = "" if chosen else "no model is named and no key is set, so the rules read: "
        say(f"{why}no LLM used, fields not found are null.")
