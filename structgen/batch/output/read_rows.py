"""Read rows back from a file of any output format; the columns of tables become a value again.

A table does not say the type of each value: in CSV a number stays the text that is there. Lists and objects, which are
cells of JSON, are read as such.
"""

from __future__ import annotations

import csv
import json
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias, cast

from structgen.batch.output.atomic_write import beside
from structgen.batch.output.flatten import LISTS_OF_ROWS, OTHERS, Steps
from structgen.batch.row import Row, RowStatus
from structgen.batch.row_reader import NoRow, row_from_json
from structgen.core.errors import ConfigurationError
from structgen.core.json import Json, JsonObject, as_object, steps

FromFile: TypeAlias = Iterator[Json | NoRow]


@dataclass(frozen=True, slots=True)
class RowFile:
    """The rows of a file. `finished`: the run that wrote it has ended. `wrong` counts lines that are not rows.

    `first_wrong` says which was the first one and why.
    """

    path: Path
    rows: tuple[Row, ...]
    finished: bool = True
    wrong: int = 0
    first_wrong: str = ""


def read_row_file(path: Path, *, going: bool = False) -> RowFile:
    """Read a file that `structgen extract` wrote, or is still writing: then its rows are in ``PATH.part``.

    With `going`, its part file is read even if there is a file, which is then that of an earlier run. Raises
    ConfigurationError if the file cannot be read, or has no rows.
    """
    part = beside(path, "part")
    going = part.exists() and (going or not path.exists())
    source = part if going else path
    read = _jsonl if going else _READERS.get(source.suffix.lower(), _jsonl)
    rows: list[Row] = []
    wrong: list[str] = []
    try:
        for number, found in enumerate(read(source), 1):
            try:
                rows.append(row_from_json(_checked(found)))
            except NoRow as error:
                wrong.append(f"row {number}: {error}" if len(wrong) < 1 else "")
    except FileNotFoundError:
        raise ConfigurationError(
            f"No file {path}: give the number of a run (`structgen runs` lists them) or a file of rows that "
            "`structgen extract ... -o FILE` wrote."
        ) from None
    except (OSError, UnicodeDecodeError, csv.Error, sqlite3.Error, ValueError) as error:
        raise ConfigurationError(f"Cannot read {path} as rows: {_why(error)}.") from error
    if not rows:
        reason = f" ({wrong[0]})" if wrong else ""
        raise ConfigurationError(
            f"{path} contains no rows of structgen{reason}: give the number of a run or a file of rows that "
            "`structgen extract ... -o FILE` wrote."
        )
    finished = not source.name.endswith(".part")
    return RowFile(path, tuple(rows), finished, len(wrong), wrong[0] if wrong else "")


def _why(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return "it is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else str(error).rstrip(".")


def _checked(found: Json | NoRow) -> Json:
    if isinstance(found, NoRow):
        raise found
    return found


def _jsonl(path: Path) -> FromFile:
    with path.open("rb") as lines:
        for line in lines:
            if not line.strip():
                continue
            try:
                yield cast(Json, json.loads(line))
            except (ValueError, RecursionError):
                yield NoRow("it is not a line of JSON")


def _csv(path: Path) -> FromFile:
    csv.field_size_limit(2**31 - 1)  # the default limit, 131,072 characters, is too small for a long list
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, strict=True)
        header: list[str] = next(reader, [""])
        columns = _columns(header)
        for cells in reader:
            if len(cells) != len(columns):
                yield NoRow(f"it has {len(cells)} cells, and the header names {len(columns)} columns")
                continue
            # a leading apostrophe is the protection against formulas; an empty cell is null
            yield _nested(columns, [cell.removeprefix("'") or None for cell in cells])


def _parquet(path: Path) -> FromFile:
    try:
        parquet: Any = import_module("pyarrow.parquet")
    except ImportError as error:
        raise ConfigurationError(f"{path}: reading Parquet needs pyarrow: pip install 'structgen[parquet]'.") from error
    with parquet.ParquetFile(path) as file:
        columns = _columns(file.schema_arrow.names)
        for batch in file.iter_batches(batch_size=500):
            for cells in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                yield _nested(columns, cells)


