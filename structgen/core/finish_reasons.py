"""Finish reasons: providers have many words for the few ways in which a response can end."""

from __future__ import annotations

from enum import Enum

INTERRUPTED = "interrupted"
"""The finish_reason of a completion whose stream broke off."""


class Ending(Enum):
    """Whether a response is complete."""

    WHOLE = "whole"
    CUT = "cut"
    """It was cut off, by a length limit or by a broken stream."""
    FILTERED = "filtered"
    """A content filter stopped it or removed a part of it."""
    UNKNOWN = "unknown"
    """The server gives no finish reason, or an unknown one."""


_STOP = frozenset({"stop", "eos", "eos_token", "end_turn", "stop_sequence", "complete", "completed"})
_LENGTH = frozenset(
    {
        "length",
        "max_tokens",
        "max_output_tokens",
        "max_completion_tokens",
        "max_new_tokens",
        "model_length",
        "model_context_window_exceeded",
    }
)
_CALLS = frozenset({"tool_calls", "tool_call", "tool_use", "function_call"})
_FILTER = frozenset(
    {
        "content_filter",
        "content_filtered",
        "safety",
        "recitation",
        "blocklist",
        "prohibited_content",
        "guardrail_intervened",
        "refusal",
    }
)
SALVAGED = "error"
"""The finish_reason of a text that was salvaged from an error response. There is no more of it to come."""

_ENDINGS = (
    (_STOP | _CALLS | {SALVAGED}, Ending.WHOLE),
    (_LENGTH | {INTERRUPTED}, Ending.CUT),
    (_FILTER, Ending.FILTERED),
)


def common_finish_reason(reason: object) -> str:
    """Return the common word for a provider's finish reason, or that reason in lower case; empty if it gave none."""
    word = reason.strip().lower() if isinstance(reason, str) else ""
    common = ((_STOP, "stop"), (_LENGTH, "length"), (_CALLS, "tool_calls"))
    return next((one for words, one in common if word in words), word)


def ending_of(reason: str | None) -> Ending:
    """Return how a response ended, by its finish reason."""
    word = common_finish_reason(reason)
    return next((ending for words, ending in _ENDINGS if word in words), Ending.UNKNOWN)
