"""What the endpoints share: the state, the log, the key check, models, uploads, and responses in Groq's form."""

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

from structgen.core.json import Json, JsonObject, refuse_constant
from structgen.core.records import Card
from structgen.send.model_cards import find_card
from structgen.testing.emulator.batches.lifecycle import Batch, StoredFile
from structgen.testing.emulator.bodies import ChatRequest, request_id
from structgen.testing.emulator.chat.parameter_checks import PARAMETERS
from structgen.testing.emulator.chat.request_checks import refuse
from structgen.testing.emulator.chat.rule_answers import respond_by_rules
from structgen.testing.emulator.fault_plan import FaultKind, Faults
from structgen.testing.emulator.rate_limits import ORGANIZATION, Charge, Meters
from structgen.testing.emulator.replies import (
    Answer,
    ErrorReply,
    Fault,
    Raw,
    Step,
    Streamed,
    groq_error,
    invalid_request,
)
from structgen.testing.recordings import Recordings

if TYPE_CHECKING:
    from starlette.requests import Request

    from structgen.testing.emulator.batches.endpoint_faults import EndpointStep


MODELS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "whisper-large-v3": ("transcriptions", "translations"),
        "whisper-large-v3-turbo": ("transcriptions",),
        "canopylabs/orpheus-v1-english": ("speech",),
        "canopylabs/orpheus-arabic-saudi": ("speech",),
    }
)
"""The audio models, and the endpoints of each."""


CARDS: Mapping[str, Card] = MappingProxyType(
    {
        name: Card(name, status="production", context_window=448)
        if name.startswith("whisper")
        else Card(name, status="preview", context_window=4_000, max_completion_tokens=50_000)
        for name in MODELS
    }
)
"""The audio models as the endpoint of one model shows them. The list has only the model cards, for text."""


def describe_sound(body: JsonObject) -> str:
    """Return the default transcript, which describes the upload, because the emulator recognises nothing."""
    file = body.get("file")
    if not isinstance(file, dict):
        return f"The emulator does not listen. It was given the address {body.get('url')}."
    seconds = file.get("seconds")
    lasting = f" lasting {seconds:g} seconds" if isinstance(seconds, (int, float)) else ""
    return f"The emulator does not listen. It was given {file['name']}, {file['size']} bytes{lasting}."


_BREATH = 0.01  # seconds for bytes to leave before a reset overtakes them, and for uvicorn to notice the reset


async def break_connection(request: Request, state: State) -> None:
    """Reset the connection of the request, once what was written has been sent."""
    await asyncio.sleep(_BREATH)
    state.connections.abort(cast("tuple[str, int]", tuple(request.scope["client"])))
    await asyncio.sleep(_BREATH)


@dataclass(slots=True)
class Received:
    """A request as received, without its authorization header. The outcome is added before the response is sent.

    `status` is that of the response, or None if the connection was reset before one. `fault` is the fault that the
    plan assigned to the request.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: JsonObject
    status: int | None = None
    fault: FaultKind | None = None


class Connections:
    """Open connections by client address, so that one can be reset: ASGI has no way to do that."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, int], asyncio.Transport] = {}

    def add(self, address: tuple[str, int], transport: asyncio.Transport) -> None:
        """Add a new connection."""
        self._open[address] = transport

    def remove(self, address: tuple[str, int]) -> None:
        """Remove a closed connection."""
        self._open.pop(address, None)

    def abort(self, address: tuple[str, int]) -> None:
        """Reset the connection with this client without sending another byte."""
        transport = self._open.get(address)
        if transport is not None:
            transport.abort()


