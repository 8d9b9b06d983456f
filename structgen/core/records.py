"""The frozen records that travel along the line, in the order in which they come up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from os import PathLike
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, cast

from structgen.core.argument_checks import (
    Check,
    Unfit,
    checked,
    kind_of,
    name_in,
    optional,
    pairs,
    several,
    string,
    word_of,
)
from structgen.core.errors import DocumentError, TaskError
from structgen.core.json import Json, JsonLike, JsonObject
from structgen.core.options import Mode

if TYPE_CHECKING:
    from typing_extensions import TypeForm

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Document:
    """A text to extract from. `id` names it in rows and logs, `source` says where it was read (a path, or ``-``).

    `context` says what stands around it (the title, the headings above a chunk): no value is taken from there.
    """

    text: str
    id: str = ""
    source: str = ""
    context: str = ""

    def __post_init__(self) -> None:
        """Raise DocumentError for what is no text."""
        if not isinstance(self.text, str):  # pyright: ignore[reportUnnecessaryIsInstance]  callers are not all typed
            kind = type(self.text).__name__
            raise DocumentError(f"The text of a Document is a str, not {kind}. Decode it, or read Document.from_file.")
        checked(self, _DOCUMENT, error=DocumentError)

    @classmethod
    def from_file(cls, path: str | PathLike[str]) -> Document:
        """The text of a file: its name is the id, its path the source. The encoding is told from the bytes.

        HTML stays as it is written. Raises DocumentError for what cannot be read, and for a folder or a table, which
        hold many documents: `structgen.read` reads those.
        """
        from structgen.documents.file_reader import read_file

        return read_file(path)


_DOCUMENT: Mapping[str, Check] = MappingProxyType({"id": name_in, "source": name_in, "context": string})


@dataclass(frozen=True, slots=True)
class Image:
    """A picture for a model that sees: a file, its bytes, or an address (http, https, or a data URL). One of them.

    PNG, JPEG, GIF and WebP. In a request that was compiled, `url` is the one.
    """

    path: str | PathLike[str] | None = None
    data: bytes | None = None
    url: str | None = None


def text_in(given: object) -> str:
    """A check for a text, which may be a Document."""
    return given.text if isinstance(given, Document) else string(given)


def _parts_in(given: object) -> object:
    parts: tuple[object, ...] = cast("tuple[object, ...]", given) if isinstance(given, tuple) else (given,)
    if all(isinstance(part, (str, Image)) for part in parts):
        return cast(object, given)
    kinds = ", ".join(sorted({kind_of(part) for part in parts}))
    raise Unfit(f"is {kinds}, and must be a str, or a tuple of str and Image")


_MESSAGE: dict[str, Check] = {"role": word_of("system", "user", "assistant"), "content": _parts_in}


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a chat. `content` is its text, or texts and images in their order."""

    role: Literal["system", "user", "assistant"]
    content: str | tuple[str | Image, ...]

    def __post_init__(self) -> None:
        """Take a list of parts for the tuple that it is."""
        if isinstance(self.content, list):
            object.__setattr__(self, "content", tuple(cast("list[str | Image]", self.content)))
        checked(self, _MESSAGE)

    @property
    def text(self) -> str:
        """Its words alone."""
        content = self.content
        if isinstance(content, str):
            return content
        return "\n\n".join(part for part in content if isinstance(part, str))

    @property
    def images(self) -> tuple[Image, ...]:
        """Its images alone."""
        return () if isinstance(self.content, str) else tuple(part for part in self.content if isinstance(part, Image))


