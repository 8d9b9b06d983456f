"""``structgen report``: a run as one HTML file."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from structgen.cli import arguments as args
from structgen.cli.console import say
from structgen.core.errors import ConfigurationError, OutputError

if TYPE_CHECKING:
    from structgen.batch.reported_rows import RunRows
    from structgen.cli.run_outputs import FoundRun

RUN_OR_FILE = "the number of a run, from `structgen runs`, or a .jsonl, .csv, .parquet or .sqlite file of rows"


def report(
    run: Annotated[str, typer.Argument(metavar="RUN", help=f"What to report: {RUN_OR_FILE}.")],
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="The HTML file to write.")] = Path("report.html"),
    against: Annotated[
        str | None, typer.Option("--against", metavar="RUN", help=f"Another run, to show what changed: {RUN_OR_FILE}.")
    ] = None,
    text_field: Annotated[
        str | None,
        typer.Option("--text-field", help="The table column that holds the text. Default: as in the run, else text."),
    ] = None,
    id_field: Annotated[
        str | None,
        typer.Option("--id-field", help="The table column that holds the id. Default: as in the run, else id."),
    ] = None,
    store: args.StorePath = None,
    quiet: args.Quiet = False,
) -> None:
    """Write a report of a run: one HTML file that needs no network and shows every document with its evidence.

    It has an overview, a table to filter, sort and search, and for each document its values linked with their places in
    the text, repairs, issues, and the requests with their responses. The key ? lists the others.

    Rows do not contain their texts. They are read again from their sources if those have not changed, else taken from
    the store. If texts are long or very many, the report contains only the surroundings of the values, and says
    so.
    """
    from structgen.batch.reported_rows import reported_rows
    from structgen.cli.run_outputs import Columns, open_run
    from structgen.report.reported import ReportFacts
    from structgen.report.run_report import report_html

    columns = Columns(text_field, id_field)
    with ExitStack() as stack:
        found = stack.enter_context(open_run(run, store, columns))
        other = None
        if against is not None:
            other = stack.enter_context(open_run(against, store, columns))
        _check_output(output, [found, *([other] if other else [])])
        first, second = _named(found, other)
        facts = ReportFacts(
            found.title if other is None else f"{found.title} against {other.title}",
            found.facts,
            (*found.notices, *(f"The other run: {notice}" for notice in (other.notices if other else ()))),
            other.title if other else "",
        )
        html = report_html(facts, reported_rows(first, second))
    _write(output, html)
    if not quiet:
        count, kilobytes = len(found.rows.rows), -(-len(html.encode()) // 1_000)
        size = f"{kilobytes / 1_000:.1f} MB" if kilobytes >= 1_000 else f"{kilobytes} kB"
        say(f"{output}: {count:,} document{'' if count == 1 else 's'}, {size}.")


def _named(found: FoundRun, other: FoundRun | None) -> tuple[RunRows, RunRows | None]:
    """Return the rows of both runs, each with the name of its run if there are two."""
    if other is None:
        return found.rows, None
    titles = (found.title, other.title)
    if titles[0] == titles[1]:
        titles = (f"{titles[0]} (this run)", f"{titles[1]} (the other run)")
    return replace(found.rows, name=titles[0]), replace(other.rows, name=titles[1])


_MARK = 'class="structgen-page"'
"""What the beginning of every report contains."""


def _check_output(output: Path, runs: list[FoundRun]) -> None:
    """Raise ConfigurationError if the file cannot be written, or if it is not a report and would be lost."""
    if output.is_dir():
        raise ConfigurationError(f"{output} is a folder: name a file in it with -o.")
    if not output.parent.is_dir():
        raise ConfigurationError(f"Cannot write {output}: the folder {output.parent} does not exist. Create it first.")
    files = [run.file for run in runs if run.file is not None and run.file.exists()]
    if output.exists() and any(output.samefile(file) for file in files):
        raise ConfigurationError(f"{output} is the file of rows itself: name another file with -o.")
    if output.is_file() and output.stat().st_size:
        with output.open("rb") as file:
            beginning = file.read(2_000).decode("utf-8", "replace")
        if _MARK not in beginning:
            raise ConfigurationError(
                f"{output} exists and is not a report: name another file with -o, or delete it first."
            )


def _write(output: Path, html: str) -> None:
    from structgen.batch.output.atomic_write import replacing

    try:
        if output.exists() and not output.is_file():  # a pipe or a device cannot be replaced
            output.write_text(html, encoding="utf-8")
            return
        with replacing(output) as path:
            path.write_text(html, encoding="utf-8")
    except OSError as error:
        raise OutputError(f"Cannot write {output}: {error.strerror}.") from error
