"""``structgen runs sql``: run a SELECT on the store, and print a table, JSON Lines or CSV."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING, Annotated

import typer

from structgen.cli import arguments as args
from structgen.cli.console import say
from structgen.cli.run_store import default_store, no_store
from structgen.core.errors import ConfigurationError
from structgen.core.screen import escaped, visible_line

if TYPE_CHECKING:
    from structgen.store.read_only_sql import Cell, Found

MEASURED = 100
"""How many rows determine the column widths. No more are kept in memory: a result may have any number of rows."""

WIDEST = 60
"""Maximum width of a cell in a table; --json and --csv show all of it."""

AsCsv = Annotated[bool, typer.Option("--csv", help="Print CSV with a header.")]
Query = Annotated[str, typer.Argument(metavar="SELECT", help="One SELECT statement of SQLite.")]


def sql(query: Query, *, store: args.StorePath = None, as_json: args.AsJson = False, as_csv: AsCsv = False) -> None:
    """Query the store with SQL. Statements that would change the store are refused. Ctrl-C ends a query.

    Views for people: runs (id, command, task, model, started, finished, rows, seconds); documents (run, position, id,
    source, status, reason, error, model, calls, input_tokens, output_tokens, cost, untold_calls); completions (id, run,
    at, provider, model, mode, text, finish_reason, failure, input_tokens, output_tokens, cached_tokens, calls, seconds,
    request, completion); usage (run, model, completions, input_tokens, output_tokens, without_tokens).

    docs/store.md describes them, and the tables behind them: run, run_row, completion, answered, server. Times are in
    UTC, costs in USD. A table shows the beginning of a long cell; --json and --csv show all of it, bytes as
    hexadecimal digits.
    """
    from structgen.store.read_only_sql import query as run

    if as_json and as_csv:
        raise ConfigurationError("--json and --csv exclude each other: give only one of them.")
    path = store or default_store()
    if not path.exists():
        raise no_store(path)
    with run(path, query) as found:
        lines = _json_lines if as_json else _csv_lines if as_csv else _table_lines
        for line in lines(found):
            typer.echo(line, nl=False)


def _json_lines(found: Found) -> Iterator[str]:
    from structgen.batch.row import cell_text

    for row in found.rows:
        yield cell_text(dict(zip(found.columns, map(_plain, row), strict=True))) + "\n"


def _csv_lines(found: Found) -> Iterator[str]:
    from structgen.batch.output.file_formats import csv_line

    yield csv_line(map(escaped, found.columns))
    for row in found.rows:
        yield csv_line(escaped(cell) if isinstance(cell, str) else cell for cell in map(_plain, row))


def _table_lines(found: Found) -> Iterator[str]:
    """Yield the lines of a table whose widths are those of the first rows."""
    first = [list(map(_shown, row)) for row in islice(found.rows, MEASURED)]
    heads = [visible_line(column) for column in found.columns]
    widths = [max(map(len, column)) for column in zip(heads, *first, strict=True)]
    line = _aligned(widths)
    yield line(heads)
    yield line(["-" * width for width in widths])
    count = 0
    for count, row in enumerate(chain(first, (list(map(_shown, row)) for row in found.rows)), 1):  # noqa: B007  used below
        yield line(row)
    say(f"{count:,} row{'' if count == 1 else 's'}.")


def _aligned(widths: list[int]) -> Callable[[Sequence[str]], str]:
    def line(cells: Sequence[str]) -> str:
        return "  ".join(map(str.ljust, cells, widths)).rstrip() + "\n"

    return line


def _plain(cell: Cell) -> None | int | float | str:
    return cell.hex() if isinstance(cell, bytes) else cell


def _shown(cell: Cell) -> str:
    """Return a cell for people: on one line, without characters that act, and not too long."""
    plain = _plain(cell)
    text = "" if plain is None else visible_line(str(plain)[: 10 * WIDEST])
    return text if len(text) <= WIDEST else text[: WIDEST - 1] + "…"
