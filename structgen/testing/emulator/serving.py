"""What the test's thread and the server's thread share."""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, cast

from python_multipart.exceptions import FormParserError
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response, StreamingResponse

from structgen.core.json import Json, JsonObject
from structgen.core.records import Card
from structgen.send.model_cards import find_card
from structgen.testing.emulator.batches.lifecycle import Batch, StoredFile
from structgen.testing.emulator.bodies import Asked, request_id
from structgen.testing.emulator.chat.model_answers import answer_by_rules
from structgen.testing.emulator.chat.request_checks import refuse
from structgen.testing.emulator.fault_plan import FaultKind, Faults
from structgen.testing.emulator.rate_limits import Meters
from structgen.testing.emulator.replies import Answer, Fault, Raw, Refusal, Step, Streamed, filled, invalid
from structgen.testing.recordings import Recordings

if TYPE_CHECKING:
    from starlette.requests import Request


MODELS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "whisper-large-v3": ("transcriptions", "translations"),
        "whisper-large-v3-turbo": ("transcriptions",),
        "canopylabs/orpheus-v1-english": ("speech",),
        "canopylabs/orpheus-arabic-saudi": ("speech",),
    }
)
"""The models for sound, and the endpoints that take each."""


CARDS: Mapping[str, Card] = MappingProxyType(
    {
        name: Card(name, status="production", context_window=448)
        if name.startswith("whisper")
        else Card(name, status="preview", context_window=4_000, max_completion_tokens=50_000)
        for name in MODELS
    }
)
"""As the endpoint of one model shows them; the list is that of the model cards, for texts."""


def describe_sound(body: JsonObject) -> str:
    """The transcript where a test gives none: it says that it is none, and of what."""
    file = body.get("file")
    if not isinstance(file, dict):
        return f"The emulator does not listen. It was given the address {body.get('url')}."
    seconds = file.get("seconds")
    lasting = f" lasting {seconds:g} seconds" if isinstance(seconds, (int, float)) else ""
    return f"The emulator does not listen. It was given {file['name']}, {file['size']} bytes{lasting}."


_BREATH = 0.01  # seconds: lets bytes leave before a reset overtakes them, and uvicorn notice the reset


async def break_connection(request: Request, state: State) -> None:
    """Reset the connection that the request came on, once what was written has left."""
    await asyncio.sleep(_BREATH)
    state.connections.abort(cast("tuple[str, int]", tuple(request.scope["client"])))
    await asyncio.sleep(_BREATH)


@dataclass(slots=True)
class Received:
    """A request as it came; the authorization header is left out. What came of it is added before it is answered.

    `status` is that of the response, None where the connection was reset before one. `fault` is what a plan of faults
    had in store for the request.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: JsonObject
    status: int | None = None
    fault: FaultKind | None = None


class Connections:
    """Open connections by the client's address, so that one can be reset."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, int], asyncio.Transport] = {}

    def add(self, address: tuple[str, int], transport: asyncio.Transport) -> None:
        """A connection was made."""
        self._open[address] = transport

    def remove(self, address: tuple[str, int]) -> None:
        """A connection has ended."""
        self._open.pop(address, None)

    def abort(self, address: tuple[str, int]) -> None:
        """Reset the connection with this client, without another byte."""
        transport = self._open.get(address)
        if transport is not None:
            transport.abort()


@dataclass(slots=True)
class State:
    """The script, the log, and how to answer where the script has nothing. A deque's and a list's steps are atomic."""

    key: str | None = None
    answer: Callable[[JsonObject], str] = answer_by_rules
    models: tuple[str, ...] = ()
    latency: float = 0.0
    script: deque[Step] = field(default_factory=deque[Step])
    forever: Step | None = None
    requests: list[Received] = field(default_factory=list[Received])
    hung_up: int = 0
    connections: Connections = field(default_factory=Connections)
    recordings: Recordings = field(default_factory=Recordings)
    meters: Meters = field(default_factory=Meters)
    faults: Faults = field(default_factory=Faults)
    transcript: Callable[[JsonObject], str] = describe_sound
    files: dict[str, StoredFile] = field(default_factory=dict[str, StoredFile])
    batches: dict[str, Batch] = field(default_factory=dict[str, Batch])
    batch_seconds: float = 0.0
    born: float = field(default_factory=time.time)

    def now(self) -> float:
        """Unix seconds by the clock that tests can turn."""
        return self.born + self.meters.clock.now()

    def accepts(self, authorization: str) -> bool:
        """Whether the header carries the key; any key where none is set."""
        scheme, _, key = authorization.partition(" ")
        return scheme == "Bearer" and bool(key) and self.key in {None, key}

    def forces_next(self) -> bool:
        """Whether the next step is an error or a fault, which comes whatever the request is."""
        upcoming = self.script[0] if self.script else self.forever
        return upcoming is not None and not isinstance(upcoming, Answer | Streamed)

    def next_step(self) -> Step | None:
        """The next step of the script, its last again and again where that was asked for; None at its end."""
        try:
            return self.script.popleft()
        except IndexError:
            return self.forever


