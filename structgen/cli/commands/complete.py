"""``structgen complete``: answer a prompt in plain text, printed as it arrives."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from structgen.cli import text_options as text
from structgen.cli.argument_records import takes
from structgen.cli.console import Exit, say
from structgen.core.screen import json_text

if TYPE_CHECKING:
    from structgen.core.chat_message import Message
    from structgen.core.json import JsonObject
    from structgen.core.records import Completion
    from structgen.extractor import Extractor


@takes(text.CompleteArguments)
def complete(arguments: text.CompleteArguments) -> None:
    """Answer a prompt in plain text, without a schema.

    The text goes to stdout as it arrives, tokens and cost to stderr. Control characters in it are made visible; --json
    has the exact text. The answer is stored: the same command prints it again at no cost, unless --no-store is given.

    Exit status: 0 answered, 1 no complete answer, 2 usage error, 3 stopped by --max-cost, 130 interrupted.
    """
    chosen, system_prompt = text.choose_llm(arguments.model), text.read_system(arguments.system)
    prompt = text.read_prompt(arguments.words or [])
    # imported after the checks, because it takes most of the time until the first word
    from structgen.cli.run_store import open_run_store
    from structgen.core.chat_message import Message
    from structgen.extractor import Extractor

    options, as_json = arguments.options(), arguments.as_json
    messages = [*([Message("system", system_prompt)] if system_prompt else []), Message("user", prompt)]
    with (
        open_run_store(chosen, arguments.store, off=arguments.no_store) as opened,
        text.one_call(),
        Extractor(chosen, options, base_url=arguments.base_url, store=opened) as extractor,
    ):
        completion = _answer(extractor, messages, stream=arguments.stream and not as_json, as_json=as_json)
    _report(completion, chosen, quiet=arguments.quiet)


def _answer(extractor: Extractor, messages: list[Message], *, stream: bool, as_json: bool) -> Completion:
    """Print the answer and return its completion."""
    screen = text.Screen()
    if not stream:
        completion = extractor.complete(messages)
        if as_json:
            typer.echo(json_text(_record(completion)))
        else:
            screen.write(completion.text)
            screen.end()
        return completion
    pieces = extractor.stream_text(messages)
    try:
        for piece in pieces:
            screen.write(piece)
    finally:
        pieces.close()
        screen.end()
    if pieces.completion is None:  # a stream that ends without an error always has one
        raise typer.Exit(Exit.SOME_NOT_OK)
    return pieces.completion


def _record(completion: Completion) -> JsonObject:
    return {
        "text": completion.text,
        "model": completion.model,
        "finish_reason": completion.finish_reason,
        "reasoning": completion.reasoning,
        "usage": asdict(completion.usage),
        "cost": completion.cost,
        "stored": completion.stored,
    }


def _report(completion: Completion, model: str, *, quiet: bool) -> None:
    """Report tokens and cost, and what is wrong with the answer. Exit with status 1 if it is cut off or empty."""
    if not quiet:
        say(f"{model}: {text.spent(completion.usage, completion.cost)}")
    for note in filter(None, [*completion.notes, completion.unstored]):
        say(note)
    wrong = text.shortcoming(completion)
    if wrong:
        say(wrong)
        raise typer.Exit(Exit.SOME_NOT_OK)
