"""Rebuild the rows of a run whose output is gone from the store: how each document ended, and the stored responses.

The answers are read again with the schema that the run recorded. Nothing is sent, and nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, cast

from structgen.batch.row import Row, RowStatus
from structgen.batch.row_texts import RowTexts, stored_texts
from structgen.batch.run import Batch
from structgen.core.json import Json
from structgen.core.records import Document, Example, Task, Usage
from structgen.engine.reparse.previous_run import PreviousRun
from structgen.extractor import Extractor
from structgen.store import Run, RunRow, Store

GONE = "The output of this run is gone, and no response in the store belongs to this document: its value is unknown."
SEVERAL = (
    "The output of this run is gone, and the answers of several models are not joined again: its value is unknown, "
    "though the store may have its responses."
)


def stored_rows(store: Store, run: Run, texts: RowTexts) -> list[Row]:
    """Return a row for each document of a run, without those of an output that can no longer be read."""
    recorded = list(store.rows_of(run.id))
    if not recorded:
        # an older structgen recorded no outcomes, only requests
        found = [
            Document(text, f"text {number}", "") for number, (text, _) in enumerate(stored_texts(store, run.id), 1)
        ]
        return list(_read_again(store, run, found))
    bare = [_bare(row) for row in recorded]
    known = [(number, texts.of(row).text) for number, row in enumerate(bare)]
    readable = {number: text for number, text in known if text is not None}
    documents = [Document(text, bare[number].id, bare[number].source) for number, text in readable.items()]
    again = dict(zip(readable, _read_again(store, run, documents), strict=True))
    return [_joined(row, again.get(number), _unknown(run)) for number, row in enumerate(bare)]


def _unknown(run: Run) -> str:
    """Return why a value cannot be read again."""
    return SEVERAL if "," in run.model else GONE


def _bare(recorded: RunRow) -> Row:
    """Return a row without its value."""
    usage = Usage(recorded.input_tokens, recorded.output_tokens, calls=recorded.calls)
    return Row(
        recorded.id,
        recorded.source,
        RowStatus(recorded.status),
        usage=usage,
        cost=recorded.cost,
        model=recorded.model,
        error=recorded.error,
    )


def _joined(row: Row, again: Row | None, unknown: str) -> Row:
    """Return the row of the stored responses, with the status and the usage that the run recorded."""
    if again is None or (again.value is None and again.partial is None):
        return replace(row, notes=(*row.notes, unknown))
    return replace(
        again, id=row.id, status=row.status, usage=row.usage, cost=row.cost, model=row.model, error=row.error
    )


def _read_again(store: Store, run: Run, documents: Iterable[Document]) -> Iterator[Row]:
    if not run.asked or "," in run.model:  # a reparse reads the answers of one model
        return (Row(one.id, one.source, RowStatus.FAILED, error=_unknown(run)) for one in documents)
    asked = run.asked[0]
    pairs = cast("list[list[Json]]", asked.examples or [])
    examples = tuple(Example(str(text), value) for text, value in pairs)
    task: Task[Any] = Task("stored", asked.json_schema, asked.instructions, examples)
    extractor = Extractor(f"replay/{run.model}", store=store, previous_run=PreviousRun(store, run, keep=True))
    return Batch(extractor, task).rows(documents)
