"""A view as a piece of HTML that needs nothing from elsewhere: no request, no library, and no script to be read.

The template escapes all that it is given. Data reach text and quoted attributes only, never a style or a script. Where
scripts are blocked, each value and its place in the text lead to each other by links.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from structgen.core.errors import ExtractionFailed
from structgen.core.results import Extraction
from structgen.report.value_rows import Passages, entries_of, passages_of
from structgen.report.view import (
    MEANING,
    Limits,
    View,
    claimed,
    counted,
    counts,
    cut,
    facts,
    line_of,
    others,
    repaired,
    tokens,
    view_of,
    view_of_failure,
    visible,
)

if TYPE_CHECKING:
    from jinja2 import Template

DEEPEST = 8
"""Deeper entries are indented no further, so that there is room left for them."""


def extraction_html(extraction: Extraction[Any], document: str | None = None) -> str:
    """An extraction as HTML: its value with the evidence beside the text, highlighted, and what it took to get it.

    `document` is the text that it was extracted from. Of long texts and large values a part is shown, and it is said
    how much is left out.
    """
    return view_html(view_of(extraction), document)


def failure_html(failure: ExtractionFailed, document: str | None = None) -> str:
    """A refused response as HTML: what could be read of it, what is wrong with it, and every attempt."""
    return view_html(view_of_failure(failure), document)


def view_html(view: View, document: str | None = None, limits: Limits | None = None) -> str:
    """A view as HTML. Each call gives it an id of its own, so that it can be on a page more than once."""
    limits = limits or Limits()
    entries = entries_of(view, limits)
    passages = passages_of(document, entries.shown, limits) if document is not None else Passages((), {})
    return _template().render(
        id=f"structgen-{secrets.token_hex(4)}",
        view=view,
        entries=entries,
        passages=passages,
        document=document,
        limits=limits,
        deepest=DEEPEST,
        facts=facts(view),
        counts=counts(view),
        counted=counted,
        meaning=MEANING,
    )


@cache
def _template() -> Template:
    """The template, compiled once; jinja2 is imported when the first view is drawn."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("structgen.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(_FILTERS)
    return environment.get_template("view.html.jinja")


_FILTERS: Mapping[str, Any] = MappingProxyType(
    {
        "visible": visible,
        "cut": cut,
        "line": line_of,
        "repaired": repaired,
        "claimed": claimed,
        "others": others,
        "tokens": tokens,
    }
)
"""What the templates call by these names."""
