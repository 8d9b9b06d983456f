"""The sender for every provider that speaks the chat completions protocol, on the groq SDK's low-level calls."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Generator, Iterator
from contextlib import aclosing, closing
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, cast

import groq
import httpx

from structgen.core.records import Card, Completion, Request
from structgen.send.http.batch_client import BatchClient
from structgen.send.http.body_limits import too_large
from structgen.send.http.client import Clients
from structgen.send.http.exchange import Exchange, Piece, aexchange, exchange
from structgen.send.http.failures import Failure, connection_failure
from structgen.send.http.http_response import Reply, read_reply
from structgen.send.http.providers import ChatApi, Endpoint
from structgen.send.http.retries import Outcome, Retries, aretry, asend_with_retries, retry, send_with_retries
from structgen.send.http.stream_assembler import Origin
from structgen.send.http.user_client import types_of
from structgen.send.limits.buckets import RawHeaders
from structgen.send.limits.limiter import Lease, Limiter, need_of, shared_limiter
from structgen.send.sender import Allowance, Streamed

if TYPE_CHECKING:
    from groq._types import RequestOptions

    from structgen.core.json import JsonObject


@dataclass(frozen=True, slots=True)
class Posting:
    """What is posted where: a JSON body, or the fields of a form with a file (its name and its bytes)."""

    url: str
    body: JsonObject
    file: tuple[str, bytes] | None = None
    form: bool = False

    def options(self, timeout: float | None) -> RequestOptions:
        """Return the SDK's options for this request. None keeps the timeout of the client."""
        options: RequestOptions = {} if timeout is None else {"timeout": timeout}
        if self.form:
            options["headers"] = {"Content-Type": "multipart/form-data"}
        return options

    @property
    def files(self) -> list[tuple[str, tuple[str, bytes]]] | None:
        """The file as the SDK takes it."""
        return None if self.file is None else [("file", self.file)]


