"""Count documents without making them: by names, by the heads of files, and by the rows of tables."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from io import TextIOBase
from pathlib import Path
from typing import Any

from structgen.core.errors import ConfigurationError
from structgen.core.options import InputFormat
from structgen.documents.addresses import is_address
from structgen.documents.file_reader import ReadingOptions, open_lines
from structgen.documents.inputs import NO_OUTPUTS, DocumentProblem, InputFile, Outputs, find_input_files
from structgen.documents.name_choice import NO_CHOICE, NameChoice
from structgen.documents.tabular import read_csv

LARGEST = 4 * 2**30
"""Bytes of a table that is counted: reading more of them only for its number of rows takes too long."""


def count_documents(
    inputs: Sequence[str],
    options: ReadingOptions | None = None,
    outputs: Outputs = NO_OUTPUTS,
    choice: NameChoice = NO_CHOICE,
) -> int | None:
    """Return how many documents and problems `read_documents` yields, or None if it would take too long to know.

    Files that are one document are counted by their names, a Parquet file by its footer, and the rows of other tables
    without making documents of them. Standard input and pipes can be read only once, addresses would be listed twice,
    and compressed tables and those over 4 GB unpacked or read twice.
    """
    if any(map(is_address, inputs)):
        return None
    options = options or ReadingOptions()
    count = 0
    try:
        for file in find_input_files(inputs, lambda _: None, outputs, audio=True, choice=choice):
            rows = 1 if isinstance(file, DocumentProblem) else _rows(file, options)
            if rows is None:
                return None
            count += rows
    except (ConfigurationError, OSError):  # the run reports it
        return None
    return count


def _rows(file: InputFile, options: ReadingOptions) -> int | None:
    form, compressed = options.format_of(file.path)
    if not isinstance(file.path, Path):
        return None
    if form is None or not form.is_table:
        return 1
    # a pipe can be read only once, and the run needs that
    if compressed or not file.path.is_file() or file.path.stat().st_size > LARGEST:
        return None
    try:
        count = _parquet_rows(file.path) if form is InputFormat.PARQUET else _text_rows(file.path, form, options)
    except Exception:  # the run reports what is wrong with the file when it reads it
        return None
    return max(count, 1)  # a table without rows is a problem


def _parquet_rows(path: Path) -> int:
    parquet: Any = import_module("pyarrow.parquet")
    return int(parquet.read_metadata(path).num_rows)


def _text_rows(path: Path, form: InputFormat, options: ReadingOptions) -> int:
    with path.open("rb") as file:
        lines, _ = open_lines(file, form, options)
        if form is InputFormat.JSONL:
            return _filled_lines(lines)
        return sum(1 for _ in read_csv(lines, options.text_field, "\t" if form is InputFormat.TSV else None))


def _filled_lines(lines: TextIOBase) -> int:
    """Return how many lines have more than blanks, in memory that does not grow with their length."""
    count, filled = 0, False
    while chunk := lines.read(_CHUNK):
        first, *others = chunk.split("\n")
        filled = filled or bool(first.strip())
        for line in others:
            count += filled
            filled = bool(line.strip())
    return count + filled


_CHUNK = 2**20
