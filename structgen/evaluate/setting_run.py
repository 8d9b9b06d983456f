"""Run one setting over gold: its documents go through a batch, and every row is scored as soon as it is there."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from structgen.batch import Batch, Output, Row
from structgen.core.errors import StructgenError
from structgen.core.records import Document, Usage
from structgen.core.results import Attempt
from structgen.engine.budget import FREE, Prices
from structgen.engine.drive import Outcome
from structgen.evaluate.answer_rows import AnswerRows, answer_of
from structgen.evaluate.gold.gold_rows import GoldRow
from structgen.evaluate.gold.gold_source import GoldSource
from structgen.evaluate.scoring.scorer import Answer, Scorer


@dataclass(slots=True)
class ScoringOutput:
    """An output for the rows of a batch that scores them. `file` gets the rows too, if there is one."""

    scorer: Scorer
    prices: Prices
    file: Output | None = None
    _waiting: dict[str, GoldRow] = field(default_factory=dict[str, GoldRow])
    _outcomes: list[Outcome[Any]] = field(default_factory=list[Outcome[Any]])

    def documents(self, rows: Iterator[GoldRow]) -> Iterator[Document]:
        """Yield the document of each row of gold, which waits here for its answer. Its place is unique."""
        for row in rows:
            self._waiting[row.place] = row
            yield Document(row.text or "", row.id, row.place)

    def see(self, outcome: Outcome[Any]) -> None:
        """Take note of the outcome of the document whose row follows."""
        self._outcomes.append(outcome)

    def fit(self, row: Row) -> Row:
        """Return the row as the file can hold it."""
        return row if self.file is None else self.file.fit(row)

    def write(self, row: Row) -> None:
        """Score a row, after writing it to the file."""
        if self.file is not None:
            self.file.write(row)
        attempts = self._outcomes.pop().attempts if self._outcomes else ()
        gold = self._waiting.pop(row.source)
        self.scorer.add(gold, answer_from(row, attempts, self.prices))

    def finish(self, *, complete: bool) -> Path | None:
        """Finish the file."""
        return self.file.finish(complete=complete) if self.file is not None else None


def answer_from(row: Row, attempts: tuple[Attempt, ...], prices: Prices) -> Answer:
    """Return what a row answers, with what its attempts took, now or when their answers were paid for."""
    usage = sum((taken(attempt) for attempt in attempts), Usage())
    return answer_of(row, usage, _seconds(attempts), prices.cost(attempts, taken))


def taken(attempt: Attempt) -> Usage:
    """Return what one attempt took, now or when its answer was paid for."""
    if attempt.request.provider == FREE:
        return Usage()
    return attempt.completion.took or attempt.completion.usage


def _seconds(attempts: tuple[Attempt, ...]) -> float | None:
    """Return the seconds that the responses took, or None if that is unknown."""
    known = [attempt.completion.seconds for attempt in attempts]
    return None if not known or None in known else sum(one for one in known if one is not None)


def run_setting(
    make: Callable[[Callable[[Outcome[Any]], None]], Batch],
    source: GoldSource,
    scorer: Scorer,
    prices: Prices,
    *,
    must_answer: bool,
) -> tuple[float, str]:
    """Score every row of gold with the batch that `make` returns for its observer.

    Returns the seconds, and why the run stopped early, or "". With `must_answer`, raises the error if it stopped before
    the first document.
    """
    output = ScoringOutput(scorer, prices)
    batch, started, stopped = make(output.see), time.monotonic(), ""
    try:
        for row in batch.rows(output.documents(source.rows())):
            output.write(row)
    except StructgenError as error:
        # what was paid for is scored, but without a single answer there is nothing to report
        if must_answer and not scorer.status:
            raise
        stopped = str(error)
    return time.monotonic() - started, stopped


def score_rows(answers: AnswerRows, source: GoldSource, scorer: Scorer) -> None:
    """Score answers that were written before. A row that is missing is wrong in every field."""
    for row in source.rows():
        scorer.add(row, answers.answer(row.id, often=source.often[row.id]))