class ChatSender:
    """Request -> Completion over HTTP."""

    def __init__(self, api: ChatApi, endpoint: Endpoint, *, timeout: float = 60.0, card: Card | None = None) -> None:
        self.card = card
        self._api = api
        self._endpoint = endpoint
        self._url = endpoint.url(api.path)
        self._timeout = timeout
        self._clients = Clients(endpoint)
        self._types = types_of(endpoint)
        self._limiters: dict[str, Limiter] = {}

    def __repr__(self) -> str:
        return f"ChatSender({self._api.provider!r}, {self._endpoint.shown!r})"

    def send(self, request: Request, allowance: Allowance) -> Completion:
        """Return the completion of the request. Transport errors are retried within the allowance."""
        posting = self._posting(request)
        return send_with_retries(partial(self._try, posting, request, allowance), allowance)

    async def asend(self, request: Request, allowance: Allowance) -> Completion:
        """Async version of `send`."""
        posting = self._posting(request)
        return await asend_with_retries(partial(self._atry, posting, request, allowance), allowance)

    def stream(self, request: Request, allowance: Allowance) -> Generator[Streamed, None, None]:
        """Yield the response as it arrives. Transport errors before the first piece are retried."""
        ask, started = self._exchange(request, allowance), time.monotonic()
        pieces, retries = retry(lambda: _after_first_piece(self._pieces(request, ask)), allowance)
        with closing(pieces):
            for piece in pieces:
                yield _delivered(piece, retries, started)

    async def astream(self, request: Request, allowance: Allowance) -> AsyncGenerator[Streamed, None]:
        """Async version of `stream`."""
        ask, started = self._exchange(request, allowance), time.monotonic()
        pieces, retries = await aretry(lambda: _aafter_first_piece(self._apieces(request, ask)), allowance)
        async with aclosing(pieces):
            async for piece in pieces:
                yield _delivered(piece, retries, started)

    def _pieces(self, request: Request, ask: Exchange) -> Generator[Piece, None, None]:
        with self._lease(request) as lease:
            lease.take(ask.allowance)
            yield from exchange(self._clients.sync(), self._reporting_to(ask, lease))

    async def _apieces(self, request: Request, ask: Exchange) -> AsyncGenerator[Piece, None]:
        with self._lease(request) as lease:
            await lease.atake(ask.allowance)
            async with aclosing(aexchange(await self._clients.of_loop(), self._reporting_to(ask, lease))) as pieces:
                async for piece in pieces:
                    yield piece

    def _reporting_to(self, ask: Exchange, lease: Lease) -> Exchange:
        """Return the exchange with callbacks that report its beginning and its end to the limiter."""

        def on_headers(headers: httpx.Headers) -> None:
            lease.learn(self._limit_headers(headers))

        return replace(ask, on_headers=on_headers, on_outcome=lease.end)

    def _exchange(self, request: Request, allowance: Allowance) -> Exchange:
        origin = Origin(self._api, request.model, self._endpoint.secrets, self._endpoint.max_bytes)
        body = {**self._body(request), **self._api.streaming}
        return Exchange(self._endpoint, origin, body, allowance, self._timeout)

    def batch_client(self) -> BatchClient:
        """Return a client for the files and batches of the server, with its own connections."""
        return BatchClient(self._api, self._endpoint, timeout=self._timeout)

    def close(self) -> None:
        """Close the connections of sync calls."""
        self._clients.close()

    async def aclose(self) -> None:
        """Close the connections of the running event loop, and those of sync calls."""
        await self._clients.aclose()

    def _posting(self, request: Request) -> Posting:
        return Posting(self._url, self._body(request))

    def _body(self, request: Request) -> JsonObject:
        body = request.to_groq()
        # to_groq sends parallel_tool_calls with every tool. A server that may not know it gets it only on request.
        for name in self._api.unsure:
            if getattr(request.parameters, name) is None:
                body.pop(name, None)
        for name, theirs in self._api.renames.items():
            if name in body:
                body[theirs] = body.pop(name)
        return body

    def _lease(self, request: Request) -> Lease:
        """Return a lease for one call from the limiter of the key and the model. It is not taken yet."""
        limiter = self._limiters.get(request.model)
        # A sender keeps its limiter, because looking one up hashes the key. After a fork it must find the new one.
        if limiter is None or limiter.forgotten:
            # The credentials of the base URL may take the place of a key.
            address, key = self._endpoint.address, "\0".join(self._endpoint.secrets)
            shows, group = self._api.shows_limits, self._endpoint.limit_group
            ledger = self._endpoint.ledger
            limiter = shared_limiter(address, key, request.model, self.card, shows=shows, group=group, ledger=ledger)
            self._limiters[request.model] = limiter
        return Lease(limiter, need_of(request))

    def _limit_headers(self, headers: httpx.Headers) -> RawHeaders:
        """Return the headers if the provider shows its rate limits in Groq's format, else none."""
        return headers.raw if self._api.shows_limits else ()

    def _try(self, posting: Posting, request: Request, allowance: Allowance) -> Outcome:
        with self._lease(request) as lease:
            lease.take(allowance)
            client, timeout, started = self._clients.sync(), allowance.attempt_timeout(self._timeout), time.monotonic()
            try:
                response, content = _post(client, posting, timeout, self._endpoint)
            except self._types.connection_errors as error:
                return self._failed(error, lease)
            return self._read(response, content, request.model, started, lease)

    async def _atry(self, posting: Posting, request: Request, allowance: Allowance) -> Outcome:
        with self._lease(request) as lease:
            await lease.atake(allowance)
            client = await self._clients.of_loop()
            timeout, started = allowance.attempt_timeout(self._timeout), time.monotonic()
            try:
                response, content = await self._apost(client, posting, timeout)
            except self._types.connection_errors as error:
                return self._failed(error, lease)
            return self._read(response, content, request.model, started, lease)

    async def _apost(self, client: groq.AsyncGroq, posting: Posting, seconds: float) -> tuple[httpx.Response, bytes]:
        """Async version of `_post`. asyncio.timeout limits the whole; limiting each read as well would cost CPU."""
        try:
            async with asyncio.timeout(seconds):
                if self._endpoint.is_users:  # it has no hook that limits its bodies
                    return await _apost_in_pieces(client, posting, seconds, self._endpoint)
                response = await client.post(
                    posting.url,
                    body=posting.body,
                    files=posting.files,
                    options=posting.options(None),
                    cast_to=httpx.Response,
                )
                return response, response.content
        except self._types.status_error as error:
            return error.response, error.response.content

    def _failed(self, error: Exception, lease: Lease) -> Failure:
        failure = connection_failure(error, self._endpoint, self._api)
        lease.end(failure)
        return failure

    def _read(self, response: httpx.Response, content: bytes, model: str, started: float, lease: Lease) -> Outcome:
        reply = Reply(response.status_code, response.headers, content, time.monotonic() - started)
        outcome = self._outcome(reply, model)
        lease.end(outcome, self._limit_headers(response.headers))
        return outcome

    def _outcome(self, reply: Reply, model: str) -> Outcome:
        return read_reply(reply, self._api, model, self._endpoint.secrets)


