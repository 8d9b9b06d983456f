"""Record the rows of a run in the ledger, a few at a time, so that no row waits for a commit."""

from __future__ import annotations

import time
from contextlib import suppress

from structgen.batch.failure_reasons import reason_of
from structgen.batch.row import Row, RowStatus
from structgen.core.errors import StoreError
from structgen.core.screen import escaped
from structgen.store import RunRow, Store, document_name

MOST, LONGEST = 64, 0.5
"""How many rows are recorded together, and the maximum seconds that they wait for it."""


class RunRecord:
    """Records the rows of one run. A row that is not ok is recorded at once, with those that wait; the others soon."""

    def __init__(self, store: Store, run: int) -> None:
        self.run = run
        self._store = store
        self._position = 0
        self._waiting: list[RunRow] = []
        self._since = 0.0

    def add(self, row: Row) -> None:
        """Record a row of the run, in the order of the output."""
        now = time.monotonic()
        if not self._waiting:
            self._since = now
        self._waiting.append(run_row(self.run, self._position, row))
        self._position += 1
        if row.status is not RowStatus.OK or len(self._waiting) >= MOST or now - self._since >= LONGEST:
            self.flush()

    def flush(self) -> None:
        """Record the rows that wait. If the store cannot, no row is lost: the output has them all."""
        rows, self._waiting = self._waiting, []
        with suppress(StoreError):
            self._store.add_rows(rows)


def run_row(run: int, position: int, row: Row) -> RunRow:
    """Return the ledger's record of a row."""
    usage, told = row.usage, row.told
    return RunRow(
        run,
        position,
        escaped(row.id),
        escaped(row.source),
        str(row.status),
        reason=reason_of(row),
        error=None if row.error is None else escaped(row.error),
        model=escaped(row.model),
        calls=usage.calls,
        input_tokens=usage.input_tokens if told is None else told.input_tokens,
        output_tokens=usage.output_tokens if told is None else told.output_tokens,
        cost=row.cost if told is None else told.cost,
        untold_calls=0 if told is None else told.untold_calls,
        texts=tuple(map(document_name, row.asked)),
    )
