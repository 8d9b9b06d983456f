"""``structgen report``: a run as one HTML file."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from structgen.cli import arguments as args
from structgen.cli.argument_records import takes
from structgen.cli.console import say
from structgen.cli.text_files import check_text_file, write_text
from structgen.core.errors import ConfigurationError

if TYPE_CHECKING:
    from structgen.batch.reported_rows import RunRows
    from structgen.cli.run_outputs import FoundRun
    from structgen.report.reported import ReportFacts

RUN_OR_FILE = "the number of a run, from `structgen runs`, or a .jsonl, .csv, .parquet or .sqlite file of rows"


@dataclass(frozen=True, kw_only=True)
class ReportArguments:
    """The command line of `report`."""

    run: Annotated[str, typer.Argument(metavar="RUN", help=f"What to report: {RUN_OR_FILE}.")]
    output: Annotated[Path, typer.Option("--output", "-o", help="The HTML file to write.")] = Path("report.html")
    against: Annotated[
        str | None, typer.Option("--against", metavar="RUN", help=f"Another run, to show what changed: {RUN_OR_FILE}.")
    ] = None
    text_field: Annotated[
        str | None,
        typer.Option("--text-field", help="The table column that holds the text. Default: as in the run, else text."),
    ] = None
    id_field: Annotated[
        str | None,
        typer.Option("--id-field", help="The table column that holds the id. Default: as in the run, else id."),
    ] = None
    store: args.StorePath = None
    quiet: args.Quiet = False


@takes(ReportArguments)
def report(arguments: ReportArguments) -> None:
    """Write a report of a run: one HTML file that needs no network and shows every document with its evidence.

    It has an overview, a table to filter, sort and search, and for each document its values linked with their places in
    the text, repairs, issues, and the requests with their responses. The key ? lists the others.

    Rows do not contain their texts. They are read again from their sources if those have not changed, else taken from
    the store. If texts are long or very many, the report contains only the surroundings of the values, and says
    so.
    """
    from structgen.batch.reported_rows import reported_rows
    from structgen.cli.run_outputs import Columns, open_run
    from structgen.report.run_report import report_html

    columns, output = Columns(arguments.text_field, arguments.id_field), arguments.output
    words = [arguments.run, *([] if arguments.against is None else [arguments.against])]
    with ExitStack() as stack:
        runs = [stack.enter_context(open_run(word, arguments.store, columns)) for word in words]
        _check_output(output, runs)
        first, second = _named(*runs)
        html = report_html(_facts(*runs), reported_rows(first, second))
        count = len(first.rows)
    write_text(output, html)
    if not arguments.quiet:
        kilobytes = -(-len(html.encode(errors="replace")) // 1_000)
        size = f"{kilobytes / 1_000:.1f} MB" if kilobytes >= 1_000 else f"{kilobytes} kB"
        say(f"{output}: {count:,} document{'' if count == 1 else 's'}, {size}.")


def _facts(found: FoundRun, other: FoundRun | None = None) -> ReportFacts:
    from structgen.report.reported import ReportFacts

    if other is None:
        return ReportFacts(found.title, found.facts, found.notices, "")
    notices = (*found.notices, *(f"The other run: {notice}" for notice in other.notices))
    return ReportFacts(f"{found.title} against {other.title}", found.facts, notices, other.title)


def _named(found: FoundRun, other: FoundRun | None = None) -> tuple[RunRows, RunRows | None]:
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
    check_text_file(output)
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
