"""``structgen extract --dry-run``: print what a run would take, without running it."""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from structgen.cli.arguments import ExtractArguments
from structgen.cli.console import Exit, display, display_json, say
from structgen.cli.input_choice import input_documents
from structgen.cli.run_store import default_store
from structgen.cli.selection import RULES, choose_model, read_instructions
from structgen.core.records import Task
from structgen.core.screen import usd

if TYPE_CHECKING:
    from structgen.engine.estimate.run_estimate import Estimate
    from structgen.store import Store


def print_estimate(arguments: ExtractArguments, task: Task[Any], inputs: list[str]) -> Exit:
    """Print the estimate of a run on stdout, for people or as JSON. Nothing is sent, written or stored."""
    from structgen.batch.dry_run import DryExtractor, estimate_run
    from structgen.cli.retry_failed import open_retry
    from structgen.documents.sampling import unheard

    model, instructions = choose_model(arguments.model), read_instructions(arguments.instructions)
    with (
        opened_store(model, arguments.store, off=arguments.no_store) as store,
        DryExtractor(model, arguments.options(arguments.html), base_url=arguments.base_url, store=store) as extractor,
    ):
        documents = input_documents(arguments, inputs, unheard)
        if arguments.retry_failed:
            documents = open_retry(store, quiet=arguments.quiet).chosen(documents)
        estimate = estimate_run(
            extractor,
            task,
            documents,
            instructions,
            repeats=not arguments.no_store,
            concurrency=arguments.concurrency,
        )
    if arguments.as_json:
        display_json({"task": task.name, **estimate.to_json()})
    else:
        print_words(estimate, only_rules=extractor.models == (RULES,))
    return Exit.OK


@contextmanager
def opened_store(model: str, path: Path | None, *, off: bool) -> Generator[Store | None]:
    """Open the store of the run if it exists, without writing to it or creating it."""
    path = path or default_store()
    if off or model == RULES or not path.exists():
        yield None
        return
    from structgen.store import Store

    with Store(path, read_only=True) as store:
        yield store


def print_words(estimate: Estimate, *, only_rules: bool) -> None:
    """Print the estimate for people: figures first, the prompt last."""
    unreadable = f", and {estimate.unreadable:,} that cannot be read" if estimate.unreadable else ""
    display(f"documents      {estimate.documents:,}{unreadable}")
    display(f"characters     {estimate.characters:,}")
    if estimate.chunked:
        display(f"in chunks      {estimate.chunked:,} documents are split into several requests")
    if only_rules:
        display("cost           0: the rules read, no LLM is used and no request is sent")
    else:
        _print_figures(estimate)
    for note in estimate.notes:
        display(f"note           {note}")
    for problem in estimate.problems:
        say(problem)
    if estimate.unreadable > len(estimate.problems):
        say(f"{estimate.unreadable - len(estimate.problems):,} more cannot be read.")
    if estimate.prompt is not None:
        display("\nthe first request:\n" + json.dumps(estimate.prompt.to_groq(), ensure_ascii=False, indent=2))


def _print_figures(estimate: Estimate) -> None:
    display(f"stored         {estimate.stored:,} documents have their answers in the store and cost nothing")
    for one in estimate.models:
        named = f" ({one.model})" if len(estimate.models) > 1 else ""
        display(f"requests       {one.requests:,}{named}")
        display(f"tokens         about {one.input_tokens:,} in, {one.output_tokens:,} out")
    display(f"cost           {_dollars(estimate.cost, 'unknown: the model has no card with prices')}")
    display(f"by batch       {_dollars(estimate.batch_cost, 'unknown, or the provider takes no batches')}")
    display(f"time           {_time(estimate)}")
    display(f"estimated      {_BASIS[estimate.basis.value]}")


_BASIS = {
    "history": "from stored responses to this task by this model",
    "model": "roughly: the length of the answers is a guess, because no response to this task is stored",
    "rough": "roughly, from the number of characters: no response of this model to this task is stored",
}


def _dollars(cost: float | None, unknown: str) -> str:
    return unknown if cost is None else f"about {usd(cost)}"


def _time(estimate: Estimate) -> str:
    if not estimate.requests:
        return "none: no request is left to send"
    if estimate.seconds is None:
        return "unknown: neither rate limits, nor the speed of the model, nor an earlier run are known"
    tiers = estimate.seconds_by_tier.items()
    by_tier = ", ".join(f"{_duration(seconds)} in the tier {name}" for name, seconds in tiers)
    return f"{_duration(estimate.seconds)}{f' ({by_tier})' if by_tier else ''}"


def _duration(seconds: float) -> str:
    if seconds < 1:
        return "under a second"
    if seconds < 120:
        return f"about {seconds:.0f} s"
    return f"about {seconds / 60:.0f} min" if seconds < 7200 else f"about {seconds / 3600:.1f} h"