def _sqlite(path: Path) -> FromFile:
    if not path.is_file():
        raise FileNotFoundError(path)
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
        info = database.execute("PRAGMA table_info(rows)").fetchall()
        if not info:
            raise ValueError("it has no table `rows`")
        columns = _columns([str(column[1]) for column in info])
        flags = [column[2] == "BOOLEAN" for column in info]
        for cells in database.execute("SELECT * FROM rows"):
            typed = [bool(cell) if flag and cell is not None else cell for flag, cell in zip(flags, cells, strict=True)]
            yield _nested(columns, typed)


_READERS: Mapping[str, Callable[[Path], FromFile]] = MappingProxyType(
    {".csv": _csv, ".parquet": _parquet, ".sqlite": _sqlite}
)
"""By suffix; any other file is read as JSON Lines."""

_PART = re.compile(r"\\u([0-9a-f]{4})|\\(.)|(\.)|([^\\.]+)", re.DOTALL)
_AGAIN = re.compile(r"~\d+\Z")


def _columns(names: Sequence[str]) -> list[Steps]:
    """Return the place in a row that each column holds: the inverse of `Layout.names`."""
    if not {"id", "source", "status"} <= set(names):
        raise ValueError("it has no columns `id`, `source` and `status`")
    taken: set[str] = set()
    found: list[Steps] = []
    for name in names:
        plain = _AGAIN.sub("", name)
        # ~2 tells apart columns whose names differ in case only
        found.append(_steps(plain if plain.casefold() in taken else name))
        taken.add(name.casefold())
    return found


def _steps(name: str) -> Steps:
    if name == "value.*":
        return OTHERS
    parts = [""]
    for code, char, dot, words in _PART.findall(name):
        if dot:
            parts.append("")
        else:
            parts[-1] += chr(int(code, 16)) if code else char or words
    return tuple(parts)


def _nested(columns: Sequence[Steps], cells: Iterable[object]) -> JsonObject | NoRow:
    """Return a row as JSON, its value put together from its columns; NoRow if a cell has no JSON form."""
    try:
        return _joined(columns, map(_plain, cells))
    except NoRow as error:
        return error


def _plain(cell: object) -> Json:
    """Return a cell as JSON. Other programs may have written types that outputs do not have. Raises NoRow."""
    if cell is None or isinstance(cell, bool | int | float | str):
        return cell
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, Decimal):
        return str(cell)
    if isinstance(cell, list | tuple):
        return [_plain(part) for part in cast("Sequence[object]", cell)]
    if isinstance(cell, dict):
        return {str(key): _plain(part) for key, part in cast("dict[object, object]", cell).items()}
    raise NoRow(f"a cell is of the type {type(cell).__name__}, which JSON does not have")


def _joined(columns: Sequence[Steps], cells: Iterable[Json]) -> JsonObject:
    """Return the row that these cells make, its value put together from its columns."""
    row: JsonObject = {}
    others: JsonObject = {}
    for place, cell in zip(columns, cells, strict=True):
        made = _cell(place, cell)
        if place == OTHERS:
            others = as_object(made)
        # the columns do not tell whether an object within the value is null, or only its parts are
        elif made is not None or place[0] != "value" or len(place) == 2:
            _put(row, place, made)
    for path, part in others.items():
        _put(row, ("value", *steps(path)), part)
    if row.get("status") == RowStatus.FAILED:
        row["value"] = None
    return row


def _put(row: JsonObject, place: Steps, part: Json) -> None:
    here = row
    for step in place[:-1]:
        inner = here.get(step)
        if not isinstance(inner, dict):
            inner = here[step] = {}
        here = inner
    here[place[-1]] = part


def _cell(place: Steps, cell: Json) -> Json:
    """Return the value of a cell."""
    if not isinstance(cell, str):
        return cell
    if place[0] == "usage":
        return _number(cell)
    if place[0] in LISTS_OF_ROWS or place == OTHERS or (place[0] == "value" and cell[:1] in {"[", "{"}):
        try:
            return cast(Json, json.loads(cell))
        except (ValueError, RecursionError):
            return cell
    return cell


def _number(cell: str) -> Json:
    try:
        return int(cell) if cell.lstrip("-").isdecimal() else float(cell)
    except ValueError:
        return None
