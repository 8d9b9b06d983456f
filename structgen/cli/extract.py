"""``structgen extract``: typed rows out of files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from structgen.cli.call import Call, taking
from structgen.cli.choose import RULES, choose_model, load_task, load_words
from structgen.cli.command import Exit, say
from structgen.core.errors import ConfigurationError
from structgen.core.options import Budget, Options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from structgen.batch import Batch, ReparseStats
    from structgen.cli.again import Again
    from structgen.core.records import Document, Task
    from structgen.documents import DocumentProblem
    from structgen.extractor import Extractor
    from structgen.store import Asked


@taking(Call)
def extract(call: Call) -> None:
    """Extract typed rows from files, folders, tables or the standard input.

    One row a document, as JSON: id, source, status (ok, incomplete, failed), value, evidence, unsupported, repairs,
    issues, usage, model, error; of a document that was read in chunks also chunks. Rows go to stdout or to the file of
    -o, everything else to stderr. A row is incomplete where its value lacks a required part, or where chunks of its
    document failed; with --allow-incomplete that counts as ok.

    Answers that were paid for are kept: the same command again, after any end, pays only for what is not there yet;
    with a changed schema `structgen runs reparse` does.

    Exit status: 0 every row ok, 1 some not, 2 wrong usage, 3 stopped by a budget, 130 interrupted.
    """
    raise typer.Exit(carry_out(call))


def carry_out(call: Call, again: Again | None = None) -> Exit:
    """Do what the command line says, after an earlier run where there is one; the exit status."""
    from structgen.cli.keeping import keeping, noted
    from structgen.cli.running import Manner, run_batch
    from structgen.cli.show import with_output
    from structgen.extractor import Extractor

    task, inputs = load_task(call.words or [], call.fields, call.examples)
    _check_inputs(inputs, call.output)
    chosen, told = choose_model(call.model), load_words(call.instructions)
    asked = _asked(task, told)
    with keeping(chosen, call.store, off=call.no_store) as kept:
        earlier = again.earlier(kept, asked) if again and kept else None
        manner = Manner(call.quiet, call.allow_incomplete, bar=not call.show, kept=kept is not None)
        observers = [manner.waits]
        with Extractor(chosen, _options(call), store=kept, previous_run=earlier, observers=observers) as extractor:
            batch = _batch(call, extractor, task, told, again.stats if again else None)
            _say_model(extractor.model, chosen=call.model is not None)
            documents, rows = with_output(_documents(call, inputs), call.output, show=call.show)
            with noted(kept, task.name, extractor.model, batch, [asked, *(earlier.run.asked if earlier else ())]):
                return run_batch(batch, documents, rows, manner)


def _asked(task: Task[Any], told: str | None) -> Asked:
    """What the ledger keeps of what is asked for."""
    from structgen.engine.reparse.previous_run import asked_of
    from structgen.stages import resolve

    resolved = resolve(task)
    return asked_of(resolved.schema, resolved.instructions if told is None else told, resolved.examples)


def _batch(call: Call, extractor: Extractor, task: Task[Any], told: str | None, stats: ReparseStats | None) -> Batch:
    from structgen.batch import Batch, RunBudget

    budget = RunBudget(call.max_cost, call.max_tokens, call.max_time)
    seen = stats.add if stats is not None else None
    return Batch(extractor, task, instructions=told, concurrency=call.concurrency, budget=budget, seen=seen)


def _documents(call: Call, inputs: list[str]) -> Iterator[Document | DocumentProblem]:
    from structgen.documents import read_documents

    notice = None if call.quiet else say
    return read_documents(
        inputs, text_field=call.text_field, id_field=call.id_field, leave_out=call.output, notice=notice
    )


def _options(call: Call) -> Options:
    return Options(
        call.mode,
        call.style,
        call.max_risk.risk,
        Budget(max_attempts=call.max_attempts),
        evidence=call.evidence,
        require_evidence=call.require_evidence,
        chunk_chars=call.chunk_chars,
    )


def _check_inputs(inputs: list[str], output: Path | None) -> None:
    """Raise where there is nothing to read, or where writing would destroy what is to be read."""
    if not inputs:
        raise ConfigurationError("No INPUT is named: give files, folders or globs, or - for the standard input.")
    for name in inputs:
        if output is not None and output.exists() and Path(name).exists() and output.samefile(name):
            raise ConfigurationError(f"{output} is an input too: name another file to write to.")


def _say_model(model: str, *, chosen: bool) -> None:
    """Say at each run with the rules that they are no model."""
    if model == RULES:
        why = "" if chosen else "no model is named and no key is set, so the rules read: "
        say(f"{why}no LLM used, fields not found are null.")
