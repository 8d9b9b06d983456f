"""Command lines as records: what `extract` is told, how typer fills such a record, and how a kept one is read again."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from inspect import signature
from typing import Any, TypeVar

import typer

from structgen.cli import options as given
from structgen.cli.command import say
from structgen.core.errors import ConfigurationError
from structgen.core.options import EvidenceMode, Mode, Style

R = TypeVar("R")
S = TypeVar("S")


@dataclass(frozen=True, kw_only=True)
class Call:
    """What a command line of `extract` says; each field is an argument or an option."""

    words: given.Words = None
    output: given.Output = None
    model: given.Model = None
    fields: given.Fields = None
    mode: given.ModeName = Mode.AUTO
    style: given.StyleName = Style.OUTLINE
    instructions: given.Instructions = None
    examples: given.Examples = None
    text_field: given.TextField = "text"
    id_field: given.IdField = "id"
    concurrency: given.Concurrency = 8
    chunk_chars: given.ChunkChars = None
    max_attempts: given.MaxAttempts = 3
    max_cost: given.MaxCost = None
    max_tokens: given.MaxTokens = None
    max_time: given.MaxTime = None
    max_risk: given.MaxRisk = given.RiskName.INTERPRETIVE
    evidence: given.Evidence = EvidenceMode.LOCATE
    require_evidence: given.RequireEvidence = False
    allow_incomplete: given.AllowIncomplete = False
    store: given.StorePath = None
    no_store: given.NoStore = False
    show: given.Show = False
    quiet: given.Quiet = False


def taking(record: type[R]) -> Callable[[Callable[[R], S]], Callable[..., S]]:
    """Make a function of a record one of its fields, which typer then fills from the command line."""

    def unpacked(function: Callable[[R], S]) -> Callable[..., S]:
        def run(**arguments: Any) -> S:
            return function(record(**arguments))

        fields = signature(record, eval_str=True).replace(return_annotation=None)
        run.__name__, run.__doc__ = function.__name__, function.__doc__
        run.__annotations__ = {name: one.annotation for name, one in fields.parameters.items()}
        vars(run)["__signature__"] = fields
        return run

    return unpacked


def _itself(record: R) -> R:
    return record


def read_command(name: str, record: type[R], command: str) -> R | None:
    """What a kept command line (``structgen NAME ...``) says, None where it is of another subcommand.

    Raises ConfigurationError where it cannot be read, or where a part of it was masked because it looked like a key.
    """
    words = [word for word in shlex.split(command)[1:] if word != "--debug"]
    begin = name.split()
    if words[: len(begin)] != begin:
        return None
    if "***" in command:
        raise ConfigurationError(f"A part of that command looked like a key and was not kept: {command}")
    app = typer.Typer(add_completion=False)
    app.command()(taking(record)(_itself))
    try:
        return typer.main.get_command(app).main(words[len(begin) :], standalone_mode=False)
    except Exception as error:  # what click says of a wrong command line
        say(f"the kept command cannot be read: {command}")
        raise ConfigurationError(str(error)) from error
