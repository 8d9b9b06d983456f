"""How to ask: the one frozen set of options, and the enums and budgets in it.

All of it is checked when it is made: an option that is spelled wrong would be silently ignored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Literal, get_args

from structgen.core.argument_checks import (
    Check,
    checked,
    flag,
    instance,
    number,
    one_of,
    optional,
    pairs,
    string,
    strings,
    whole,
    word_of,
)


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


class Form(StrEnum):
    """The form in which an answer was asked for, for those who parse responses themselves."""

    PLAIN = "plain"
    """JSON that fits the schema as it is."""
    STRICT = "strict"
    """JSON in the subset of JSON Schema that strict mode takes: every property present, free keys as a list."""
    QUOTES = "quotes"
    """Each value beside the words of the text that say it."""
    STRICT_QUOTES = "strict_quotes"
    """Quotes, in the strict form."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What one extraction may spend. None is no limit.

    Asking again (`max_attempts`, the first request included) and sending the same request again after a fault of the
    wire (`max_transport_retries`, for each attempt) are counted apart.
    """

    max_attempts: int | None = 3
    max_transport_retries: int | None = 4
    max_tokens: int | None = None
    """Input and output together. With 0 nothing is sent, and only what a store holds is answered; so with the next."""
    max_cost: float | None = None
    """USD."""
    max_seconds: float | None = 300.0

    def __post_init__(self) -> None:
        """Raise ConfigurationError for what is no limit."""
        checked(self, _BUDGET)


_BUDGET: Mapping[str, Check] = MappingProxyType(
    {
        "max_attempts": optional(whole(1)),
        "max_transport_retries": optional(whole(0)),
        "max_tokens": optional(whole(0)),
        "max_cost": optional(number(0)),
        "max_seconds": optional(number(0)),
    }
)

ServiceTier = Literal["auto", "default", "on_demand", "flex", "performance", "priority"]
ReasoningEffort = Literal["none", "default", "minimal", "low", "medium", "high", "xhigh"]
ReasoningFormat = Literal["hidden", "raw", "parsed"]

MOST_STOPS = 4
SHORTEST_CHUNK = 200
"""Characters; shorter chunks say too little to be read by themselves."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to ask and what to accept. Parameters that are None are left to the server.

    Enums are taken by their values and names too (``mode="json"``, ``max_risk="lossy"``). Raises ConfigurationError,
    with all that is wrong, for what cannot be meant.
    """

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
    service_tier: ServiceTier | None = None
    reasoning_effort: ReasoningEffort | None = None
    reasoning_format: ReasoningFormat | None = None
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

    def __post_init__(self) -> None:
        """Put every option as it is meant."""
        checked(self, _OPTIONS, _not_together(self))


_OPTIONS: Mapping[str, Check] = MappingProxyType(
    {
        "mode": one_of(Mode),
        "style": one_of(Style),
        "max_risk": one_of(Risk),
        "budget": instance(Budget, "Budget(max_attempts=3)"),
        "reask": one_of(Reask),
        "evidence": one_of(EvidenceMode),
        "require_evidence": flag,
        "temperature": optional(number(0, 2)),
        "top_p": optional(number(0, 1)),
        "max_completion_tokens": optional(whole(1)),
        "stop": optional(strings(MOST_STOPS)),
        "seed": optional(whole()),
        "presence_penalty": optional(number(-2, 2)),
        "frequency_penalty": optional(number(-2, 2)),
        "service_tier": optional(word_of(*get_args(ServiceTier))),
        "reasoning_effort": optional(word_of(*get_args(ReasoningEffort))),
        "reasoning_format": optional(word_of(*get_args(ReasoningFormat))),
        "include_reasoning": optional(flag),
        "parallel_tool_calls": optional(flag),
        "disable_tool_validation": optional(flag),
        "user": optional(string),
        "metadata": optional(pairs),
        "store": optional(flag),
        "chunk_chars": optional(whole(SHORTEST_CHUNK)),
        "passes": whole(1),
    }
)


def _not_together(options: Options) -> Iterator[str]:
    if options.reasoning_format is not None and options.include_reasoning is not None:
        yield "reasoning_format and include_reasoning exclude each other: set one of them"
