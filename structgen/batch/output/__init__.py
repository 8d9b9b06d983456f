"""Where rows go: to standard output, or to a file that holds each row as soon as it exists.

Every file starts as JSON Lines next to its target (``out.csv.part``), with one unbuffered write per row. At the end it
is converted to the format of its suffix and replaces the target atomically. So a killed run leaves its rows in the part
file, a reader of the target never sees half a file, and no format needs its own code for interruptions.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Protocol, cast

from structgen.batch.output.atomic_write import create_beside
from structgen.batch.output.file_formats import FORMATS, Format
from structgen.batch.row import Row, to_line
from structgen.core.errors import ConfigurationError, StructgenError
from structgen.core.json import JsonObject


class OutputError(StructgenError):
    """Rows cannot be written. The message says where the rows so far are."""


class Output(Protocol):
    """A destination for rows."""

    def write(self, row: Row) -> None:
        """Write a row without buffering it in this process."""
        ...

    def finish(self, *, complete: bool) -> Path | None:
        """Move the rows to their final place, and return the file that contains them, if any."""
        ...


class Lines:
    """Writes JSON Lines to a stream, flushing each."""

    def __init__(self, stream: IO[str] | None = None) -> None:
        self._stream = stream or sys.stdout

    def write(self, row: Row) -> None:
        """Write one line. Raises BrokenPipeError if the reader has gone."""
        self._stream.write(to_line(row))
        self._stream.flush()

    def finish(self, *, complete: bool) -> None:
        """Do nothing: every line has been written."""


class PartFile:
    """Collects rows for a file. `_size` is the length of all complete lines, in bytes."""

    def __init__(self, target: Path, form: Format) -> None:
        self._target = target
        self._format = form
        self._part = create_beside(target, "part")
        self._file = self._part.open("r+b", buffering=0)  # so that a killed process loses no row
        self._size = 0

    def write(self, row: Row) -> None:
        """Write one line, unbuffered. Raises OutputError, for example if the disk is full."""
        line = to_line(row).encode()
        try:
            # an unbuffered write may be partial, for example on a full disk
            rest = memoryview(line)
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            raise OutputError(f"Cannot write {self._target}: {error.strerror}. {self._rows_so_far()}") from error
        self._size += len(line)

    def finish(self, *, complete: bool) -> Path | None:
        """Replace the target, and return the file with the rows, or None without rows.

        An incomplete run never replaces an existing file: its rows stay in the part file, whose path is returned.
        """
        try:
            with self._file:
                self._file.truncate(self._size)  # drop half a line, left by a full disk
                # the data must be on disk before the rename, or a power failure could leave an empty target
                os.fsync(self._file.fileno())
            if not self._size:
                self._part.unlink()
                return None
            # a stopped run must not destroy the result of an earlier complete one
            if not complete and self._target.exists():
                return self._part
            self._install()
        except OSError as error:
            raise OutputError(f"Cannot write {self._target}: {error}. {self._rows_so_far()}") from error
        return self._target

    def _install(self) -> None:
        if self._format.write is None:
            self._part.replace(self._target)
        else:
            self._format.write(self._rows, self._target)
            self._part.unlink()

    def _rows(self) -> Iterator[JsonObject]:
        with self._part.open(encoding="utf-8") as lines:
            for line in lines:
                yield cast(JsonObject, json.loads(line))

    def _rows_so_far(self) -> str:
        return f"The rows so far are in {self._part}, as JSON Lines."


def open_output(path: Path | None) -> Output:
    """Return the output for a path, by its suffix, or standard output if it is None.

    Raises ConfigurationError if no format has the suffix, or the file cannot be written.
    """
    if path is None:
        return Lines()
    form = FORMATS.get(path.suffix.lower())
    if form is None:
        *most, last = FORMATS
        raise ConfigurationError(f"{path}: rows can be written to {', '.join(most)} or {last}; name such a file.")
    if path.is_dir():
        raise ConfigurationError(f"{path} is a folder: name a file in it.")
    if not path.parent.is_dir():
        raise ConfigurationError(f"Cannot write {path}: the folder {path.parent} does not exist. Create it first.")
    if form.check is not None:
        form.check(path)
    try:
        return PartFile(path, form)
    except OSError as error:
        raise ConfigurationError(f"Cannot write {path}: {error.strerror}.") from error
