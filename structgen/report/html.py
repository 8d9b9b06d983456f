"""A view as self-contained HTML: no requests, no libraries, and readable without scripts.

The template escapes everything. Data are inserted only into text and quoted attributes, never into a style or a script.
If scripts are blocked, each value and its place in the text are still linked to each other.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from structgen.core.errors import ExtractionFailed
from structgen.core.results import Extraction
from structgen.core.screen import visible
from structgen.report.value_rows import Passages, entries_of, passages_of
from structgen.report.view import (
    MEANING,
    Limits,
    Places,
    View,
    as_readable,
    claimed,
    clock_time,
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
)

if TYPE_CHECKING:
    from jinja2 import Template

DEEPEST = 8
"""Maximum depth that is indented, to leave some width for deeper entries."""


def extraction_html(extraction: Extraction[Any], document: str | None = None) -> str:
    """Return an extraction as HTML: its value, the text with the evidence highlighted, and the attempts.

    `document` is the text that it was extracted from. Long texts and large values are shown in part, with the amount
    that is left out.
    """
    return view_html(view_of(extraction), document)


def failure_html(failure: ExtractionFailed, document: str | None = None) -> str:
    """Return a refused response as HTML: what could be read of it, what is wrong, and every attempt."""
    return view_html(view_of_failure(failure), document)


def view_html(view: View, document: str | None = None, limits: Limits | None = None) -> str:
    """Return a view as HTML. Each call uses a new id, so that a page may contain several views."""
    limits = limits or Limits()
    view, document = as_readable(view, document)
    entries = entries_of(view, limits, document)
    passages = passages_of(document, entries.shown, limits) if document is not None else Passages((), {})
    return _template().render(
        id=f"structgen-{secrets.token_hex(4)}",
        view=view,
        entries=entries,
        passages=passages,
        places=Places(document, view.chunks),
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
    """Return the template, compiled once. jinja2 is imported with the first view, because it is slow to import."""
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
        "clock_time": clock_time,
    }
)
"""The filters that the templates use."""
