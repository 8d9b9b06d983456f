"""Tables -> rows: JSON Lines, CSV and Parquet, one row at a time, each a mapping or the reason why it is none."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, TypeAlias, cast

from structgen.core.errors import DocumentError
from structgen.documents.decode import encoding_of

Row: TypeAlias = Mapping[str, object]
"""The values of a row by column."""

_SEPARATORS = ",;\t|"
_UNCLOSED = "its quotation mark is never closed, so the row runs to the end of the file; close it and try again."
_HEAD = 256 * 1024  # bytes that decide the encoding


def read_jsonl(path: Path) -> Iterator[tuple[int, Row | str]]:
    """Yield (line number, object or error) for each line. Empty lines are skipped."""
    with _open(path) as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                yield number, _object(line)


def _object(line: str) -> Row | str:
    try:
        row = cast(object, json.loads(line))
    except json.JSONDecodeError as error:
        return f"this line is not JSON ({error.msg}, column {error.colno}); each line must contain one object."
    except (ValueError, RecursionError) as error:
        return f"this line cannot be decoded ({error})."
    if not isinstance(row, dict):
        return "this line is not a JSON object; each line must be one, with the text in a field."
    return cast("dict[str, object]", row)


def read_csv(path: Path, text_field: str) -> Iterator[tuple[int, Row | str]]:
    """Yield (line number, row) with the columns of the header. The separator is the one that yields a `text_field`.

    A row whose quotation mark is never closed is an error, because it has swallowed all rows after it.
    """
    csv.field_size_limit(2**31 - 1)  # the default limit, 131,072 characters, is less than a long document
    with _open(path, newline="") as lines:
        header = lines.readline()
        separator = _separator(header, text_field)
        rest = _Lines(lines)
        reader = csv.DictReader(rest, _columns(header, separator), delimiter=separator)
        for row in reader:
            yield reader.line_num + 1, _UNCLOSED if rest.ended else cast("dict[str, object]", row)


class _Lines:
    """Lines that record whether the reader has hit the end: a row that needs more lines is not closed."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self.ended = False

    def __iter__(self) -> Iterator[str]:
        yield from self._lines
        self.ended = True


def _separator(header: str, text_field: str) -> str:
    """Return the separator for which the header has the text column, else the most frequent one."""
    fitting = [sign for sign in _SEPARATORS if text_field in _columns(header, sign)]
    return fitting[0] if fitting else max(_SEPARATORS, key=header.count)


def _columns(header: str, separator: str) -> list[str]:
    return [name.strip() for row in csv.reader([header], delimiter=separator) for name in row]


def _open(path: Path, newline: str | None = None) -> io.TextIOWrapper:
    """Open a text file in the encoding of its start. Invalid bytes become lone surrogates, refused later by row."""
    with path.open("rb") as file:
        encoding, _ = encoding_of(file.read(_HEAD))
    return path.open(encoding=encoding, errors="surrogateescape", newline=newline)


_BATCH = 256  # rows in memory


def read_parquet(path: Path, text_field: str, id_field: str) -> Iterator[tuple[int, Row | str]]:
    """Yield (row number, row). Raises DocumentError if the file is not Parquet, or pyarrow is not installed.

    If the table has the text column, only that and the ids are read.
    """
    arrow, parquet = _pyarrow()
    try:
        with parquet.ParquetFile(path) as table:
            names = cast("list[str]", table.schema_arrow.names)
            wanted = [name for name in names if name in (text_field, id_field)] if text_field in names else names
            start = 1
            for batch in table.iter_batches(_BATCH, columns=wanted):
                yield from enumerate(cast("list[Row]", batch.to_pylist()), start)
                start += batch.num_rows
    except arrow.ArrowException as error:
        raise DocumentError(f"it is not a readable Parquet file ({str(error).splitlines()[0]}).") from error


def _pyarrow() -> tuple[Any, Any]:
    """Import pyarrow, which has no type stubs, and its Parquet module."""
    try:
        return import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError as error:
        raise DocumentError("reading Parquet needs pyarrow: pip install 'structgen[parquet]'.") from error