@dataclass(frozen=True, slots=True)
class Example:
    """A worked example: a text and the value (plain JSON) that should come out of it.

    `quotes` (path in the value -> words of the text) says what a value is taken from that does not stand in the text
    itself, such as a sentiment; it is shown where the model is asked for quotes.
    """

    text: str
    value: JsonLike
    quotes: Mapping[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        """Raise TaskError for what is no example."""
        checked(self, _EXAMPLE, error=TaskError)


_EXAMPLE: Mapping[str, Check] = MappingProxyType({"text": string, "quotes": pairs})


@dataclass(frozen=True, slots=True)
class FieldsText:
    """The shorthand of `structgen.fields`, not read yet: what a task file holds whose schema is ``fields = "..."``."""

    text: str


@dataclass(frozen=True)
class Task(Generic[T_co]):
    """A template: what to extract, in which words to ask for it, and worked examples.

    `schema` is any description that `Schema.of` takes. `folder` is where a schema file's own references may point.
    """

    name: str
    schema: TypeForm[T_co] | Mapping[str, Any] | bool | FieldsText
    instructions: str = ""
    examples: tuple[Example, ...] = ()
    version: str = "1"
    description: str = ""
    folder: str | None = None

    def __post_init__(self) -> None:
        """Raise TaskError for what is no template."""
        checked(self, _TASK, error=TaskError)


_TASK: Mapping[str, Check] = MappingProxyType(
    {
        "name": string,
        "instructions": string,
        "examples": several(Example, "Example(text, value)"),
        "version": name_in,
        "description": string,
        "folder": optional(name_in),
    }
)


@dataclass(frozen=True, slots=True)
class Usage:
    """What one or several completions took, in tokens. None means that the server did not say."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None
    calls: int = 0

    def __add__(self, other: Usage) -> Usage:
        """The sum; a count that one of the two does not know is unknown, unless that one made no call."""
        if not self.calls or not other.calls:
            return self if self.calls else other
        return Usage(
            _sum(self.input_tokens, other.input_tokens),
            _sum(self.output_tokens, other.output_tokens),
            _sum(self.cached_tokens, other.cached_tokens),
            _sum(self.reasoning_tokens, other.reasoning_tokens),
            self.calls + other.calls,
        )


def _sum(a: int | None, b: int | None) -> int | None:
    return None if a is None or b is None else a + b


@dataclass(frozen=True, slots=True)
class Card:
    """What is known about a model: sizes in tokens, prices in USD for a million tokens. None is unknown."""

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


@dataclass(frozen=True, slots=True)
class Parameters:
    """The generation parameters of a request, named as Groq and `Options` name them. None is not sent."""

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
class Request:
    """One question for a model, complete: whatever changes the answer stands in here and nothing else does.

    `model` is the provider's own id; `mode` is never AUTO. `json_schema` is what the answer must match, `names` the
    other names of its properties (by pointer into the schema); `document` is the text alone, for a sender that reads
    it without a model. `endpoint` names the server where it is not the provider's own: another one, another answer.
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

    def to_groq(self) -> JsonObject:
        """The arguments of ``client.chat.completions.create(**arguments)`` of the groq SDK."""
        body: JsonObject = {
            "model": self.model,
            "messages": [{"role": message.role, "content": _content(message.content)} for message in self.messages],
        }
        body.update(_format(self))
        for name in Parameters.__dataclass_fields__:
            value = getattr(self.parameters, name)
            if value is not None:
                body[name] = _plain(value)
        return body


def _content(content: str | tuple[str | Image, ...]) -> Json:
    """A message's content: a text, or a list of parts."""
    if isinstance(content, str):
        return content
    return [
        {"type": "text", "text": part}
        if isinstance(part, str)
        else {"type": "image_url", "image_url": {"url": part.url}}
        for part in content
    ]


def _plain(value: Any) -> Json:
    """A parameter as JSON has it."""
    if isinstance(value, tuple):
        return list(cast("tuple[str, ...]", value))
    return dict(cast("Mapping[str, str]", value)) if isinstance(value, Mapping) else value


def _format(request: Request) -> JsonObject:
    """The part of the body that makes the model answer in JSON."""
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
            "parallel_tool_calls": False,  # one answer is wanted
        }
    return {}


class Status(StrEnum):
    """How a value was found in the text."""

    EXACT = "exact"
    NORMALIZED = "normalized"
    QUOTED = "quoted"
    """The model's quote for it stands in the text; the value itself is not written there (a sentiment, a summary)."""
    FUZZY = "fuzzy"
    AMBIGUOUS = "ambiguous"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where one leaf of the value stands: `text` is ``document[start:end]``, offsets in characters.

    Unsupported evidence has no place (None). `score` (0 to 1) goes with a fuzzy match only.
    """

    path: str
    start: int | None
    end: int | None
    text: str | None
    status: Status
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a function that the model made: the arguments are as it wrote them."""

    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Completion:
    """What came back for a request, before anybody read it.

    `text` is the content, or the arguments of the function that the model called: of the first call, where `called` is
    its name, `more_calls` those behind it, and `beside` the content. `finish_reason` is the common word for what the
    provider says (``length``, ``stop``, ``tool_calls``), else its own, empty where it says nothing, or INTERRUPTED
    where a stream broke off and `text` is what had arrived.
    `failure` is the server's error code where `text` was salvaged from an error (``json_validate_failed``); its usage
    is then unknown. `evidence` is set by senders that know where they took each value from; `final` by those that
    would answer the same again, so that nobody asks them twice. `stored`: it comes from the store, where it was put
    when it was paid for; now it took nothing, and its usage is none.
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

    @property
    def said(self) -> str:
        """All that the model said: the content beside its calls, and the arguments of each."""
        return "\n".join(filter(None, [self.beside, self.text, *(call.arguments for call in self.more_calls)]))
