"""The application: every subcommand, registered."""

from __future__ import annotations

import logging
import os
import sys
from typing import Annotated, Any

import typer

from structgen import __version__
from structgen.cli.commands.chat import chat
from structgen.cli.commands.complete import complete
from structgen.cli.commands.doctor import doctor
from structgen.cli.commands.emulate import emulate
from structgen.cli.commands.eval import evaluate
from structgen.cli.commands.extract import extract
from structgen.cli.commands.generate import generate
from structgen.cli.commands.models import models
from structgen.cli.commands.report import report
from structgen.cli.commands.review import review
from structgen.cli.commands.runs import list_runs, runs
from structgen.cli.commands.tasks import explain_tasks, prompt, schema, tasks
from structgen.cli.commands.transcribe import transcribe
from structgen.cli.console import DEBUG, Exit, command, discard_stdout, say, summary_of, unwritable
from structgen.core.errors import ConfigurationError
from structgen.core.screen import visible

app = typer.Typer(
    help="Turn text into typed data, never silently wrong.",
    epilog="Start with: structgen extract recipe notes/ -o recipes.csv --model rules",
    no_args_is_help=True,
    rich_markup_mode=None,  # importing rich takes longer than everything else together
    pretty_exceptions_enable=False,
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"structgen {__version__}")
        raise typer.Exit


@app.callback()
def _options(  # pyright: ignore[reportUnusedFunction]  (typer calls it)
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help=f"Show tracebacks, like {DEBUG}=1.")] = False,
) -> None:
    if debug:
        os.environ[DEBUG] = "1"


command(app, "structgen extract recipe notes/ -o recipes.csv --model rules")(extract)
command(app, 'structgen generate recipe "A recipe for apple pie"')(generate)
command(app, 'structgen complete "Why is the sky blue?"')(complete)
command(app, "structgen chat --system persona.txt --transcript chat.jsonl")(chat)
command(app, "structgen eval recipe gold.jsonl --model rules --json figures.json", "eval")(evaluate)
app.add_typer(tasks, name="tasks", short_help=summary_of(explain_tasks))
command(app, "structgen schema recipe > recipe.schema.json")(schema)
command(app, "structgen prompt recipe notes/soup.txt")(prompt)
command(app, "structgen transcribe calls/ --format srt -o subtitles/")(transcribe)
command(app, "structgen report recipes.jsonl -o report.html")(report)
app.add_typer(runs, name="runs", short_help=summary_of(list_runs))
command(app, "structgen review 3 -o review.html")(review)
command(app, "structgen models")(models)
command(app, "structgen doctor")(doctor)
command(app, "structgen emulate --limits free --faults seed=7,dropped=0.1,malformed=0.05")(emulate)


def run() -> int:
    """Run the command line; return the exit status."""
    # a command reports what its user must know; without a handler, Python would also print the library's warnings
    logging.getLogger("structgen").addHandler(logging.NullHandler())
    from structgen.cli.configuration import add_settings

    try:
        entry = typer.main.get_command(app)
        # the stored command of a run includes the settings, so that it means the same later and elsewhere
        sys.argv[1:] = add_settings(entry, sys.argv[1:])
        status = entry(sys.argv[1:], prog_name="structgen", standalone_mode=False)
        if sys.stdout is not None:  # pyright: ignore[reportUnnecessaryComparison]  it is None if it was closed
            sys.stdout.flush()  # here, because a failure at the exit of Python would show a traceback
    except ConfigurationError as error:
        say(error)
        return Exit.USAGE
    except typer.Abort:  # a question that was not answered with yes
        say("nothing was done.")
        return Exit.SOME_NOT_OK
    except BrokenPipeError:
        discard_stdout()
        return Exit.SOME_NOT_OK
    except OSError as error:
        return unwritable(error)
    except Exception as error:
        # the parser's errors repeat what was typed, which may be the name of a hostile file
        if not isinstance(said := getattr(error, "message", None), str):
            raise
        vars(error)["message"] = visible(said)
        return _refused(error)
    return status if isinstance(status, int) else Exit.OK


def _refused(error: Any) -> int:
    """Show a parser's error. typer may include its own copy of click, so its class has no name that we could use."""
    error.show()
    return error.exit_code
