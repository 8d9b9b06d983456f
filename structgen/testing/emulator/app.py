"""The emulator's endpoints, as a starlette application."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from structgen.core.json import JsonObject
from structgen.core.records import Card
from structgen.send.model_cards import list_cards
from structgen.testing.compare import Response as Recorded
from structgen.testing.emulator.audio import audio_routes
from structgen.testing.emulator.batches import batch_routes
from structgen.testing.emulator.bodies import model_entry
from structgen.testing.emulator.chat import answer_chat
from structgen.testing.emulator.checks import filled
from structgen.testing.emulator.files import file_routes
from structgen.testing.emulator.replies import Refusal
from structgen.testing.emulator.serving import (
    Endpoint,
    decode_object,
    find_served,
    log,
    noted,
    respond,
    respond_refused,
)
from structgen.testing.emulator.state import State

if TYPE_CHECKING:
    from starlette.requests import Request


def build_app(state: State) -> Starlette:
    """The application over a state that the test's thread shares."""
    endpoints = Endpoints(state)
    played = endpoints.played
    return Starlette(
        routes=[
            Route("/openai/v1/chat/completions", played(endpoints.chat), methods=["POST"]),
            Route("/openai/v1/models", played(endpoints.models), methods=["GET"]),
            Route("/openai/v1/models/{model:path}", played(endpoints.model), methods=["GET"]),
            *file_routes(state, played),
            *batch_routes(state, played),
            *audio_routes(state, played),
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
            body = decode_object(await request.body())
            accepted = self._state.accepts(request.headers.get("authorization", ""))
            held = self._state.recordings.find(request.method, request.url.path, body) if accepted else None
            if held is None:
                response = await endpoint(request)
            else:
                self._log(request, body)
                response = _recorded(held)
            return noted(request, response)

        return play

    async def chat(self, request: Request) -> Response:
        """A chat completion, or a scripted error: the latter comes before all but a wrong key."""
        body = decode_object(await request.body())
        self._log(request, body)
        if not self._state.accepts(request.headers.get("authorization", "")):
            return respond_refused(filled("invalid_api_key"))
        return await answer_chat(request, body, self._state)

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
        card = find_served(self._state, name)
        if isinstance(card, Refusal):
            return respond_refused(card)
        return self._authorised(request, model_entry(card or Card(name)))

    async def unknown(self, request: Request) -> Response:
        """Any other path."""
        self._log(request, {})
        return respond_refused(filled("unknown_url", method=request.method, path=request.url.path))

    def _log(self, request: Request, body: JsonObject) -> None:
        log(self._state, request, body)

    def _authorised(self, request: Request, body: JsonObject) -> Response:
        if self._state.accepts(request.headers.get("authorization", "")):
            return respond(body)
        return respond_refused(filled("invalid_api_key"))


def _recorded(held: Recorded) -> Response:
    """A recorded response; a body that is JSON was kept as such."""
    text = held.body if isinstance(held.body, str) else json.dumps(held.body, ensure_ascii=False)
    headers = {name: value for name, value in held.headers.items() if name != "content-length"}
    return Response(text.encode(), held.status, {"content-type": "application/json", **headers})
