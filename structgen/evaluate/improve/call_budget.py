"""Asking about documents within a number of calls that is never exceeded.

A document is only started if the calls that it may take at most still fit: one for each chunk and attempt. An answer
from the store counts like the calls that it took when it was paid for, so that the same command tries the same things
again, at no cost.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any

from structgen.batch import Batch
from structgen.core.errors import (
    BudgetExceeded,
    ExtractionFailed,
    NotSent,
    RequestTooLarge,
    StructgenError,
    TransportError,
)
from structgen.core.events import Event, TransportRetried
from structgen.core.records import Document, Task
from structgen.engine.budget import FREE, Prices
from structgen.engine.drive import Outcome
from structgen.evaluate.gold.gold_rows import GoldRow
from structgen.evaluate.scoring.scorer import Answer
from structgen.evaluate.setting_run import answer_from, taken
from structgen.extractor import Extractor


@dataclass(slots=True)
class CallBudget:
    """The calls of a run. Calls that are sent again after a transport error count too."""

    limit: int
    used: int = 0
    retries: int = 0
    sent: int = 0
    """Those that were sent now, not answered from the store."""
    _lock: Lock = field(default_factory=Lock)

    def observe(self, event: Event) -> None:
        """Count a call that is about to be sent again."""
        if isinstance(event, TransportRetried):
            with self._lock:
                self.retries += 1

    @property
    def left(self) -> int:
        """The calls that may still be made."""
        return self.limit - self.used - self.retries

    def add(self, outcome: Outcome[Any]) -> None:
        """Count what a document took."""
        cause = outcome.__cause__ if isinstance(outcome, ExtractionFailed) else None
        lost = int(isinstance(cause, TransportError) and not isinstance(cause, NotSent))
        self.used += sum(taken(attempt).calls for attempt in outcome.attempts) + lost
        self.sent += sum(one.completion.usage.calls for one in outcome.attempts if one.request.provider != FREE) + lost


@dataclass(slots=True)
class Asker:
    """A model that is asked about rows of gold, within a budget. `attempts` is the maximum for a question."""

    extractor: Extractor
    calls: CallBudget
    attempts: int
    concurrency: int
    from_store: int = 0

    def first_calls(self, task: Task[Any], row: GoldRow) -> int:
        """Return with how many calls a document begins: one, or one for each of its chunks."""
        try:
            return max(1, self.extractor.first_calls(task, Document(row.text or "", row.id)))
        except StructgenError:
            return 1  # it cannot be sent, and its row will say why

    def ask(self, task: Task[Any], rows: Sequence[GoldRow], keep: int = 0) -> dict[int, Answer]:
        """Return the answers by the numbers of the rows; those that did not fit into the budget are missing.

        `keep` calls are left for later. Raises the error of a run that was stopped.
        """
        waiting, answers = deque(rows), dict[int, Answer]()
        while waiting:
            wave, most, attempts = self._wave(task, waiting, keep)
            if not wave:
                break
            answers |= self._read(task, wave, most, attempts)
        return answers

    def _wave(self, task: Task[Any], waiting: deque[GoldRow], keep: int) -> tuple[list[GoldRow], int, int]:
        """Take the documents that fit into the budget together; their calls at most, and the attempts of each."""
        models = sum(not model.startswith(FREE) for model in self.extractor.models)
        wave, most, attempts = list[GoldRow](), 0, self.attempts
        while waiting:
            least = self.first_calls(task, waiting[0]) * models
            left = self.calls.left - keep - most
            if least * attempts > left:
                attempts = attempts if wave else left // least
                if wave or attempts < 1:
                    break
            wave.append(waiting.popleft())
            most += least * attempts
        return wave, most, attempts

    def _read(self, task: Task[Any], wave: Sequence[GoldRow], most: int, attempts: int) -> dict[int, Answer]:
        before, spare, options = self.calls.retries, self.calls.left - most, self.extractor.options
        limited = replace(options, budget=replace(options.budget, max_attempts=attempts))
        extractor = self.extractor.with_options(limited).with_observer(self.calls.observe)
        extractor = extractor.with_cancellation(lambda: self.calls.retries - before > spare)
        outcomes: list[Outcome[Any]] = []
        batch = Batch(extractor, task, concurrency=self.concurrency, seen=outcomes.append)
        documents = [Document(row.text or "", row.id, row.place) for row in wave]
        prices, answers = Prices.of(self.extractor.models), dict[int, Answer]()
        for gold, row in zip(wave, batch.rows(documents), strict=False):
            outcome = outcomes.pop()
            self.calls.add(outcome)
            if not self._was_stopped(outcome, attempts):
                answers[gold.number] = answer = answer_from(row, outcome.attempts, prices)
                self.from_store += answer.from_store
        return answers

    def _was_stopped(self, outcome: Outcome[Any], attempts: int) -> bool:
        """Whether a document failed for want of calls or of a server, which says nothing about a prompt."""
        if not isinstance(outcome, ExtractionFailed):
            return False
        # a prompt that is too large is a fault of the prompt
        unanswered = isinstance(outcome.__cause__, TransportError) and not isinstance(
            outcome.__cause__, RequestTooLarge
        )
        return unanswered or (isinstance(outcome, BudgetExceeded) and attempts < self.attempts)
