"""Print the figures of an evaluation as tables on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from structgen.core.json import JsonObject
from structgen.report.evaluation_figures import COLUMNS, EvaluationView, evaluation_view

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_CHANGES = 10
"""Changed documents that are printed; the JSON contains all of them."""


_WIDE = 110
_ONLY_WIDE = frozenset({"95 %", "compared"})
"""Columns that a narrow terminal has no room for."""


def print_evaluation(figures: JsonObject, console: Console | None = None) -> None:
    """Print the figures. `console` is a rich Console, by default one on stdout."""
    from rich.console import Console
    from rich.text import Text

    console = console or Console()
    view = evaluation_view(figures, changes=_CHANGES, mistakes=0)
    console.print(_fields(view, console.width))
    console.print(_summary(view))
    for fact in view.facts:
        console.print(Text(fact, "dim"))
    for warning in view.warnings:
        console.print(Text(warning, "yellow"))
    if view.changed:
        console.print(Text(view.changed))
        for change in view.changes:
            better = f"  better: {change.better}" if change.better else ""
            worse = f"  worse: {change.worse}" if change.worse else ""
            console.print(Text(f"  {change.id}{better}{worse}"))


def _fields(view: EvaluationView, width: int) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    shown = [column for column in COLUMNS if width >= _WIDE or column not in _ONLY_WIDE]
    for column in shown:
        left = column in {"field", "compared"}
        least = 12 if column == "field" else None
        table.add_column(column, justify="left" if left else "right", min_width=least, overflow="fold")
    for line in view.fields:
        cells = dict(zip(COLUMNS, line.cells, strict=True))
        table.add_row(*(Text(cells[column], "" if line.in_macro else "dim") for column in shown))
    return table


def _summary(view: EvaluationView) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("", no_wrap=True)
    table.add_column("first" if view.other else "", justify="right")
    table.add_column("95 %", justify="right")
    if view.other:
        table.add_column("second", justify="right")
        table.add_column("difference (95 %)", justify="right")
    for line in view.figures:
        cells = [line.name, line.value, line.interval]
        cells += [line.other, line.difference] if view.other else []
        table.add_row(*(Text(cell, "bold" if line.certain else "") for cell in cells))
    return table
