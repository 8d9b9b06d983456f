"""``structgen complete``: a prompt in, plain text out, as it arrives."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from structgen.cli import arguments as args
from structgen.cli import text_options as text
from structgen.cli.console import Exit, say
from structgen.core.screen import json_text

if TYPE_CHECKING:
    from structgen.core.chat_message import Message
    from structgen.core.json import JsonObject
    from structgen.core.records import Completion
    from structgen.extractor import Extractor


def complete(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PROMPT]",
            help="The prompt. What is piped in, or read for -, comes before it.",
            show_default=False,
        ),
    ] = None,
    *,
    model: text.TextModel = None,
    system: text.System = None,
    stop: text.Stop = None,
    temperature: text.Temperature = None,
    top_p: text.TopP = None,
    max_completion_tokens: text.MaxAnswer = None,
    seed: text.Seed = None,
    reasoning_effort: text.ReasoningEffort = None,
    max_cost: text.MaxSpent = None,
    stream: Annotated[bool, typer.Option("--stream/--no-stream", help="Print the text as it arrives.")] = True,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object: text, model, finish_reason, usage, cost.")
    ] = False,
    base_url: args.BaseUrl = None,
    store: args.StorePath = None,
    no_store: args.NoStore = False,
    quiet: args.Quiet = False,
) -> None:
    """Answer a prompt in plain text, without a schema.

    The text goes to stdout as it arrives, tokens and cost to stderr. Control characters in it are made visible; --json
    has the exact text. The answer is stored: the same command prints it again at no cost, unless --no-store is given.

    Exit status: 0 answered, 1 no complete answer, 2 usage error, 3 stopped by --max-cost, 130 interrupted.
    """
    chosen, system_prompt, prompt = text.choose_llm(model), text.read_system(system), text.read_prompt(words or [])
    # imported after the checks, because it takes most of the time until the first word
    from structgen.cli.run_store import open_run_store
    from structgen.core.chat_message import Message
    from structgen.core.options import TextParameters
    from structgen.extractor import Extractor

    options = text.options_of(
        TextParameters(
            temperature=0.0 if temperature is None else temperature,
            top_p=top_p,
            stop=stop or None,
            max_completion_tokens=max_completion_tokens,
            seed=seed,
        ),
        reasoning_effort,
        max_cost,
    )
    messages = [*([Message("system", system_prompt)] if system_prompt else []), Message("user", prompt)]
    with (
        open_run_store(chosen, store, off=no_store) as opened,
        text.one_call(),
        Extractor(chosen, options, base_url=base_url, store=opened) as extractor,
    ):
        completion = _answer(extractor, messages, stream=stream and not as_json, as_json=as_json)
    _report(completion, chosen, quiet=quiet)


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
    """Say what the answer took, and what is wrong with it. Exit with status 1 if it is cut off or empty."""
    if not quiet:
        say(f"{model}: {text.spent(completion.usage, completion.cost)}")
    for note in filter(None, [*completion.notes, completion.unstored]):
        say(note)
    wrong = text.shortcoming(completion)
    if wrong:
        say(wrong)
        raise typer.Exit(Exit.SOME_NOT_OK)
