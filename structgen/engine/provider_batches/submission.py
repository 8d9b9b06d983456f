"""A submission: send the unanswered requests in batches, and fetch the answers of the batches.

It keeps no state: everything is in the ledger of the store. So any later process with the same documents continues
from there, however this one ended.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from structgen.core.batch_states import BatchRetry, BatchState
from structgen.core.errors import ConfigurationError
from structgen.core.records import Card, Usage
from structgen.engine.answers import Answers
from structgen.engine.budget import cost_of
from structgen.engine.provider_batches.batch_answers import BatchAnswers, BatchResults
from structgen.engine.provider_batches.batch_exchange import BatchExchange
from structgen.engine.provider_batches.batch_terms import BatchTerms
from structgen.engine.provider_batches.request_collector import OpenRequests, RequestCollector
from structgen.send import Allowance
from structgen.send.http.batch_client import BatchClient
from structgen.store.batch_ledger import BatchLedger, BatchRecord

SHORTEST_WAIT, LONGEST_WAIT = 2.0, 60.0
"""Seconds between two polls of the batches: short while they make progress, longer while they do not."""
_GROWTH = 1.5
_NAP = 0.25

Documents = Callable[[], Iterable[OpenRequests]]
"""Returns the documents from the beginning, at each call."""


@dataclass(slots=True)
class Submission:
    """The documents of one call, in batches. All methods that send raise TransportError and StoreError.

    `attempts` is the maximum of attempts for a document. `run` returns the run that new batches belong to, or 0.
    `touched` are the batches that have answered or will answer these documents, and that are not closed.
    """

    answers: Answers
    ledger: BatchLedger
    client: BatchClient
    terms: BatchTerms
    model: str
    card: Card | None
    share: float
    attempts: int | None
    allowance: Allowance
    run: Callable[[], int] = int
    touched: set[int] = field(default_factory=set[int])
    sent: int = 0
    """The number of requests that this process sent."""
    most: Usage = field(default_factory=Usage)
    """What they may take at most."""

    def send(self, documents: Documents) -> tuple[BatchRecord, ...]:
        """Send what neither an answer nor an open batch covers, and fetch ended batches. Return the open ones.

        Raises BudgetExceeded, before anything is uploaded, if the new requests may take more than the terms allow.
        """
        while True:
            collector = self._collect(documents)
            self.touched |= collector.touched | collector.waiting
            self.sent, self.most = self.sent + collector.count, self.most + collector.most
            pending = self._exchange().advance(collector.waiting, self.touched)
            if pending or not collector.waiting or self.terms.retry is not BatchRetry.BATCH:
                return pending

    def advance(self, batches: Iterable[BatchRecord]) -> tuple[BatchRecord, ...]:
        """Poll the batches once, and fetch those that have ended. Return those that have not."""
        return self._exchange().advance([one.id for one in batches])

    def wait(self, pending: tuple[BatchRecord, ...]) -> Iterator[tuple[BatchRecord, ...]]:
        """Poll the batches until all have ended; after each poll, yield those that have not."""
        seconds = SHORTEST_WAIT
        while pending:
            self._sleep(seconds)
            before, pending = pending, self.advance(pending)
            seconds = (
                max(SHORTEST_WAIT, seconds / _GROWTH) if before != pending else min(LONGEST_WAIT, seconds * _GROWTH)
            )
            yield pending

    def cancel(self, batches: Iterable[BatchRecord]) -> tuple[BatchRecord, ...]:
        """Cancel batches. Return those that have not ended yet; what they have answered can be fetched."""
        exchange = self._exchange()
        kept = [one.id for one in batches if exchange.cancel(one.id) is not None]
        return exchange.pending(kept)

    def results(self) -> BatchAnswers:
        """Return the source of the answers, from which the documents are extracted once all batches have ended."""
        one = self.answers
        results = BatchResults(self.ledger, self.terms)
        return BatchAnswers(one.sender, one.store, one.endpoint, one.pays, results)

    def spent(self) -> Usage:
        """Return the usage of the answers of these batches."""
        usages = [self.ledger.usage(batch) for batch in self.touched]
        return Usage(
            sum(one.input_tokens for one in usages),
            sum(one.output_tokens for one in usages),
            calls=sum(one.completions for one in usages),
        )

    def cost(self, usage: Usage) -> float:
        """Return the cost of a usage in USD at the price of batches, or 0 if the price is unknown."""
        return (cost_of(usage, self.card) or 0.0) * self.share

    def records(self) -> tuple[BatchRecord, ...]:
        """Return the batches of these documents."""
        return tuple(filter(None, map(self.ledger.get, sorted(self.touched))))

    def close(self) -> None:
        """Record that every document has its row. From now on the answers count as stored ones, which cost nothing."""
        self.ledger.close([one.id for one in self.records() if one.state is BatchState.FETCHED])

    def _collect(self, documents: Documents) -> RequestCollector:
        collector = RequestCollector(self.answers, self.ledger, self.terms, self.model, self.run, self.attempts)
        with self.ledger.exclusive():
            # no other process collects now, so an incomplete batch was left by a killed process
            stale = [one.id for one in self.ledger.open() if one.state is BatchState.WRITING]
            self.ledger.drop(stale)
            collector.collect(documents())
            self.touched |= collector.touched
            if not self.terms.new and collector.unknown and not (collector.known or self.touched):
                raise ConfigurationError(
                    "No batch and no stored answer has any of these texts: they were collected before and failed, or "
                    "this Extractor asks with other options, instructions or schema than the one that submitted them."
                )
            collector.seal(self.share, self.card, self.spent())
        return collector

    def _exchange(self) -> BatchExchange:
        return BatchExchange(self.client, self.ledger, self.terms, self.share, self.allowance)

    def _sleep(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.allowance.check_stopped()
            time.sleep(min(left, _NAP))
