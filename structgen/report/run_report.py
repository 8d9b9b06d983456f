"""The report of a run: one HTML file with an overview and every document, its values linked to the text.

Documents are rendered by the templates of a view, a few dozen to a block, and each block is compressed. The page
unpacks the block of a document when it is opened, so that a report of thousands of documents opens at once.
"""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast

from structgen.core.json import MISSING, Json, JsonLike, at, steps
from structgen.core.records import Status
from structgen.core.screen import json_text
from structgen.report.html import body_html
from structgen.report.kept_documents import KeptDocuments
from structgen.report.overview import Tally, fields_of, tokens_of
from structgen.report.reported import Reported, ReportFacts
from structgen.report.templating import packed, page_html, render
from structgen.report.text_budget import WHOLE, TextBudget
from structgen.report.view import Limits, Places, View, claimed, counted, line_of

if TYPE_CHECKING:
    from markupsafe import Markup

MOST_BYTES = 4_700_000
"""Maximum size of a report with texts. Texts are cut to keep it; values are never left out."""
BLOCK = 400_000
"""How many characters of documents are compressed together, before compression."""
SAMPLE = 24
"""How many documents are rendered to measure their size."""
MOST_TO_CHECK = 3_000
"""How many values to check are listed."""
MOST_CHANGES = 300
SUMMARY, SEARCHED = 160, 60
"""How many characters of a document's values, and of each value, the table shows and searches."""
_ITEMS = 8
"""How many items of a list the table shows."""
_BASE64 = 4 / 3


def report_html(facts: ReportFacts, documents: Iterable[Reported], most_bytes: int = MOST_BYTES) -> str:
    """Return the report. If texts would make it larger than `most_bytes`, the longest are shown around their places."""
    with KeptDocuments(documents) as kept:
        budget = _budget(kept, most_bytes)
        build = _Build(facts)
        for document in kept.every():
            build.add(document, budget)
    return build.html()