Endpoint = Callable[["Request"], Awaitable[Response]]
Wrapper = Callable[[Endpoint], Endpoint]

_PIECES = 10  # of a slow body


class Nothing(Response):
    """Stands for no response at all: the connection has gone."""


def log(state: State, request: Request, body: JsonObject) -> None:
    """Keep the request for the test to read, without its key."""
    headers = {name: value for name, value in request.headers.items() if name != "authorization"}
    received = Received(request.method, request.url.path, headers, body)
    request.state.received = received
    state.requests.append(received)


def logged(request: Request) -> Received:
    """The entry of this request in the log."""
    return cast("Received", request.state.received)


def noted(request: Request, response: Response) -> Response:
    """The response, after its status has gone into the log."""
    logged(request).status = None if isinstance(response, Nothing) else response.status_code
    return response


def behind_key(state: State, endpoint: Endpoint) -> Endpoint:
    """The endpoint, for requests with the key alone. Of others nothing but the headers is read."""

    async def check(request: Request) -> Response:
        if state.accepts(request.headers.get("authorization", "")):
            return noted(request, await endpoint(request))
        log(state, request, {})
        return noted(request, respond_refused(filled("invalid_api_key")))

    return check


def find_served(state: State, name: str) -> Card | Refusal | None:
    """The card of a model in service, None where nothing is known about it, or why it does not answer."""
    card = CARDS.get(name) or find_card("groq", name)
    if name in state.models:
        return card
    if card is None:
        return filled("model_not_found", model=name)
    return filled("model_decommissioned", model=name) if card.status == "retired" else card


def refuse_chat(state: State, body: JsonObject) -> Refusal | None:
    """Groq's reason to refuse a chat request. A scripted error comes before it, whatever the request is."""
    if state.forces_next():
        return None
    if not body:
        return invalid("The request body is not a JSON object")
    name = str(body.get("model", ""))
    if name in CARDS and name not in state.models:
        return filled("feature_unsupported", feature="chat completions")
    card = find_served(state, name)
    return card if isinstance(card, Refusal) else refuse(Asked(body, card))


def decode_object(content: bytes) -> JsonObject:
    """The JSON object in a body; an empty one where there is none."""
    try:
        body = cast("Json", json.loads(content, parse_constant=_refuse_constant))
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


class _JsonResponse(JSONResponse):
    """Half of a surrogate pair, which a request may hold in an escape, is no UTF-8: it comes back as ``?``."""

    def render(self, content: object) -> bytes:
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def respond(body: JsonObject) -> Response:
    """A body as Groq sends it."""
    return _JsonResponse(body, headers={"x-request-id": request_id()})


def respond_refused(refusal: Refusal, model: str = "") -> Response:
    """An error as Groq sends it; `model` is the one that was asked."""
    return _JsonResponse(
        {"error": refusal.named(model)}, refusal.status, {"x-request-id": request_id(), **refusal.headers}
    )


