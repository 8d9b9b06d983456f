"""Recognize that a server is down, so that a run ends after a few documents instead of failing every one."""

from __future__ import annotations

from typing import Any

from structgen.core.errors import ConnectionFailed, ServerDown, ServerFailed
from structgen.core.events import CompletionReceived, Event, TransportRetried
from structgen.engine.budget import is_paid
from structgen.engine.drive import Outcome

UNREACHED = 10
"""How many calls in a row, retries included, may reach no server before a failed document ends the run."""

FAILED = 12
"""How many documents in a row may fail at a server that responds with errors: a single document may make a healthy
server fail."""

ENOUGH_RETRIES = 2
WITHOUT_RETRIES = 5
"""With fewer retries for each document, the run ends after this many times as many documents."""


class Outage:
    """Counts the calls and the documents in a row that got no response."""

    def __init__(self, retries: int | None) -> None:
        """`retries` is the maximum of transport retries for each request; None means no limit."""
        self._factor = 1 if retries is None or retries >= ENOUGH_RETRIES else WITHOUT_RETRIES
        self._unreached = self._documents = 0

    def observe(self, event: Event) -> None:
        """Count a call that is retried because it reached no server. Any response shows that the server is up."""
        if isinstance(event, TransportRetried):
            self._unreached = self._unreached + 1 if isinstance(event.error, ConnectionFailed) else 0
        elif isinstance(event, CompletionReceived) and event.completion.usage.calls:
            self._unreached = 0

    def see(self, outcome: Outcome[Any]) -> ServerDown | None:
        """Count the outcome of a document. Return the error that ends the run, or None."""
        cause = outcome.__cause__ if isinstance(outcome, BaseException) else None
        if is_paid(outcome.attempts):
            self._unreached = self._documents = 0
            return None
        if isinstance(cause, ConnectionFailed):
            self._unreached += 1
        elif not isinstance(cause, ServerFailed):
            return None  # it says nothing about the server
        self._documents += 1
        dead = isinstance(cause, ConnectionFailed) and self._unreached >= UNREACHED
        if not dead and self._documents < FAILED * self._factor:
            return None
        what = f"{self._unreached} calls" if dead else f"{self._documents} documents"
        return ServerDown(f"{what} in a row got no answer. {cause}")
