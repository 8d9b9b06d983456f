"""Command lines as records: typer fills in their fields, and a stored command line is parsed into one again."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from inspect import Signature, signature
from typing import Any, TypeVar, get_type_hints

import typer

from structgen.cli.console import say
from structgen.core.errors import ConfigurationError

R = TypeVar("R")
S = TypeVar("S")


def takes(record: type[R]) -> Callable[[Callable[[R], S]], Callable[..., S]]:
    """Decorate a function of a record so that typer can call it with the record's fields.

    typer reads the signature, so the decorated function shows that of the record.
    """

    def decorate(function: Callable[[R], S]) -> Callable[..., S]:
        def run(**arguments: Any) -> S:
            return function(record(**arguments))

        # typer looks up string annotations in the globals of `run`, which lack those of the records' modules
        hints = get_type_hints(record, include_extras=True)
        fields = [one.replace(annotation=hints[one.name]) for one in signature(record).parameters.values()]
        run.__name__, run.__doc__ = function.__name__, function.__doc__
        run.__annotations__ = {one.name: one.annotation for one in fields}
        vars(run)["__signature__"] = Signature(fields)
        return run

    return decorate


def _identity(record: R) -> R:
    return record


def parse_command(name: str, record: type[R], command: str) -> R | None:
    """Parse a stored command line (``structgen NAME ...``), or return None if it is that of another command.

    Raises ConfigurationError if it cannot be parsed, or if a part was masked because it looked like a key.
    """
    words = [word for word in shlex.split(command)[1:] if word != "--debug"]
    begin = name.split()
    if words[: len(begin)] != begin:
        return None
    if "***" in command:
        raise ConfigurationError(f"A part of this command looked like a key and was not stored: {command}")
    try:
        return parse_words(record, words[len(begin) :])
    except ConfigurationError:  # an older version may have stored options that no longer exist
        say(f"the stored command cannot be parsed: {command}")
        raise


def parse_words(record: type[R], words: list[str]) -> R:
    """Parse the words of a command line as typer does for a command. Raises ConfigurationError."""
    return parser_of(record)(words)


def parser_of(record: type[R]) -> Callable[[list[str]], R]:
    """Return `parse_words` for one record: making the command takes much longer than parsing."""
    app = typer.Typer(add_completion=False)
    app.command()(takes(record)(_identity))
    command = typer.main.get_command(app)

    def parse(words: list[str]) -> R:
        try:
            # Under its real name it would answer the shell's requests for completion.
            return command.main(words, prog_name="options", standalone_mode=False)
        except Exception as error:  # click's own errors
            raise ConfigurationError(str(error).removeprefix("Value error, ")) from error

    return parse
