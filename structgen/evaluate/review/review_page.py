"""The review page: one self-contained HTML file with the queue, the texts, and the keys to decide on each field.

Each document is a template of the page, rendered and escaped here, so that its script never makes HTML of a text. The
script needs the rest as data: what to decide on, and what a correction says about its row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from structgen.batch.failure_reasons import named
from structgen.batch.row import cell_text
from structgen.batch.row_view import view_of_row
from structgen.core.json import Json, JsonObject
from structgen.core.screen import json_text, visible_line
from structgen.evaluate.confidence.calibration_file import digest_of, schema_digest
from structgen.evaluate.gold.gold_rows import text_digest
from structgen.evaluate.review.review_queue import ReviewDocument, ReviewItem
from structgen.report.html import Marked, marked
from structgen.report.templating import packed, page_html
from structgen.report.view import Limits, line_of
from structgen.schema import Schema
from structgen.schema.node import Node

LIMITS = Limits(rows=300, text=60_000)
"""How much of each document a page shows."""


@dataclass(frozen=True, slots=True)
class ReviewTask:
    """What the rows are of: the name of the task, and its schema, or None if the rows do not say what task it is."""

    name: str = ""
    schema: Schema[object] | None = None

    @property
    def digest(self) -> str:
        """The digest of the schema, or "" if it is not known."""
        return schema_digest(self.schema) if self.schema is not None else ""


@dataclass(frozen=True, slots=True)
class _Shown:
    """A document of the page."""

    name: str
    parts: Marked
    error: str
    has_value: bool


def review_html(items: Sequence[ReviewItem], documents: Sequence[ReviewDocument], task: ReviewTask) -> str:
    """Return the page. Documents without an item are left out."""
    used = {number: at for at, number in enumerate(dict.fromkeys(item.document for item in items))}
    shown = [_shown(documents[number], at) for number, at in used.items()]
    data = _data(items, documents, used, task)
    context = {
        "name": visible_line(task.name) or "rows",
        "documents": shown,
        "items": len(items),
        "data": packed(data),
    }
    return page_html("review", context)


def _shown(document: ReviewDocument, at: int) -> _Shown:
    row = document.row
    parts = marked(view_of_row(row), document.text, LIMITS, f"d{at}")
    name = line_of(named(row.source, row.id), 200)
    # the card of a document that failed altogether says the error as its reason
    error = "" if document.value is None else line_of(row.error or "", 1000)
    return _Shown(name, parts, error, document.value is not None)


def _data(
    items: Sequence[ReviewItem], documents: Sequence[ReviewDocument], used: dict[int, int], task: ReviewTask
) -> JsonObject:
    """Return what the script needs. `key` names the page in the browser's storage: other rows have another one."""
    flagged: dict[int, list[str]] = {}
    for item in items:
        flagged.setdefault(item.document, []).append(item.path)
    rows: list[Json] = [_row(documents[number], flagged[number]) for number in used]
    asked: list[Json] = [_item(item, used[item.document], task) for item in items]
    key = digest_of([task.name, task.digest, rows])
    return {"key": key, "task": task.name, "schema": task.digest, "rows": rows, "items": asked}


def _row(document: ReviewDocument, flagged: list[str]) -> JsonObject:
    """Return a row for the script. `json` has what a correction says about it, each part as JSON text."""
    row, text = document.row, document.text
    said: JsonObject = {
        "id": row.id,
        "source": row.source,
        "text_digest": None if text is None else text_digest(text),
        "flagged": list[Json](flagged),
        "row_value": document.value,
        "text": text,
    }
    return {"id": visible_line(row.id), "json": {name: cell_text(part) for name, part in said.items()}}


def _item(item: ReviewItem, row: int, task: ReviewTask) -> JsonObject:
    """Return an item for the script. `types` and `choices` say what a correction may be, as far as is known."""
    nodes = task.schema.node.along(item.path) if task.schema is not None else ()
    leaves = [leaf for node in nodes for leaf in node.leaves() if not leaf.never]
    types = sorted({kind for leaf in leaves for kind in leaf.types})
    choices: list[Json] = []
    if leaves and all(leaf.choices is not None for leaf in leaves if leaf.types != frozenset({"null"})):
        choices = [choice for leaf in leaves for choice in leaf.choices or () if choice is not None]
    return {
        "row": row,
        "path": item.path,
        "json": cell_text(item.value),
        "missing": item.missing,
        "concerns": [str(concern) for concern in item.concerns],
        "reasons": list[Json](item.reasons),
        "confidence": item.confidence,
        "draft": _draft(leaves) if item.value is None else "",
        "types": list[Json](types),
        "choices": [cell_text(choice) for choice in choices],
    }


def _draft(leaves: Sequence[Node]) -> str:
    """Return an object with null for each field, to type the values into; empty if only another type is possible."""
    for leaf in leaves:
        if leaf.properties:
            return json_text(dict.fromkeys(leaf.properties), indent=2)
    return ""
