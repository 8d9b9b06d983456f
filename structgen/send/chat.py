"""The sender for every server that speaks the chat completions protocol, over the groq SDK's low-level calls."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import groq
import httpx

from structgen.core.records import Card, Completion, Request
from structgen.send.base import Allowance
from structgen.send.clients import Clients
from structgen.send.faults import Failure
from structgen.send.lost import lost_connection
from structgen.send.read import Reply, read_reply
from structgen.send.retries import Outcome, apersist, persist
from structgen.send.wire import Endpoint, Wire

if TYPE_CHECKING:
    from groq._types import RequestOptions

    from structgen.core.json import JsonObject


class ChatSender:
    """Request -> Completion over HTTP."""

    def __init__(self, wire: Wire, endpoint: Endpoint, *, timeout: float = 60.0, card: Card | None = None) -> None:
        self.card = card
        self._wire = wire
        self._endpoint = endpoint
        self._timeout = timeout
        self._clients = Clients(endpoint)

    def __repr__(self) -> str:
        return f"ChatSender({self._wire.provider!r}, {self._endpoint.base_url!r})"

    def send(self, request: Request, allowance: Allowance) -> Completion:
        """The completion of the request; faults of the wire are tried again within the allowance."""
        body = self._body(request)
        return persist(lambda: self._try(body, request.model, allowance), allowance)

    async def asend(self, request: Request, allowance: Allowance) -> Completion:
        """The same on the running event loop."""
        body = self._body(request)
        return await apersist(lambda: self._atry(body, request.model, allowance), allowance)

    def close(self) -> None:
        """Close the connections of blocking calls."""
        self._clients.close()

    async def aclose(self) -> None:
        """Close the connections of this event loop, and those of blocking calls."""
        await self._clients.aclose()

    def _body(self, request: Request) -> JsonObject:
        body = request.to_groq()
        for name, theirs in self._wire.renames.items():
            if name in body:
                body[theirs] = body.pop(name)
        return body

    def _try(self, body: JsonObject, model: str, allowance: Allowance) -> Outcome:
        client, options, started = self._clients.sync(), self._options(allowance), time.monotonic()
        try:
            response = client.post(self._wire.path, body=body, options=options, cast_to=httpx.Response)
        except groq.GroqError as error:
            return self._outcome_of(error, model)
        return self._read(response, model, started)

    async def _atry(self, body: JsonObject, model: str, allowance: Allowance) -> Outcome:
        client, options, started = await self._clients.of_loop(), self._options(allowance), time.monotonic()
        try:
            response = await client.post(self._wire.path, body=body, options=options, cast_to=httpx.Response)
        except groq.GroqError as error:
            return self._outcome_of(error, model)
        return self._read(response, model, started)

    def _options(self, allowance: Allowance) -> RequestOptions:
        return {"timeout": allowance.patience(self._timeout)}

    def _read(self, response: httpx.Response, model: str, started: float) -> Outcome:
        reply = Reply(response.status_code, response.headers, response.content)
        outcome = read_reply(reply, self._wire, model, self._endpoint.key)
        if isinstance(outcome, Failure):
            return outcome
        return replace(outcome, seconds=time.monotonic() - started)

    def _outcome_of(self, error: groq.GroqError, model: str) -> Outcome:
        """An HTTP error still brings a reply, which may hold a completion; anything else is a lost connection."""
        if isinstance(error, groq.APIStatusError):
            return self._read(error.response, model, time.monotonic())
        return lost_connection(error, self._endpoint, self._wire)