@dataclass(slots=True)
class State:
    """What the test and the server thread share. No lock: single operations on deques and lists are atomic."""

    key: str | None = None
    answer: Callable[[JsonObject], str | Answer] = respond_by_rules
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
    batch_script: dict[str, deque[EndpointStep]] = field(default_factory=dict[str, "deque[EndpointStep]"])
    page_size: int | None = None
    rewrite: Callable[[bytes], bytes] = bytes
    organizations: dict[str, str] = field(default_factory=dict[str, str])
    born: float = field(default_factory=time.time)

    def now(self) -> float:
        """Return Unix seconds by the clock that tests control."""
        return self.born + self.meters.clock.now()

    def accepts(self, authorization: str) -> bool:
        """Whether the header has a key that is known; any key will do if none is set."""
        scheme, _, key = authorization.partition(" ")
        return scheme == "Bearer" and bool(key) and (self.key in {None, key} or key in self.organizations)

    def organization_of(self, request: Request) -> str:
        """Return the organization of the request's key."""
        key = request.headers.get("authorization", "").partition(" ")[2]
        return self.organizations.get(key, ORGANIZATION)

    def forces_next(self) -> bool:
        """Whether the next step is an error or a fault, which is sent without checks of the request."""
        upcoming = self.script[0] if self.script else self.forever
        return upcoming is not None and not isinstance(upcoming, Answer | Streamed)

    def unscripted(
        self, body: JsonObject, charge: Charge, answer: Callable[[JsonObject], str | Answer] | None = None
    ) -> tuple[Step, FaultKind | None]:
        """Return the model's answer, or what the fault plan turns it into, and the kind of the fault.

        `answer` replaces the function that answers chats.
        """
        fault = self.faults.draw(body)
        # only an answer to a chat is JSON that a fault could spoil
        if fault is None or (answer is not None and fault.kind.spoils_json):
            return _answered(answer or self.answer, body), None
        step = fault.refuse(body, charge)
        if step is None:
            return fault.spoil(_answered(answer or self.answer, body)), fault.kind
        # a refused request is not charged
        charge.refund()
        return step, fault.kind

    def next_step(self) -> Step | None:
        """Return the next step of the script (with `repeat_last` its last step forever), or None at its end."""
        try:
            return self.script.popleft()
        except IndexError:
            return self.forever


def _answered(answer: Callable[[JsonObject], str | Answer], body: JsonObject) -> Answer:
    found = answer(body)
    return Answer(found) if isinstance(found, str) else found


Endpoint = Callable[["Request"], Awaitable[Response]]
Wrapper = Callable[[Endpoint], Endpoint]

_PIECES = 10  # of a slow body


class NoResponse(Response):
    """No response at all: the connection was reset."""


def log(state: State, request: Request, body: JsonObject) -> None:
    """Log the request for the test, without its key."""
    headers = {name: value for name, value in request.headers.items() if name != "authorization"}
    received = Received(request.method, request.url.path, headers, body)
    request.state.received = received
    state.requests.append(received)


def logged(request: Request) -> Received:
    """Return the log entry of this request."""
    return cast("Received", request.state.received)


def log_status(request: Request, response: Response) -> Response:
    """Add the status of the response to the log, and return the response."""
    logged(request).status = None if isinstance(response, NoResponse) else response.status_code
    return response


def require_key(state: State, endpoint: Endpoint) -> Endpoint:
    """Wrap an endpoint so that it requires the key. Without it the body is not even read."""

    async def check(request: Request) -> Response:
        # before reading the body, so that an upload without a key costs nothing
        if state.accepts(request.headers.get("authorization", "")):
            return log_status(request, await endpoint(request))
        log(state, request, {})
        return log_status(request, respond_error(groq_error("invalid_api_key")))

    return check


def find_model(state: State, name: str) -> Card | ErrorReply | None:
    """Return the card of a model, None if a test added the model without one, or the error for a missing model."""
    card = CARDS.get(name) or find_card("groq", name)
    # models that a test added need no card, and are never retired
    if name in state.models:
        return card
    if card is None:
        return groq_error("model_not_found", model=name)
    return groq_error("model_decommissioned", model=name) if card.status == "retired" else card


def check_chat(state: State, body: JsonObject) -> ErrorReply | None:
    """Return Groq's error for a chat request, or None. A scripted error skips the checks."""
    if state.forces_next():
        return None
    # also the result of reading a body that is not JSON
    if not body:
        return invalid_request("The request body is not a JSON object")
    wrong = PARAMETERS["model"].wrong("model", body.get("model"))
    if wrong:
        return invalid_request(wrong)
    name = str(body["model"])
    # a test may add an audio model as a chat model
    if name in CARDS and name not in state.models:
        return groq_error("feature_unsupported", feature="chat completions")
    card = find_model(state, name)
    return card if isinstance(card, ErrorReply) else refuse(ChatRequest(body, card))


def decode_object(content: bytes) -> JsonObject:
    """Return the JSON object in a body, or an empty one."""
    try:
        body = cast("Json", json.loads(content, parse_constant=refuse_constant))
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


class _JsonResponse(JSONResponse):
    """Sends a lone surrogate, which a request may contain as an escape but UTF-8 cannot express, as ``?``."""

    def render(self, content: object) -> bytes:
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def respond(body: JsonObject) -> Response:
    """Return a body as Groq sends it."""
    return _JsonResponse(body, headers={"x-request-id": request_id()})


def respond_error(refusal: ErrorReply, model: str = "") -> Response:
    """Return an error as Groq sends it; `model` is the requested one."""
    return _JsonResponse(
        {"error": refusal.for_model(model)}, refusal.status, {"x-request-id": request_id(), **refusal.headers}
    )


