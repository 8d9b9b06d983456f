"""Where rows go: to standard output, or to a file that holds each row as soon as it exists.

Every file starts as JSON Lines next to its target (``out.csv.part``), with one unbuffered write per row. At the end it
is converted to the format of its suffix and replaces the target atomically. So a killed run leaves its rows in the part
file, a reader of the target never sees half a file, and no format needs its own code for interruptions.

A pipe or a device cannot be replaced: there, as on standard output, each row is a line at once.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Protocol

from structgen.batch.output.file_formats import FORMATS, Format, csv_line
from structgen.batch.output.flatten import Layout, Unwritable
from structgen.batch.output.part_file import PartFile
from structgen.batch.output.patched_file import PatchedFile
from structgen.batch.row import Row, refused, to_line
from structgen.core.errors import ConfigurationError, OutputError
from structgen.documents.addresses import collapsed_address
from structgen.schema import Schema

__all__ = ["Lines", "Output", "OutputError", "PartFile", "is_stream", "open_output"]


class Output(Protocol):
    """A destination for rows."""

    def fit(self, row: Row) -> Row:
        """Return the row, or the failed row in its place if this output cannot hold it."""
        ...

    def write(self, row: Row) -> None:
        """Write a row without buffering it in this process."""
        ...

    def finish(self, *, complete: bool) -> Path | None:
        """Move the rows to their final place, and return the file that contains them, if any."""
        ...


class Lines:
    """Writes a line for each row to a stream, flushing each: JSON, unless told otherwise."""

    def __init__(
        self,
        stream: IO[str] | None = None,
        name: str = "standard output",
        line_of: Callable[[Row], str] = to_line,
        header: str = "",
    ) -> None:
        if stream is None and sys.stdout is None:  # pyright: ignore[reportUnnecessaryComparison]  it was closed
            raise ConfigurationError("Standard output is closed: name a file with -o.")
        self._stream = stream or sys.stdout
        self._name = name
        self._line_of = line_of
        self._header = header
        self._fitted: tuple[Row, str] | None = None

    def fit(self, row: Row) -> Row:
        """Return the row, or the failed row in its place if no line can hold it."""
        try:
            line = self._line_of(row)
        except Unwritable as error:
            return refused(row, f"A line of {self._name} cannot hold this row: {error}. Its value is in `partial`")
        except (ValueError, RecursionError) as error:
            return refused(row, f"This row cannot be written as JSON: {error}", keep=False)
        self._fitted = row, line
        return row

    def write(self, row: Row) -> None:
        """Write one line. Raises BrokenPipeError if the reader has gone, and OutputError for all other errors."""
        fitted, self._fitted = self._fitted, None
        line = fitted[1] if fitted is not None and fitted[0] is row else self._line_of(row)
        self._send(self._header + line)
        self._header = ""

    def _send(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OutputError(
                f"Cannot write to {self._name}: {error.strerror}. Make room for the rows, then run the command again."
            ) from error

    def finish(self, *, complete: bool) -> None:  # noqa: ARG002 - the signature is that of every output
        """Close a pipe or a device; of a table without rows, write the header first."""
        header, self._header = self._header, ""
        if header:
            self._send(header)
        if self._stream is not sys.stdout:
            with suppress(OSError):  # what could not be written has been reported
                self._stream.close()


def open_output(path: Path | None, schema: Schema[Any] | None = None, *, patch: bool = False) -> Output:
    """Return the output for a path, by its suffix, or standard output if it is None.

    With `patch`, a file keeps its rows, apart from those of the same documents, which are replaced.
    The columns of tables are those of `schema`; without one, the value is one cell of JSON. Raises ConfigurationError
    if no format has the suffix, or the file cannot be written.
    """
    if path is None:
        return Lines()
    if not path.exists() and (address := collapsed_address(str(path))) is not None:
        raise ConfigurationError(
            f"{address}: rows are not written to addresses, because a killed run could leave none of its rows there. "
            "Write them to a file on this machine with -o, then copy that."
        )
    form = FORMATS.get(path.suffix.lower())
    layout = (form or FORMATS[".jsonl"]).layout(schema or Schema.of(True))
    if path.is_dir():
        raise ConfigurationError(f"{path} is a folder: name a file in it.")
    if is_stream(path):
        return _open_stream(path, form, layout)
    if form is None:
        *most, last = FORMATS
        raise ConfigurationError(f"{path}: rows can be written to {', '.join(most)} or {last}; name such a file.")
    folder = Path(os.path.realpath(path)).parent if path.is_symlink() else path.parent
    if not folder.is_dir():
        raise ConfigurationError(f"Cannot write {path}: the folder {folder} does not exist. Create it first.")
    if form.check is not None:
        form.check(path)
    try:
        return PatchedFile(path, form, layout) if patch else PartFile(path, form, layout)
    except OSError as error:
        raise ConfigurationError(f"Cannot write {path}: {error.strerror}.") from error


def is_stream(path: Path) -> bool:
    """Whether a path is a pipe or a device, or names a stream of this process, which may be a file."""
    return path.parent in _STREAMS or (path.exists() and not path.is_file())


_STREAMS = frozenset({Path("/dev"), Path("/dev/fd"), Path("/proc/self/fd")})


def _open_stream(path: Path, form: Format | None, layout: Layout) -> Lines:
    """Return the output for a pipe or a device. Without a suffix its format is JSON Lines."""
    if form is not None and form.write is not None and path.suffix.lower() != ".csv":
        raise ConfigurationError(f"{path} is not a file, and {path.suffix} cannot be written row by row: name a file.")
    try:
        # opening /dev/stdout would begin a file at its start again
        own = path in {Path("/dev/stdout"), Path("/dev/fd/1")}
        stream = sys.stdout if own else path.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise ConfigurationError(f"Cannot write {path}: {error.strerror}.") from error
    if form is None or form.write is None:
        return Lines(stream, str(path))
    return Lines(stream, str(path), lambda row: csv_line(layout.cells(row.to_json())), csv_line(layout.names))
