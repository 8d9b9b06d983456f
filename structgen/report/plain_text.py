"""Results in plain text, for ``print`` and for notebooks that show no HTML: the same views as on a terminal."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from structgen.core.json import JsonObject
from structgen.core.records import Task
from structgen.core.results import Extraction
from structgen.core.screen import visible
from structgen.report.evaluation_table import print_evaluation
from structgen.report.notebook_parts import outline_of
from structgen.report.terminal import print_extraction
from structgen.report.view import counted, cut

if TYPE_CHECKING:
    from rich.console import Console

WIDTH = 100
LONGEST = 4_000
"""How many characters of instructions and of an outline are shown."""


def extraction_text(extraction: Extraction[Any]) -> str:
    """Return the value with its evidence, one line each."""
    return _printed(lambda console: print_extraction(extraction, None, console))


def evaluation_text(figures: JsonObject) -> str:
    """Return the figures of an evaluation as tables."""
    return _printed(lambda console: print_evaluation(figures, console))


def task_text(task: Task[Any]) -> str:
    """Return what a task is about, its instructions, and the outline of its schema."""
    parts = [f"{task.name} (version {task.version})", task.description, cut(task.instructions, LONGEST)]
    parts += [cut(outline_of(task), LONGEST), counted(len(task.examples), "worked example")]
    return "\n".join(visible(part) for part in parts if part)


def _printed(show: Callable[[Console], None]) -> str:
    """Return what `show` prints, without colours and without spaces at the ends of lines."""
    from rich.console import Console

    out = io.StringIO()
    # a notebook is not the terminal that it was started from
    show(Console(file=out, width=WIDTH, color_system=None, force_terminal=False, force_jupyter=False))
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()).strip("\n")
