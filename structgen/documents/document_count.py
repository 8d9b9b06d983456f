"""Count documents without reading them, as far as names and the heads of files tell."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from structgen.core.errors import ConfigurationError
from structgen.core.options import InputFormat
from structgen.documents.addresses import is_address
from structgen.documents.file_reader import ReadingOptions
from structgen.documents.inputs import NO_OUTPUTS, DocumentProblem, InputFile, Outputs, find_input_files
from structgen.documents.name_choice import NO_CHOICE, NameChoice


def count_documents(
    inputs: Sequence[str],
    options: ReadingOptions | None = None,
    outputs: Outputs = NO_OUTPUTS,
    choice: NameChoice = NO_CHOICE,
) -> int | None:
    """Return how many documents and problems `read_documents` yields, or None if only reading would tell.

    Files that are one document are counted by their names, and a Parquet file by its footer. Standard input and other
    tables would have to be read, and addresses listed twice.
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
    except (ConfigurationError, OSError):  # the run itself will say so
        return None
    return count


def _rows(file: InputFile, options: ReadingOptions) -> int | None:
    form = options.format_of(file.path).format
    if not isinstance(file.path, Path):
        return None
    if form is None or not form.is_table:
        return 1
    if form is not InputFormat.PARQUET:
        return None
    try:
        parquet: Any = import_module("pyarrow.parquet")
        return int(parquet.read_metadata(file.path).num_rows)
    except Exception:  # whatever is wrong with the file, reading it will say so
        return None
