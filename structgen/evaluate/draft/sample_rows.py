"""Rows of files -> the values to draft from: plain objects, rows of gold, or rows that structgen wrote."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import cast

from structgen.batch.output.read_rows import read_row_file
from structgen.batch.row import RowStatus
from structgen.core.errors import ConfigurationError, DocumentError, TaskError
from structgen.core.json import Json, JsonObject
from structgen.core.records import Example
from structgen.documents.streams import open_bytes
from structgen.documents.tabular import read_csv, read_jsonl
from structgen.tasks.task_files import read_json

TABLES = (".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet", ".sqlite")
"""Files of rows; also compressed, as rows.jsonl.gz, for the text formats."""

_GOLD = frozenset(
    {"id", "source", "text", "gold", "value", "evidence", "quotes"}
    | {"alternatives", "unjudged", "gold_in_text", "digest"}
)
"""The keys of a row of gold."""

EXAMPLES, LONGEST_EXAMPLE = 2, 1_500
"""How many rows of gold become worked examples, and the characters that each may have."""


class RowKind(StrEnum):
    """What a row is."""

    OUTPUT = "rows of structgen"
    GOLD = "rows of gold"
    PLAIN = "plain objects"


@dataclass(frozen=True, slots=True)
class SampleRow:
    """A row, where it is, and what it is."""

    place: str
    row: JsonObject

    @property
    def kind(self) -> RowKind:
        """What the row is, by its keys."""
        row = self.row
        if row.get("status") in set(RowStatus) and "id" in row and ("value" in row or "error" in row):
            return RowKind.OUTPUT
        has_value = "gold" in row or "value" in row
        if isinstance(row.get("text"), str) and has_value and row.keys() <= _GOLD:
            return RowKind.GOLD
        return RowKind.PLAIN

    @property
    def value(self) -> Json:
        """The value to draft from; None of a row that failed."""
        if self.kind is RowKind.PLAIN:
            return self.row
        return self.row["gold"] if "gold" in self.row and self.kind is RowKind.GOLD else self.row.get("value")


def is_table(path: Path) -> bool:
    """Whether a file has rows."""
    name = path.name.lower().removesuffix(".gz")
    return name.endswith(TABLES)


def read_rows(paths: Sequence[Path]) -> list[SampleRow]:
    """Return the rows of all files. Raises ConfigurationError for a line that is no row."""
    return [row for path in paths for row in _rows_of(path)]


def values_of(rows: Sequence[SampleRow]) -> list[JsonObject]:
    """Return the values of rows of one kind. Raises ConfigurationError if there are none, or rows of several kinds."""
    kinds = Counter(row.kind for row in rows)
    if len(kinds) > 1:
        firsts = ", ".join(
            f"{count} {kind} (the first: {next(row.place for row in rows if row.kind is kind)})"
            for kind, count in kinds.items()
        )
        raise ConfigurationError(f"The rows are of different kinds: {firsts}. Draft a template from one kind.")
    values: list[JsonObject] = []
    for row in rows:
        value = row.value
        if isinstance(value, dict):
            _check_text(row.place, value)
            values.append(value)
        elif value is not None:
            kind = "a list" if isinstance(value, list) else "a text" if isinstance(value, str) else "a number or a bool"
            raise ConfigurationError(f"{row.place}: its value is {kind}, and a template is drafted from objects.")
    if not values:
        raise ConfigurationError("There are no rows with a value to draft from.")
    if not any(values):
        raise ConfigurationError("All objects are empty, so there is nothing to draft.")
    return values


def examples_of(rows: Sequence[SampleRow]) -> tuple[Example, ...]:
    """Return the first short rows of gold as worked examples."""
    found = (
        Example(str(row.row["text"]), row.value)
        for row in rows
        if row.kind is RowKind.GOLD and str(row.row["text"]).strip()
    )
    short = (one for one in found if len(one.text) + len(json.dumps(one.value)) <= LONGEST_EXAMPLE)
    return tuple(one for one, _ in zip(short, range(EXAMPLES), strict=False))


def _check_text(place: str, value: JsonObject) -> None:
    """Refuse what is JSON in Python, but in no other program."""
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except UnicodeEncodeError:
        raise ConfigurationError(f"{place}: it contains half of a character (a lone surrogate).") from None
    except ValueError:
        raise ConfigurationError(f"{place}: it contains a number that is not JSON (NaN or Infinity).") from None


def _rows_of(path: Path) -> Iterator[SampleRow]:
    name = path.name.lower().removesuffix(".gz")
    try:
        if name.endswith(".json"):
            yield from _of_json(path)
        elif name.endswith((".jsonl", ".ndjson")):
            with (
                open_bytes(path, compressed=path.suffix.lower() == ".gz") as stream,
                io.TextIOWrapper(stream, "utf-8-sig") as lines,
            ):
                for number, row in read_jsonl(lines, float):
                    if isinstance(row, str):
                        raise ConfigurationError(f"{path}, line {number}: {row}")
                    yield SampleRow(f"{path}, line {number}", _plain(row))
        else:
            yield from _of_table(path)
    except (OSError, UnicodeDecodeError, DocumentError) as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        said = "it is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else said
        raise ConfigurationError(f"Cannot read {path}: {said.rstrip('.')}.") from error
    except TaskError as error:
        raise ConfigurationError(str(error)) from error


def _plain(row: object) -> JsonObject:
    """Return an object with plain containers: the reader of lines makes objects of its own."""
    return cast(JsonObject, json.loads(json.dumps(row)))


def _of_json(path: Path) -> Iterator[SampleRow]:
    content = read_json(path)
    listed = content if isinstance(content, list) else [content]
    for number, row in enumerate(listed, 1):
        place = f"{path}, item {number}" if isinstance(content, list) else str(path)
        if not isinstance(row, dict):
            raise ConfigurationError(f"{place}: it is no object. Give an object, or a list of objects.")
        yield SampleRow(place, row)


def _of_table(path: Path) -> Iterator[SampleRow]:
    """Yield the rows of a table: those of a CSV file with typed columns, or those that structgen wrote."""
    rows = _of_csv(path) if path.name.lower().removesuffix(".gz").endswith((".csv", ".tsv")) else []
    columns = list(dict.fromkeys(name for _, row in rows for name in row))
    if ({"id", "status", "source"} <= set(columns)) or path.suffix.lower() in {".parquet", ".sqlite"}:
        yield from (SampleRow(f"{path}, row {row.id}", row.to_json()) for row in read_row_file(path).rows)
        return
    typed = {name: _column([row.get(name, "") for _, row in rows]) for name in columns}
    for place, (number, _) in enumerate(rows):
        yield SampleRow(f"{path}, line {number}", {name: cells[place] for name, cells in typed.items()})


def _of_csv(path: Path) -> list[tuple[int, dict[str, str]]]:
    """Return the cells of a CSV file by their columns, each row with the number of its line."""
    rows: list[tuple[int, dict[str, str]]] = []
    separator = "\t" if ".tsv" in path.name.lower() else None
    with (
        open_bytes(path, compressed=path.suffix.lower() == ".gz") as stream,
        io.TextIOWrapper(stream, "utf-8-sig", newline="") as lines,
    ):
        for number, row in read_csv(lines, "text", separator):
            if isinstance(row, str):
                raise ConfigurationError(f"{path}, line {number}: {row}")
            rows.append((number, {name: str(cell or "") for name, cell in row.items()}))
    return rows


def _column(cells: Sequence[str]) -> list[Json]:
    """Return the cells of a column: numbers if all of them are, bools likewise, else texts. An empty one is null."""
    for read in (_bool, _number):
        made = [None if not cell.strip() else read(cell.strip()) for cell in cells]
        if any(cell.strip() for cell in cells) and all(
            one is not None or not cell.strip() for one, cell in zip(made, cells, strict=True)
        ):
            return made
    return [cell or None for cell in cells]


def _bool(cell: str) -> Json:
    return {"true": True, "false": False}.get(cell.casefold())


def _number(cell: str) -> Json:
    """Return a JSON number. A code such as 007 or 1e5 is none."""
    digits = cell.removeprefix("-")
    if not digits.replace(".", "", 1).isdecimal() or not digits.isascii() or len(digits) > 15:
        return None
    if (digits[0] == "0" and digits[1:2] not in {"", "."}) or not digits[0].isdigit() or not digits[-1].isdigit():
        return None
    return float(cell) if "." in cell else int(cell)
