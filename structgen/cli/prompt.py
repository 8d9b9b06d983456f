"""``structgen prompt``: the request that `extract` would send. Nothing is sent."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from structgen.cli import options as given
from structgen.cli.choose import RULES, choose_model, load_task, load_words
from structgen.cli.command import say
from structgen.core.errors import ConfigurationError, DocumentError
from structgen.core.options import EvidenceMode, Mode, Options, Style
from structgen.core.records import Document, Request

PLACEHOLDER = "(the text of the document)"


def prompt(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TASK [INPUT]", help=f"What to extract ({given.TASK}), and a document.", show_default=False
        ),
    ] = None,
    *,
    model: given.Model = None,
    fields: given.Fields = None,
    mode: given.ModeName = Mode.AUTO,
    style: given.StyleName = Style.OUTLINE,
    instructions: given.Instructions = None,
    examples: given.Examples = None,
    text_field: given.TextField = "text",
    evidence: given.Evidence = EvidenceMode.LOCATE,
    as_json: Annotated[bool, typer.Option("--json", help="The body of the request, as JSON.")] = False,
) -> None:
    """Print the request that `extract` would send for the first document of INPUT. Nothing is sent."""
    from structgen.send.factory import DEFAULT_GROQ_MODEL
    from structgen.stages import compile_request

    task, inputs = load_task(words or [], fields, examples)
    chosen = choose_model(model)
    if chosen == RULES:
        chosen = DEFAULT_GROQ_MODEL
        say(f"rules read without a prompt; this is the one for {chosen}.")
    document, asked = _document(inputs, text_field), Options(mode, style, evidence=evidence)
    request = compile_request(task, document, model=chosen, options=asked, instructions=load_words(instructions))
    typer.echo(json.dumps(request.to_groq(), ensure_ascii=False, indent=2) if as_json else _readable(request))


def _document(inputs: list[str], text_field: str) -> str | Document:
    """The first document, or words that stand for one."""
    from structgen.documents import DocumentProblem, read_documents

    if len(inputs) > 1:
        raise ConfigurationError("One INPUT at most: the prompt is the same for every document.")
    for document in read_documents(inputs, text_field=text_field, notice=say):
        if isinstance(document, DocumentProblem):
            raise DocumentError(str(document))
        return document
    return PLACEHOLDER


def _readable(request: Request) -> str:
    """The messages, each below its role."""
    head = f"=== {request.provider}/{request.model}, mode {request.mode}"
    return "\n".join([head, *(f"=== {message.role}\n{message.text}" for message in request.messages)])