async def perform_step(
    request: Request, state: State, step: Step, answered: Callable[[Answer], Response], model: str = ""
) -> Response:
    """Perform a step. `answered` turns an answer into a response, and `model` is the requested one."""
    # before any delay: a dropped connection is dropped immediately
    if isinstance(step, Fault):
        if step.answer is not None:
            return cut_short(request, state, answered(step.answer), step.share)
        state.connections.abort(cast("tuple[str, int]", tuple(request.scope["client"])))
        await request.receive()  # returns once the connection is closed
        return NoResponse()
    await asyncio.sleep(step.delay + state.latency)
    if isinstance(step, Raw):
        return _send_raw(step)
    if isinstance(step, ErrorReply):
        return respond_error(step, model)
    # a streamed answer to a request without ``stream`` is sent as a whole
    answer = step.answer if isinstance(step, Streamed) else step
    response = answered(answer)
    return send_slowly(response, answer.seconds) if answer.seconds else response


def cut_short(request: Request, state: State, whole: Response, share: float) -> Response:
    """Return a response whose connection is reset after a share (0 to 1) of its body."""
    content = bytes(whole.body)

    async def kept() -> AsyncIterator[bytes]:
        yield content[: int(len(content) * share)]
        await break_connection(request, state)

    # with the full length, so that the client notices the missing part
    kind = whole.headers.get("content-type", "application/json")
    return StreamingResponse(kept(), headers={"content-length": str(len(content)), "content-type": kind})


def send_slowly(response: Response, seconds: float) -> Response:
    """Return the response with a body that takes this many seconds."""
    return _send_raw(Raw(bytes(response.body), response.status_code, dict(response.headers), seconds=seconds))


def _send_raw(step: Raw) -> Response:
    if not step.seconds:
        return Response(step.content, step.status, dict(step.headers))
    # with a length, so that the client notices a body that is cut
    headers = {"content-length": str(len(step.content)), **step.headers}
    return StreamingResponse(_dribble(step), step.status, headers)


async def _dribble(step: Raw) -> AsyncIterator[bytes]:
    """Yield the body in pieces, with the time divided between them."""
    size = -(-len(step.content) // _PIECES) or 1
    for start in range(0, len(step.content), size):
        await asyncio.sleep(step.seconds / _PIECES)
        yield step.content[start : start + size]


_FORM_OVERHEAD = 2**20  # bytes for everything in a form except its file
_PATIENCE = 4  # times the limit is read and dropped of a body that is too large, so that the client gets the response


@dataclass(frozen=True, slots=True)
class Upload:
    """A file in a form. The name is from the client and is never used as a path."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Form:
    """The fields and files of a form by name; a field may occur several times."""

    fields: Mapping[str, tuple[str, ...]]
    files: Mapping[str, Upload]

    def field(self, name: str) -> str | None:
        """Return the last value of a field, or None."""
        return self.fields[name][-1] if name in self.fields else None

    def logged(self) -> JsonObject:
        """Return the form as JSON: a file as its name and size, a field whose name ends in ``[]`` as a list."""
        body: JsonObject = {
            name: [*values] if len(values) > 1 or name.endswith("[]") else "".join(values)
            for name, values in self.fields.items()
        }
        files: JsonObject = {name: {"name": file.name, "size": len(file.content)} for name, file in self.files.items()}
        return body | files


class _TooLargeError(Exception):
    """The body is larger than the limit."""


async def read_form(request: Request, limit: int) -> Form | ErrorReply:
    """Return the form in a request, or an error if it is not a form or a file exceeds `limit` bytes."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return invalid_request("request Content-Type isn't multipart/form-data")
    parser = MultiPartParser(request.headers, _within(request, limit + _FORM_OVERHEAD), max_files=8, max_fields=64)
    try:
        parsed = (await parser.parse()).multi_items()
    except _TooLargeError:
        # the rest of the body is never read, so the connection cannot be used again
        return replace(groq_error("request_too_large_body"), headers={"connection": "close"})
    except (MultiPartException, FormParserError) as problem:
        return invalid_request(f"The multipart form cannot be read: {problem}")
    except ClientDisconnect:
        return invalid_request("The form ended before its time")
    form = await _form_of(parsed)
    return (
        groq_error("request_too_large_body") if any(len(file.content) > limit for file in form.files.values()) else form
    )


async def _within(request: Request, limit: int) -> AsyncGenerator[bytes, None]:
    """Yield the body as it arrives, up to the limit. The rest is read but never stored."""
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