async def perform(
    request: Request, state: State, step: Step, answered: Callable[[Answer], Response], model: str = ""
) -> Response:
    """Do what a step says; `answered` makes the response of an answer, `model` is the one that was asked."""
    if isinstance(step, Fault):
        if step.answer is not None:
            return _cut_short(request, state, answered(step.answer), step.share)
        state.connections.abort(cast("tuple[str, int]", tuple(request.scope["client"])))
        await request.receive()  # returns when the connection has gone
        return Nothing()
    await asyncio.sleep(step.delay + state.latency)
    if isinstance(step, Raw):
        return _send_raw(step)
    if isinstance(step, Refusal):
        return respond_refused(step, model)
    answer = step.answer if isinstance(step, Streamed) else step
    response = answered(answer)
    return _send_raw(_slowed(response, answer.seconds)) if answer.seconds else response


def _cut_short(request: Request, state: State, whole: Response, share: float) -> Response:
    """A response whose connection goes after a share (0 to 1) of its body."""
    content = bytes(whole.body)

    async def kept() -> AsyncIterator[bytes]:
        yield content[: int(len(content) * share)]
        await break_connection(request, state)

    kind = whole.headers.get("content-type", "application/json")
    return StreamingResponse(kept(), headers={"content-length": str(len(content)), "content-type": kind})


def _slowed(response: Response, seconds: float) -> Raw:
    """The same response, its body taking some seconds."""
    return Raw(bytes(response.body), response.status_code, dict(response.headers), seconds=seconds)


def _send_raw(step: Raw) -> Response:
    if not step.seconds:
        return Response(step.content, step.status, dict(step.headers))
    headers = {"content-length": str(len(step.content)), **step.headers}
    return StreamingResponse(_dribble(step), step.status, headers)


async def _dribble(step: Raw) -> AsyncIterator[bytes]:
    """The body in pieces, the time spread between them."""
    size = -(-len(step.content) // _PIECES) or 1
    for start in range(0, len(step.content), size):
        await asyncio.sleep(step.seconds / _PIECES)
        yield step.content[start : start + size]


_ROOM = 2**20  # bytes, for everything in a form that is not its file
_PATIENCE = 4  # limits' worth of a body that is too large are read and dropped, so that the client hears the answer


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a form. The name is the client's, and only ever shown."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Form:
    """The fields and files of a form by their names; a field may come several times."""

    fields: Mapping[str, tuple[str, ...]]
    files: Mapping[str, Upload]

    def field(self, name: str) -> str | None:
        """The last value of a field, None where it is missing."""
        return self.fields[name][-1] if name in self.fields else None

    def logged(self) -> JsonObject:
        """The form as a JSON object: a file is its name and size (bytes), a field whose name ends in ``[]`` a list."""
        body: JsonObject = {
            name: [*values] if len(values) > 1 or name.endswith("[]") else "".join(values)
            for name, values in self.fields.items()
        }
        files: JsonObject = {name: {"name": file.name, "size": len(file.content)} for name, file in self.files.items()}
        return body | files


class _TooLargeError(Exception):
    """The body is larger than the limit."""


async def read_form(request: Request, limit: int) -> Form | Refusal:
    """The form in a request whose file may have `limit` bytes, or the refusal of what is none or too large."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return invalid("request Content-Type isn't multipart/form-data")
    parser = MultiPartParser(request.headers, _within(request, limit + _ROOM), max_files=8, max_fields=64)
    try:
        parsed = (await parser.parse()).multi_items()
    except _TooLargeError:
        return replace(filled("request_too_large_body"), headers={"connection": "close"})
    except (MultiPartException, FormParserError) as problem:
        return invalid(f"The multipart form cannot be read: {problem}")
    except ClientDisconnect:
        return invalid("The form ended before its time")
    form = await _form_of(parsed)
    return filled("request_too_large_body") if any(len(file.content) > limit for file in form.files.values()) else form


async def _within(request: Request, limit: int) -> AsyncGenerator[bytes, None]:
    """The body as it comes, until it is larger than the limit. What follows then is dropped, never kept."""
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= limit:
            yield chunk
        elif size > _PATIENCE * limit:
            break
    if size > limit:
        raise _TooLargeError


async def _form_of(parsed: Iterable[tuple[str, UploadFile | str]]) -> Form:
    fields: dict[str, tuple[str, ...]] = {}
    files: dict[str, Upload] = {}
    for name, value in parsed:
        if isinstance(value, str):
            fields[name] = (*fields.get(name, ()), value)
        else:
            files[name] = Upload(value.filename or "", await value.read())
            await value.close()
    return Form(fields, files)
