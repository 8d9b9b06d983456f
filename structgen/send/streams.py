"""One streamed HTTP exchange: pieces of its text as they arrive, and at last its outcome. Blocking, and on a loop.

The timeout bounds the wait for each piece, the deadline all of them together. Closing a generator closes the
connection.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Generator
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, cast

import groq
import httpx

from structgen.core.records import Completion
from structgen.send.base import Allowance
from structgen.send.faults import Failure
from structgen.send.gather import Gathering, Origin
from structgen.send.lost import lost_connection
from structgen.send.read import Reply, read_reply
from structgen.send.wire import Endpoint

if TYPE_CHECKING:
    from structgen.core.json import JsonObject

Piece: TypeAlias = str | Completion | Failure
"""A piece of text; at last, once, the outcome."""

LOST = (groq.APIError, httpx.HTTPError, TimeoutError)
"""What the HTTP libraries raise where no whole reply came."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """What is posted where, and how long it may take. `timeout` in seconds, where the allowance names none."""

    endpoint: Endpoint
    origin: Origin
    body: JsonObject
    allowance: Allowance
    timeout: float

    @property
    def patience(self) -> float:
        """Seconds to wait for the next piece."""
        return self.allowance.patience(self.timeout)

    def lost(self, error: BaseException) -> Failure:
        """The failure for an exception of the HTTP library."""
        return lost_connection(error, self.endpoint, self.origin.wire)

    def read(self, response: httpx.Response, content: bytes) -> Completion | Failure:
        """A reply that came in one piece: an error, or the answer of a server that does not stream."""
        reply = Reply(response.status_code, response.headers, content)
        return read_reply(reply, self.origin.wire, self.origin.model, self.origin.key)


def exchange(client: groq.Groq, ask: Exchange) -> Generator[Piece, None, None]:
    """The pieces of one exchange, blocking."""
    try:
        opened = client.post(
            ask.origin.wire.path,
            body=ask.body,
            options={"timeout": ask.patience},
            cast_to=httpx.Response,
            stream=True,
            stream_cls=groq.Stream[object],
        )
    except groq.APIStatusError as error:
        yield ask.read(error.response, error.response.content)
        return
    except LOST as error:
        yield ask.lost(error)
        return
    response = cast("httpx.Response", opened)  # what the SDK gives for cast_to=httpx.Response, whatever its types say
    with closing(response):
        yield from _pieces(response, ask)


def _pieces(response: httpx.Response, ask: Exchange) -> Generator[Piece, None, None]:
    gathering, whole, lost = Gathering(ask.origin, response.status_code), list[bytes](), None
    streams = _streams(response)
    try:
        for data in response.iter_bytes():
            if gathering.over:  # one look behind the end lets the connection be used again
                break
            if streams:
                yield from gathering.feed(data)
            else:
                whole.append(data)
            _check_time(ask.allowance)
    except LOST as error:
        lost = ask.lost(error)
    if streams:
        yield from gathering.finish(lost)
        yield gathering.outcome
    else:
        yield from _in_one(lost or ask.read(response, b"".join(whole)))


async def aexchange(client: groq.AsyncGroq, ask: Exchange) -> AsyncGenerator[Piece, None]:
    """The pieces of one exchange, on the running event loop."""
    try:
        async with asyncio.timeout(ask.patience):
            opened = await client.post(
                ask.origin.wire.path,
                body=ask.body,
                options={"timeout": ask.patience},
                cast_to=httpx.Response,
                stream=True,
                stream_cls=groq.AsyncStream[object],
            )
    except groq.APIStatusError as error:
        yield ask.read(error.response, error.response.content)
        return
    except LOST as error:
        yield ask.lost(error)
        return
    response = cast("httpx.Response", opened)
    try:
        async for piece in _apieces(response, ask):
            yield piece
    finally:
        await response.aclose()


async def _apieces(response: httpx.Response, ask: Exchange) -> AsyncGenerator[Piece, None]:
    gathering, whole, lost = Gathering(ask.origin, response.status_code), list[bytes](), None
    streams, body = _streams(response), response.aiter_bytes()
    try:
        while (data := await _next(body, ask.patience)) is not None and not gathering.over:
            if not streams:
                whole.append(data)
                continue
            for piece in gathering.feed(data):
                yield piece
            _check_time(ask.allowance)
    except LOST as error:
        lost = ask.lost(error)
    if not streams:
        for piece in _in_one(lost or ask.read(response, b"".join(whole))):
            yield piece
        return
    for piece in gathering.finish(lost):
        yield piece
    yield gathering.outcome


async def _next(body: AsyncIterator[bytes], patience: float) -> bytes | None:
    """The next bytes, None at the end."""
    async with asyncio.timeout(patience):
        return await anext(body, None)


def _streams(response: httpx.Response) -> bool:
    """Whether events come. A server that cannot stream answers with JSON, a proxy in between with a page."""
    kind = response.headers.get("content-type", "")
    return "json" not in kind and "html" not in kind


def _in_one(outcome: Completion | Failure) -> Generator[Piece, None, None]:
    if isinstance(outcome, Completion) and outcome.text:
        yield outcome.text
    yield outcome


def _check_time(allowance: Allowance) -> None:
    if not allowance.affords(0.0):
        raise TimeoutError("the time is up")
