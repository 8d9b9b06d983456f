"""``structgen generate``: a prompt in, a typed value out, without a document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import typer

from structgen.cli import text_options as text
from structgen.cli.argument_records import takes
from structgen.cli.console import say
from structgen.cli.selection import load_task, read_instructions
from structgen.core.screen import json_text

if TYPE_CHECKING:
    from structgen.core.results import Extraction


@takes(text.GenerateArguments)
def generate(arguments: text.GenerateArguments) -> None:
    """Generate a typed value from a prompt, such as "A recipe for apple pie".

    The value is printed as JSON on stdout, tokens and cost on stderr. It matches the schema, but nothing supports it:
    the model made it up. To read a value out of a text, use `structgen extract`.

    The answer is stored: the same command prints the same value again at no cost, unless --no-store is given.

    Exit status: 0 generated, 1 no value was accepted, 2 usage error, 3 stopped by a budget, 130 interrupted.
    """
    task, rest = load_task(arguments.words or [], arguments.fields, arguments.examples)
    chosen, prompt = text.choose_llm(arguments.model), text.read_prompt(rest)
    said = read_instructions(arguments.instructions)
    # imported after the checks, because it takes most of the time of a call
    from structgen.cli.run_store import open_run_store
    from structgen.extractor import Extractor
    from structgen.stages import resolve

    options, resolved = arguments.options(), resolve(task)
    with (
        open_run_store(chosen, arguments.store, off=arguments.no_store) as opened,
        text.one_call(arguments.max_attempts),
        Extractor(chosen, options, base_url=arguments.base_url, store=opened) as extractor,
    ):
        result: Extraction[Any] = extractor.generate(cast(Any, resolved), prompt, said)
    typer.echo(json_text(resolved.schema.dump(result.value), indent=2))
    for attempt in result.attempts:
        for note in filter(None, [*attempt.completion.notes, attempt.completion.unstored]):
            say(note)
    if not arguments.quiet:
        say(f"{chosen}: {text.spent(result.usage, result.cost)}")
