"""The frozen records that travel along the line, in the order in which they come up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from os import PathLike
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, cast

from structgen.core.json import Json, JsonLike, JsonObject
from structgen.core.options import Mode, Risk

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


@dataclass(frozen=True, slots=True)
class Image:
    """A picture for a model that sees: a file, its bytes, or an address (http, https, or a data URL). One of them.

    PNG, JPEG, GIF and WebP. In a request that was compiled, `url` is the one.
    """

    path: str | PathLike[str] | None = None
    data: bytes | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a chat. `content` is its text, or texts and images in their order."""

    role: Literal["system", "user", "assistant"]
    content: str | tuple[str | Image, ...]

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
        }
    return {}


INTERRUPTED = "interrupted"
"""The finish_reason of a completion whose stream broke off."""


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
class Completion:
    """What came back for a request, before anybody read it.

    `text` is the content, or the arguments of the forced function. `finish_reason` is the provider's own word, or
    INTERRUPTED where a stream broke off and `text` is what had arrived.
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


@dataclass(frozen=True, slots=True)
class Repair:
    """One change between what the response said and what was accepted. `before` and `after` are plain JSON."""

    rule: str
    path: str
    before: Json
    after: Json
    risk: Risk


@dataclass(frozen=True, slots=True)
class Issue:
    """One reason why a value was refused, in plain words.

    `code` is a short stable name (``missing``, ``type``, ``duplicate_key``, ``cut_off``, ...), `found` the value in
    question as plain JSON, `expected` what belongs there. `repair` is the repair that `max_risk` did not allow.
    """

    path: str
    message: str
    code: str
    found: Json = None
    expected: str = ""
    repair: Repair | None = None


@dataclass(frozen=True)
class Parsed(Generic[T_co]):
    """A response that was read. `value` is None where it was refused; then `issues` says why.

    `partial` is what could be read of a refused response as plain JSON, `open` the paths in it that were cut off,
    `readings` the candidates (plain JSON) where several readings are equally good and differ. `quotes` holds, where
    quotes were asked for, those of the value (or of `partial`) by path: None for a value that has none.
    """

    ok: bool
    value: T_co | None
    issues: tuple[Issue, ...] = ()
    repairs: tuple[Repair, ...] = ()
    partial: Json = None
    open: tuple[str, ...] = ()
    readings: tuple[Json, ...] = ()
    quotes: Mapping[str, str | None] = field(default_factory=dict[str, "str | None"])


@dataclass(frozen=True, slots=True)
class Partial:
    """A value while its response streams in, before anything is checked.

    `value` is plain JSON as far as it came: open strings as far as they go, but no unfinished number, keyword or key.
    `open` are the paths that are not finished, from the root down to the member being written, which need not be
    there yet. Of a long value the part being written is refreshed every few pieces. A later Partial never changes an
    earlier one. Where the server is held to a strict schema, the value is shown in the plain form: without the object
    around a root that is none, without the nulls of what was left out, and objects with free keys as such.
    """

    value: Json
    open: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request and what became of it. `why` says why it was made, `issues` why it was not enough (empty: it was).

    `at_most` is the estimate made beforehand: the most tokens it could take. What it took stands in the completion.
    """

    request: Request
    completion: Completion
    issues: tuple[Issue, ...]
    why: str
    at_most: Usage = field(default_factory=Usage)


@dataclass(frozen=True, slots=True)
class ChunkReport:
    """What became of one chunk of a long document, ``document[start:end]``. `error` is one sentence where it failed."""

    start: int
    end: int
    status: Literal["ok", "failed"]
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """A value (plain JSON) that chunks gave: their numbers in `Extraction.chunks`, and where they found it."""

    value: Json
    chunks: tuple[int, ...]
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Conflict:
    """Chunks that say different things about one part of the value. The first claim is the one that was taken."""

    path: str
    claims: tuple[Claim, ...]


@dataclass(frozen=True)
class Extraction(Generic[T_co]):
    """A typed value with its evidence, the repairs that led to it, every attempt and what they took.

    `cost` is in USD, None where a price or a token count is unknown. `chunks` is empty where the document was read as a
    whole; else it names every chunk, those that failed too, and `conflicts` what chunks do not agree about.
    """

    value: T_co
    repairs: tuple[Repair, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    usage: Usage = field(default_factory=Usage)
    cost: float | None = None
    chunks: tuple[ChunkReport, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    locate: Callable[[], tuple[Evidence, ...]] = field(default=tuple, repr=False, compare=False)
    """Looks up the evidence; called once, when somebody asks for it, because most callers never do."""
    view: Callable[[Extraction[Any]], str] | None = field(default=None, repr=False, compare=False)
    """Draws the extraction as HTML; it comes from outside, because the records know nothing of how they look."""

    @cached_property
    def evidence(self) -> tuple[Evidence, ...]:
        """Where each leaf of the value stands in the text, in the order of the value; empty for generated values."""
        return self.locate()

    @property
    def model(self) -> str:
        """The model that gave the accepted completion, as the server names it."""
        return self.attempts[-1].completion.model if self.attempts else ""

    @property
    def unsupported(self) -> tuple[str, ...]:
        """The paths of the values that were not found in the text."""
        return tuple(piece.path for piece in self.evidence if piece.status is Status.UNSUPPORTED)

    def _repr_html_(self) -> str | None:
        """What a notebook shows."""
        return self.view(self) if self.view else None
