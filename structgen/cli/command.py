"""How a function becomes a subcommand: its example, and what becomes of the errors that leave it."""

from __future__ import annotations

import os
from collections.abc import Callable
from enum import IntEnum
from functools import wraps
from typing import ParamSpec

import typer

from structgen.core.errors import SchemaError, StructgenError

P = ParamSpec("P")

DEBUG = "STRUCTGEN_DEBUG"
"""The environment variable that asks for tracebacks."""


class Exit(IntEnum):
    """What the command line ends with."""

    OK = 0
    SOME_NOT_OK = 1
    USAGE = 2
    BUDGET = 3
    BUG = 70
    INTERRUPTED = 130


def say(message: object, *more: str) -> None:
    """A line for people: on stderr, because stdout is for data. `more` are lines below it, whose columns count."""
    typer.echo(f"structgen: {' '.join(_printable(str(message)).split())}", err=True)
    for line in more:
        typer.echo(_printable(line), err=True)


def _printable(text: str) -> str:
    """The text without what could write to a terminal: what a file is called may be hostile."""
    return "".join(char if char.isprintable() else " " for char in text)


def command(app: typer.Typer, example: str) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """Make a function a subcommand of its name. `example` is a command line that works; it ends the help."""

    def register(function: Callable[P, None]) -> Callable[P, None]:
        safe = guarded(function)
        app.command(epilog=f"Example: {example}")(safe)
        return safe

    return register


def guarded(function: Callable[P, None]) -> Callable[P, None]:
    """The function with its errors said in one line. What typer raises, and a reader that has gone, are typer's."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            function(*args, **kwargs)
        except SchemaError as error:
            say(*str(error).splitlines())
            raise typer.Exit(Exit.USAGE) from error
        except StructgenError as error:
            say(error)
            raise typer.Exit(Exit.USAGE) from error
        except KeyboardInterrupt as error:
            raise typer.Exit(Exit.INTERRUPTED) from error
        except (typer.Exit, typer.Abort, typer.BadParameter, BrokenPipeError):
            raise
        except Exception as error:
            if os.environ.get(DEBUG):
                raise
            say(f"a bug in structgen: {type(error).__name__}: {str(error)[:300]}")
            say(f"please report it with the command to {_tracker()}; {DEBUG}=1 shows where it happened.")
            raise typer.Exit(Exit.BUG) from error

    return run


def _tracker() -> str:
    """Where the package's metadata says that bugs are reported."""
    from importlib.metadata import metadata

    urls = metadata("structgen").get_all("Project-URL") or []
    named = dict(url.split(", ", 1) for url in urls)
    return named.get("Issues", "the project's issue tracker")
