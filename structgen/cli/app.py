"""The application: every subcommand, registered."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from structgen import __version__
from structgen.cli.commands.doctor import doctor
from structgen.cli.commands.emulate import emulate
from structgen.cli.commands.extract import extract
from structgen.cli.commands.models import models
from structgen.cli.commands.runs import runs
from structgen.cli.commands.tasks import prompt, schema, tasks
from structgen.cli.console import DEBUG, command

app = typer.Typer(
    help="Turn text into typed data, never silently wrong.",
    epilog="Start with: structgen extract recipe notes/ -o recipes.csv --model rules",
    no_args_is_help=True,
    add_completion=False,
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
command(app, "structgen tasks recipe")(tasks)
command(app, "structgen schema recipe > recipe.schema.json")(schema)
command(app, "structgen prompt recipe notes/soup.txt")(prompt)
app.add_typer(runs, name="runs")
command(app, "structgen models")(models)
command(app, "structgen doctor")(doctor)
command(app, "structgen emulate --limits free --faults seed=7,dropped=0.1,malformed=0.05")(emulate)
