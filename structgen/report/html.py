"""A view as self-contained HTML: no requests, no libraries, and readable without scripts.

The template escapes everything. Data are inserted only into text and quoted attributes, never into a style or a script.
If scripts are blocked, each value and its place in the text are still linked to each other.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from structgen.core.errors import ExtractionFailed
from structgen.core.results import Extraction
from structgen.report.templating import render
from structgen.report.value_rows import Passages, entries_of, passages_of
from structgen.report.view import Limits, Places, View, as_readable, counts, facts, view_of, view_of_failure

if TYPE_CHECKING:
    from markupsafe import Markup


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
    context = view_context(view, document, limits or Limits(), f"structgen-{secrets.token_hex(4)}")
    return render("view.html.jinja", context)


@dataclass(frozen=True, slots=True)
class Marked:
    """A view in two parts, for pages with their own arrangement: the table of its values, and its text with marks.

    `text` is None without a document. Put both into one element, and call `linkPlaces(element)` of places.js.jinja.
    """

    values: Markup
    text: Markup | None


def marked(view: View, document: str | None, limits: Limits, name: str) -> Marked:
    """Return the values and the text of a view, linked in both directions. `name` begins their ids in the page."""
    from markupsafe import Markup

    context = view_context(view, document, limits, name)
    values = Markup(render("fields.html.jinja", context))  # noqa: S704  the template escapes
    text = Markup(render("marked_text.html.jinja", context)) if document is not None else None  # noqa: S704  as above
    return Marked(values, text)


def body_html(view: View, document: str | None, limits: Limits, name: str) -> Markup:
    """Return a view without its style and script, for pages that contain those once for many views."""
    from markupsafe import Markup

    return Markup(render("view_body.html.jinja", view_context(view, document, limits, name)))  # noqa: S704  as above


def view_context(view: View, document: str | None, limits: Limits, name: str) -> dict[str, object]:
    """Return what the templates of a view need. `name` is its id, which begins those of its parts."""
    view, document = as_readable(view, document)
    entries = entries_of(view, limits, document)
    passages = passages_of(document, entries.shown, limits) if document is not None else Passages((), {})
    return {
        "id": name,
        "view": view,
        "entries": entries,
        "passages": passages,
        "places": Places(document, view.chunks),
        "document": document,
        "limits": limits,
        "facts": facts(view),
        "counts": counts(view),
    }
