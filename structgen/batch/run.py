"""Batch: many documents through one Extractor, a row for each, in order, as they finish."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from typing import Any, TypeAlias

from structgen.batch.budget import RunBudget
from structgen.batch.row import Row, row_of, row_of_failure, row_of_problem
from structgen.batch.summary import Summary
from structgen.core.errors import (
    AuthenticationFailed,
    BudgetExceeded,
    ConfigurationError,
    ExtractionFailed,
    ModelUnavailable,
    StoreError,
    StructgenError,
)
from structgen.core.records import Attempt, Card, Document, Extraction, Task, Usage
from structgen.documents import DocumentProblem
from structgen.engine.budget import spent_at_most, tokens_of
from structgen.engine.cost import cost_of
from structgen.extractor import CONCURRENCY, Extractor
from structgen.schema import Schema
from structgen.send import find_card, split_model

Read: TypeAlias = Document | DocumentProblem

_HOPELESS = (AuthenticationFailed, ModelUnavailable, ConfigurationError, StoreError)
"""What every other document would meet too."""


class Batch:
    """One run over many documents.

    `budget` is for the whole run. `summary` is up to date after every row, and `left_over` says whether there were
    documents that nobody took because the run was stopped. Whatever stops it, what is under way is finished and has its
    row: nothing that was paid for is lost.
    """

    def __init__(
        self,
        extractor: Extractor,
        task: Task[Any],
        *,
        instructions: str | None = None,
        concurrency: int = CONCURRENCY,
        budget: RunBudget | None = None,
    ) -> None:
        self.summary = Summary()
        self.stopped = False
        self.left_over = False
        self._extractor = extractor
        self._task = task
        self._schema: Schema[Any] = Schema.of(task)
        self._instructions = instructions
        self._concurrency = concurrency
        self._budget = budget or RunBudget()
        self._card = find_card(*split_model(extractor.model))
        if self._budget.max_cost is not None:
            _check_price(extractor.model, self._card)
        self._cost, self._tokens, self._started = 0.0, 0, 0.0
        self._reason: StructgenError | None = None

    def stop(self) -> None:
        """Take no further document; may be called from another thread or a signal handler."""
        self.stopped = True

    def rows(self, documents: Iterable[Read]) -> Generator[Row, None, None]:
        """A row for each document and each problem, in their order.

        Raises, after the last row: BudgetExceeded where the budget left documents over; AuthenticationFailed,
        ModelUnavailable, ConfigurationError or StoreError where one document met what all others would.
        """
        self._started = time.monotonic()
        for row in self._found(documents):
            self.summary = self.summary.add(row, time.monotonic() - self._started)
            yield row
        if self._reason is not None and (self.left_over or not isinstance(self._reason, BudgetExceeded)):
            raise self._reason

    def _found(self, documents: Iterable[Read]) -> Iterator[Row]:
        waiting: deque[Read] = deque()
        outcomes = self._extractor.map(
            self._task, self._feed(documents, waiting), self._instructions, concurrency=self._concurrency
        )
        for outcome in outcomes:
            while isinstance(item := waiting.popleft(), DocumentProblem):
                yield row_of_problem(item)
            self._spend(outcome.attempts)
            yield self._row(item, outcome)
        yield from (row_of_problem(item) for item in waiting if isinstance(item, DocumentProblem))

    def _feed(self, documents: Iterable[Read], waiting: deque[Read]) -> Iterator[Document]:
        """The documents alone, for the extractor; all that was taken is noted in `waiting`, in order."""
        for item in documents:
            self._check_budget()
            if self.stopped:
                self.left_over = True
                return
            waiting.append(item)
            if isinstance(item, Document):
                yield item

    def _row(self, document: Document, outcome: Extraction[Any] | ExtractionFailed) -> Row:
        if isinstance(outcome, Extraction):
            return row_of(document, outcome, self._schema)
        if isinstance(outcome.__cause__, _HOPELESS):
            self._reason = outcome.__cause__
            self.stop()
        cost = cost_of(outcome.usage, self._card) if outcome.usage else 0.0
        return row_of_failure(document, outcome, cost, self._extractor.model)

    def _spend(self, attempts: tuple[Attempt, ...]) -> None:
        """Note what was taken; a call whose usage is not known counts with its most."""
        usages = [spent_at_most(attempt) for attempt in attempts]
        self._cost += sum(cost_of(usage, self._card) or 0.0 for usage in usages)
        self._tokens += sum(map(tokens_of, usages))
        self._check_budget()

    def _check_budget(self) -> None:
        """Stop where the run has taken what it may."""
        reached = self._budget.reached(self._cost, self._tokens, time.monotonic() - self._started)
        if reached and not self.stopped:
            self._reason = BudgetExceeded(f"The run's {reached}: no further document was taken.")
            self.stop()


def _check_price(model: str, card: Card | None) -> None:
    """Raise where a budget in USD could not be kept."""
    free = split_model(model)[0] == "rules"
    if not free and cost_of(Usage(0, 0, calls=1), card) is None:
        raise ConfigurationError(
            f"A run with a budget in USD needs a model whose price is known; that of {model} is not: "
            "`structgen models` lists those that are."
        )
