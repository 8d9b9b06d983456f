"""The states of provider batches, and the outcomes of their requests."""

from __future__ import annotations

from enum import StrEnum


class BatchState(StrEnum):
    """The state of a batch, in order of progress."""

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
    """The outcome of one request of a batch."""

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
    """The ways to send requests other than single calls."""

    GROQ_BATCH = "groq-batch"


class BatchRetry(StrEnum):
    """How to retry the requests that a batch left without an accepted answer."""

    LIVE = "live"
    """With single calls at the full price, at once."""
    BATCH = "batch"
    """In another batch."""
    NONE = "none"
    """Not at all: the row says why it failed."""
