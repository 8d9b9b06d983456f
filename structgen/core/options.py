"""How to ask: the one frozen set of options, and the enums and budgets in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Literal


class Mode(StrEnum):
    """How the model is made to answer in JSON."""

    AUTO = "auto"
    """Chosen from what the model can do."""
    JSON = "json"
    """``response_format`` json_object: any JSON; the schema stands in the prompt."""
    JSON_SCHEMA = "json_schema"
    """``response_format`` json_schema: the server holds the model to the schema."""
    TOOLS = "tools"
    """One function that the model must call."""
    TEXT = "text"
    """No response format: plain text, read for JSON."""


class Style(StrEnum):
    """How the schema stands in the prompt."""

    OUTLINE = "outline"
    JSON_SCHEMA = "json_schema"
    NONE = "none"


class Risk(IntEnum):
    """How far a repair goes beyond what the response says. Ordered: a higher one includes the lower ones."""

    LOSSLESS = 1
    INTERPRETIVE = 2
    LOSSY = 3


class Reask(StrEnum):
    """What is asked again after a refused response."""

    CHEAPEST = "cheapest"
    """The failing fields alone, or the rest of what was cut off, wherever that costs less than the whole."""
    WHOLE = "whole"


class EvidenceMode(StrEnum):
    """Whether the places of the values in the text are looked up."""

    NONE = "none"
    LOCATE = "locate"
    """Each value is looked for in the text."""
    QUOTES = "quotes"
    """The model quotes the text for each value, and the quotes are looked up. What it cannot quote is unsupported."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What one extraction may spend. None is no limit.

    Asking again (`max_attempts`, the first request included) and sending the same request again after a fault of the
    wire (`max_transport_retries`, for each attempt) are counted apart.
    """

    max_attempts: int = 3
    max_transport_retries: int = 4
    max_tokens: int | None = None
    max_cost: float | None = None
    """USD."""
    max_seconds: float | None = 300.0


@dataclass(frozen=True, slots=True)
class Options:
    """How to ask and what to accept. Parameters that are None are left to the server."""

    mode: Mode = Mode.AUTO
    style: Style = Style.OUTLINE
    max_risk: Risk = Risk.INTERPRETIVE
    budget: Budget = field(default_factory=Budget)
    reask: Reask = Reask.CHEAPEST
    evidence: EvidenceMode = EvidenceMode.LOCATE
    require_evidence: bool = False
    """Whether a value without evidence (none in the text, or no quote) is asked for again, and refused where that does
    not help."""

    temperature: float | None = 0.0
    top_p: float | None = None
    max_completion_tokens: int | None = None
    """Room for the answer; where None, estimated from schema and text, because Groq counts it against the limits."""
    stop: str | tuple[str, ...] | None = None
    seed: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    service_tier: Literal["auto", "on_demand", "flex", "performance"] | None = None
    reasoning_effort: Literal["none", "default", "low", "medium", "high"] | None = None
    reasoning_format: Literal["hidden", "raw", "parsed"] | None = None
    include_reasoning: bool | None = None
    parallel_tool_calls: bool | None = None
    disable_tool_validation: bool | None = None
    user: str | None = None
    metadata: Mapping[str, str] | None = None
    store: bool | None = None

    chunk_chars: int | None = None
    """Documents with more characters are read in chunks of at most so many; where None, those that the model cannot
    take whole are."""
    passes: int = 1
    """How many times a document is read, each time cut at other places, so that more of what it says is found."""
