"""The console: messages on stderr, exit statuses, and functions as subcommands whose errors become one line."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from enum import IntEnum
from functools import wraps
from typing import ParamSpec

import typer

from structgen.core.errors import OutputError, SchemaError, StructgenError
from structgen.core.json import JsonObject
from structgen.core.screen import json_text, visible, visible_line

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
    TERMINATED = 143


class Live:
    """What is drawn at the bottom of the terminal: how to print above it, and how to remove it."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Nothing is drawn."""
        self.clear: Callable[[], AbstractContextManager[None]] = nullcontext[None]
        self.end: Callable[[], None] = _nothing


def _nothing() -> None:
    pass


LIVE = Live()
"""The process has one terminal, and messages come from everywhere, also from signal handlers."""


def say(message: object, *more: str) -> None:
    """Print a line for people, on stderr because stdout is for data. The lines in `more` keep their columns."""
    # a message that cannot be printed, for example on a full disk, must not end a run
    with suppress(OSError), LIVE.clear():
        typer.echo(f"structgen: {visible_line(str(message))}", err=True)
        for line in more:
            typer.echo(visible(line), err=True)


def display(text: object) -> None:
    """Print a text on stdout. Its control characters are made visible: most of it was written by others."""
    typer.echo(visible(str(text)))


def display_json(record: JsonObject) -> None:
    """Print a record on stdout as one line of JSON."""
    typer.echo(json_text(record))


_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS})
"""The errors of a full or broken disk, which are no fault of this program."""


def unwritable(error: OSError) -> Exit:
    """Report why an output cannot be written; return the exit status."""
    # Python writes what is left when it ends, and would fail once more
    discard_stdout()
    what = error.filename or "the output"
    say(f"cannot write {what}: {error.strerror}. Make room for it, then run the command again.")
    return Exit.SOME_NOT_OK


def discard_stdout() -> None:
    """Let nothing more be written to stdout, where writing has failed."""
    with suppress(OSError, ValueError):  # a stream without a file, as in tests
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def command(
    app: typer.Typer, example: str, name: str | None = None
) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """Register a function as the subcommand with its name, or with `name` if that cannot name a function.

    `example`, a command line that works, ends its help.
    """

    def register(function: Callable[P, None]) -> Callable[P, None]:
        safe = guarded(function)
        app.command(name, short_help=summary_of(function), epilog=f"Example: {example}")(safe)
        return safe

    return register


def summary_of(function: Callable[..., object]) -> str:
    """Return the first sentence of the function's docstring. Without it, lists of commands cut it to fit one line."""
    paragraph, _, _ = (function.__doc__ or "").partition("\n\n")
    sentence, _, _ = " ".join(paragraph.split()).partition(". ")
    return f"{sentence.rstrip('.')}." if sentence else ""


def guarded(function: Callable[P, None]) -> Callable[P, None]:
    """Turn the function's errors into one line and an exit status."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            function(*args, **kwargs)
        except SchemaError as error:
            say(*str(error).splitlines())  # its further lines point at a column
            raise typer.Exit(Exit.USAGE) from error
        except OutputError as error:
            discard_stdout()
            say(error)
            raise typer.Exit(Exit.SOME_NOT_OK) from error
        except StructgenError as error:
            say(error)
            raise typer.Exit(Exit.USAGE) from error
        except KeyboardInterrupt as error:
            raise typer.Exit(Exit.INTERRUPTED) from error
        except (typer.Exit, typer.Abort, typer.BadParameter, BrokenPipeError):
            raise  # typer handles these, a closed pipe too
        except Exception as error:
            if isinstance(error, OSError) and error.errno in _NO_ROOM:
                raise typer.Exit(unwritable(error)) from error
            if os.environ.get(DEBUG):
                raise
            say(f"internal error: {type(error).__name__}: {str(error)[:300]}")
            say(f"report this with the command to {_tracker()}; {DEBUG}=1 shows the traceback.")
            raise typer.Exit(Exit.BUG) from error

    return run


def _tracker() -> str:
    """Return the address of the issue tracker from the package's metadata."""
    from importlib.metadata import metadata

    urls = metadata("structgen").get_all("Project-URL") or []
    named = dict(url.split(", ", 1) for url in urls)
    return named.get("Issues", "the project's issue tracker")
