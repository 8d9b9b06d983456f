"""The frozen records that pass between the stages, in the order in which they are created."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from os import PathLike
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, cast

from structgen.core.argument_checks import (
    Check,
    InvalidArgument,
    checked,
    choice,
    name_in,
    optional,
    pairs,
    several,
    string,
)
from structgen.core.chat_message import Call, Message
from structgen.core.errors import DocumentError, TaskError
from structgen.core.json import Json, JsonLike, JsonObject
from structgen.core.options import DateOrder, Mode, Style
from structgen.core.short_repr import short_repr
from structgen.core.showing import task_html, task_text
from structgen.core.spoken import AudioInput, Spoken, seconds_of

if TYPE_CHECKING:
    from typing_extensions import TypeForm

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Passage:
    """Lines above a document that is part of a longer text. `start` is their offset from its start: negative."""

    start: int
    text: str


@dataclass(frozen=True, slots=True, repr=False)
class Document:
    """A text to extract from. `id` names it in rows and logs; `source` is where it was read from (a path, or ``-``).

    `context` is background for the model, such as a title. It is never evidence. `above` holds, for a document that is
    part of a longer text, the lines above it that it depends on: headings, column names, dates. `pages` are the offsets
    in `text` at which its pages begin, if it has pages, and `spoken` says when its parts were said, if it is a
    transcript. `notes` are sentences about parts that could not be read reliably.
    """

    text: str
    id: str = ""
    source: str = ""
    context: str = ""
    above: tuple[Passage, ...] = ()
    pages: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    spoken: tuple[Spoken, ...] = ()

    __repr__ = short_repr

    def page_at(self, offset: int) -> int | None:
        """Return the page, counted from 1, of an offset in the text; or None if the document has no pages."""
        return max(1, bisect_right(self.pages, offset)) if self.pages else None

    def seconds_at(self, start: int, end: int) -> tuple[float, float] | None:
        """Return the seconds in which a span of the text was said, or None if that is unknown."""
        return seconds_of(self.spoken, start, end) if self.spoken else None

    def __post_init__(self) -> None:
        """Raise DocumentError if the text is not a str."""
        if not isinstance(self.text, str):  # pyright: ignore[reportUnnecessaryIsInstance]  callers are not all typed
            kind = type(self.text).__name__
            raise DocumentError(
                f"The text of a Document must be a str, not {kind}. Decode it, or use Document.from_file."
            )
        checked(self, _DOCUMENT, error=DocumentError)

    @classmethod
    def from_file(
        cls,
        path: str | PathLike[str],
        *,
        encoding: str | None = None,
        format: str | None = None,  # noqa: A002  what users call it
    ) -> Document:
        """Read a file. Its name becomes the id, its path the source.

        The encoding is detected unless it is given; `format` ("text", "pdf", ...) replaces what the suffix says.

        The text of an HTML page is its source; `Options.html` says what a model reads of it. The text of a PDF keeps
        its columns; .pdf and .docx need `pip install 'structgen[documents]'`. Offsets of evidence are offsets in the
        text of the Document. Raises DocumentError if the file cannot be read, or if it is a folder or a table, which
        hold many documents: use `structgen.read` for those.
        """
        from structgen.documents.file_reader import read_file

        return read_file(path, encoding, format)


_DOCUMENT: Mapping[str, Check] = MappingProxyType({"id": name_in, "source": name_in, "context": string})


def text_in(given: object) -> str:
    """Check for a text, given as a str or a Document."""
    return given.text if isinstance(given, Document) else string(given)


@dataclass(frozen=True, slots=True)
class Example:
    """A worked example: a text, and the value (plain JSON) that should be extracted from it.

    `quotes` maps paths in the value to passages of the text, for values that the text does not contain literally, such
    as a sentiment. The model sees them if it is asked for quotes.
    """

    text: str
    value: JsonLike
    quotes: Mapping[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        """Raise TaskError if a field is invalid."""
        checked(self, _EXAMPLE, error=TaskError)


_EXAMPLE: Mapping[str, Check] = MappingProxyType({"text": string, "quotes": pairs})


@dataclass(frozen=True, slots=True)
class FieldsText:
    """The shorthand of `structgen.fields`, not parsed yet: the schema of a task file with ``fields = "..."``."""

    text: str


@dataclass(frozen=True, repr=False)
class Task(Generic[T_co]):
    """A task template: what to extract, the instructions for the model, and worked examples.

    `schema` is anything that `Schema.of` accepts. `folder` is where relative references of a schema file may point.
    `generate_instructions` replace `instructions` if a value is generated from a prompt, without a document.
    `variants` are other instructions, which `structgen tasks improve` tries. `style` is how prompts show the schema,
    unless the options name another style than the default; NONE is refused, because only the options can say that a
    server learns the schema otherwise.
    """

    name: str
    schema: TypeForm[T_co] | Mapping[str, Any] | bool | FieldsText
    instructions: str = ""
    examples: tuple[Example, ...] = ()
    version: str = "1"
    description: str = ""
    folder: str | None = None
    generate_instructions: str = ""
    variants: tuple[str, ...] = ()
    style: Style | None = None

    __repr__ = short_repr

    def __post_init__(self) -> None:
        """Raise TaskError if a field is invalid."""
        checked(self, _TASK, error=TaskError)

    def __str__(self) -> str:
        """Return the description, the instructions and the outline of the schema."""
        return task_text(self)

    def _repr_html_(self) -> str:
        """Return HTML for notebooks."""
        return task_html(self)


def _shown_style(given: object) -> Style:
    style = choice(Style, given)
    if style is Style.NONE:
        raise InvalidArgument("is 'none', but a task can only name a style that shows the schema")
    return style


_TASK: Mapping[str, Check] = MappingProxyType(
    {
        "name": string,
        "instructions": string,
        "examples": several(Example, "Example(text, value)"),
        "version": name_in,
        "description": string,
        "folder": optional(name_in),
        "generate_instructions": string,
        "variants": several(str, "'Extract the ...'"),
        "style": optional(_shown_style),
    }
)


@dataclass(frozen=True, slots=True)
class Usage:
    """The tokens of one or more completions. None means that the server did not report them."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None
    calls: int = 0

    def __add__(self, other: Usage) -> Usage:
        """Return the sum. A count is unknown if it is unknown in either one, unless that one made no call."""
        if not self.calls or not other.calls:
            return self if self.calls else other
        return Usage(
            _sum(self.input_tokens, other.input_tokens),
            _sum(self.output_tokens, other.output_tokens),
            _sum(self.cached_tokens, other.cached_tokens),
            _sum(self.reasoning_tokens, other.reasoning_tokens),
            self.calls + other.calls,
        )


