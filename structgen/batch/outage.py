"""Recognize that a server is down, so that a run ends after a few documents instead of failing at every one."""

from __future__ import annotations

from typing import Any

from structgen.core.errors import ConnectionFailed, ServerDown, ServerFailed
from structgen.engine.budget import is_paid
from structgen.engine.drive import Outcome

UNREACHED = 3
"""How many documents in a row may fail without a connection, if each was retried a few times."""

FAILED = 12
"""The same for a server that answers with errors, because single documents may make a healthy server fail."""

ENOUGH_RETRIES = 2
WITHOUT_RETRIES = 5
"""With fewer retries for each document, this many times as many documents are needed."""


class Outage:
    """Counts the documents in a row that got no answer."""

    def __init__(self, retries: int | None) -> None:
        """`retries` is the maximum of transport retries for each request; None means no limit."""
        self._factor = 1 if retries is None or retries >= ENOUGH_RETRIES else WITHOUT_RETRIES
        self._unreached = self._failed = 0

    def see(self, outcome: Outcome[Any]) -> ServerDown | None:
        """Count the outcome of a document. Return the error that ends the run, or None."""
        cause = outcome.__cause__ if isinstance(outcome, BaseException) else None
        if is_paid(outcome.attempts):
            self._unreached = self._failed = 0
        elif isinstance(cause, ConnectionFailed):
            self._unreached += 1
        elif isinstance(cause, ServerFailed):
            self._failed += 1
        else:
            return None  # it says nothing about the server
        if self._unreached < UNREACHED * self._factor and self._unreached + self._failed < FAILED * self._factor:
            return None
        count = self._unreached + self._failed
        return ServerDown(f"{count} documents in a row got no answer. {cause}")
