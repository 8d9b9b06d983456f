"""Report events to the observers of an Extractor. An observer that raises cannot break a run."""

from __future__ import annotations

import logging
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from inspect import iscoroutinefunction
from typing import Any, TypeVar, cast

from structgen.core.argument_checks import InvalidArgument, shown
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
    WaitingForLimit,
)
from structgen.core.records import Completion
from structgen.core.results import Extraction
from structgen.engine.flow import FAULTS, DocumentLine, Line, Send

C = TypeVar("C")
E = TypeVar("E")
R = TypeVar("R")
T = TypeVar("T")

_log = logging.getLogger("structgen")


def observers_in(given: object) -> tuple[Observer, ...]:
    """Return the callables as a tuple. A single callable or an async one is an InvalidArgument."""
    if not (isinstance(given, (list, tuple)) and all(map(callable, cast("Sequence[object]", given)))):
        raise InvalidArgument(f"is {shown(cast(object, given))}, but must be a list of callables: write [observer]")
    observers = tuple(cast("Sequence[Observer]", given))
    for observer in observers:
        # Nobody would await it, so that it would never run.
        if iscoroutinefunction(observer) or iscoroutinefunction(getattr(observer, "__call__", None)):  # noqa: B004 - not whether it is callable
            raise InvalidArgument(f"contains {shown(observer)}, which is async: pass a plain function")
    return observers


@dataclass(frozen=True, slots=True)
class Observers:
    """The observers of an Extractor."""

    all: tuple[Observer, ...] = ()

    def tell(self, event: Event) -> None:
        """Pass an event to every observer. If one raises, the error is logged and the run continues."""
        for observer in self.all:
            try:
                observer(event)
            except Exception:
                _log.exception(
                    "The observer %r raised an exception on %s; the run continues.", observer, type(event).__name__
                )

    def accepted(self, result: Extraction[Any]) -> None:
        """Report an accepted value and its repairs."""
        for repair in result.repairs:
            self.tell(Repaired(repair))
        self.tell(Accepted(result))

    def failed(self, error: StructgenError) -> None:
        """Report an error that ended an extraction."""
        self.tell(Failed(error))

    def retried(self, error: TransportError, wait: float) -> None:
        """Report a transport retry."""
        self.tell(TransportRetried(error, wait))

    def waiting(self, wait: float, limit: str) -> None:
        """Report a wait for a rate limit."""
        self.tell(WaitingForLimit(limit, wait))


def observed(line: Line[T], observers: Observers) -> Line[T]:
    """Report every effect and completion of a line, and its end."""
    return _with_end(_with_effects(line, observers), observers) if observers.all else line


def effects_observed(line: Generator[Send, Completion, R], observers: Observers) -> Generator[Send, Completion, R]:
    """Report the effects and completions of a line, but not its end."""
    return _with_effects(line, observers) if observers.all else line


def end_observed(line: DocumentLine[T], observers: Observers) -> DocumentLine[T]:
    """Report the end of a line alone: the lines that it runs side by side report their effects themselves."""
    return _with_end(line, observers) if observers.all else line


ABANDONED = StructgenError("The call was abandoned before it ended: its stream was closed, or its task was cancelled.")


def _with_end(line: Generator[E, C, Extraction[T]], observers: Observers) -> Generator[E, C, Extraction[T]]:
    try:
        result = yield from line
    except GeneratorExit:
        observers.failed(ABANDONED)
        raise
    except StructgenError as error:
        observers.failed(error)
        raise
    observers.accepted(result)
    return result


def _with_effects(line: Generator[Send, Completion, R], observers: Observers) -> Generator[Send, Completion, R]:
    try:
        effect = next(line)
        while True:
            observers.tell(RequestSent(effect.request, effect.attempt, effect.why, effect.at_most))
            try:
                completion = yield effect
            except FAULTS as error:
                effect = line.throw(error)
            else:
                observers.tell(CompletionReceived(effect.request, completion, effect.attempt))
                effect = line.send(completion)
    except StopIteration as done:
        return done.value
