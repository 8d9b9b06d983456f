"""The pages of a document on their way into its result: each piece of evidence names the page that it is on."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import replace
from typing import TypeVar

from structgen.compile import Input
from structgen.core.errors import ExtractionFailed
from structgen.core.records import Document, Evidence
from structgen.core.results import Claim, Conflict, Extraction

T = TypeVar("T")
E = TypeVar("E")
C = TypeVar("C")


def with_pages(line: Generator[E, C, Extraction[T]], text: Input) -> Generator[E, C, Extraction[T]]:
    """Run a line. If the document has pages, the evidence of its result, or of its ExtractionFailed, names them."""
    return _paged(line, text) if isinstance(text, Document) and text.pages else line


def _paged(line: Generator[E, C, Extraction[T]], document: Document) -> Generator[E, C, Extraction[T]]:
    try:
        result = yield from line
    except ExtractionFailed as error:
        locate = error.locate
        error.locate = (lambda: _evidence(document, locate())) if locate else None
        error.conflicts = _conflicts(document, error.conflicts)
        raise
    return replace(
        result,
        conflicts=_conflicts(document, result.conflicts),
        locate=lambda: _evidence(document, result.evidence),
    )


def _evidence(document: Document, pieces: Iterable[Evidence]) -> tuple[Evidence, ...]:
    return tuple(
        piece if piece.start is None else replace(piece, page=document.page_at(piece.start)) for piece in pieces
    )


def _conflicts(document: Document, conflicts: Iterable[Conflict]) -> tuple[Conflict, ...]:
    def claim(one: Claim) -> Claim:
        return replace(one, evidence=_evidence(document, one.evidence))

    return tuple(replace(conflict, claims=tuple(map(claim, conflict.claims))) for conflict in conflicts)
