"""Read existing answers from a file of rows, by the ids of gold.

A file of JSON Lines is not held in memory, only the place of each row. If an id occurs several times in gold, its rows
are taken in their order; if gold has it once, the last row counts, as in a run that was continued.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, cast

from structgen.batch.output.read_rows import read_row_file
from structgen.batch.row import Row
from structgen.core.errors import ConfigurationError
from structgen.core.json import Json, JsonObject, as_number, as_object
from structgen.core.records import Evidence, Usage
from structgen.engine.budget import Told
from structgen.evaluate.gold.gold_rows import Span, id_of
from structgen.evaluate.scoring.scorer import Answer

MISSING_ROW = Answer("missing")


def answer_of(row: Row, usage: Usage | None = None, seconds: float | None = None, cost: float | None = None) -> Answer:
    """Return what a row answers. `usage`, `seconds` and `cost` replace those of the row if it came from the store."""
    taken = row.usage if usage is None else usage
    price = row.cost if usage is None else cost
    stored = usage is not None and usage.calls > row.usage.calls
    told = Told() if row.told is None or price is not None else row.told
    return Answer(
        str(row.status), row.value, spans_of(row.evidence), taken, price, seconds, stored, told.cost, told.untold_calls
    )


def spans_of(evidence: Iterable[Evidence]) -> dict[str, tuple[Span, ...]]:
    """Return the spans of evidence by path."""
    found: dict[str, list[Span]] = {}
    for piece in evidence:
        if piece.start is not None and piece.end is not None:
            found.setdefault(piece.path, []).append((piece.start, piece.end))
    return {path: tuple(spans) for path, spans in found.items()}


def answer_from_json(row: Json) -> Answer:
    """Return what a row as JSON answers. All it needs is a value, so that rows of other programs can be scored."""
    record = as_object(row)
    status = record.get("status")
    found: dict[str, list[Span]] = {}
    pieces = record.get("evidence")
    for one in pieces if isinstance(pieces, list) else []:
        piece = as_object(one)
        path, start, end = piece.get("path"), piece.get("start"), piece.get("end")
        if isinstance(path, str) and isinstance(start, int) and isinstance(end, int):
            found.setdefault(path, []).append((start, end))
    usage, seconds = as_object(record.get("usage")), as_number(record.get("seconds"))
    return Answer(
        status if isinstance(status, str) else "ok" if "value" in record else "failed",
        record.get("value"),
        {path: tuple(spans) for path, spans in found.items()},
        Usage(_count(usage, "input_tokens"), _count(usage, "output_tokens"), calls=_count(usage, "calls") or 0),
        as_number(usage.get("cost")),
        seconds,
        cost_at_least=as_number(usage.get("cost_at_least")),
        untold_calls=_count(usage, "untold_calls") or 0,
    )


def _count(usage: JsonObject, name: str) -> int | None:
    number = as_number(usage.get(name))
    return None if number is None else int(number)


@dataclass(slots=True)
class AnswerRows:
    """The answers of a file or a list, by id. Close it after use."""

    read: Callable[[int], Answer]
    """Returns the answer at a place."""
    places: Mapping[str, list[int]]
    close: Callable[[], None] = lambda: None
    wrong: int = 0
    """Lines that are not rows, and rows without an id."""
    taken: Counter[str] = field(default_factory=Counter[str])

    def answer(self, name: str, *, often: int = 1) -> Answer:
        """Return the next answer for this id, which gold has `often`; a missing one if there is none."""
        places = self.places.get(name, [])
        turn = self.taken[name]
        self.taken[name] += 1
        at = max(len(places) - often, 0) + turn
        return self.read(places[at]) if at < len(places) else MISSING_ROW

    @property
    def unused(self) -> int:
        """The number of ids that gold does not have."""
        return len(self.places.keys() - self.taken.keys())

    @property
    def repeated(self) -> int:
        """The number of rows that another row of the same id replaces."""
        return sum(
            len(places) - self.taken[name] for name, places in self.places.items() if 0 < self.taken[name] < len(places)
        )


def open_answers(rows: Path | str | Iterable[Mapping[str, Any]]) -> AnswerRows:
    """Return the answers in a file of rows (JSON Lines; CSV, Parquet and SQLite of structgen), or in objects.

    Raises ConfigurationError if they cannot be read.
    """
    if not isinstance(rows, str | Path):
        given = cast("Iterable[object]", rows)  # callers may have other objects than the types say
        listed = [dict(cast(JsonObject, row)) if isinstance(row, Mapping) else JsonObject() for row in given]
        names = [*map(id_of, listed)]
        return AnswerRows(lambda place: answer_from_json(listed[place]), _by_id(names), wrong=names.count(None))
    path = Path(rows)
    if path.suffix.lower() in {".csv", ".parquet", ".sqlite"}:
        read = read_row_file(path)
        return AnswerRows(
            lambda place: answer_of(read.rows[place]), _by_id(row.id for row in read.rows), wrong=read.wrong
        )
    return _of_lines(path)


def _of_lines(path: Path) -> AnswerRows:
    try:
        file = path.open("rb")
    except OSError as error:
        raise ConfigurationError(f"Cannot read answers from {path}: {error.strerror}.") from error
    starts: dict[str, list[int]] = {}
    wrong, end = 0, 0
    for line in file:
        start, end = end, end + len(line)
        name = id_of(_object(line))
        if name is not None:
            starts.setdefault(name, []).append(start)
        else:
            wrong += bool(line.strip())
    if not starts:
        file.close()
        raise ConfigurationError(f"{path} has no rows with an id: give the file that `structgen extract -o` wrote.")
    return AnswerRows(lambda place: answer_from_json(_at(file, place)), starts, file.close, wrong)


def _at(file: BinaryIO, place: int) -> JsonObject:
    file.seek(place)
    return _object(file.readline())


def _object(line: bytes) -> JsonObject:
    try:
        return as_object(json.loads(line))
    except (ValueError, RecursionError):
        return {}


def _by_id(names: Iterable[str | None]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        if name is not None:
            found.setdefault(name, []).append(place)
    return found
