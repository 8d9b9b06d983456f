"""Rows as lines of files: which documents they are of, and how the rows of two runs are joined."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, TypeAlias

from structgen.batch.row import RowStatus
from structgen.core.json import Json, JsonObject, as_object

Key: TypeAlias = tuple[Json, Json]
"""The source and the id of a document. Several documents may have the same."""

DocumentKey: TypeAlias = tuple[Key, bool]
"""The document of a row, and whether the row is good: not failed."""


def document_key(name: Json, source: Json, status: Json) -> DocumentKey:
    """Return the key for a row with this id, source and status."""
    # a table has one source for all its rows, which is kept once
    return (sys.intern(source) if isinstance(source, str) else source, name), status != RowStatus.FAILED


@dataclass(frozen=True, slots=True)
class RowLine:
    """A row in a file of JSON Lines, as its place in bytes. `said` is the same for equal values of one model."""

    path: Path
    start: int
    end: int
    key: Key
    good: bool
    said: bytes


def row_lines(path: Path) -> list[RowLine]:
    """Return the rows of a file. A line that is not a row, such as the half line of a killed run, is left out."""
    found: list[RowLine] = []
    end = 0
    with path.open("rb") as file:
        for line in file:
            start, end = end, end + len(line)
            row = _row(line)
            if row is not None:
                key, good = document_key(row.get("id"), row.get("source"), row.get("status"))
                found.append(RowLine(path, start, end, key, good, _said(row)))
    return found


def jsonl_keys(path: Path) -> list[DocumentKey]:
    """Return the documents of a file of rows. Raises ValueError if it has anything else."""
    lines = row_lines(path)
    if sum(line.end - line.start for line in lines) != path.stat().st_size:
        raise ValueError("it has lines that are not rows")
    return [(line.key, line.good) for line in lines]


def _row(line: bytes) -> JsonObject | None:
    if not line.endswith(b"\n"):
        return None
    try:
        row = as_object(json.loads(line))
    except (ValueError, RecursionError):
        return None
    return row if isinstance(row.get("id"), str) and isinstance(row.get("source"), str) else None


def _said(row: JsonObject) -> bytes:
    return sha256(json.dumps([row.get("value"), row.get("model")], sort_keys=True).encode()).digest()[:16]


def without(lines: Sequence[RowLine], others: Iterable[RowLine]) -> list[RowLine]:
    """Return the rows without one for each of the others that is of the same document."""
    done = Counter(line.key for line in others)
    left: list[RowLine] = []
    for line in lines:
        if done[line.key]:
            done[line.key] -= 1
        else:
            left.append(line)
    return left


def joined(new: Sequence[RowLine], old: Sequence[RowLine]) -> list[RowLine]:
    """Return the new rows, then the old rows of other documents. A good row is never given up for a failed one."""
    good = {line.key for line in old if line.good}
    kept = [line for line in new if line.good or line.key not in good]
    return [*kept, *without(old, kept)]


def is_continued(new: Sequence[RowLine], old: Iterable[RowLine]) -> bool:
    """Whether two runs were the same command: both have rows of the same documents, and these rows are equal.

    The second run takes the responses of the first one from the store, and the rules always give the same values.
    """
    said = {line.key: line.said for line in old if line.good}
    both = [line.said == said[line.key] for line in new if line.good and line.key in said]
    return bool(both) and all(both)


def covers(new: Sequence[RowLine], keys: Sequence[DocumentKey]) -> bool:
    """Whether the rows have one for each of these documents, and a good one for each that had a good one."""
    return Counter(key for key, _ in keys) <= Counter(line.key for line in new) and Counter(
        key for key, good in keys if good
    ) <= Counter(line.key for line in new if line.good)


def read_lines(lines: Iterable[RowLine]) -> Iterator[bytes]:
    """Yield the lines, each with its newline."""
    with ExitStack() as stack:
        files: dict[Path, BinaryIO] = {}
        for line in lines:
            if line.path not in files:
                files[line.path] = stack.enter_context(line.path.open("rb"))
            files[line.path].seek(line.start)
            yield files[line.path].read(line.end - line.start)
