"""Batch: run many documents through one Extractor within a budget, and yield a row for each, in order."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from types import MappingProxyType
from typing import Any

from structgen.batch.outage import Outage
from structgen.batch.row import Row, row_for, row_of_problem
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
    ServerDown,
    StoreError,
    StructgenError,
)
from structgen.core.records import Card, Document, Task, Usage
from structgen.core.results import Attempt
from structgen.documents import DocumentOrProblem, DocumentProblem
from structgen.engine.budget import FREE, Prices, cost_of, is_paid, spent_at_most, tokens_of
from structgen.engine.chunked.long_document import NO_MOST
from structgen.engine.drive import Outcome
from structgen.engine.map_api import CONCURRENCY
from structgen.extractor import Extractor
from structgen.schema import Schema

_HOPELESS = (AuthenticationFailed, ModelUnavailable, ConfigurationError, StoreError)
"""Errors that would fail every other document too."""


@dataclass(frozen=True, slots=True)
class RunBudget:
    """The limits of a run; None means no limit.

    Cost and tokens are never exceeded: a document is only started if its upper bound still fits. Documents in flight
    when the time is over are finished, because they are paid for anyway.
    """

    max_cost: float | None = None
    """USD."""
    max_tokens: int | None = None
    """Input and output together."""
    max_seconds: float | None = None

    def __post_init__(self) -> None:
        """Raise ConfigurationError for an invalid limit."""
        checked(self, _LIMITS)


_LIMITS: Mapping[str, Check] = MappingProxyType(
    {"max_cost": optional(number(0)), "max_tokens": optional(whole(0)), "max_seconds": optional(number(0))}
)


@dataclass(frozen=True, slots=True)
class Sum:
    """An amount of money (USD) and of tokens."""

    cost: float = 0.0
    tokens: int = 0

    def __add__(self, other: Sum) -> Sum:
        return Sum(self.cost + other.cost, self.tokens + other.tokens)


@dataclass(slots=True)
class Spending:
    """What a run has spent, and what it reserves for each document in flight, in order."""

    budget: RunBudget
    prices: Prices
    elsewhere: Callable[[], float] = float
    """Returns what the run paid outside the batch, in USD, such as for transcripts."""
    spent: Sum = field(default_factory=Sum)
    reserved: deque[Sum] = field(default_factory=deque[Sum])

    def reserve(self, most: Usage) -> bool:
        """Reserve the upper bound of a document. Return False if it does not fit next to the other reservations."""
        wanted = self.priced(most)
        if self.reason_against(wanted):
            return False
        self.reserved.append(wanted)
        return True

    def settle(self, attempts: tuple[Attempt, ...]) -> None:
        """Replace the reservation of the first document in flight by what it really spent.

        Answers of batches were counted before the run.
        """
        self.reserved.popleft()
        attempts = tuple(attempt for attempt in attempts if attempt.completion.price_share == 1.0)
        tokens = sum(tokens_of(spent_at_most(attempt)) for attempt in attempts)
        self.spent += Sum(self.prices.cost(attempts, spent_at_most) or 0.0, tokens)

    def priced(self, most: Usage) -> Sum:
        """Return the tokens with their price."""
        return Sum(cost_of(most, self.prices.dearest) or 0.0, tokens_of(most))

    def reason_against(self, wanted: Sum) -> str | None:
        """Return why this amount does not fit, or None if it does. What is free always does."""
        if wanted == Sum() or (self.budget.max_cost is None and self.budget.max_tokens is None):
            return None
        whole = sum(self.reserved, self.spent) + wanted + Sum(self.elsewhere())
        if self.budget.max_cost is not None and whole.cost > self.budget.max_cost:
            limit, spent = self.budget.max_cost, self.spent.cost + self.elsewhere()
            return f"may cost {wanted.cost:.6f} USD, and {spent:.6f} of {limit} USD are spent"
        if self.budget.max_tokens is not None and whole.tokens > self.budget.max_tokens:
            limit, taken = self.budget.max_tokens, self.spent.tokens
            return f"may take {wanted.tokens:,} tokens, and {taken:,} of {limit:,} are spent"
        return None


class Batch:
    """One run over many documents.

    `budget` applies to the whole run, `seen` is called with the outcome of each document, `elsewhere` returns what the
    run paid outside of it in USD, which counts for the budget like `before`, what batches took, and `judged` returns
    the row of a document with the confidence of its fields. `summary` is up to date after every row, and `left_over`
    says whether a stopped run has unfinished documents. Whatever stops the run, requests in flight are finished and get
    their rows, so that nothing paid for is lost. Requests that wait for a rate limit or a retry, which cost nothing,
    are given up after `stop` and after an error that all documents would meet; their documents get no row.
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
        elsewhere: Callable[[], float] = float,
        judged: Callable[[Document, Row], Row] | None = None,
        before: Sum | None = None,
    ) -> None:
        self.summary = Summary()
        self.stopped = False
        self._left = 0  # documents that were started but not finished
        self._given_up = False
        self._unread = False  # whether documents follow that could not be counted, because reading them ended
        self._outage = Outage(extractor.options.budget.max_transport_retries)
        self._extractor = extractor.with_observer(self._outage.observe).with_cancellation(lambda: self._given_up)
        self._task = task
        self._schema: Schema[Any] = Schema.of(task)
        self._instructions = instructions
        self._concurrency = concurrency
        self._budget = budget or RunBudget()
        self._seen = seen
        self._judged = judged
        self._prices = Prices.of(extractor.models)
        limits = (self._budget.max_cost, self._budget.max_tokens)
        # the rules cost nothing, so no document of theirs needs an upper bound
        self._limited = limits != (None, None) and extractor.models != (FREE,)
        # without a maximum of attempts a document has no upper bound
        if self._limited and extractor.options.budget.max_attempts is None:
            raise ConfigurationError(NO_MOST)
        if self._limited and self._budget.max_cost is not None:
            _check_price(extractor.model, self._prices.dearest)
        self._spending = Spending(self._budget, self._prices, elsewhere, before or Sum())
        self._started = 0.0
        self._postponed: Document | None = None
        self._reason: StructgenError | None = None

    def in_run(self, run: int | None) -> None:
        """Receive the number of the run in the ledger. Only batches in other processes need it."""

    def stop(self) -> None:
        """Start no further document, and give up requests that wait for a rate limit or a retry.

        May be called from another thread or a signal handler.
        """
        self.stopped = self._given_up = True

    @property
    def models(self) -> tuple[str, ...]:
        """The models that are asked."""
        return self._extractor.models

    @property
    def server_is_down(self) -> bool:
        """Whether the run was stopped because the server gave no answers."""
        return isinstance(self._reason, ServerDown)

    @property
    def left_over(self) -> bool:
        """Whether the run was stopped before all its documents were finished."""
        return self._left > 0

    @property
    def most_spent(self) -> float:
        """What the documents cost so far in USD, with the upper bounds of those in flight."""
        return sum(self._spending.reserved, self._spending.spent).cost

    @property
    def schema(self) -> Schema[Any]:
        """The schema of the values."""
        return self._schema

    def rows(
        self, documents: Iterable[DocumentOrProblem], fit: Callable[[Row], Row] | None = None
    ) -> Generator[Row, None, None]:
        """Yield a row for each document and each problem, in order; with `fit`, what that makes of it.

        Raises after the last row: BudgetExceeded if the budget left documents over; AuthenticationFailed,
        ModelUnavailable, ConfigurationError or StoreError if a document met an error that all others would meet too;
        ServerDown if several documents in a row got no answer; RateLimited if a rate limit requires a longer wait than
        the time budget of a document.
        """
        self._started = time.monotonic()
        for found in self._found(documents):
            row = found if fit is None else fit(found)
            self.summary = self.summary.add(row, time.monotonic() - self._started)
            yield row
        # it is not an error if the very last document used up the budget: nothing is left over
        if self._reason is not None and (self.left_over or not isinstance(self._reason, BudgetExceeded)):
            raise self._reason

    def count_left(self, documents: Iterator[DocumentOrProblem], seconds: float) -> tuple[int, bool]:
        """Return how many documents a stopped run left over, and whether that is the exact number.

        Counting reads the rest of `documents`, so it stops after this many seconds.
        """
        until, count = time.monotonic() + seconds, self._left
        for _ in documents:
            count += 1
            if time.monotonic() > until:
                return count, False
        return count, not self._unread

    def _found(self, documents: Iterable[DocumentOrProblem]) -> Iterator[Row]:
        """Yield the rows. A document that the budget only allows once those in flight are finished waits for them."""
        ahead = iter(documents)
        while True:
            yield from self._round(ahead)
            waited, self._postponed = self._postponed, None
            if waited is None:
                return
            # no document is in flight any more: if it does not fit now, it never will
            reason = self._spending.reason_against(self._spending.priced(self._at_most(waited)))
            if reason and not self.stopped:
                self._reason = BudgetExceeded(f"The next document {reason}: no further document was started.")
                self.stopped = True
            if self.stopped:
                self._left += 1
                return
            # the documents in flight used less than reserved, so this document goes first in another round
            ahead = chain([waited], ahead)

    def _round(self, documents: Iterator[DocumentOrProblem]) -> Iterator[Row]:
        waiting: deque[DocumentOrProblem] = deque()
        outcomes = self._extractor.map(
            self._task, self._feed(documents, waiting), self._instructions, concurrency=self._concurrency
        )
        for outcome in outcomes:
            # problems did not go through the extractor; each gets its row at its place among the documents
            while isinstance(item := waiting.popleft(), DocumentProblem):
                yield row_of_problem(item)
            self._spending.settle(outcome.attempts)
            # after `stop` this failure means that the request was not sent; without any attempt it cost nothing,
            # so it is left over for the next run instead of being reported as failed
            if self._given_up and was_given_up(outcome):
                self._left += 1
                if not is_paid(outcome.attempts):
                    continue
            if self._seen is not None:
                self._seen(outcome)
            yield self._row(item, outcome)
        # problems after the last document
        yield from (row_of_problem(item) for item in waiting if isinstance(item, DocumentProblem))

    def _feed(self, documents: Iterator[DocumentOrProblem], waiting: deque[DocumentOrProblem]) -> Iterator[Document]:
        """Yield the documents for the extractor. Record documents and problems in `waiting`, in order."""
        while (item := self._next(documents)) is not None:
            self._check_time()
            if self.stopped:
                self._left += 1
                return
            if isinstance(item, Document) and not self._spending.reserve(self._at_most(item)):
                self._postponed = item
                return
            waiting.append(item)
            if isinstance(item, Document):
                yield item

    def _next(self, documents: Iterator[DocumentOrProblem]) -> DocumentOrProblem | None:
        """Return the next document, or None at the end.

        Reading it may call a speech model, whose errors stop the run like those of any model.
        """
        try:
            return next(documents, None)
        except (BudgetExceeded, *_HOPELESS) as error:
            self._reason, self.stopped = self._reason or error, True
            self._left, self._unread = self._left + 1, True
            return None

    def _at_most(self, document: Document) -> Usage:
        """Return an upper bound for the usage of a document, or no usage if the run limits neither cost nor tokens."""
        if not self._limited:
            return Usage()
        try:
            return self._extractor.estimate_usage(self._task, document, self._instructions)
        except StructgenError:
            return Usage()  # the document cannot be sent, and its row will say why

    def _row(self, document: Document, outcome: Outcome[Any]) -> Row:
        self._stop_if_hopeless(outcome)
        row = row_for(document, outcome, self._schema, self._prices, self._extractor.model)
        return row if self._judged is None else self._judged(document, row)

    def _stop_if_hopeless(self, outcome: Outcome[Any]) -> None:
        """Stop if the outcome shows an error that would fail all other documents too, before they are started."""
        cause = outcome.__cause__ if isinstance(outcome, ExtractionFailed) else None
        unstored = next((said for attempt in outcome.attempts if (said := attempt.completion.unstored)), None)
        down = self._outage.see(outcome)
        if isinstance(cause, RateLimited) and self._is_used_up(cause):
            self._reason, self.stopped = self._reason or cause, True
        elif isinstance(cause, _HOPELESS) or unstored or down:
            hopeless = cause if isinstance(cause, _HOPELESS) else StoreError(unstored) if unstored else down
            self._reason = self._reason or hopeless
            self.stop()

    def _is_used_up(self, limited: RateLimited) -> bool:
        """Whether a rate limit, such as that of a day, requires a longer wait than the time budget of a document."""
        most = self._extractor.options.budget.max_seconds
        return limited.wait is not None and most is not None and limited.wait > most

    def _check_time(self) -> None:
        """Stop if the time of the run is over."""
        most = self._budget.max_seconds
        if most is not None and time.monotonic() - self._started >= most and not self.stopped:
            self._reason = BudgetExceeded(f"The run's time of {most:g} s is over: no further document was started.")
            self.stopped = True


def was_given_up(outcome: Outcome[Any]) -> bool:
    """Whether a request for the document, or for one of its chunks, was given up."""
    if outcome.chunks:
        return any(chunk.status == "failed" for chunk in outcome.chunks)
    return isinstance(outcome, ExtractionFailed) and isinstance(outcome.__cause__, NotSent)


def _check_price(model: str, card: Card | None) -> None:
    """Raise ConfigurationError if a budget in USD could not be enforced."""
    if cost_of(Usage(0, 0, calls=1), card) is None:
        raise ConfigurationError(
            f"A budget in USD needs a known price, but the price of {model} is unknown: "
            "`structgen models` lists the prices."
        )