def _after_first_piece(pieces: Generator[Piece, None, None]) -> Generator[Piece, None, None] | Failure:
    """Wait for the first piece; return all pieces, or the failure if that is the first."""
    # Retries are possible only until the caller has seen a piece, so the first one is fetched within the retry.
    first = next(pieces)
    if isinstance(first, Failure):
        pieces.close()
        return first

    def all_of() -> Generator[Piece, None, None]:
        with closing(pieces):
            yield first
            yield from pieces

    return all_of()


async def _aafter_first_piece(pieces: AsyncGenerator[Piece, None]) -> AsyncGenerator[Piece, None] | Failure:
    """Async version of `_after_first_piece`."""
    first = await anext(pieces)
    if isinstance(first, Failure):
        await pieces.aclose()
        return first

    async def all_of() -> AsyncGenerator[Piece, None]:
        async with aclosing(pieces):
            yield first
            async for piece in pieces:
                yield piece

    return all_of()


def _delivered(piece: Piece, retries: Retries, started: float) -> Streamed:
    """Return a piece for the caller, a completion with its retries and seconds. Raise a failure."""
    if isinstance(piece, Failure):
        raise piece.error
    if isinstance(piece, Completion):
        return replace(retries.added_to(piece), seconds=time.monotonic() - started)
    return piece


def _post(client: groq.Groq, posting: Posting, timeout: float, endpoint: Endpoint) -> tuple[httpx.Response, bytes]:
    """Post a body and read the response. httpx's timeout limits each read only, so the whole is limited here."""
    # Streamed, because only then does the SDK hand over the body piece by piece, so that its whole can be limited.
    options, ends, types = posting.options(timeout), time.monotonic() + timeout, types_of(endpoint)
    try:
        opened = client.post(
            posting.url,
            body=posting.body,
            files=posting.files,
            options=options,
            cast_to=types.response,
            stream=True,
            stream_cls=groq.Stream[object],
        )
    except types.status_error as error:
        return error.response, error.response.content
    response = cast("httpx.Response", opened)  # the SDK returns what cast_to names, despite its type hints
    with closing(response):
        return response, _joined(_before(ends, response.iter_bytes()), endpoint.max_bytes)


async def _apost_in_pieces(
    client: groq.AsyncGroq, posting: Posting, seconds: float, endpoint: Endpoint
) -> tuple[httpx.Response, bytes]:
    """Post a body with the user's own client, and read the response piece by piece, to limit its size."""
    kind, most = types_of(endpoint).response, endpoint.max_bytes
    opened = await client.post(
        posting.url,
        body=posting.body,
        files=posting.files,
        options=posting.options(seconds),
        cast_to=kind,
        stream=True,
        stream_cls=groq.AsyncStream[object],
    )
    response, whole = cast("httpx.Response", opened), bytearray()
    try:
        async for piece in response.aiter_bytes():
            whole += piece
            if len(whole) > most:
                raise too_large(most)
    finally:
        await response.aclose()
    return response, bytes(whole)


def _joined(pieces: Iterator[bytes], most: int) -> bytes:
    """Join the pieces. Raises BodyTooLarge: the user's own client has no hook that limits its bodies."""
    whole = bytearray()
    for piece in pieces:
        whole += piece
        if len(whole) > most:
            raise too_large(most)
    return bytes(whole)


def _before(ends: float, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the pieces that arrive in time. A late one is accepted if it is the last: the answer was paid for."""
    late = False
    for piece in pieces:
        if late:
            raise TimeoutError("the response does not end")
        yield piece
        late = time.monotonic() > ends
