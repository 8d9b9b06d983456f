"""Where rows go: the standard output, or a file that holds each row as soon as it is there.

Every file begins as JSON Lines beside its target (``out.csv.part``), one flushed write a row. At the end it becomes
what its suffix says and takes the target's place at once. So a killed run leaves its rows in the part, a reader of the
target never sees half a file, and no format needs code of its own for being interrupted.
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
    """Rows cannot be written; the message says where those are that were."""


class Output(Protocol):
    """Takes rows."""

    def write(self, row: Row) -> None:
        """Keep a row, durably as far as a process can."""
        ...

    def finish(self, *, complete: bool) -> Path | None:
        """Bring the rows to where they belong; gives the file that holds them."""
        ...


class Lines:
    """JSON Lines on a stream, each flushed."""

    def __init__(self, stream: IO[str] | None = None) -> None:
        self._stream = stream or sys.stdout

    def write(self, row: Row) -> None:
        """One line. BrokenPipeError where the reader has gone."""
        self._stream.write(to_line(row))
        self._stream.flush()

    def finish(self, *, complete: bool) -> None:
        """Nothing is left to do."""


class PartFile:
    """Rows on their way into a file. `_size` is the length of what was written whole, in bytes."""

    def __init__(self, target: Path, form: Format) -> None:
        self._target = target
        self._format = form
        self._part = create_beside(target, "part")
        self._file = self._part.open("r+b", buffering=0)  # nothing waits in this process
        self._size = 0

    def write(self, row: Row) -> None:
        """One line, handed to the system at once. OutputError where the disk is full, or the like."""
        line = to_line(row).encode()
        try:
            rest = memoryview(line)
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            raise OutputError(f"{self._target} cannot be written: {error.strerror}. {self._kept()}") from error
        self._size += len(line)

    def finish(self, *, complete: bool) -> Path | None:
        """Put the rows in their place; None where there is none.

        A run that is not complete never takes the place of a file that is there already: then the rows stay in the
        part, whose path is returned.
        """
        try:
            with self._file:
                self._file.truncate(self._size)  # half a line, where the disk was full
                os.fsync(self._file.fileno())
            if not self._size:
                self._part.unlink()
                return None
            if not complete and self._target.exists():
                return self._part
            self._install()
        except OSError as error:
            raise OutputError(f"{self._target} cannot be written: {error}. {self._kept()}") from error
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

    def _kept(self) -> str:
        return f"The rows so far are in {self._part}, as JSON Lines."


def open_output(path: Path | None) -> Output:
    """The output for a path, by its suffix; the standard output where it is None.

    Raises ConfigurationError where the suffix is none that rows can be written as, or the place cannot be written.
    """
    if path is None:
        return Lines()
    form = FORMATS.get(path.suffix.lower())
    if form is None:
        *most, last = FORMATS
        raise ConfigurationError(f"{path}: rows are written to {', '.join(most)} or {last}; name such a file.")
    if path.is_dir():
        raise ConfigurationError(f"{path} is a folder: name a file in it.")
    if not path.parent.is_dir():
        raise ConfigurationError(f"{path} cannot be written: there is no folder {path.parent}. Make it first.")
    if form.check is not None:
        form.check(path)
    try:
        return PartFile(path, form)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror}.") from error
