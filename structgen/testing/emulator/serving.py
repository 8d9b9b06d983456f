"""What all endpoints of the emulator share: the log, the key, the models in service, responses in Groq's form."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, cast

from starlette.responses import JSONResponse, Response, StreamingResponse

from structgen.core.json import Json, JsonObject
from structgen.core.records import Card
from structgen.send.model_cards import find_card
from structgen.testing.emulator.audio_models import CARDS
from structgen.testing.emulator.bodies import request_id
from structgen.testing.emulator.checks import Asked, filled, invalid, refuse
from structgen.testing.emulator.replies import Answer, Fault, Raw, Refusal, Step, Streamed
from structgen.testing.emulator.state import Received, State
from structgen.testing.emulator.streaming import break_connection

if TYPE_CHECKING:
    from starlette.requests import Request

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
