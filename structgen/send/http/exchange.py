"""One streamed HTTP exchange: pieces of its text as they arrive, and at last its outcome. Blocking, and on a loop.

The timeout bounds the wait for each piece, the deadline all of them together. Closing a generator closes the
connection.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, cast

import groq
import httpx

from structgen.core.records import Completion
from structgen.send.http.failures import Failure, lost_connection
from structgen.send.http.http_response import Reply, read_reply
from structgen.send.http.providers import Endpoint
from structgen.send.http.stream_assembler import Gathering, Origin, Outcome
from structgen.send.sender import Allowance

if TYPE_CHECKING:
    from structgen.core.json import JsonObject


Piece: TypeAlias = str | Completion | Failure
"""A piece of text; at last, once, the outcome."""

LOST = (groq.APIError, httpx.HTTPError, TimeoutError)
"""What the HTTP libraries raise where no whole reply came."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """What is posted where, and how long it may take. `timeout` in seconds, where the allowance names none.

    `begun` hears of the headers of a response that is a success, while its body is still to come; `tell` of the
    outcome, in the end.
    """

    endpoint: Endpoint
    origin: Origin
    body: JsonObject
    allowance: Allowance
    timeout: float
    begun: Callable[[httpx.Headers], None] = lambda headers: None  # noqa: ARG005 - nobody asks
    tell: Callable[[Outcome], None] = lambda outcome: None  # noqa: ARG005 - nobody asks

    @property
    def patience(self) -> float:
        """Seconds to wait for the next piece."""
        return self.allowance.patience(self.timeout)

    def lost(self, error: BaseException) -> Failure:
        """The failure for an exception of the HTTP library."""
        return lost_connection(error, self.endpoint, self.origin.wire)

    def told(self, outcome: Outcome) -> Outcome:
        """The outcome, once it was told."""
        self.tell(outcome)
        return outcome

    def opened(self, response: httpx.Response) -> httpx.Response:
        """The response, once it was told that there is one."""
        self.begun(response.headers)
        return response

    def refused(self, response: httpx.Response) -> Outcome:
        """The outcome of an error response."""
        return self.told(self.read(response, response.content))

    def read(self, response: httpx.Response, content: bytes) -> Completion | Failure:
        """A reply that came in one piece: an error, or the answer of a server that does not stream."""
        reply = Reply(response.status_code, response.headers, content)
        return read_reply(reply, self.origin.wire, self.origin.model, self.origin.key)


def exchange(client: groq.Groq, ask: Exchange) -> Generator[Piece, None, None]:
    """The pieces of one exchange, blocking."""
    opened = _open(client, ask)
    if isinstance(opened, httpx.Response):
        with closing(opened):
            yield from _pieces(opened, ask)
    else:
        yield from _in_one(opened)


def _open(client: groq.Groq, ask: Exchange) -> httpx.Response | Outcome:
    """The response, its body still to come, or what there is in place of one."""
    try:
        opened = client.post(
            ask.endpoint.url(ask.origin.wire),
            body=ask.body,
            options={"timeout": ask.patience},
            cast_to=httpx.Response,
            stream=True,
            stream_cls=groq.Stream[object],
        )
    except groq.APIStatusError as error:
        return ask.refused(error.response)
    except LOST as error:
        return ask.told(ask.lost(error))
    return ask.opened(cast("httpx.Response", opened))  # what the SDK gives for cast_to, whatever its types say


def _pieces(response: httpx.Response, ask: Exchange) -> Generator[Piece, None, None]:
    body = _Body(response, ask)
    try:
        for data in response.iter_bytes():
            yield from body.take(data)
            if body.over:
                break
    except LOST as error:
        yield from body.finish(ask.lost(error))
    else:
        yield from body.finish()


async def aexchange(client: groq.AsyncGroq, ask: Exchange) -> AsyncGenerator[Piece, None]:
    """The pieces of one exchange, on the running event loop."""
    opened = await _aopen(client, ask)
    if isinstance(opened, httpx.Response):
        try:
            async for piece in _apieces(opened, ask):
                yield piece
        finally:
            await opened.aclose()
    else:
        for piece in _in_one(opened):
            yield piece


async def _aopen(client: groq.AsyncGroq, ask: Exchange) -> httpx.Response | Outcome:
    """`_open`, awaited; here all of it is bounded at once."""
    try:
        async with asyncio.timeout(ask.patience):
            opened = await client.post(
                ask.endpoint.url(ask.origin.wire),
                body=ask.body,
                options={"timeout": ask.patience},
                cast_to=httpx.Response,
                stream=True,
                stream_cls=groq.AsyncStream[object],
            )
    except groq.APIStatusError as error:
        return ask.refused(error.response)
    except LOST as error:
        return ask.told(ask.lost(error))
    return ask.opened(cast("httpx.Response", opened))


async def _apieces(response: httpx.Response, ask: Exchange) -> AsyncGenerator[Piece, None]:
    body, arriving, lost = _Body(response, ask), response.aiter_bytes(), None
    try:
        while not body.over and (data := await _next(arriving, ask.patience)) is not None:
            for piece in body.take(data):
                yield piece
    except LOST as error:
        lost = ask.lost(error)
    for piece in body.finish(lost):
        yield piece


async def _next(body: AsyncIterator[bytes], patience: float) -> bytes | None:
    """The next bytes, None at the end."""
    async with asyncio.timeout(patience):
        try:
            return await anext(body, None)
        except RuntimeError as error:  # aiohttp's, where the connection was closed on this side
            raise httpx.ReadError(str(error)) from error


class _Body:
    """The body of a response as its bytes arrive: events, or a reply in one piece.

    A server that cannot stream answers with JSON, a proxy in between with a page. `over` is true one look behind the
    end of the events, which mostly finds the end of the body too, so that the connection can be used again.
    """

    def __init__(self, response: httpx.Response, ask: Exchange) -> None:
        kind = response.headers.get("content-type", "")
        self._gathering = None if "json" in kind or "html" in kind else Gathering(ask.origin, response.status_code)
        self._whole: list[bytes] = []
        self._response = response
        self._ask = ask
        self.over = False

    def take(self, data: bytes) -> Iterator[Piece]:
        """The pieces in these bytes. Raises TimeoutError once the time is up."""
        if self._gathering is None:
            self._whole.append(data)
        else:
            self.over = self._gathering.over
            yield from self._gathering.feed(data)
        if not self._ask.allowance.affords(0.0):
            raise TimeoutError("the time is up")

    def finish(self, lost: Failure | None = None) -> Iterator[Piece]:
        """The outcome, and what is left before it."""
        if self._gathering is None:
            outcome = lost or self._ask.read(self._response, b"".join(self._whole))
            yield from _in_one(self._ask.told(outcome))
        else:
            yield from self._gathering.finish(lost)
            yield self._ask.told(self._gathering.outcome)


def _in_one(outcome: Outcome) -> Iterator[Piece]:
    if isinstance(outcome, Completion) and outcome.text:
        yield outcome.text
    yield outcome
