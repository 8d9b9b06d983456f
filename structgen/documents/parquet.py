"""Parquet files -> rows, with pyarrow, which is an extra."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from structgen.core.errors import DocumentError
from structgen.documents.tables import Row

_BATCH = 256  # rows held at once


def read_parquet(path: Path, text_field: str, id_field: str) -> Iterator[tuple[int, Row | str]]:
    """(row number, row). DocumentError where the file is not Parquet, or pyarrow is not installed.

    Where the table has the column of the text, only it and the ids are read.
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
        raise DocumentError(f"it is no readable Parquet file ({str(error).splitlines()[0]}).") from error


def _pyarrow() -> tuple[Any, Any]:
    """pyarrow, which has no types, and its Parquet module."""
    try:
        return import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError as error:
        raise DocumentError("reading Parquet needs pyarrow: pip install 'structgen[parquet]'.") from error
