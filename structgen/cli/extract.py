"""``structgen extract``: typed rows out of files."""

from __future__ import annotations

from pathlib import Path

import typer

from structgen.cli import options as given
from structgen.cli.choose import RULES, choose_model, load_task, load_words
from structgen.cli.command import say
from structgen.core.errors import ConfigurationError
from structgen.core.options import Budget, EvidenceMode, Mode, Options, Style


def extract(
    words: given.Words = None,
    *,
    output: given.Output = None,
    model: given.Model = None,
    fields: given.Fields = None,
    mode: given.ModeName = Mode.AUTO,
    style: given.StyleName = Style.OUTLINE,
    instructions: given.Instructions = None,
    examples: given.Examples = None,
    text_field: given.TextField = "text",
    id_field: given.IdField = "id",
    concurrency: given.Concurrency = 8,
    chunk_chars: given.ChunkChars = None,
    max_attempts: given.MaxAttempts = 3,
    max_cost: given.MaxCost = None,
    max_tokens: given.MaxTokens = None,
    max_time: given.MaxTime = None,
    max_risk: given.MaxRisk = given.RiskName.INTERPRETIVE,
    evidence: given.Evidence = EvidenceMode.LOCATE,
    require_evidence: given.RequireEvidence = False,
    allow_incomplete: given.AllowIncomplete = False,
    store: given.StorePath = None,
    no_store: given.NoStore = False,
    show: given.Show = False,
    quiet: given.Quiet = False,
) -> None:
    """Extract typed rows from files, folders, tables or the standard input.

    One row a document, as JSON: id, source, status (ok, incomplete, failed), value, evidence, unsupported, repairs,
    issues, usage, model, error; of a document that was read in chunks also chunks. Rows go to stdout or to the file of
    -o, everything else to stderr.

    Answers that were paid for are kept: the same command again, after any end, pays only for what is not there yet.

    Exit status: 0 every row ok, 1 some not, 2 wrong usage, 3 stopped by a budget, 130 interrupted.
    """
    from structgen.batch import Batch, RunBudget
    from structgen.cli.keeping import keeping, noted
    from structgen.cli.running import Manner, run_batch
    from structgen.cli.show import with_output
    from structgen.documents import read_documents
    from structgen.extractor import Extractor

    task, inputs = load_task(words or [], fields, examples)
    _check_inputs(inputs, output)
    asked = Options(
        mode,
        style,
        max_risk.risk,
        Budget(max_attempts=max_attempts),
        evidence=evidence,
        require_evidence=require_evidence,
        chunk_chars=chunk_chars,
    )
    chosen = choose_model(model)
    with keeping(chosen, store, off=no_store) as kept, Extractor(chosen, asked, store=kept) as extractor:
        told = load_words(instructions)
        budget = RunBudget(max_cost, max_tokens, max_time)
        batch = Batch(extractor, task, instructions=told, concurrency=concurrency, budget=budget)
        _say_model(extractor.model, chosen=model is not None)
        documents = read_documents(
            inputs, text_field=text_field, id_field=id_field, leave_out=output, notice=None if quiet else say
        )
        documents, rows = with_output(documents, output, show=show)
        with noted(kept, task.name, extractor.model, batch):
            status = run_batch(batch, documents, rows, Manner(quiet, allow_incomplete, bar=not show))
    raise typer.Exit(status)


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
