"""The output of a run that retries some documents: their rows are replaced, all others stay as they are."""

from __future__ import annotations

from collections import defaultdict, deque
from functools import partial
from pathlib import Path

from structgen.batch.output.file_formats import Format
from structgen.batch.output.flatten import Layout
from structgen.batch.output.part_file import PartFile, parsed_line
from structgen.batch.output.patch_formats import PATCHERS, Patch, columns_of
from structgen.batch.output.row_lines import Key, RowLine, RowLines, row_index
from structgen.core.errors import ConfigurationError

AGAIN = "run the same command without --retry-failed first: what is stored costs nothing"


class PatchedFile(PartFile):
    """Collects rows like any run, then replaces the rows of the same documents with them."""

    def __init__(self, shown: Path, form: Format, layout: Layout) -> None:
        """Begin the part file. Raises ConfigurationError if there is no output to change, and as PartFile does."""
        super().__init__(shown, form, layout)
        try:
            self._check()
        except BaseException:
            self.finish(complete=False)
            raise

    def _check(self) -> None:
        if not self._target.exists():
            if self._earlier.exists():  # a run that was killed left its rows there
                return
            raise ConfigurationError(f"{self._shown} does not exist, so it has no rows to replace: {AGAIN}.")
        try:
            deque(self._format.keys(self._target), maxlen=0)
        except ValueError as error:
            raise ConfigurationError(
                f"{self._shown} was not written by structgen ({error}): name its output."
            ) from error
        columns = columns_of(self._target)
        if columns is not None and tuple(columns) != self._layout.names:
            raise ConfigurationError(f"{self._shown} has the columns of another schema or version: {AGAIN}.")

    def _finished(self, *, complete: bool) -> Path | None:  # noqa: ARG002 - what was not reached keeps its row
        with row_index() as index:
            earlier = index.rows_of(self._earlier)
            rows = index.rows_of(self._part).joined(earlier)
            if not rows:
                self._part.unlink()
                return self._shown if self._target.exists() else None
            left = earlier.without(rows)
            if self._target.exists():
                PATCHERS[self._target.suffix.lower()](self._patch(rows), self._target, self._layout)
                self._part.unlink()
            else:
                self._install(rows)
            self._write_earlier(left)
            return self._shown

    def _patch(self, rows: RowLines) -> Patch:
        """Return which row of the target each row replaces. A good row is never given up for a failed one."""
        waiting: defaultdict[Key, deque[RowLine]] = defaultdict(deque)
        for row in rows:
            waiting[row.key].append(row)
        replaced: dict[int, RowLine] = {}
        for number, (key, good) in enumerate(self._format.keys(self._target)):
            if waiting[key]:
                row = waiting[key].popleft()
                if row.good or not good:
                    replaced[number] = row
        added = [row for left in waiting.values() for row in left]
        return Patch(
            {number: partial(parsed_line, row) for number, row in replaced.items()},
            [partial(parsed_line, row) for row in added],
        )
