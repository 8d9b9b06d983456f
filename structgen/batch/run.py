"""Batch: many documents through one Extractor, a row for each, in order, as they finish."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from types import MappingProxyType
from typing import Any, TypeAlias

from structgen.batch.row import Row, row_of, row_of_failure, row_of_problem
from structgen.batch.summary import Summary
from structgen.core.argument_checks import Check, checked, number, optional, whole
from structgen.core.errors import (
    AuthenticationFailed,
    BudgetExceeded,
    ConfigurationError,
    ExtractionFailed,
    ModelUnavailable,
    NotSent,
    RateLimited,
    StoreError,
    StructgenError,
)
from structgen.core.records import Card, Document, Task, Usage
from structgen.core.results import Attempt, Extraction
from structgen.documents import DocumentProblem
from structgen.engine.budget import spent_at_most, tokens_of
from structgen.engine.chunked.long_document import NO_MOST
from structgen.engine.cost import cost_of
from structgen.engine.map_api import CONCURRENCY
from structgen.engine.ordered_map import Outcome
from structgen.extractor import Extractor
from structgen.schema import Schema
from structgen.send import find_card, split_model

Read: TypeAlias = Document | DocumentProblem

_HOPELESS = (AuthenticationFailed, ModelUnavailable, ConfigurationError, StoreError)
"""What every other document would meet too."""


@dataclass(frozen=True, slots=True)
class RunBudget:
    """The limits of a run, None where there is none.

    Cost and tokens are never gone over: a document is taken only where the most that it may take still fits. What is
    under way when the time is over is finished, because it is paid for anyway.
    """

    max_cost: float | None = None
    """USD."""
    max_tokens: int | None = None
    """Input and output together."""
    max_seconds: float | None = None

    def __post_init__(self) -> None:
        """Raise ConfigurationError for what is no limit."""
        checked(self, _LIMITS)


_LIMITS: Mapping[str, Check] = MappingProxyType(
    {"max_cost": optional(number(0)), "max_tokens": optional(whole(0)), "max_seconds": optional(number(0))}
)


@dataclass(frozen=True, slots=True)
class Sum:
    """An amount of money (USD) and tokens."""

    cost: float = 0.0
    tokens: int = 0

    def __add__(self, other: Sum) -> Sum:
        return Sum(self.cost + other.cost, self.tokens + other.tokens)


@dataclass(slots=True)
class Purse:
    """What a run has spent, and what it holds back for each document under way, in their order."""

    budget: RunBudget
    card: Card | None
    spent: Sum = field(default_factory=Sum)
    held: deque[Sum] = field(default_factory=deque[Sum])

    def hold(self, most: Usage) -> bool:
        """Hold back the most that a document may take; False where that does not fit beside all the rest."""
        wanted = self.wanted(most)
        if self.beyond(wanted):
            return False
        self.held.append(wanted)
        return True

    def settle(self, attempts: tuple[Attempt, ...]) -> None:
        """The first document under way is done: what it took counts, what was held back for it is free again."""
        self.held.popleft()
        self.spent += self._sum(spent_at_most(attempt) for attempt in attempts)

    def wanted(self, most: Usage) -> Sum:
        """So many tokens with their price."""
        return self._sum([most])

    def beyond(self, wanted: Sum) -> str | None:
        """Why so much more does not fit, None where it does."""
        whole = sum(self.held, self.spent) + wanted
        if self.budget.max_cost is not None and whole.cost > self.budget.max_cost:
            limit, spent = self.budget.max_cost, self.spent.cost
            return f"may cost {wanted.cost:.6f} USD; of {limit} USD, {spent:.6f} are spent"
        if self.budget.max_tokens is not None and whole.tokens > self.budget.max_tokens:
            limit, taken = self.budget.max_tokens, self.spent.tokens
            return f"may take {wanted.tokens:,} tokens; of {limit:,}, {taken:,} are spent"
        return None

    def _sum(self, usages: Iterable[Usage]) -> Sum:
        return sum((Sum(cost_of(usage, self.card) or 0.0, tokens_of(usage)) for usage in usages), Sum())


class Batch:
    """One run over many documents.

    `budget` is for the whole run, `seen` is told of what became of each document. `summary` is up to date after every
    row, and `left_over` says whether there are documents that are not done because the run was stopped. Whatever stops
    it, what is under way is finished and has its row: nothing that was paid for is lost. `stop` gives up what merely
    waits for a limit, which cost nothing: it has no row.
    """

    def __init__(
        self,
        extractor: Extractor,
        task: Task[Any],
        *,
        instructions: str | None = None,
        concurrency: int = CONCURRENCY,
        budget: RunBudget | None = None,
        seen: Callable[[Outcome[Any]], None] | None = None,
    ) -> None:
        self.summary = Summary()
        self.stopped = False
        self._left = 0  # documents that were taken and are not done
        self._given_up = False
        self._extractor = extractor.with_cancellation(lambda: self._given_up)
        self._task = task
        self._schema: Schema[Any] = Schema.of(task)
        self._instructions = instructions
        self._concurrency = concurrency
        self._budget = budget or RunBudget()
        self._seen = seen
        self._card = find_card(*split_model(extractor.model))
        limits = (self._budget.max_cost, self._budget.max_tokens)
        self._limited = limits != (None, None) and split_model(extractor.model)[0] != "rules"
        if self._limited and extractor.options.budget.max_attempts is None:
            raise ConfigurationError(NO_MOST)
        if self._limited and self._budget.max_cost is not None:
            _check_price(extractor.model, self._card)
        self._purse = Purse(self._budget, self._card)
        self._started = 0.0
        self._put_off: Document | None = None
        self._reason: StructgenError | None = None

    def stop(self) -> None:
        """Take no further document, and give up the calls that wait for a limit or for another try.

        May be called from another thread or a signal handler.
        """
        self.stopped = self._given_up = True

    @property
    def left_over(self) -> bool:
        """Whether the run was stopped before all documents that it took were done."""
        return self._left > 0

    def rows(self, documents: Iterable[Read]) -> Generator[Row, None, None]:
        """A row for each document and each problem, in their order.

        Raises, after the last row: BudgetExceeded where the budget left documents over; AuthenticationFailed,
        ModelUnavailable, ConfigurationError or StoreError where one document met what all others would; RateLimited
        where a limit of the server asks for a longer wait than any document has time.
        """
        self._started = time.monotonic()
        for row in self._found(documents):
            self.summary = self.summary.add(row, time.monotonic() - self._started)
            yield row
        if self._reason is not None and (self.left_over or not isinstance(self._reason, BudgetExceeded)):
            raise self._reason

    def count_left(self, documents: Iterator[Read], seconds: float) -> tuple[int, bool]:
        """How many documents a stopped run has left over, and whether that is all of them.

        The rest of `documents` is counted for so many seconds, because it is read for that.
        """
        until, count = time.monotonic() + seconds, self._left
        for _ in documents:
            count += 1
            if time.monotonic() > until:
                return count, False
        return count, True

    def _found(self, documents: Iterable[Read]) -> Iterator[Row]:
        """The rows. A document for which the budget has no room beside those under way waits until they are done."""
        ahead = iter(documents)
        while True:
            yield from self._round(ahead)
            waited, self._put_off = self._put_off, None
            if waited is None:
                return
            reason = self._purse.beyond(self._purse.wanted(self._at_most(waited)))
            if reason and not self.stopped:
                self._reason = BudgetExceeded(f"The next document {reason}: no further document was taken.")
                self.stopped = True
            if self.stopped:
                self._left += 1
                return
            ahead = chain([waited], ahead)

    def _round(self, documents: Iterator[Read]) -> Iterator[Row]:
        waiting: deque[Read] = deque()
        outcomes = self._extractor.map(
            self._task, self._feed(documents, waiting), self._instructions, concurrency=self._concurrency
        )
        for outcome in outcomes:
            while isinstance(item := waiting.popleft(), DocumentProblem):
                yield row_of_problem(item)
            self._purse.settle(outcome.attempts)
            if self._given_up and _is_cut_short(outcome):
                self._left += 1
                if not outcome.attempts:
                    continue
            if self._seen is not None:
                self._seen(outcome)
            yield self._row(item, outcome)
        yield from (row_of_problem(item) for item in waiting if isinstance(item, DocumentProblem))

    def _feed(self, documents: Iterator[Read], waiting: deque[Read]) -> Iterator[Document]:
        """The documents alone, for the extractor; all that was taken is noted in `waiting`, in order."""
        for item in documents:
            self._check_time()
            if self.stopped:
                self._left += 1
                return
            if isinstance(item, Document) and not self._purse.hold(self._at_most(item)):
                self._put_off = item
                return
            waiting.append(item)
            if isinstance(item, Document):
                yield item

    def _at_most(self, document: Document) -> Usage:
        """The most tokens that a document may take, nothing where the run has no limit that they count against."""
        if not self._limited:
            return Usage()
        try:
            return self._extractor.estimate_usage(self._task, document, self._instructions)
        except StructgenError:
            return Usage()  # it cannot be sent, and its row will say why

    def _row(self, document: Document, outcome: Outcome[Any]) -> Row:
        if isinstance(outcome, Extraction):
            return row_of(document, outcome, self._schema)
        cause = outcome.__cause__
        if isinstance(cause, _HOPELESS) or (isinstance(cause, RateLimited) and self._is_used_up(cause)):
            self._reason = cause
            self.stopped = True
        cost = cost_of(outcome.usage, self._card) if outcome.usage else 0.0
        return row_of_failure(document, outcome, cost, self._extractor.model)

    def _is_used_up(self, limited: RateLimited) -> bool:
        """Whether a limit, like that of a day, asks for a wait that goes beyond the time of any document."""
        most = self._extractor.options.budget.max_seconds
        return limited.wait is not None and most is not None and limited.wait > most

    def _check_time(self) -> None:
        """Stop where the run has lasted as long as it may."""
        most = self._budget.max_seconds
        if most is not None and time.monotonic() - self._started >= most and not self.stopped:
            self._reason = BudgetExceeded(f"The run's time of {most:g} s is over: no further document was taken.")
            self.stopped = True


def _is_cut_short(outcome: Outcome[Any]) -> bool:
    """Whether a call of the document, or of a chunk of it, was given up."""
    if outcome.chunks:
        return any(chunk.status == "failed" for chunk in outcome.chunks)
    return isinstance(outcome, ExtractionFailed) and isinstance(outcome.__cause__, NotSent)


def _check_price(model: str, card: Card | None) -> None:
    """Raise where a budget in USD could not be kept."""
    if cost_of(Usage(0, 0, calls=1), card) is None:
        raise ConfigurationError(
            f"A run with a budget in USD needs a model whose price is known; that of {model} is not: "
            "`structgen models` lists those that are."
        )
