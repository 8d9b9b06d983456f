"""Choose the requests for a batch: those that neither a stored answer nor an open batch answers."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from structgen.core.batch_states import BatchRetry, RequestOutcome
from structgen.core.errors import BudgetExceeded, StructgenError
from structgen.core.records import Card, Completion, Request, Usage
from structgen.engine.answers import Answers
from structgen.engine.budget import cost_of, tokens_of
from structgen.engine.flow import Send
from structgen.engine.provider_batches.batch_terms import BatchTerms
from structgen.send.http.batch_results import LONGEST_NUMBER, line_of
from structgen.store.batch_ledger import BatchLedger
from structgen.store.serialization import Written, write

_BUFFER = 500

OpenRequests = Callable[[Callable[[Request], Completion | None]], Sequence[Send]]
"""Returns the requests of one document without a stored answer, which its argument looks up."""


@dataclass(slots=True)
class _Part:
    """A batch that is being collected."""

    batch: int
    lines: int = 0
    size: int = 0


@dataclass(slots=True)
class RequestCollector:
    """Collects requests for one model of one server. Nothing is sent, and until `seal` a crash drops all of it.

    `waiting` are the batches under way that will answer some of the documents, `touched` all that have had to do with
    them and are not closed. `most` is the maximum usage of the new requests.
    """

    answers: Answers
    ledger: BatchLedger
    terms: BatchTerms
    model: str
    run: Callable[[], int]
    attempts: int | None
    waiting: set[int] = field(default_factory=set[int])
    touched: set[int] = field(default_factory=set[int])
    most: Usage = field(default_factory=Usage)
    new: list[int] = field(default_factory=list[int])
    count: int = 0
    unknown: int = 0
    """The first requests that no batch has, and that no stored answer answers."""
    known: int = 0
    _part: _Part | None = None
    _buffer: list[Written] = field(default_factory=list[Written])
    _buffered: set[bytes] = field(default_factory=set[bytes])
    _token: str = field(default_factory=lambda: secrets.token_hex(8))

    def collect(self, documents: Iterable[OpenRequests]) -> None:
        """Collect the requests of documents. A document that cannot be sent has none: its row will say why."""
        for open_requests in documents:
            try:
                effects = open_requests(self._stored)
            except StructgenError:
                continue
            for effect in effects:
                self._add(effect)
        self._flush()

    def seal(self, share: float, card: Card | None, spent: Usage) -> None:
        """Let the new requests be sent. `spent` is what answers of earlier batches took.

        Raises BudgetExceeded, and drops the new requests, if all together may take more than the terms allow.
        """
        reason = self._beyond(share, card, spent) if self.new else None
        if reason is not None:
            self.ledger.drop(self.new)
            self.new = []
            raise BudgetExceeded(reason)
        if self.new:
            self.ledger.seal(self.new, self.run())
        self.waiting.update(self.new)
        self.touched.update(self.new)
        self.terms.on_step("sealed")

    def _beyond(self, share: float, card: Card | None, spent: Usage) -> str | None:
        """Return why the new requests may not be sent, or None."""
        cost, paid = cost_of(self.most, card), cost_of(spent, card)
        what = f"The batch of {self.count:,} request{'' if self.count == 1 else 's'}"
        if self.terms.max_cost is not None and cost is not None:
            before = (paid or 0.0) * share
            if cost * share + before > self.terms.max_cost:
                already = f", and {before:.6f} USD are spent" if before else ""
                return (
                    f"{what} may cost {cost * share:.6f} USD at the price of batches{already}; the limit is "
                    f"{self.terms.max_cost} USD. Nothing was uploaded: raise the limit, or send fewer documents."
                )
        limit = self.terms.max_tokens
        if limit is not None and tokens_of(self.most) + tokens_of(spent) > limit:
            return (
                f"{what} may take {tokens_of(self.most):,} tokens, and {tokens_of(spent):,} are spent; the limit is "
                f"{limit:,}. Nothing was uploaded: raise the limit, or send fewer documents."
            )
        return None

    def _stored(self, request: Request) -> Completion | None:
        """Return the stored answer to a request, noting the batch that gave it."""
        record = self.ledger.find(write(self.answers.named(request)).name)
        if record is not None:
            self.touched.add(record.batch)
        found = self.answers.stored(request)
        self.known += found is not None
        return found

    def _add(self, effect: Send) -> None:
        """Put a request into a batch, unless it needs none."""
        request = self.answers.named(effect.request)
        written = write(request)
        if effect.beyond is not None or written.name in self._buffered or not self._is_wanted(effect, written.name):
            return
        size = len(line_of(LONGEST_NUMBER, request))
        if size > self.terms.most_bytes:
            return
        part = self._part_for(size)
        part.lines, part.size, self.count = part.lines + 1, part.size + size, self.count + 1
        self.most += effect.at_most
        self._buffer.append(written)
        self._buffered.add(written.name)
        if len(self._buffer) >= _BUFFER:
            self._flush()

    def _is_wanted(self, effect: Send, name: bytes) -> bool:
        record = self.ledger.find(name)
        again = self.terms.retry is BatchRetry.BATCH
        if record is None and effect.attempt == 1:
            self.unknown += 1
            return self.terms.new
        if record is None:
            return again
        if record.outcome is RequestOutcome.WAITING:
            self.waiting.add(record.batch)
            return False
        # do not resend what the server would reject again, and limit the tries of the others
        tries_left = self.attempts is None or record.tries < self.attempts
        return again and record.outcome is not RequestOutcome.REJECTED and tries_left

    def _part_for(self, size: int) -> _Part:
        """Return a part with room for a line of this size."""
        part = self._part
        if part is None or part.lines >= self.terms.most_lines or part.size + size > self.terms.most_bytes:
            self._flush()
            name = f"structgen-{self._token}-{len(self.new) + 1}.jsonl"
            part = self._part = _Part(self.ledger.begin(self.answers.endpoint, self.model, name))
            self.new.append(part.batch)
        return part

    def _flush(self) -> None:
        if self._part is not None and self._buffer:
            self.ledger.add(self._part.batch, self._buffer)
            self._buffer = []
            self._buffered.clear()
            self.terms.on_step("collected")
