"""``structgen generate``: a prompt in, a typed value out, without a document."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from structgen.cli import arguments as args
from structgen.cli import text_options as text
from structgen.cli.completion import task_then_inputs
from structgen.cli.console import say
from structgen.cli.selection import load_task, read_instructions
from structgen.core.options import Mode, Style
from structgen.core.screen import json_text

if TYPE_CHECKING:
    from structgen.core.results import Extraction


def generate(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TASK PROMPT",
            autocompletion=task_then_inputs,
            help=f"What to generate ({args.TASK}; omit it with --fields), then the prompt. What is piped in, or read "
            "for -, comes before the prompt.",
            show_default=False,
        ),
    ] = None,
    *,
    model: text.TextModel = None,
    fields: args.Fields = None,
    mode: args.ModeName = Mode.AUTO,
    style: args.StyleName = Style.OUTLINE,
    instructions: Annotated[
        Path | None,
        typer.Option(
            "--instructions", metavar="FILE", help="A text file that replaces the task's instructions for generating."
        ),
    ] = None,
    examples: args.Examples = None,
    temperature: text.Temperature = None,
    seed: text.Seed = None,
    max_completion_tokens: text.MaxAnswer = None,
    max_attempts: args.MaxAttempts = 3,
    max_cost: text.MaxSpent = None,
    max_risk: args.MaxRisk = args.RiskName.INTERPRETIVE,
    base_url: args.BaseUrl = None,
    store: args.StorePath = None,
    no_store: args.NoStore = False,
    quiet: args.Quiet = False,
) -> None:
    """Generate a typed value from a prompt, such as "A recipe for apple pie".

    The value is printed as JSON on stdout, tokens and cost on stderr. It matches the schema, but nothing supports it:
    the model made it up. To read a value out of a text, use `structgen extract`.

    The answer is stored: the same command prints the same value again at no cost, unless --no-store is given.

    Exit status: 0 generated, 1 no value was accepted, 2 usage error, 3 stopped by a budget, 130 interrupted.
    """
    task, rest = load_task(words or [], fields, examples)
    chosen, prompt, said = text.choose_llm(model), text.read_prompt(rest), read_instructions(instructions)
    # imported after the checks, because it takes most of the time of a call
    from structgen.cli.run_store import open_run_store
    from structgen.core.options import Budget, Options
    from structgen.extractor import Extractor
    from structgen.stages import resolve

    options = Options(
        mode,
        style,
        max_risk.risk,
        Budget(max_attempts=max_attempts, max_cost=max_cost),
        temperature=0.0 if temperature is None else temperature,
        seed=seed,
        max_completion_tokens=max_completion_tokens,
    )
    resolved = resolve(task)
    with (
        open_run_store(chosen, store, off=no_store) as opened,
        text.one_call(max_attempts),
        Extractor(chosen, options, base_url=base_url, store=opened) as extractor,
    ):
        result: Extraction[Any] = extractor.generate(cast(Any, resolved), prompt, said)
    typer.echo(json_text(resolved.schema.dump(result.value), indent=2))
    for attempt in result.attempts:
        for note in filter(None, [*attempt.completion.notes, attempt.completion.unstored]):
            say(note)
    if not quiet:
        say(f"{chosen}: {text.spent(result.usage, result.cost)}")
