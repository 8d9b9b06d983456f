"""The rows of a run in the ledger: how each document ended, and which of its stored answers were refused."""

from __future__ import annotations

import sqlite3
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

from structgen.store.database import document_name
from structgen.store.ledger import Run
from structgen.store.writer import LONGEST, Writer

_COLUMNS = (
    "run, position, document, source, status, reason, error, model, calls, input_tokens, output_tokens, cost, "
    "untold_calls, texts"
)
_PAGE = 500
_NAME = len(document_name(""))
OK = "ok"
"""The status of a row that is complete."""


@dataclass(frozen=True, slots=True)
class RunRow:
    """One row of a run, without its value: the value is in the output, and the answers are in the store.

    `position` counts the rows of the run from 0. `id` and `source` are those of the document, with escapes in place of
    characters that act on a screen. `status` is ``ok``, ``incomplete`` or ``failed``; `error` says in one sentence why
    it is not ok, and `reason` is the same without what differs between documents. `cost` is in USD for the calls that
    reported tokens, or None if a price is unknown; `untold_calls` reported none. `texts` are the names (see
    `document_name`) of the texts whose answers were refused: of the document, or of its chunks.
    """

    run: int
    position: int
    id: str
    source: str
    status: str
    reason: str | None = None
    error: str | None = None
    model: str = ""
    calls: int = 0
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost: float | None = 0.0
    untold_calls: int = 0
    texts: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Spent:
    """What the calls of a run took of one model at one share of its prices. `untold_calls` reported no tokens."""

    provider: str
    model: str
    price_share: float
    calls: int
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    untold_calls: int


_SPENT = """
SELECT provider, model, share, sum(calls), total(told_in), total(told_out), total(cached),
       sum(CASE WHEN told_in IS NULL OR told_out IS NULL THEN calls ELSE calls - told_calls END)
FROM (
    SELECT coalesce(json_extract(request, '$.provider'), '') AS provider,
           coalesce(json_extract(request, '$.model'), '') AS model,
           coalesce(json_extract(completion, '$.price_share'), 1.0) AS share,
           coalesce(json_extract(completion, '$.usage.calls'), 1) AS calls,
           coalesce(json_extract(completion, '$.told.calls'), json_extract(completion, '$.usage.calls'), 1)
               AS told_calls,
           coalesce(input_tokens, json_extract(completion, '$.told.input_tokens')) AS told_in,
           coalesce(output_tokens, json_extract(completion, '$.told.output_tokens')) AS told_out,
           coalesce(json_extract(completion, '$.told.cached_tokens'), json_extract(completion, '$.usage.cached_tokens'))
               AS cached
    FROM completion
    WHERE (run = ? OR run IS NULL) AND at BETWEEN ? AND ?
)
GROUP BY provider, model, share ORDER BY provider, model, share DESC
"""


class RunRows(ABC):
    """The methods of a store for the rows of runs."""

    _writer: Writer
    _afresh: dict[bytes, int]
    """The names of requests whose answers up to this id are not used."""

    @abstractmethod
    def _read(self, text: str, *values: object) -> list[Any]:
        """Return the result of a query."""

    def add_rows(self, rows: Sequence[RunRow]) -> None:
        """Record rows of a run. They are durable after the next commit: at the end of the run at the latest."""
        if rows:
            self._writer.submit(insert_rows, tuple(map(_cells, rows)), LONGEST)

    def rows_of(self, run: int) -> Iterator[RunRow]:
        """Yield the rows of a run in the order in which it wrote them. They are read page by page.

        A run of an older structgen has none, and one that was killed may lack the last ones.
        """
        return self._rows(run, "status IS NOT NULL")

    def asked_by(self, run: int) -> tuple[bytes, ...]:
        """Return the names of the texts that a run asked about, documents and chunks, in the order of asking."""
        text = "SELECT document FROM answered WHERE run = ? GROUP BY document ORDER BY min(id)"
        return tuple(name for (name,) in self._read(text, run))

    def failures_of(self, run: int) -> Iterator[RunRow]:
        """Yield the rows of a run that are not ok: failed or incomplete, in order."""
        return self._rows(run, f"status <> '{OK}'")

    def _rows(self, run: int, condition: str) -> Iterator[RunRow]:
        if not self._read("SELECT 1 FROM sqlite_schema WHERE name = 'run_row'"):  # a read-only file of an older version
            return
        last = -1
        text = (
            f"SELECT {_COLUMNS} FROM run_row WHERE run = ? AND position > ? AND {condition} ORDER BY position LIMIT ?"  # noqa: S608  no input
        )
        while page := self._read(text, run, last, _PAGE):
            yield from (RunRow(*cells, texts=_names(texts)) for *cells, texts in page)
            last = page[-1][1]

    def spent_by(self, run: Run) -> tuple[Spent, ...]:
        """Return what a run paid to each model, as far as its completions are still stored."""
        columns = {name for (name,) in self._read("SELECT name FROM pragma_table_info('completion')")}
        if "run" not in columns:  # a read-only file of an older version
            return ()
        until = time.time() if run.finished is None else run.finished
        return tuple(Spent(*cells) for cells in self._read(_SPENT, run.id, run.started, until))

    def ask_afresh(self, rows: Iterable[RunRow]) -> int:
        """Use no answer that the store has now for the texts of these rows. Return for how many rows it had some.

        An answer that is stored from now on is used as always, so that each request is paid for once more.
        """
        ((newest,),) = self._read("SELECT coalesce(max(id), 0) FROM completion")
        text = (
            "SELECT DISTINCT name FROM answered WHERE run = ? AND document = ? "
            "AND EXISTS (SELECT 1 FROM completion WHERE completion.name = answered.name)"
        )
        count = 0
        for row in rows:
            names = [name for document in row.texts for (name,) in self._read(text, row.run, document)]
            self._afresh.update(dict.fromkeys(names, newest))
            count += bool(names)
        return count


def _cells(row: RunRow) -> tuple[object, ...]:
    *first, texts = (getattr(row, field.name) for field in fields(row))
    return (*first, b"".join(texts))


def _names(texts: bytes) -> tuple[bytes, ...]:
    return tuple(texts[start : start + _NAME] for start in range(0, len(texts), _NAME))


def insert_rows(connection: sqlite3.Connection, many: list[tuple[tuple[object, ...], ...]]) -> list[None]:
    """Store the rows of runs."""
    places = ", ".join("?" * len(fields(RunRow)))
    rows = [row for some in many for row in some]
    connection.executemany(f"INSERT INTO run_row ({_COLUMNS}) VALUES ({places})", rows)  # noqa: S608  only question marks
    return [None] * len(many)


def delete_rows(connection: sqlite3.Connection, runs: list[int]) -> list[None]:
    """Delete the rows of runs."""
    connection.executemany("DELETE FROM run_row WHERE run = ?", [(run,) for run in runs])
    return [None] * len(runs)
