"""Tables -> rows: JSON Lines, CSV and Parquet, one row at a time, each a mapping or the reason why it is none."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, BinaryIO, TypeAlias, cast

from structgen.core.errors import DocumentError

Row: TypeAlias = Mapping[str, object]
"""The values of a row by column."""

NumberedRow: TypeAlias = tuple[int, Row | str]
"""The number of a row or of its line, and the row, or the sentence that says why it is none."""

LONGEST = 64 * 2**20
"""Characters that one row may have, so that a file without line breaks or quotation marks cannot fill the memory."""
_TOO_LONG = f"it is longer than {LONGEST // 2**20} million characters; split it and try again."
_SEPARATORS = ",;\t|"
_HEADER_LINES = 100
"""Lines that the header of a CSV file may have, if its names are quoted and contain line breaks."""
_UNCLOSED = "its quotation mark is never closed, so the row runs to the end of the file; close it and try again."


@dataclass(frozen=True, slots=True)
class Verbatim:
    """A number of a JSON row as it is written, so that an id such as 1.10 stays what it is."""

    text: str


def read_jsonl(lines: io.TextIOBase, number_of: Callable[[str], object] = Verbatim) -> Iterator[NumberedRow]:
    """Yield (line number, object or error) for each line. Empty lines are skipped.

    `number_of` makes the value of a number with a fraction: as it is written, unless told otherwise.
    """
    number = 0
    while line := lines.readline(LONGEST):
        number += 1
        if len(line) >= LONGEST and not line.endswith("\n"):
            while (rest := lines.readline(LONGEST)) and not rest.endswith("\n"):
                pass
            yield number, f"this line cannot be read: {_TOO_LONG}"
        elif line.strip():
            yield number, _object(line, number_of)


class _Pairs(dict[str, object]):
    """An object of JSON, and the first key that occurs twice in it with different values."""

    twice: str | None = None


def _pairs(pairs: list[tuple[str, object]]) -> _Pairs:
    found = _Pairs(pairs)
    if len(found) < len(pairs):
        found.twice = next((key for key, value in pairs if found[key] != value), None)
    return found


def _object(line: str, number_of: Callable[[str], object]) -> Row | str:
    try:
        row = cast(object, json.loads(line, parse_float=number_of, object_pairs_hook=_pairs))
    except json.JSONDecodeError as error:
        return f"this line is not JSON ({error.msg}, column {error.colno}); each line must contain one object."
    except (ValueError, RecursionError) as error:
        return f"this line cannot be decoded ({error})."
    if not isinstance(row, _Pairs):
        return "this line is not a JSON object; each line must be one, with the text in a field."
    if row.twice is not None:
        return f"it has two different values of {row.twice!r}; each key may occur once."
    return row


def read_csv(lines: io.TextIOBase, text_field: str, separator: str | None = None) -> Iterator[NumberedRow]:
    """Yield (line number, row) with the columns of the header.

    The separator, unless given, is that of a first line ``sep=;``, else the one that yields a `text_field`. A row with
    more cells than columns is an error, because a text with an unquoted separator would lose its end. So is a row whose
    quotation mark is never closed, because it has swallowed all rows after it. Raises DocumentError for two columns of
    one name, and for a row that is too long.
    """
    csv.field_size_limit(2**31 - 1)  # the default limit, 131,072 characters, is less than a long document
    rest = _Lines(lines)
    header = rest.record(separator)
    if (named := _named_separator(header)) is not None:
        separator = separator or named
        header = rest.record(separator)
    sign = separator or _separator(header, text_field)
    columns = _columns(header, sign)
    twice = [name for name, count in Counter(columns).items() if count > 1 and name]
    if twice:
        raise DocumentError(f"it has two columns named {twice[0]!r}; give each column a name of its own.")
    reader = csv.reader(rest, delimiter=sign)
    above = rest.count
    try:
        for cells in reader:
            rest.in_row = 0
            if cells:
                yield above + reader.line_num, _UNCLOSED if rest.ended else _csv_row(cells, columns, text_field)
    except csv.Error as error:
        raise DocumentError(f"it is not readable as CSV from line {above + reader.line_num} on ({error}).") from error


def _csv_row(cells: list[str], columns: list[str], text_field: str) -> Row | str:
    """Return a row, or what is wrong with the number of its cells."""
    # Empty cells at the end say nothing: some programs end every row with separators.
    surplus = [cell for cell in cells[len(columns) :] if cell.strip()]
    found = f"it has {len(cells)} cell{'s' * (len(cells) != 1)}, but the header has {len(columns)}"
    if surplus:
        return f"{found}; put quotation marks around a text that contains the separator."
    if text_field in columns and columns.index(text_field) >= len(cells):
        return f"{found}: its {text_field!r} is missing."
    return dict(zip(columns, cells, strict=False))


class _Lines:
    """Lines that record whether the reader has hit the end: a row that needs more lines is not closed."""

    def __init__(self, lines: io.TextIOBase) -> None:
        self._lines = lines
        self.ended = False
        self.count = 0
        """Lines that were read as records."""
        self.in_row = 0
        """Characters of the row that is being read. The reader of the rows sets it back."""

    def record(self, separator: str | None) -> str:
        """Return the next line, with those that continue a quoted cell of it."""
        found = ""
        for line in self:
            found += line
            self.count += 1
            if self.count >= _HEADER_LINES or not _is_open(found, separator or _most_frequent(found)):
                break
        self.in_row = 0
        return found

    def __iter__(self) -> Iterator[str]:
        while line := self._lines.readline(LONGEST):
            self.in_row += len(line)
            if self.in_row >= LONGEST:
                raise DocumentError(f"a row cannot be read: {_TOO_LONG} Perhaps a quotation mark is never closed.")
            yield line
        self.ended = True


def _named_separator(line: str) -> str | None:
    """Return the separator that a first line ``sep=;`` names, as Excel writes it, else None."""
    name, _, sign = line.strip("\r\n").strip('"').partition("=")
    return sign if name.strip().lower() == "sep" and len(sign) == 1 else None


def _separator(header: str, text_field: str) -> str:
    """Return the separator for which the header has the text column, else the most frequent one."""
    fitting = [sign for sign in _SEPARATORS if text_field in _columns(header, sign)]
    return fitting[0] if fitting else _most_frequent(header)


def _most_frequent(header: str) -> str:
    return max(_SEPARATORS, key=header.count)


def _columns(header: str, separator: str) -> list[str]:
    return [name.strip() for row in csv.reader(io.StringIO(header, newline=""), delimiter=separator) for name in row]


def _is_open(record: str, separator: str) -> bool:
    """Whether a quoted cell goes on behind these lines."""
    lines = _Lines(io.StringIO(record, newline=""))
    next(csv.reader(lines, delimiter=separator), None)
    return lines.ended


_BATCH = 256  # rows in memory


def read_parquet(file: BinaryIO, text_field: str, id_field: str) -> Iterator[NumberedRow]:
    """Yield (row number, row). Raises DocumentError if the file is not Parquet, or pyarrow is not installed.

    If the table has the text column, only that and the ids are read.
    """
    arrow, parquet = _pyarrow()
    try:
        with parquet.ParquetFile(file) as table:
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
