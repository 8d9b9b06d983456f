"""Telling observers what happens, without letting them break anything."""

from __future__ import annotations

import logging
from collections.abc import Generator
from dataclasses import dataclass
from typing import TypeVar

from structgen.core.errors import StructgenError, TransportError
from structgen.core.events import (
    Accepted,
    CompletionReceived,
    Event,
    Failed,
    Observer,
    Repaired,
    RequestSent,
    TransportRetried,
)
from structgen.core.records import Completion, Extraction
from structgen.engine.flow import Line, Send

T = TypeVar("T")

_log = logging.getLogger("structgen")


@dataclass(frozen=True, slots=True)
class Observers:
    """The observers of an Extractor."""

    all: tuple[Observer, ...] = ()

    def tell(self, event: Event) -> None:
        """Tell everyone; one that raises is named in the log, and the run goes on."""
        for observer in self.all:
            try:
                observer(event)
            except Exception:
                _log.exception("The observer %r raised on %s; the run goes on.", observer, type(event).__name__)

    def retried(self, error: TransportError, wait: float) -> None:
        """Tell of a transport retry."""
        self.tell(TransportRetried(error, wait))


def observed(line: Line[T], observers: Observers) -> Line[T]:
    """The same line; observers are told of every effect, of its completion, and of the end."""
    return _observed(line, observers) if observers.all else line


def _observed(line: Line[T], observers: Observers) -> Generator[Send, Completion, Extraction[T]]:
    try:
        result = yield from _told(line, observers)
    except StructgenError as error:
        observers.tell(Failed(error))
        raise
    for repair in result.repairs:
        observers.tell(Repaired(repair))
    observers.tell(Accepted(result))
    return result


def _told(line: Line[T], observers: Observers) -> Generator[Send, Completion, Extraction[T]]:
    """Hand each effect out and its outcome back in, telling of both."""
    try:
        effect = next(line)
        while True:
            observers.tell(RequestSent(effect.request, effect.attempt, effect.why, effect.at_most))
            try:
                completion = yield effect
            except TransportError as error:
                effect = line.throw(error)
            else:
                observers.tell(CompletionReceived(effect.request, completion, effect.attempt))
                effect = line.send(completion)
    except StopIteration as done:
        return done.value