MOST_TOKENS = 10**9
"""No response takes as many tokens. A larger count is ignored: the sum of a few would not even fit a database."""


def token_count(value: object) -> int | None:
    """Return a count of tokens as a server reports it, or None if it cannot be one."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_TOKENS:
        return value
    return None


def _sum(a: int | None, b: int | None) -> int | None:
    return None if a is None or b is None else a + b


@dataclass(frozen=True, slots=True)
class Card:
    """What is known about a model: sizes in tokens, prices in USD per million tokens. None means unknown.

    `schema_first` says that mode AUTO begins with JSON_SCHEMA although the server may refuse it.
    """

    id: str
    provider: str = "groq"
    status: Literal["production", "preview", "retired", "unknown"] = "unknown"
    modes: tuple[Mode, ...] = ()
    strict: bool = False
    vision: bool = False
    reasoning: tuple[str, ...] = ()
    context_window: int | None = None
    max_completion_tokens: int | None = None
    max_image_mb: float | None = None
    price_in: float | None = None
    price_cached_in: float | None = None
    price_out: float | None = None
    replacement: str | None = None
    limits: Mapping[str, Mapping[str, int]] = field(default_factory=lambda: MappingProxyType({}))
    """Tier -> {rpm, rpd, tpm, tpd}."""
    schema_first: bool = False
    batch_share: float | None = None
    """The share of its prices that a request in a provider batch costs; None if it supports no batches."""
    tokens_per_second: float | None = None
    """How fast it writes an answer, by its provider."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """The generation parameters of a request, named as in Groq's API and in `Options`. None is not sent."""

    temperature: float | None = None
    top_p: float | None = None
    max_completion_tokens: int | None = None
    stop: str | tuple[str, ...] | None = None
    seed: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    service_tier: str | None = None
    reasoning_effort: str | None = None
    reasoning_format: str | None = None
    include_reasoning: bool | None = None
    parallel_tool_calls: bool | None = None
    disable_tool_validation: bool | None = None
    user: str | None = None
    metadata: Mapping[str, str] | None = None
    store: bool | None = None


@dataclass(frozen=True, slots=True)
class Conventions:
    """How the documents write what can be read in two ways, named as in `Options`. None is not known."""

    date_order: DateOrder | None = None
    currency: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Request:
    """A complete request to a model: everything that can change the answer, and nothing else.

    `model` is the provider's id; `mode` is never AUTO. `json_schema` is what the answer must match. `names` holds the
    alternative names of its properties, by pointer into the schema. `document` is the text alone, for the rules, which
    read it without a model, and `above` are the lines above it in a longer text. `endpoint` names a server other than
    the provider's own, which may answer differently. `conventions` are those of the document. `audio` is what a speech
    model transcribes; such a request has no messages.
    """

    provider: str
    model: str
    messages: tuple[Message, ...]
    mode: Mode
    json_schema: JsonObject | bool
    schema_name: str = "answer"
    strict: bool = False
    parameters: Parameters = field(default_factory=Parameters)
    document: str | None = None
    names: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    endpoint: str = ""
    above: tuple[Passage, ...] = ()
    conventions: Conventions = field(default_factory=Conventions)
    audio: AudioInput | None = None

    __repr__ = short_repr

    def to_groq(self) -> JsonObject:
        """Return the arguments for ``client.chat.completions.create(**arguments)`` of the groq SDK."""
        body: JsonObject = {
            "model": self.model,
            "messages": [message.to_groq() for message in self.messages],
        }
        body.update(_format(self))
        for name in Parameters.__dataclass_fields__:
            value = getattr(self.parameters, name)
            if value is not None:
                body[name] = _plain(value)
        return body


