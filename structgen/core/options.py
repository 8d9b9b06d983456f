"""The options of an extraction: one frozen dataclass, with its enums and its budget.

Values are checked on creation, so that a misspelled one is an error instead of being ignored silently.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Literal, TypedDict, get_args

from structgen.core.argument_checks import (
    Check,
    checked,
    currency_code,
    flag,
    instance,
    language_code,
    number,
    one_of,
    optional,
    pairs,
    string,
    strings,
    whole,
    word_of,
)
from structgen.core.errors import ConfigurationError


class Mode(StrEnum):
    """How the model is made to respond in JSON."""

    AUTO = "auto"
    """Choose by what the model supports."""
    JSON = "json"
    """``response_format`` json_object: any JSON object. Only the prompt contains the schema."""
    JSON_SCHEMA = "json_schema"
    """``response_format`` json_schema: the server gets the schema, and enforces it if it supports strict mode."""
    TOOLS = "tools"
    """One tool that the model must call."""
    TEXT = "text"
    """No response format: plain text, which is searched for JSON."""


class Style(StrEnum):
    """How the prompt shows the schema."""

    OUTLINE = "outline"
    JSON_SCHEMA = "json_schema"
    NONE = "none"


class Risk(IntEnum):
    """How far a repair goes beyond what the response says. Each level includes the lower ones."""

    LOSSLESS = 1
    INTERPRETIVE = 2
    LOSSY = 3


class Reask(StrEnum):
    """What to request again after a refused response."""

    CHEAPEST = "cheapest"
    """Only the failing fields, or the rest of a response that was cut off, if that costs less than the whole."""
    WHOLE = "whole"


class EvidenceMode(StrEnum):
    """Whether and how values are located in the text."""

    NONE = "none"
    LOCATE = "locate"
    """Search the text for each value."""
    QUOTES = "quotes"
    """Make the model quote the text for each value, and locate the quotes. A value without one is unsupported."""


class HtmlMode(StrEnum):
    """What a model reads of an HTML page."""

    TEXT = "text"
    """Its text as Markdown: headings, lists, tables, links, descriptions and JSON-LD. A fraction of the tokens."""
    RAW = "raw"
    """Its source, with scripts, styles and comments."""


class DateOrder(StrEnum):
    """The order of the parts of a date in digits: which part of 03/04/2024 is the month."""

    DMY = "dmy"
    MDY = "mdy"
    YMD = "ymd"


class InputFormat(StrEnum):
    """How a file is read. Each row of a table (jsonl, csv, tsv, parquet) is a document, any other file is one."""

    TEXT = "text"
    """Plain text, Markdown or HTML, as it is."""
    EMAIL = "email"
    DOCX = "docx"
    PDF = "pdf"
    AUDIO = "audio"
    """Speech, which is transcribed first."""
    JSONL = "jsonl"
    CSV = "csv"
    TSV = "tsv"
    PARQUET = "parquet"

    @property
    def is_table(self) -> bool:
        """Whether each row is a document."""
        return self in {InputFormat.JSONL, InputFormat.CSV, InputFormat.TSV, InputFormat.PARQUET}


class Form(StrEnum):
    """The form in which an answer was requested, for callers that parse responses themselves."""

    PLAIN = "plain"
    """JSON that matches the schema itself."""
    STRICT = "strict"
    """JSON for the schema in strict mode's subset of JSON Schema: every property present, free keys as a list."""
    QUOTES = "quotes"
    """Each value together with a quote from the text."""
    STRICT_QUOTES = "strict_quotes"
    """Quotes in the strict form."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What one extraction may spend. None means no limit.

    `max_attempts` counts the questions, including the first. `max_transport_retries` counts, for each of them, how
    often the same request is sent again after a transport error.
    """

    max_attempts: int | None = 3
    max_transport_retries: int | None = 4
    max_tokens: int | None = None
    """Input and output together. With 0 nothing is sent, and only the store can answer; likewise for `max_cost`."""
    max_cost: float | None = None
    """In USD."""
    max_seconds: float | None = 300.0
    """Without the time in the queue for a rate limit, unless that limit alone requires a longer wait."""

    def __post_init__(self) -> None:
        """Raise ConfigurationError for an invalid limit."""
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

MAX_STOPS = 4
SHORTEST_CHUNK = 200
"""In characters. Shorter chunks contain too little to be understood alone."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to ask and what to accept. For a parameter that is None, the server's default applies.

    Enums may be given by value or name (``mode="json"``, ``max_risk="lossy"``). Raises ConfigurationError that lists
    every invalid option.
    """

    mode: Mode = Mode.AUTO
    style: Style = Style.OUTLINE
    max_risk: Risk = Risk.INTERPRETIVE
    budget: Budget = field(default_factory=Budget)
    reask: Reask = Reask.CHEAPEST
    evidence: EvidenceMode = EvidenceMode.LOCATE
    require_evidence: bool = False
    """Whether a value without evidence (not in the text, or without a quote) is refused. The model is asked again
    first."""

    html: HtmlMode = HtmlMode.TEXT
    """What a model reads of an HTML page. Evidence has the offsets of the page's source in any case."""

    temperature: float | None = 0.0
    top_p: float | None = None
    max_completion_tokens: int | None = None
    """If None, estimated from the schema and the text, because Groq counts all of it against the rate limit."""
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
    """Maximum characters per chunk; longer documents are read in chunks. If None, only those that exceed the context
    window are."""
    passes: int = 1
    """How many times a document is read, split at different places each time, to find more of its values."""

    date_order: DateOrder | None = None
    """The order of day, month and year in the documents' dates in digits, if they may be read in two ways."""
    currency: str | None = None
    """The ISO 4217 code of amounts that the documents print without a currency, such as ``EUR``."""
    language: str | None = None
    """The language of the documents, such as ``de``, or with its region, ``en-GB``."""

    def __post_init__(self) -> None:
        """Check every option, and convert it to its intended form."""
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
        "html": one_of(HtmlMode),
        "temperature": optional(number(0, 2)),
        "top_p": optional(number(0, 1)),
        "max_completion_tokens": optional(whole(1)),
        "stop": optional(strings(MAX_STOPS)),
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
        "date_order": optional(one_of(DateOrder)),
        "currency": optional(currency_code),
        "language": optional(language_code),
    }
)


def _not_together(options: Options) -> Iterator[str]:
    if options.reasoning_format is not None and options.include_reasoning is not None:
        yield "reasoning_format and include_reasoning are mutually exclusive: set one of them"


class TextParameters(TypedDict, total=False):
    """The generation parameters that one call for plain text may set, named as in `Options`."""

    temperature: float | None
    top_p: float | None
    max_completion_tokens: int | None
    stop: str | tuple[str, ...] | list[str] | None
    seed: int | None
    presence_penalty: float | None
    frequency_penalty: float | None
    service_tier: ServiceTier | None
    reasoning_effort: ReasoningEffort | None
    reasoning_format: ReasoningFormat | None
    include_reasoning: bool | None
    user: str | None
    metadata: Mapping[str, str] | None


def with_parameters(options: Options, given: TextParameters) -> Options:
    """Return the options with these parameters. Raises ConfigurationError for an unknown or invalid one."""
    names = TextParameters.__annotations__
    if unknown := [name for name in given if name not in names]:
        close = get_close_matches(unknown[0], list(names), n=1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        raise ConfigurationError(f"Unknown parameter {unknown[0]!r}.{hint} The parameters are: {', '.join(names)}.")
    return replace(options, **given) if given else options  # pyright: ignore[reportArgumentType]  Options checks them
