"""The words for batches of requests that a provider answers later: their states, and the outcomes of their requests."""

from __future__ import annotations

from enum import StrEnum


class BatchState(StrEnum):
    """How far a batch has come, in the order of the states."""

    WRITING = "writing"
    """Its requests are being collected. Nothing has been sent, and a crash drops it."""
    PLANNED = "planned"
    """Its requests are complete, and its file is about to be uploaded under its own name."""
    UPLOADED = "uploaded"
    CREATED = "created"
    FETCHED = "fetched"
    """Every answer is in the store, and every other request has its reason. Its rows may not be written yet."""
    CLOSED = "closed"


class RequestOutcome(StrEnum):
    """What became of one request of a batch."""

    WAITING = "waiting"
    ANSWERED = "answered"
    FAILED = "failed"
    """The server failed at it, or gave no result for it. Asked again, it may be answered."""
    REJECTED = "rejected"
    """The server would reject it again."""
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    INVALID = "invalid"
    """The server refused the whole batch, and ran none of its requests."""


class Via(StrEnum):
    """The ways to ask other than by single calls."""

    GROQ_BATCH = "groq-batch"


class BatchRetry(StrEnum):
    """How to ask again for what a batch left without an accepted answer."""

    LIVE = "live"
    """By single calls at the full price, at once."""
    BATCH = "batch"
    """By another batch."""
    NONE = "none"
    """Not at all: the row says why it failed."""
