"""What a server's word for the end of a response says of it. Servers have many words for the same few ends."""

from __future__ import annotations

from enum import Enum

INTERRUPTED = "interrupted"
"""The finish_reason of a completion whose stream broke off."""


class Ending(Enum):
    """Whether a response is all that the model had to say."""

    WHOLE = "whole"
    CUT = "cut"
    """It ends in the middle: at its length, or where a stream broke off."""
    FILTERED = "filtered"
    """A filter of the server's stopped it, or took something out."""
    UNKNOWN = "unknown"
    """The server says nothing, or a word that nobody knows."""


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
"""The finish_reason of a text that was salvaged from an error: it is all that there is."""

_ENDINGS = (
    (_STOP | _CALLS | {SALVAGED}, Ending.WHOLE),
    (_LENGTH | {INTERRUPTED}, Ending.CUT),
    (_FILTER, Ending.FILTERED),
)


def common_word(reason: object) -> str:
    """A server's word in the one that most have for it; as it is where nobody else has one, empty where it is none."""
    word = reason.strip().lower() if isinstance(reason, str) else ""
    common = ((_STOP, "stop"), (_LENGTH, "length"), (_CALLS, "tool_calls"))
    return next((one for words, one in common if word in words), word)


def ending_of(reason: str | None) -> Ending:
    """What a finish_reason says of the response."""
    word = common_word(reason)
    return next((ending for words, ending in _ENDINGS if word in words), Ending.UNKNOWN)
