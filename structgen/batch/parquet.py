"""Rows -> Parquet, with pyarrow, which is an extra. Each column has one type, found by reading the rows twice."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any

from structgen.batch.beside import replacing
from structgen.batch.flat import Cell, cells_of, columns_of
from structgen.core.errors import ConfigurationError
from structgen.core.json import JsonObject

_BATCH = 1000  # rows held at once
_LARGEST = 2**63  # what int64 cannot hold any more


def check_parquet(target: Path) -> None:
    """Refuse where pyarrow is not installed."""
    try:
        import_module("pyarrow.parquet")
    except ImportError as error:
        raise ConfigurationError(
            f"{target}: writing Parquet needs pyarrow: pip install 'structgen[parquet]'."
        ) from error


def write_parquet(rows: Callable[[], Iterable[JsonObject]], target: Path) -> None:
    """A column for each field; text where a field has values of several types, or none at all."""
    arrow: Any = import_module("pyarrow")  # no types
    parquet: Any = import_module("pyarrow.parquet")
    columns = columns_of(rows())
    types = _types(rows(), columns)
    makers = {bool: arrow.bool_(), int: arrow.int64(), float: arrow.float64(), str: arrow.string()}
    schema = arrow.schema([(name, makers[kind]) for name, kind in zip(columns, types, strict=True)])
    with replacing(target) as path, parquet.ParquetWriter(path, schema) as writer:
        for batch in _batches(rows()):
            cells = zip(*(cells_of(row, columns) for row in batch), strict=True)
            arrays = [[_as(kind, cell) for cell in column] for kind, column in zip(types, cells, strict=True)]
            writer.write_table(arrow.table(dict(zip(columns, arrays, strict=True)), schema=schema))


def _batches(rows: Iterable[JsonObject]) -> Iterator[list[JsonObject]]:
    """The rows in lists of `_BATCH`."""
    iterator = iter(rows)
    while batch := list(islice(iterator, _BATCH)):
        yield batch


def _types(rows: Iterable[JsonObject], columns: list[str]) -> list[type]:
    """For each column the type that holds all its cells."""
    found: list[set[type]] = [set() for _ in columns]
    for row in rows:
        for kinds, cell in zip(found, cells_of(row, columns), strict=True):
            if cell is not None:
                kinds.add(str if isinstance(cell, int) and not -_LARGEST <= cell < _LARGEST else type(cell))
    return [_common(kinds) for kinds in found]


def _common(kinds: set[type]) -> type:
    if kinds == {int, float}:
        return float
    return kinds.pop() if len(kinds) == 1 else str


def _as(kind: type, cell: Cell) -> Cell:
    if cell is None or isinstance(cell, kind):
        return cell
    return float(cell) if kind is float else json.dumps(cell)
