"""The figures of an evaluation as HTML: a page of its own, or a part of a notebook."""

from __future__ import annotations

from structgen.core.json import JsonObject
from structgen.report.evaluation_figures import COLUMNS, evaluation_view
from structgen.report.notebook_parts import part_html
from structgen.report.templating import page_html

_CHANGES, _MISTAKES, _IN_NOTEBOOK = 2_000, 500, 20


def evaluation_html(figures: JsonObject) -> str:
    """Return a self-contained page, which requests nothing."""
    view = evaluation_view(figures, changes=_CHANGES, mistakes=_MISTAKES)
    return page_html("evaluation", {"view": view, "columns": COLUMNS})


def evaluation_part(figures: JsonObject) -> str:
    """Return the figures as a part of a notebook."""
    view = evaluation_view(figures, changes=_IN_NOTEBOOK, mistakes=_IN_NOTEBOOK)
    return part_html("evaluation_part", {"view": view, "columns": COLUMNS}, "Evaluation", "evaluation_part")
