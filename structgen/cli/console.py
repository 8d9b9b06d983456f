"""The console: messages on stderr, exit statuses, and functions as subcommands whose errors become one line."""

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
"""The environment variable that turns tracebacks on."""


class Exit(IntEnum):
    """The exit statuses."""

    OK = 0
    SOME_NOT_OK = 1
    USAGE = 2
    BUDGET = 3
    BUG = 70
    INTERRUPTED = 130


def say(message: object, *more: str) -> None:
    """Print a line for people, on stderr because stdout is for data. The lines in `more` keep their columns."""
    typer.echo(f"structgen: {' '.join(_printable(str(message)).split())}", err=True)
    for line in more:
        typer.echo(_printable(line), err=True)


def _printable(text: str) -> str:
    """Remove control characters: a hostile file name could otherwise send escape sequences to the terminal."""
    return "".join(char if char.isprintable() else " " for char in text)


def command(app: typer.Typer, example: str) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """Register a function as the subcommand with its name. `example`, a command line that works, ends its help."""

    def register(function: Callable[P, None]) -> Callable[P, None]:
        safe = guarded(function)
        app.command(epilog=f"Example: {example}")(safe)
        return safe

    return register


def guarded(function: Callable[P, None]) -> Callable[P, None]:
    """Turn the function's errors into one line and an exit status."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            function(*args, **kwargs)
        except SchemaError as error:
            say(*str(error).splitlines())  # its further lines point at a column
            raise typer.Exit(Exit.USAGE) from error
        except StructgenError as error:
            say(error)
            raise typer.Exit(Exit.USAGE) from error
        except KeyboardInterrupt as error:
            raise typer.Exit(Exit.INTERRUPTED) from error
        except (typer.Exit, typer.Abort, typer.BadParameter, BrokenPipeError):
            raise  # typer handles these, a closed pipe too
        except Exception as error:
            if os.environ.get(DEBUG):
                raise
            say(f"internal error: {type(error).__name__}: {str(error)[:300]}")
            say(f"please report this with the command to {_tracker()}; {DEBUG}=1 shows the traceback.")
            raise typer.Exit(Exit.BUG) from error

    return run


def _tracker() -> str:
    """Return the address of the issue tracker from the package's metadata."""
    from importlib.metadata import metadata

    urls = metadata("structgen").get_all("Project-URL") or []
    named = dict(url.split(", ", 1) for url in urls)
    return named.get("Issues", "the project's issue tracker")
