"""Rows as lines of files: which documents they are of, and how the rows of two runs are joined.

The places of the lines are in a temporary database, so that the rows of a killed run of any size can be taken over.
"""

from __future__ import annotations

import errno
import json
import sqlite3
from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import BinaryIO, TypeAlias

from structgen.batch.row import RowStatus
from structgen.core.json import JsonObject, as_object

Key: TypeAlias = bytes
"""The digest of the source and the id of a document. Several documents may have the same."""

DocumentKey: TypeAlias = tuple[Key, bool]
"""The document of a row, and whether the row is good: not failed."""

_SIZE = 16
"""Bytes of a digest."""


def document_key(name: object, source: object, status: object) -> DocumentKey:
    """Return the key for a row with this id, source and status."""
    return sha256(repr((source, name)).encode()).digest()[:_SIZE], status != RowStatus.FAILED


@dataclass(frozen=True, slots=True)
class RowLine:
    """A row in a file of JSON Lines, as its place in bytes."""

    path: Path
    start: int
    end: int
    key: Key
    good: bool


_TABLES = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE line (
    id INTEGER PRIMARY KEY,
    list INTEGER NOT NULL,
    key BLOB NOT NULL,
    good INTEGER NOT NULL,
    file INTEGER,
    start INTEGER,
    end INTEGER,
    said BLOB
) STRICT;
BEGIN;
"""
"""`line`: the rows of all lists; `id` gives their order. `said` is the same for equal values of one model."""


class RowIndex:
    """The temporary database of the rows that are joined. `files` are those that have the rows."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self.database = database
        self.files: list[Path] = []
        self._numbers = count()
        database.executescript(_TABLES)

    def empty(self) -> RowLines:
        """Return a new list without rows."""
        return RowLines(self, next(self._numbers))

    def rows_of(self, path: Path) -> RowLines:
        """Return the rows of a file. A line that is not a row, such as the half line of a killed run, is left out."""
        found = self.empty()
        if path.exists():
            lines = ((found.number, len(self.files), *line) for line in _lines(path))
            text = "INSERT INTO line (list, file, start, end, key, good, said) VALUES (?, ?, ?, ?, ?, ?, ?)"
            self.database.executemany(text, lines)
            self.files.append(path)
        return found


@contextmanager
def row_index() -> Generator[RowIndex]:
    """Yield an index for the rows of files. Raises OSError if its temporary file cannot be written."""
    try:
        # Without a name, SQLite keeps a database in its cache of 2 MB, and beyond that in a file that it deletes.
        with closing(sqlite3.connect("", isolation_level=None)) as database:
            yield RowIndex(database)
    except sqlite3.Error as error:
        raise OSError(errno.EIO, f"the temporary file for joining its rows cannot be used ({error})") from error


