"""The part file: where a run collects its rows, and how it becomes the target, however the run ends.

``out.csv.part`` has the rows of this run as JSON Lines. If it exists when a run begins, it is of a run that was killed:
its rows become those of ``out.csv.earlier.part``, and stay there until a run has rows for the same documents.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import cast

from structgen.batch.output.atomic_write import beside, open_locked, replacing
from structgen.batch.output.file_formats import Format, Rows
from structgen.batch.output.flatten import Layout, Unwritable
from structgen.batch.output.row_lines import RowLine, RowLines, read_lines, row_index
from structgen.batch.row import Row, refused, to_line
from structgen.core.errors import ConfigurationError, OutputError
from structgen.core.json import JsonObject


class PartFile:
    """Collects rows for a file. `_size` is the length of all complete lines, in bytes."""

    def __init__(self, shown: Path, form: Format, layout: Layout) -> None:
        """Begin the part file. Raises ConfigurationError if another run is writing the same file, and OSError."""
        self._shown = shown
        # a link stays a link: what it points to is replaced
        self._target = Path(os.path.realpath(shown))
        self._format = form
        self._layout = layout
        self._part = beside(self._target, "part")
        self._earlier = beside(self._target, "earlier.part")
        try:
            self._file = os.fdopen(open_locked(self._part, self._target), "r+b", buffering=0)
        except BlockingIOError as error:
            raise ConfigurationError(
                f"{shown} is being written by another run: wait until that run ends, or name another file."
            ) from error
        try:
            self._set_aside()
        except BaseException:
            self._file.close()
            raise
        self._size = 0
        self._ended = False
        self._fitted: tuple[Row, str] | None = None
        """The last row that `fit` returned, with its line: nearly always the next that is written."""
        self._place: Path | None = self._part
        """The file that holds the rows now."""

    def _set_aside(self) -> None:
        """Move the rows of a killed run out of the part file."""
        self._earlier.exists()  # a name that is too long is refused now
        if not self._part.stat().st_size:
            return
        with row_index() as index:
            killed = index.rows_of(self._part)
            if killed:
                self._write_earlier(killed.followed_by(index.rows_of(self._earlier).without(killed)))
        self._file.truncate(0)

    def fit(self, row: Row) -> Row:
        """Return the row, or the failed row in its place if the format cannot hold it."""
        try:
            line = to_line(row)
            if self._format.write is not None:
                self._layout.cells(row.to_json())
        except Unwritable as error:
            return refused(row, f"{self._target.suffix} cannot hold this row: {error}. Its value is in `partial`")
        except (ValueError, RecursionError) as error:
            return refused(row, f"This row cannot be written as JSON: {error}", keep=False)
        self._fitted = row, line
        return row

    def write(self, row: Row) -> None:
        """Write one line, unbuffered, so that a killed process loses no row.

        Raises OutputError, as on a full disk, after the rows so far were put into their place.
        """
        fitted, self._fitted = self._fitted, None
        line = (fitted[1] if fitted is not None and fitted[0] is row else to_line(row)).encode()
        try:
            # an unbuffered write may be partial, for example on a full disk
            rest = memoryview(line)
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            where = self.finish(complete=False)
            so_far = f" The rows so far are in {where}." if where else ""
            raise OutputError(f"Cannot write {self._shown}: {error.strerror}.{so_far}") from error
        self._size += len(line)

    def finish(self, *, complete: bool) -> Path | None:
        """Put the rows into the target, and return the file with the rows, or None without rows.

        A run that was stopped never replaces rows of documents that it did not reach: see `_stopped`. Calling it again,
        or from a signal handler while it is at work, does nothing.
        """
        if self._ended:
            return self._place
        self._ended = True
        try:
            with self._file:
                self._file.truncate(self._size)  # drop half a line, left by a full disk
                # the data must be on disk before the rename, or a power failure could leave an empty target
                os.fsync(self._file.fileno())
                self._place = self._finished(complete=complete)
        except OSError as error:
            raise OutputError(
                f"Cannot write {self._shown}: {error.strerror or error}. The rows so far are in {self._part}, as JSON "
                "Lines."
            ) from error
        return self._place

    def _finished(self, *, complete: bool) -> Path | None:
        if not self._size:
            self._part.unlink()
            return None
        if complete and not self._earlier.exists():
            self._install(None)
            return self._shown
        with row_index() as index:
            own, earlier = index.rows_of(self._part), index.rows_of(self._earlier)
            if complete:
                left = earlier.without(own)  # before the part file is gone: the index may meet a full disk
                self._install(None)
                self._write_earlier(left)
                return self._shown
            rows = own.joined(earlier) if self._continues(own, earlier) else own
            return self._stopped(rows, earlier, own)

    def _stopped(self, rows: RowLines, earlier: RowLines, own: RowLines) -> Path:
        """Put the rows of a run that was stopped into the target, unless it has rows of other documents.

        If it has, they are joined if both are rows of the same command. Otherwise the target stays as it is: it may
        have the result of another complete run.
        """
        if self._target.exists() and not self._covers_target(rows):
            # rows are read back from JSON Lines alone
            before = rows.index.rows_of(self._target) if self._format.write is None else rows.index.empty()
            if not self._continues(rows, before):
                return self._part
            rows = rows.joined(before)
        left = earlier.without(rows)
        self._install(None if rows == own else rows)
        self._write_earlier(left)
        return self._shown

    def _continues(self, new: RowLines, old: RowLines) -> bool:
        """Whether old rows are of the same command, and the columns of this one can hold them."""
        if not new.continues(old):
            return False
        if self._format.write is None:
            return True
        try:
            for row in _parsed(old):
                self._layout.cells(row)
        except Unwritable:
            return False
        return True

    def _covers_target(self, rows: RowLines) -> bool:
        """Whether there is a row for each document of the target, so that nothing is lost if it is replaced."""
        try:
            return rows.covers(self._format.keys(self._target))
        except ValueError:  # structgen did not write it
            return False

    def _install(self, rows: RowLines | None) -> None:
        """Replace the target by these rows, or by all of the part file. No moment has neither the old nor the new."""
        if self._format.write is not None:
            self._format.write(self._rows(rows), self._target, self._layout)
            self._part.unlink()
        elif rows is None:
            self._part.replace(self._target)
        else:
            with replacing(self._target) as path, path.open("wb") as file:
                file.writelines(read_lines(rows))
            self._part.unlink()

    def _rows(self, rows: RowLines | None) -> Rows:
        if rows is not None:
            return lambda: _parsed(rows)
        return self._all_rows

    def _all_rows(self) -> Iterator[JsonObject]:
        with self._part.open(encoding="utf-8") as lines:
            for line in lines:
                yield cast(JsonObject, json.loads(line))

    def _write_earlier(self, rows: RowLines) -> None:
        if rows:
            with replacing(self._earlier) as path, path.open("wb") as file:
                file.writelines(read_lines(rows))
        else:
            self._earlier.unlink(missing_ok=True)


def parsed_line(row: RowLine) -> JsonObject:
    """Read one row from its file."""
    return next(_parsed([row]))


def _parsed(rows: Iterable[RowLine]) -> Iterator[JsonObject]:
    return (cast(JsonObject, json.loads(line)) for line in read_lines(rows))
