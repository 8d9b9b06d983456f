"""One streamed HTTP exchange, sync and async: pieces of text as they arrive, then the outcome.

The timeout limits the wait for each piece, the deadline limits the whole exchange. Closing a generator closes the
connection.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, cast

import groq
import httpx

from structgen.core.records import Completion
from structgen.send.http.failures import Failure, connection_failure
from structgen.send.http.http_response import Reply, read_reply
from structgen.send.http.providers import Endpoint
from structgen.send.http.stream_assembler import Origin, Outcome, StreamAssembler
from structgen.send.http.user_client import SdkTypes, types_of
from structgen.send.sender import Allowance

if TYPE_CHECKING:
    from structgen.core.json import JsonObject


Piece: TypeAlias = str | Completion | Failure
"""A piece of text; the last item is the outcome."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """What to post where, and how long it may take. `timeout` applies if the allowance sets none, in seconds.

    `on_headers` is called with the headers of a successful response, before its body arrives. `on_outcome` is called
    with the outcome.
    """

    endpoint: Endpoint
    origin: Origin
    body: JsonObject
    allowance: Allowance
    timeout: float
    on_headers: Callable[[httpx.Headers], None] = lambda headers: None  # noqa: ARG005 - a default that does nothing
    on_outcome: Callable[[Outcome], None] = lambda outcome: None  # noqa: ARG005 - a default that does nothing

    @property
    def types(self) -> SdkTypes:
        """The classes of the SDK that is used."""
        return types_of(self.endpoint)

    @property
    def attempt_timeout(self) -> float:
        """Seconds to wait for the next piece."""
        return self.allowance.attempt_timeout(self.timeout)

    def failure(self, error: BaseException) -> Failure:
        """Return the failure for an exception of the HTTP library."""
        return connection_failure(error, self.endpoint, self.origin.api)

    def report(self, outcome: Outcome) -> Outcome:
        """Report the outcome, and return it."""
        self.on_outcome(outcome)
        return outcome

    def started(self, response: httpx.Response) -> httpx.Response:
        """Report the headers of the response, and return the response."""
        self.on_headers(response.headers)
        return response

    def refused(self, response: httpx.Response) -> Outcome:
        """Return the outcome of an error response."""
        return self.report(self.read(response, response.content))

    def read(self, response: httpx.Response, content: bytes) -> Completion | Failure:
        """Read a response that was not streamed: an error, or the response of a server that does not stream."""
        reply = Reply(response.status_code, response.headers, content)
        return read_reply(reply, self.origin.api, self.origin.model, self.origin.secrets)


def exchange(client: groq.Groq, ask: Exchange) -> Generator[Piece, None, None]:
    """Yield the pieces of one exchange."""
    opened = _open(client, ask)
    if not isinstance(opened, Completion | Failure):
        with closing(opened):
            yield from _pieces(opened, ask)
    else:
        yield from _in_one(opened)


def _open(client: groq.Groq, ask: Exchange) -> httpx.Response | Outcome:
    """Return the response, with its body still to be read, or the outcome if there is none."""
    try:
        opened = client.post(
            ask.endpoint.url(ask.origin.api.path),
            body=ask.body,
            options={"timeout": ask.attempt_timeout},
            cast_to=ask.types.response,
            stream=True,
            stream_cls=groq.Stream[object],
        )
    except ask.types.status_error as error:
        return ask.refused(error.response)
    except ask.types.connection_errors as error:
        return ask.report(ask.failure(error))
    return ask.started(cast("httpx.Response", opened))  # the SDK returns what cast_to names, despite its type hints


def _pieces(response: httpx.Response, ask: Exchange) -> Generator[Piece, None, None]:
    body = _Body(response, ask)
    try:
        for data in response.iter_bytes():
            yield from body.take(data)
            if body.over:  # do not wait for a server that keeps the connection open after its last event
                break
    except ask.types.connection_errors as error:
        yield from body.finish(ask.failure(error))
    else:
        yield from body.finish()


async def aexchange(client: groq.AsyncGroq, ask: Exchange) -> AsyncGenerator[Piece, None]:
    """Async version of `exchange`."""
    opened = await _aopen(client, ask)
    if not isinstance(opened, Completion | Failure):
        try:
            async for piece in _apieces(opened, ask):
                yield piece
        finally:
            await opened.aclose()
    else:
        for piece in _in_one(opened):
            yield piece


async def _aopen(client: groq.AsyncGroq, ask: Exchange) -> httpx.Response | Outcome:
    """Async version of `_open`. Here the timeout limits the whole request."""
    try:
        async with asyncio.timeout(ask.attempt_timeout):
            opened = await client.post(
                ask.endpoint.url(ask.origin.api.path),
                body=ask.body,
                options={"timeout": ask.attempt_timeout},
                cast_to=ask.types.response,
                stream=True,
                stream_cls=groq.AsyncStream[object],
            )
    except ask.types.status_error as error:
        return ask.refused(error.response)
    except ask.types.connection_errors as error:
        return ask.report(ask.failure(error))
    return ask.started(cast("httpx.Response", opened))


async def _apieces(response: httpx.Response, ask: Exchange) -> AsyncGenerator[Piece, None]:
    body, arriving, lost = _Body(response, ask), response.aiter_bytes(), None
    try:
        while not body.over and (data := await _next(arriving, ask.attempt_timeout)) is not None:
            for piece in body.take(data):
                yield piece
    except ask.types.connection_errors as error:
        lost = ask.failure(error)
    for piece in body.finish(lost):
        yield piece


async def _next(body: AsyncIterator[bytes], seconds: float) -> bytes | None:
    """Return the next bytes, or None at the end."""
    async with asyncio.timeout(seconds):
        try:
            return await anext(body, None)
        except RuntimeError as error:  # aiohttp raises it if this side closed the connection
            raise httpx.ReadError(str(error)) from error


class _Body:
    """The body of a response as its bytes arrive: server-sent events, or one document.

    A server that does not stream answers with JSON, a proxy with an HTML page. `over` becomes true one read after the
    last event. That extra read usually finds the end of the body, so that the connection can be reused.
    """

    def __init__(self, response: httpx.Response, ask: Exchange) -> None:
        kind = response.headers.get("content-type", "")
        # Anything but JSON and HTML is taken for events, because some servers send those without their content type.
        self._assembler = (
            None if "json" in kind or "html" in kind else StreamAssembler(ask.origin, response.status_code)
        )
        self._whole: list[bytes] = []
        self._response = response
        self._ask = ask
        self._seen, self._ends = 0, time.monotonic() + ask.attempt_timeout
        self.over = False

    def take(self, data: bytes) -> Iterator[Piece]:
        """Yield the pieces in these bytes. Raises TimeoutError after the deadline."""
        if self._assembler is None:
            self._whole.append(data)
        else:
            self.over = self._assembler.over
            yield from self._assembler.feed(data)
        # The timeout of each read starts anew with each piece, so only these checks stop a body that trickles.
        if not self._ask.allowance.has_time_for(0.0):
            raise TimeoutError("the deadline has passed")
        if self._assembler is not None and self._assembler.events > self._seen:
            self._seen, self._ends = self._assembler.events, time.monotonic() + self._ask.attempt_timeout
        elif time.monotonic() > self._ends:
            raise TimeoutError("nothing but empty lines and comments" if self._assembler else "the body does not end")

    def finish(self, lost: Failure | None = None) -> Iterator[Piece]:
        """Yield the remaining pieces, then the outcome."""
        if self._assembler is None:
            outcome = lost or self._ask.read(self._response, b"".join(self._whole))
            yield from _in_one(self._ask.report(outcome))
        else:
            yield from self._assembler.finish(lost)
            yield self._ask.report(self._assembler.outcome)


def _in_one(outcome: Outcome) -> Iterator[Piece]:
    if isinstance(outcome, Completion) and outcome.text:
        yield outcome.text
    yield outcome
