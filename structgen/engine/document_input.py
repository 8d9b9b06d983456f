"""Convert a document to what the model reads, and the places in the result back to places of the document.

Of an HTML page a model reads the text, and the result has the offsets of the page's source. Rules read the source,
because its markup says which value is which. Of a document with pages, evidence names the page that it is on; of a
transcript, the seconds in which it was said.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

from structgen.compile import Brief, Input
from structgen.compile.request import OWN_EVIDENCE
from structgen.core.errors import ExtractionFailed
from structgen.core.offsets import OffsetMap
from structgen.core.options import HtmlMode
from structgen.core.records import Document
from structgen.core.results import Extraction
from structgen.documents.html_text import is_html_file, is_page, page_text
from structgen.report import extraction_html, failure_html

T = TypeVar("T")
E = TypeVar("E")
C = TypeVar("C")


@dataclass(frozen=True, slots=True)
class ReadableInput:
    """What the model reads: the input itself, or the text of an HTML page. `offsets` leads back to the document."""

    input: Input
    offsets: OffsetMap | None = None

    def placed(self, line: Generator[E, C, Extraction[T]]) -> Generator[E, C, Extraction[T]]:
        """Run a line. The places in its result, or in its ExtractionFailed, become those of the document."""
        return line if self.offsets is None else _placed(line, self.offsets)


def readable_input(brief: Brief[Any], text: Input) -> ReadableInput:
    """Return what the model reads of a text. Only the source of an HTML page is replaced."""
    if not isinstance(text, str | Document) or not brief.extracting:
        return ReadableInput(text)
    document = text if isinstance(text, Document) else Document(text)
    own = _own_places(document)
    if brief.provider in OWN_EVIDENCE or brief.options.html is HtmlMode.RAW:
        return ReadableInput(text, own)
    if not (is_page(document.text) or is_html_file(document.source, document.text)):
        return ReadableInput(text, own)
    page = page_text(document.text)
    # A page that scripts build shows nothing. What it says is in its source.
    if not page.text.strip():
        return ReadableInput(text)
    return ReadableInput(replace(document, text=page.text), OffsetMap(page.source, page.source_span))


def _own_places(document: Document) -> OffsetMap | None:
    """Return the map that keeps offsets and adds pages and seconds, or None if the document has neither."""
    if not document.pages and not document.spoken:
        return None
    return OffsetMap(document.text, _same, document.page_at, document.seconds_at)


def _same(start: int, end: int) -> tuple[int, int]:
    return start, end


def _placed(line: Generator[E, C, Extraction[T]], offsets: OffsetMap) -> Generator[E, C, Extraction[T]]:
    try:
        result = yield from line
    except ExtractionFailed as error:
        locate = error.locate
        error.locate = (lambda: offsets.evidence(locate())) if locate else None
        error.view = partial(failure_html, document=offsets.text)
        error.chunks, error.conflicts = offsets.chunks(error.chunks), offsets.conflicts(error.conflicts)
        error.repairs = offsets.repairs(error.repairs)
        raise
    return replace(
        result,
        repairs=offsets.repairs(result.repairs),
        chunks=offsets.chunks(result.chunks),
        conflicts=offsets.conflicts(result.conflicts),
        locate=lambda: offsets.evidence(result.evidence),
        view=partial(extraction_html, document=offsets.text),
    )
