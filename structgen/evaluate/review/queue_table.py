"""The review queue as CSV, for people who look at it in a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from structgen.batch.output.file_formats import csv_line
from structgen.batch.row import cell_text
from structgen.core.screen import escaped
from structgen.evaluate.review.review_queue import ReviewDocument, ReviewItem

COLUMNS = ("id", "source", "path", "concerns", "value", "reasons", "confidence", "found", "start", "end")
"""`found` is the text at the place of the value, from `start` to `end` in the document."""


def queue_csv(items: Sequence[ReviewItem], documents: Sequence[ReviewDocument]) -> Iterator[str]:
    """Yield the header and a line for each item. No cell is a formula that a spreadsheet would run."""
    yield csv_line(COLUMNS)
    for item in items:
        row, piece = documents[item.document].row, item.evidence
        yield csv_line(
            [
                escaped(row.id),
                escaped(row.source),
                escaped(item.path),
                " ".join(item.concerns),
                escaped(item.value) if isinstance(item.value, str) else None if item.missing else cell_text(item.value),
                "; ".join(item.reasons),
                item.confidence,
                escaped(piece.text) if piece and piece.text else None,
                piece.start if piece else None,
                piece.end if piece else None,
            ]
        )