def _budget(documents: KeptDocuments, most_bytes: int) -> TextBudget:
    """Measure a sample of the documents."""
    whole = bare = characters = count = 0
    for number, document in enumerate(documents.every(max(1, len(documents.lengths) // SAMPLE))):
        part = replace(document, text=None if document.text is None else document.text[: WHOLE.text])
        with_text, without = (
            _document_html(part, number, WHOLE),
            _document_html(replace(part, text=None), number, WHOLE),
        )
        whole += _compressed(with_text)
        bare += _compressed(without)
        characters += part.size
        count += 1
    each = (bare / count if count else 0) + 300
    return TextBudget(most_bytes, documents.lengths, each, max(0, whole - bare) / characters if characters else 0)


def _compressed(text: str) -> float:
    return len(zlib.compress(text.encode("utf-8", "replace"), 6)) * _BASE64


@dataclass
class _Build:
    """A report while its documents are added."""

    facts: ReportFacts
    tally: Tally = field(default_factory=Tally)
    index: list[Json] = field(default_factory=list[Json])
    to_check: list[Json] = field(default_factory=list[Json])
    more_to_check: int = 0
    cut: int = 0
    lacking: int = 0
    blocks: list[str] = field(default_factory=list[str])
    waiting: list[JsonLike] = field(default_factory=list[JsonLike])
    length: int = 0

    def add(self, document: Reported, budget: TextBudget) -> None:
        """Add a document."""
        number = len(self.index)
        limits = budget.limits_for(document.size)
        self.cut += document.size > limits.text
        self.lacking += document.text is None
        html, row = _document_html(document, number, limits), json_text(document.row)
        self.tally.add(document)
        place: list[Json] = [len(self.blocks), len(self.waiting)]
        self.index.append([*_cells(document, self.tally), *place])
        self._check(document, number)
        self.waiting.append([html, row])
        self.length += len(html) + len(row)
        if self.length > BLOCK:
            budget.spend(len(self.waiting), self._close_block())

    def _close_block(self) -> int:
        """Compress the documents that wait; return the size."""
        self.blocks.append(packed(self.waiting))
        self.waiting, self.length = [], 0
        return len(self.blocks[-1])

    def _check(self, document: Reported, number: int) -> None:
        for kind, path, value in values_to_check(document.view):
            if len(self.to_check) < MOST_TO_CHECK:
                self.to_check.append([kind, number, path, value])
            else:
                self.more_to_check += 1

    def html(self) -> str:
        """Return the page."""
        if self.waiting:
            self._close_block()
        index: Json = {
            "rows": self.index,
            "statuses": [str(status) for status in Status],
            "check": self.to_check,
            "compared": bool(self.facts.against),
        }
        context = {
            "facts": self.facts,
            "tally": self.tally,
            "overview": self.tally.overview(),
            "notices": self._notices(),
            "checked": len(self.to_check) + self.more_to_check,
            "more_to_check": self.more_to_check,
            "index": packed(index),
            "blocks": self.blocks,
        }
        return page_html("report", context)

    def _notices(self) -> list[str]:
        notices, every = list(self.facts.notices), counted(self.tally.documents, "document")
        if self.cut:
            notices.append(
                f"The texts of {self.cut:,} of {every} are shown around the places of their values only, to keep this "
                "file small. Every value is here."
            )
        if self.lacking:
            notices.append(f"The texts of {self.lacking:,} of {every} are not available: each document says why.")
        return notices


_STATUSES = {status: number for number, status in enumerate(Status)}


def _cells(document: Reported, tally: Tally) -> list[Json]:
    """Return what the table shows of a document, and by what it is filtered, in the order of report.js.jinja."""
    view, usage = document.view, document.view.usage
    statuses = Counter(piece.status for piece in view.evidence)
    filled = [tally.fields[path] for path, has_value in fields_of(document.accepted) if has_value]
    return [
        line_of(document.id, 200),
        line_of(document.source, 200),
        document.status,
        summary_of(document.view),
        statuses[Status.UNSUPPORTED],
        statuses[Status.AMBIGUOUS],
        len(view.conflicts),
        len(view.repairs),
        len(view.issues),
        usage.calls,
        tokens_of(usage),
        view.cost,
        document.seconds,
        len(document.changes),
        cast("list[Json]", filled),
        cast("list[Json]", sorted({tally.rules[repair.rule] for repair in view.repairs})),
        cast("list[Json]", sorted(_STATUSES[status] for status in statuses)),
    ]


def summary_of(view: View) -> str:
    """Return the beginning of a value on one line, with … for the rest, or the error if there is no value."""
    if view.value is None:
        return line_of(view.error or "", SUMMARY)
    value = view.value if isinstance(view.value, dict) else {"": view.value}
    parts: list[str] = []
    length = 0
    for name, part in value.items():
        if part is None:
            continue
        if length > SUMMARY:
            parts.append("…")
            break
        words = line_of(part if isinstance(part, str) else cell_words(part), SEARCHED)
        parts.append(f"{line_of(name, 40)}: {words}" if name else words)
        length += len(parts[-1])
    return " · ".join(parts)


def cell_words(value: Json) -> str:
    """Return a value as JSON; of a long list the first items and how many more there are."""
    if not isinstance(value, list) or len(value) <= _ITEMS:
        return json.dumps(value, ensure_ascii=False, default=str)
    return f"{cell_words(value[:_ITEMS])[:-1]}, and {len(value) - _ITEMS:,} more]"


def values_to_check(view: View) -> Iterator[tuple[str, str, str]]:
    """Yield the kind, the path and the value of what the text does not bear out for certain."""
    for piece in view.evidence:
        if piece.status in {Status.UNSUPPORTED, Status.AMBIGUOUS}:
            found = at(view.value, steps(piece.path))
            words = "" if found is MISSING else found if isinstance(found, str) else cell_words(cast(Json, found))
            yield str(piece.status), line_of(piece.path, 200), line_of(words, SEARCHED)
    for conflict in view.conflicts:
        yield "conflict", line_of(conflict.path, 200), line_of(claimed(conflict, Places(None)), 2 * SEARCHED)


def _document_html(document: Reported, number: int, limits: Limits) -> str:
    """Return what the page shows of a document. The ids in it begin with ``d`` and its number."""
    sides = [_Side(document, f"d{number}", limits)]
    if document.other is not None:
        sides.append(_Side(document.other, f"d{number}b", limits))
    context = {"document": document, "sides": sides, "limits": limits, "most_changes": MOST_CHANGES}
    return render("report_document.html.jinja", context)


@dataclass(frozen=True, slots=True)
class _Side:
    """A document of one run in a report."""

    reported: Reported
    id: str
    limits: Limits

    @property
    def is_cut(self) -> bool:
        """Whether the text is shown around its places only."""
        return self.reported.size > self.limits.text

    @property
    def html(self) -> Markup:
        """The view."""
        return body_html(self.reported.view, self.reported.text, self.limits, self.id)