@dataclass(frozen=True, slots=True)
class RowLines:
    """A list of rows in an index."""

    index: RowIndex
    number: int

    def __bool__(self) -> bool:
        text = "SELECT 1 FROM line WHERE list = ? LIMIT 1"
        return self.index.database.execute(text, (self.number,)).fetchone() is not None

    def __iter__(self) -> Iterator[RowLine]:
        text = "SELECT file, start, end, key, good FROM line WHERE list = ? ORDER BY id"
        for file, start, end, key, good in self.index.database.execute(text, (self.number,)):
            yield RowLine(self.index.files[int(file)], start, end, key, bool(good))

    def without(self, others: RowLines) -> RowLines:
        """Return the rows without one for each of the others that is of the same document."""
        left = self.index.empty()
        text = (
            "INSERT INTO line (list, key, good, file, start, end, said) SELECT ?, key, good, file, start, end, said "
            "FROM (SELECT *, row_number() OVER (PARTITION BY key ORDER BY id) AS nth FROM line WHERE list = ?) "
            "LEFT JOIN (SELECT key, count(*) AS done FROM line WHERE list = ? GROUP BY key) USING (key) "
            "WHERE nth > coalesce(done, 0) ORDER BY id"
        )
        self.index.database.execute(text, (left.number, self.number, others.number))
        return left

    def followed_by(self, others: RowLines) -> RowLines:
        """Return these rows, then the others."""
        both = self.index.empty()
        text = (
            "INSERT INTO line (list, key, good, file, start, end, said) SELECT ?, key, good, file, start, end, said "
            "FROM line WHERE list = ? ORDER BY id"
        )
        for one in (self, others):
            self.index.database.execute(text, (both.number, one.number))
        return both

    def joined(self, old: RowLines) -> RowLines:
        """Return these rows, then the old rows of other documents. A good row is never given up for a failed one."""
        kept = self.index.empty()
        text = (
            "INSERT INTO line (list, key, good, file, start, end, said) SELECT ?, key, good, file, start, end, said "
            "FROM line WHERE list = ? AND (good OR key NOT IN (SELECT key FROM line WHERE list = ? AND good)) "
            "ORDER BY id"
        )
        self.index.database.execute(text, (kept.number, self.number, old.number))
        return kept.followed_by(old.without(kept))

    def continues(self, old: RowLines) -> bool:
        """Whether two runs were the same command: both have rows of the same documents, and these rows are equal.

        The second run takes the responses of the first one from the store, and the rules always give the same values.
        """
        text = (
            # with max(id), `said` is that of the last row of a document
            "SELECT count(*), total(one.said = other.said) FROM line AS one JOIN (SELECT key, said, max(id) FROM line "
            "WHERE list = ? AND good GROUP BY key) AS other USING (key) WHERE one.list = ? AND one.good"
        )
        ((both, equal),) = self.index.database.execute(text, (old.number, self.number))
        return both > 0 and both == equal

    def covers(self, keys: Iterable[DocumentKey]) -> bool:
        """Whether the rows have one for each of these documents, and a good one for each that had a good one."""
        wanted, database = self.index.empty(), self.index.database
        added = ((wanted.number, key, good) for key, good in keys)
        database.executemany("INSERT INTO line (list, key, good) VALUES (?, ?, ?)", added)
        text = (
            "SELECT key FROM line WHERE list IN (:wanted, :own) GROUP BY key HAVING sum(list = :wanted) > "
            "sum(list = :own) OR sum(good AND list = :wanted) > sum(good AND list = :own) LIMIT 1"
        )
        return database.execute(text, {"wanted": wanted.number, "own": self.number}).fetchone() is None


def read_lines(lines: Iterable[RowLine]) -> Iterator[bytes]:
    """Yield the lines, each with its newline."""
    with ExitStack() as stack:
        files: dict[Path, BinaryIO] = {}
        for line in lines:
            if line.path not in files:
                files[line.path] = stack.enter_context(line.path.open("rb"))
            files[line.path].seek(line.start)
            yield files[line.path].read(line.end - line.start)


def jsonl_keys(path: Path) -> Iterator[DocumentKey]:
    """Yield the documents of a file of rows. Raises ValueError if it has anything else."""
    with path.open("rb") as file:
        for line in file:
            row = _row(line)
            if row is None:
                raise ValueError("it has lines that are not rows")
            yield _key_of(row)


def _lines(path: Path) -> Iterator[tuple[int, int, Key, bool, bytes]]:
    """Yield the place of each row in a file, its document, and what it says."""
    end = 0
    with path.open("rb") as file:
        for line in file:
            start, end = end, end + len(line)
            row = _row(line)
            if row is not None:
                yield (start, end, *_key_of(row), _said(row))


def _row(line: bytes) -> JsonObject | None:
    if not line.endswith(b"\n"):
        return None
    try:
        row = as_object(json.loads(line))
    except (ValueError, RecursionError):
        return None
    return row if isinstance(row.get("id"), str) and isinstance(row.get("source"), str) else None


def _key_of(row: JsonObject) -> DocumentKey:
    return document_key(row.get("id"), row.get("source"), row.get("status"))


def _said(row: JsonObject) -> bytes:
    return sha256(json.dumps([row.get("value"), row.get("model")], sort_keys=True).encode()).digest()[:_SIZE]
