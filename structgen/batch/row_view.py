"""A row as a View: what reports, reviews and terminals show of it."""

from __future__ import annotations

from dataclasses import replace

from structgen.batch.failure_reasons import named
from structgen.batch.row import Row
from structgen.core.masking import mask
from structgen.report import View


def view_of_row(row: Row) -> View:
    """Return what to show of a row. A refused one shows what could be read of it. Keys in messages are masked."""
    return View(
        row.partial if row.value is None else row.value,
        name=named(row.source, row.id),
        evidence=row.evidence,
        repairs=row.repairs,
        issues=tuple(replace(issue, message=mask(issue.message)) for issue in row.issues),
        chunks=row.chunks,
        conflicts=row.conflicts,
        usage=row.usage,
        cost=row.cost,
        cost_at_least=None if row.told is None else row.told.cost,
        untold_calls=0 if row.told is None else row.told.untold_calls,
        model=row.model,
        error=None if row.error is None else mask(row.error),
    )
