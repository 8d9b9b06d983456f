"""What an observer is told while a line runs: typed events, in the order in which things happen.

An observer is any callable that takes an event. It sees requests and completions whole; what it logs is its own affair,
and an exception that it raises never breaks the run.
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
    """A request goes out. `attempt` counts from 1, `at_most` is the most that it may take."""

    request: Request
    attempt: int
    why: str
    at_most: Usage


@dataclass(frozen=True, slots=True)
class TransportRetried:
    """The wire failed, and the same request goes out again after `wait` seconds."""

    error: TransportError
    wait: float


@dataclass(frozen=True, slots=True)
class WaitingForLimit:
    """The next call waits `wait` seconds for `limit`, in words: ``the limit of 8,000 tokens a minute``."""

    limit: str
    wait: float


@dataclass(frozen=True, slots=True)
class CompletionReceived:
    """A completion arrived, and is not read yet."""

    request: Request
    completion: Completion
    attempt: int


@dataclass(frozen=True, slots=True)
class Repaired:
    """An accepted value holds this repair."""

    repair: Repair


@dataclass(frozen=True, slots=True)
class Accepted:
    """The line ends with a value."""

    extraction: Extraction[Any]


@dataclass(frozen=True, slots=True)
class Failed:
    """The line ends with an error."""

    error: StructgenError


Event: TypeAlias = RequestSent | TransportRetried | WaitingForLimit | CompletionReceived | Repaired | Accepted | Failed
Observer: TypeAlias = Callable[[Event], object]
