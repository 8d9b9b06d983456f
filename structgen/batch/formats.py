"""The formats of an output file: how rows get in, and what can be said against it before the first document."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias

from structgen.batch.beside import replacing
from structgen.batch.flat import Cell, cells_of, columns_of
from structgen.batch.parquet import check_parquet, write_parquet
from structgen.batch.sqlite import check_sqlite, write_sqlite
from structgen.core.json import JsonObject

Rows: TypeAlias = Callable[[], Iterable[JsonObject]]
"""The rows from the beginning, as often as they are asked for."""


@dataclass(frozen=True, slots=True)
class Format:
    """`write` puts rows into a file; None where they are kept as JSON Lines. `check` raises ConfigurationError."""

    write: Callable[[Rows, Path], None] | None = None
    check: Callable[[Path], None] | None = None


def write_csv(rows: Rows, target: Path) -> None:
    """A header and a line each, in UTF-8; a null is an empty cell."""
    columns = columns_of(rows())
    with replacing(target) as path, path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows([_cell(cell) for cell in cells_of(row, columns)] for row in rows())


_FORMULA = re.compile(r"[=@\t\r\n＝＋－＠]|[+-](?![\d\s().,/-]*\Z)")
"""How a text begins that a spreadsheet would run. A signed number or a telephone number is none."""


def _cell(cell: Cell) -> Cell:
    """The cell as CSV has it. A text that could be a formula gets a quote in front: the file is opened by people."""
    if isinstance(cell, str):
        return f"'{cell}" if _FORMULA.match(cell) else cell
    return str(cell).lower() if isinstance(cell, bool) else cell


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        ".jsonl": Format(),
        ".csv": Format(write_csv),
        ".parquet": Format(write_parquet, check_parquet),
        ".sqlite": Format(write_sqlite, check_sqlite),
    }
)
"""By suffix."""
