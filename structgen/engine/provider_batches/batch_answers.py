"""The source of answers for a run in batches: the store, which has the answers of the batches; else as chosen."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from structgen.core.batch_states import RequestOutcome
from structgen.core.errors import BudgetExceeded, TransportError
from structgen.core.records import Completion, Request
from structgen.engine.answers import Answers
from structgen.engine.flow import Send
from structgen.engine.provider_batches.batch_terms import BatchTerms
from structgen.send import Allowance
from structgen.store.batch_ledger import BatchLedger, RequestRecord
from structgen.store.ledger import Answer
from structgen.store.serialization import write

_WHOLE = frozenset({RequestOutcome.INVALID, RequestOutcome.CANCELLED})
"""Outcomes of a whole batch: sending all of it as single calls could cost far more than the user meant."""
_NOT_AGAIN = "it was not retried (retry live uses single calls, retry batch another batch)"


@dataclass(slots=True)
class BatchResults:
    """What the batches of a ledger have answered. An answer is paid for once, by the first document that uses it."""

    ledger: BatchLedger
    terms: BatchTerms
    _used: set[int] = field(default_factory=set[int])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def find(self, request: Request) -> RequestRecord | None:
        """Return the latest record of a request in a batch whose rows are not written yet."""
        return self.ledger.find(write(request).name)

    def pays(self, request: Request) -> bool:
        """Whether a stored answer is from a batch whose rows are being written, and no other document paid for it."""
        record = self.find(request)
        if record is None or record.outcome is not RequestOutcome.ANSWERED:
            return False
        with self._lock:
            first = record.id not in self._used
            self._used.add(record.id)
        return first

    def check(self, request: Request, attempt: int) -> None:
        """Raise the reason why a request without an answer is not sent as a single call, unless it is."""
        record = self.find(request)
        whole = record is not None and record.outcome in _WHOLE
        # It is no longer known why a document collected earlier has no answer: it could be a whole batch.
        gone = record is None and attempt == 1 and not self.terms.new and self._fits(request)
        if self.terms.asks_live(whole=whole or gone):
            return
        if attempt > 1:
            raise BudgetExceeded(f"The answer in the batch was refused, and {_NOT_AGAIN}")
        reason = record.reason if record is not None and record.reason else "No batch has this document any more."
        raise TransportError(f"{reason.rstrip('.')}; {_NOT_AGAIN}.")

    def _fits(self, request: Request) -> bool:
        """Whether a request can be in a batch at all. Others are sent as single calls from the beginning."""
        from structgen.send.http.batch_results import LONGEST_NUMBER, line_of

        return len(line_of(LONGEST_NUMBER, request)) <= self.terms.most_bytes


@dataclass(frozen=True)
class BatchAnswers(Answers):
    """The answers of batches, with the store and the sender of the Extractor.

    An answer that a batch gave comes with its usage, at the price of batches, the first time that it is used.
    """

    results: BatchResults | None = None

    def _given(self, request: Request, answer: Answer) -> Completion:
        if not answer.paid and self.results is not None and self.results.pays(request):
            return answer.completion
        return super()._given(request, answer)

    def _pay(self, effect: Send, allowance: Allowance) -> Completion:
        self._check_retry(effect)
        return super()._pay(effect, allowance)

    async def _apay(self, effect: Send, allowance: Allowance) -> Completion:
        self._check_retry(effect)
        return await super()._apay(effect, allowance)

    def _check_retry(self, effect: Send) -> None:
        self._check(effect)
        if self.results is not None:
            self.results.check(self.named(effect.request), effect.attempt)
