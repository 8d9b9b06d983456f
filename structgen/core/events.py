"""The events that observers receive during an extraction, in the order in which they happen.

An observer is any callable that takes an event. Events contain whole requests and completions, so it is up to the
observer to log no document text. An exception that an observer raises never stops the run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from structgen.core.errors import StructgenError, TransportError
from structgen.core.records import Completion, Request, Usage
from structgen.core.results import Extraction, Repair


@dataclass(frozen=True, slots=True)
class RequestSent:
    """A request is about to be sent. `attempt` counts from 1; `at_most` is the most tokens that it may take."""

    request: Request
    attempt: int
    why: str
    at_most: Usage


@dataclass(frozen=True, slots=True)
class TransportRetried:
    """A transport error occurred. The same request will be sent again after `wait` seconds."""

    error: TransportError
    wait: float


@dataclass(frozen=True, slots=True)
class WaitingForLimit:
    """The next call waits `wait` seconds for a rate limit. `limit` names it: ``the limit of 8,000 tokens a minute``."""

    limit: str
    wait: float


@dataclass(frozen=True, slots=True)
class CompletionReceived:
    """A completion arrived. It has not been parsed yet."""

    request: Request
    completion: Completion
    attempt: int


@dataclass(frozen=True, slots=True)
class Repaired:
    """An accepted value contains this repair."""

    repair: Repair


@dataclass(frozen=True, slots=True)
class Accepted:
    """The extraction ended with a value."""

    extraction: Extraction[Any]


@dataclass(frozen=True, slots=True)
class Failed:
    """The extraction ended with an error, or was abandoned: its stream was closed, or its task was cancelled."""

    error: StructgenError


Event: TypeAlias = RequestSent | TransportRetried | WaitingForLimit | CompletionReceived | Repaired | Accepted | Failed
Observer: TypeAlias = Callable[[Event], object]