def _plain(value: Any) -> Json:
    """Return a parameter as JSON."""
    if isinstance(value, tuple):
        return list(cast("tuple[str, ...]", value))
    return dict(cast("Mapping[str, str]", value)) if isinstance(value, Mapping) else value


def _format(request: Request) -> JsonObject:
    """Return the part of the body that makes the model answer in JSON."""
    if request.mode is Mode.JSON:
        return {"response_format": {"type": "json_object"}}
    if request.mode is Mode.JSON_SCHEMA:
        described: JsonObject = {"name": request.schema_name, "schema": request.json_schema, "strict": request.strict}
        return {"response_format": {"type": "json_schema", "json_schema": described}}
    if request.mode is Mode.TOOLS:
        function: JsonObject = {"name": request.schema_name, "parameters": request.json_schema}
        return {
            "tools": [{"type": "function", "function": function}],
            "tool_choice": {"type": "function", "function": {"name": request.schema_name}},
            "parallel_tool_calls": False,  # a second call would be a second answer
        }
    return {}


class Status(StrEnum):
    """How a value was found in the text, from the best to the worst."""

    EXACT = "exact"
    NORMALIZED = "normalized"
    QUOTED = "quoted"
    """The text contains the model's quote for it, but not the value itself (a sentiment, a summary)."""
    DERIVED = "derived"
    """The rules concluded it from this passage, which no label connects with the field."""
    FUZZY = "fuzzy"
    AMBIGUOUS = "ambiguous"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where the text supports one leaf of the value: `text` is ``document[start:end]``, offsets in characters.

    `start`, `end` and `text` are None for an unsupported value. `score` (0 to 1) is set for fuzzy matches only. `page`
    counts from 1, and is None if the document has no pages. `seconds` are the seconds in the audio in which it was
    said, from and to, or None if the document is not a transcript or its times are unknown.
    """

    path: str
    start: int | None
    end: int | None
    text: str | None
    status: Status
    score: float | None = None
    page: int | None = None
    seconds: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Completion:
    """The response to a request, before it is parsed.

    `text` is the content or, if the model called a tool, the arguments of the first call; then `called` is its name,
    `more_calls` are the other calls, and `beside` is the content. `finish_reason` is the common word (``stop``,
    ``length``, ``tool_calls``), else the provider's own, or empty if it gave none. It is INTERRUPTED if a stream broke
    off and `text` is what had arrived. `failure` is the server's error code if `text` was salvaged from an error
    response (``json_validate_failed``), whose usage is unknown. Senders that know the evidence set `evidence`. `final`
    says that asking again would return the same. `stored` says that the completion came from the store: it was paid for
    earlier, and its usage now is zero. `unstored` says why the store could not keep it (a full disk), or is empty.
    `told` is the usage that the response reported, if the same request was sent before it and that may be billed too:
    then `usage` counts both calls, and its tokens are unknown.
    """

    text: str
    finish_reason: str = "stop"
    usage: Usage = field(default_factory=Usage)
    model: str = ""
    id: str | None = None
    reasoning: str | None = None
    refusal: str | None = None
    failure: str | None = None
    evidence: tuple[Evidence, ...] | None = None
    final: bool = False
    seconds: float | None = None
    transport_retries: int = 0
    stored: bool = False
    called: str = ""
    more_calls: tuple[Call, ...] = ()
    beside: str = ""
    unstored: str = ""
    cost: float | None = None
    """In USD: set by `complete` and the streams of text, if the price is known."""
    notes: tuple[str, ...] = ()
    """Parts of the response that were not believed, such as a negative count of tokens."""
    price_share: float = 1.0
    """The share of the model's prices that it cost: less than 1 if it came from a provider batch."""
    told: Usage | None = None
    took: Usage | None = None
    """The usage of a stored completion when it was paid for; otherwise None."""

    __repr__ = short_repr

    @property
    def said(self) -> str:
        """Everything that the model wrote: the content and the arguments of every call."""
        return "\n".join(filter(None, [self.beside, self.text, *(call.arguments for call in self.more_calls)]))
