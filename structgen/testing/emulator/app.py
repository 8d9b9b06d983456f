"""The emulator's endpoints, as a starlette application."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, cast

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from structgen.core.json import Json, JsonObject
from structgen.core.records import Card
from structgen.send.cards import find_card, list_cards
from structgen.testing.compare import Response as Recorded
from structgen.testing.emulator.answers import deliver
from structgen.testing.emulator.bodies import model_entry, request_id
from structgen.testing.emulator.checks import Asked, filled, invalid, refuse
from structgen.testing.emulator.replies import Answer, Fault, Raw, Refusal, Step, Streamed
from structgen.testing.emulator.state import Received, State
from structgen.testing.emulator.streaming import break_connection, stream_answer

if TYPE_CHECKING:
    from starlette.requests import Request

Endpoint = Callable[["Request"], Awaitable[Response]]

_PIECES = 10


def build_app(state: State) -> Starlette:
    """The application over a state that the test's thread shares."""
    endpoints = Endpoints(state)
    played = endpoints.played
    return Starlette(
        routes=[
            Route("/openai/v1/chat/completions", played(endpoints.chat), methods=["POST"]),
            Route("/openai/v1/models", played(endpoints.models), methods=["GET"]),
            Route("/openai/v1/models/{model:path}", played(endpoints.model), methods=["GET"]),
            Route("/{path:path}", played(endpoints.unknown), methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
        ],
    )


class Endpoints:
    """One method for each path."""

    def __init__(self, state: State) -> None:
        self._state = state

    def played(self, endpoint: Endpoint) -> Endpoint:
        """The endpoint, behind the recordings: a request that was recorded gets the response of that time."""

        async def play(request: Request) -> Response:
            body = _decode(await request.body())
            accepted = self._state.accepts(request.headers.get("authorization", ""))
            held = self._state.recordings.find(request.method, request.url.path, body) if accepted else None
            if held is None:
                return await endpoint(request)
            self._log(request, body)
            return _recorded(held)

        return play

    async def chat(self, request: Request) -> Response:
        """A chat completion: what the script says next, else the default answer."""
        body = _decode(await request.body())
        self._log(request, body)
        refused = self._refuse(request, body)
        step = self._state.next_step() if refused is None else refused
        if step is None:
            step = Answer(await run_in_threadpool(self._state.answer, body), as_is=False)
        return await self._perform(request, body, step)

    async def models(self, request: Request) -> Response:
        """The list of models in service."""
        self._log(request, {})
        cards = [card for card in list_cards() if card.provider == "groq" and card.status != "retired"]
        extra = [Card(name) for name in self._state.models]
        return self._authorised(request, {"object": "list", "data": [model_entry(card) for card in (*cards, *extra)]})

    async def model(self, request: Request) -> Response:
        """One model."""
        self._log(request, {})
        name = request.path_params["model"]
        card = self._card(name)
        if isinstance(card, Refusal):
            return _refusal(card)
        return self._authorised(request, model_entry(card or Card(name)))

    async def unknown(self, request: Request) -> Response:
        """Any other path."""
        self._log(request, {})
        return _refusal(filled("unknown_url", method=request.method, path=request.url.path))

    def _log(self, request: Request, body: JsonObject) -> None:
        headers = {name: value for name, value in request.headers.items() if name != "authorization"}
        self._state.requests.append(Received(request.method, request.url.path, headers, body))

    def _refuse(self, request: Request, body: JsonObject) -> Refusal | None:
        """Groq's reason to refuse the request. A scripted error comes before all but a wrong key."""
        if not self._state.accepts(request.headers.get("authorization", "")):
            return filled("invalid_api_key")
        if self._state.forces_next():
            return None
        if not body:
            return invalid("The request body is not a JSON object")
        card = self._card(str(body.get("model", "")))
        return card if isinstance(card, Refusal) else refuse(Asked(body, card))

    def _card(self, name: str) -> Card | Refusal | None:
        if name in self._state.models:
            return find_card("groq", name)
        card = find_card("groq", name)
        if card is None:
            return filled("model_not_found", model=name)
        return filled("model_decommissioned", model=name) if card.status == "retired" else card

    def _authorised(self, request: Request, body: JsonObject) -> Response:
        if self._state.accepts(request.headers.get("authorization", "")):
            return _json(body)
        return _refusal(filled("invalid_api_key"))

    async def _perform(self, request: Request, body: JsonObject, step: Step) -> Response:
        if isinstance(step, Fault):
            return await self._break(request, body, step)
        await asyncio.sleep(step.delay + self._state.latency)
        if isinstance(step, Raw):
            return _raw(step)
        if body.get("stream") and not isinstance(step, Refusal):
            return stream_answer(request, self._asked(body), step, self._state)
        answer = step.answer if isinstance(step, Streamed) else step
        made = answer if isinstance(answer, Refusal) else deliver(self._asked(body), answer)
        return _refusal(made, str(body.get("model"))) if isinstance(made, Refusal) else _json(made)

    def _asked(self, body: JsonObject) -> Asked:
        return Asked(body, find_card("groq", str(body.get("model", ""))))

    async def _break(self, request: Request, body: JsonObject, fault: Fault) -> Response:
        """Reset the connection, now or in the middle of the body."""
        if fault.answer is None:
            self._state.connections.abort(cast("tuple[str, int]", tuple(request.scope["client"])))
            await request.receive()  # returns when the connection has gone
            return Response()
        if body.get("stream"):
            return stream_answer(request, self._asked(body), fault, self._state)
        made = deliver(self._asked(body), fault.answer)
        content = json.dumps(made, ensure_ascii=False).encode()
        kept = content[: int(len(content) * fault.share)]
        return StreamingResponse(
            self._then_abort(request, kept),
            headers={"content-length": str(len(content)), "content-type": "application/json"},
        )

    async def _then_abort(self, request: Request, kept: bytes) -> AsyncIterator[bytes]:
        yield kept
        await break_connection(request, self._state)


def _decode(content: bytes) -> JsonObject:
    try:
        body = cast("Json", json.loads(content))
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _json(body: JsonObject) -> Response:
    return JSONResponse(body, headers={"x-request-id": request_id()})


def _refusal(refusal: Refusal, model: str = "") -> Response:
    return JSONResponse(
        {"error": refusal.named(model)}, refusal.status, {"x-request-id": request_id(), **refusal.headers}
    )


def _recorded(held: Recorded) -> Response:
    """A recorded response; a body that is JSON was kept as such."""
    text = held.body if isinstance(held.body, str) else json.dumps(held.body, ensure_ascii=False)
    headers = {name: value for name, value in held.headers.items() if name != "content-length"}
    return Response(text.encode(), held.status, {"content-type": "application/json", **headers})


def _raw(step: Raw) -> Response:
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
