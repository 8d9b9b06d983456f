"""All other providers, through instructor, which opens their clients and converts messages to each one's format.

Called without a response model, instructor returns the provider's own response object and parses nothing. The text of
that object goes to structgen's parser like that of any other provider. How requests are written is a table of families
(instructor_dialects.py), and where the text, the usage and so on are in a response a table of paths
(instructor_replies.py): there is no branch for a provider.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator, Mapping
from contextlib import aclosing, closing
from dataclasses import replace
from typing import Any, cast

from structgen.core.errors import ConfigurationError, ServerFailed
from structgen.core.finish_reasons import INTERRUPTED
from structgen.core.masking import mask
from structgen.core.records import Card, Completion, Request
from structgen.send.http.failures import Failure, causes, connection_failure, describe_page
from structgen.send.http.http_response import Reply, decode, read_reply
from structgen.send.http.providers import ChatApi, Endpoint, clean_key
from structgen.send.http.retries import Outcome, aretry, asend_with_retries, retry, send_with_retries
from structgen.send.instructor_clients import InstructorClients, opener
from structgen.send.instructor_dialects import Arguments, Dialect, dialect_of
from structgen.send.instructor_replies import StreamReader, read_response
from structgen.send.sender import Allowance, Sender, Streamed

_UNREACHED = frozenset({"APIConnectionError", "ConnectionError", "TransportError", "TimeoutError", "ClientError"})


class InstructorSender:
    """Request -> Completion through clients of instructor's. instructor's own retries and the SDKs' are off.

    `open_client(asynchronous)` returns what ``instructor.from_provider`` returns. Async calls use real async clients
    if the family has them, else threads.
    """

    def __init__(
        self,
        open_client: Callable[[bool], Any],
        endpoint: Endpoint,
        card: Card,
        timeout: float,
        dialect: Dialect | None = None,
    ) -> None:
        self.card: Card | None = card
        self._clients = InstructorClients(open_client)
        self._endpoint = endpoint
        self._provider = card.provider
        self._dialect = dialect or dialect_of(card.provider)
        self._api = ChatApi(card.provider, "", "", "", f"the {card.provider} settings")
        self._timeout = timeout

    def __repr__(self) -> str:
        return f"InstructorSender({self._provider!r})"

    def send(self, request: Request, allowance: Allowance) -> Completion:
        """Return the completion of the request. Transport errors are retried within the allowance."""
        self._check(request)
        return send_with_retries(lambda: self._try(request, allowance), allowance)

    async def asend(self, request: Request, allowance: Allowance) -> Completion:
        """Async version of `send`."""
        if not self._dialect.native:
            return await asyncio.to_thread(self.send, request, allowance)
        self._check(request)
        return await asend_with_retries(lambda: self._atry(request, allowance), allowance)

    def stream(self, request: Request, allowance: Allowance) -> Generator[Streamed, None, None]:
        """Yield the response as it arrives. Transport errors before it begins are retried."""
        self._check(request, streamed=True)
        started = time.monotonic()
        chunks, retries = retry(lambda: self._open_stream(request, allowance), allowance)
        reader = StreamReader(request.model)
        with closing(chunks):
            lost: Failure | None = None
            try:
                for chunk in chunks:
                    if piece := reader.feed(chunk):
                        yield piece
            except Exception as error:
                lost = self._lost(error, request.model)
        completion = self._ended(reader, lost)
        yield replace(retries.added_to(completion), seconds=time.monotonic() - started)

    async def astream(self, request: Request, allowance: Allowance) -> AsyncGenerator[Streamed, None]:
        """Async version of `stream`."""
        self._check(request, streamed=True)
        started = time.monotonic()
        chunks, retries = await aretry(lambda: self._aopen_stream(request, allowance), allowance)
        reader = StreamReader(request.model)
        async with aclosing(chunks):
            lost: Failure | None = None
            try:
                async for chunk in chunks:
                    if piece := reader.feed(chunk):
                        yield piece
            except Exception as error:
                lost = self._lost(error, request.model)
        completion = self._ended(reader, lost)
        yield replace(retries.added_to(completion), seconds=time.monotonic() - started)

    def close(self) -> None:
        """Close the provider's client if it can be closed. A later call opens a new one."""
        self._clients.close()

    async def aclose(self) -> None:
        """Close the client of the running event loop, and the one for sync calls."""
        await self._clients.aclose()

    def _check(self, request: Request, *, streamed: bool = False) -> None:
        """Raise ConfigurationError for what the family cannot do."""
        through = f"{self._provider}, which is called through instructor,"
        if request.mode not in self._dialect.modes:
            modes = ", ".join(f"Mode.{mode.name}" for mode in self._dialect.modes)
            raise ConfigurationError(f"{through} supports only mode={modes}. Use one of them, or Mode.AUTO.")
        if not self._dialect.vision and any(message.images for message in request.messages):
            raise ConfigurationError(f"Images cannot be sent to {through} here. Use a model of groq/ or compatible/.")
        if not self._dialect.calls and any(message.tool_calls or message.tool_call_id for message in request.messages):
            raise ConfigurationError(
                f"Tool calls cannot be sent to {through} here. Use a model of groq/ or compatible/."
            )
        if streamed and not self._dialect.native:
            raise ConfigurationError(
                f"{through} has no streaming here. Call extract or generate, or use a model of groq/ or compatible/."
            )

    def _prepared(self, client: Any, request: Request, allowance: Allowance, *, stream: bool = False) -> Arguments:
        """Return the arguments of a call, and turn the client's own retries off."""
        timeout = allowance.attempt_timeout(self._timeout)
        _configure(client.client, timeout, timed=not self._dialect.native)
        arguments = self._dialect.arguments(request, timeout)
        own: Arguments = {"response_model": None, "max_retries": 0, **(self._dialect.streaming if stream else {})}
        return {**own, **arguments}

    def _try(self, request: Request, allowance: Allowance) -> Outcome:
        started = time.monotonic()
        client = self._clients.sync()
        arguments = self._prepared(client, request, allowance)
        try:
            response: object = client.create(**arguments)
        except Exception as error:
            return self._outcome_of(error, request.model)
        return self._read(response, request.model, started)

    async def _atry(self, request: Request, allowance: Allowance) -> Outcome:
        started = time.monotonic()
        client = await self._clients.of_loop()
        arguments = self._prepared(client, request, allowance)
        try:
            response: object = await client.create(**arguments)
        except Exception as error:
            return self._outcome_of(error, request.model)
        return self._read(response, request.model, started)

    def _open_stream(self, request: Request, allowance: Allowance) -> Generator[object, None, None] | Failure:
        """Open a stream and wait for its first chunk, until which a failure can be retried."""
        client = self._clients.sync()
        arguments = self._prepared(client, request, allowance, stream=True)
        try:
            opened: Any = client.create(**arguments)
            chunks = iter(cast("Iterator[object]", opened))
            first = next(chunks, None)
        except Exception as error:
            return self._lost(error, request.model)
        return _all_of(first, chunks, opened)

    async def _aopen_stream(self, request: Request, allowance: Allowance) -> AsyncGenerator[object, None] | Failure:
        client = await self._clients.of_loop()
        arguments = self._prepared(client, request, allowance, stream=True)
        try:
            opened: Any = await client.create(**arguments)
            chunks = aiter(cast("AsyncIterator[object]", opened))
            first = await anext(chunks, None)
        except Exception as error:
            return self._lost(error, request.model)
        return _aall_of(first, chunks, opened)

    def _read(self, response: object, model: str, started: float) -> Outcome:
        completion = read_response(response, model)
        if completion is None:
            shown = describe_page(response) if isinstance(response, str) else f"{response!r}"
            said = mask(f"{self._provider} returned no text: {shown}"[:300], self._endpoint.secrets)
            return Failure(ServerFailed(f"{said}. Check the base URL and the model."))
        return replace(completion, seconds=time.monotonic() - started)

    def _ended(self, reader: StreamReader, lost: Failure | None) -> Completion:
        """Return the completion of a stream that ended, or that broke off after its answer had begun."""
        if lost is None and (reader.begun or reader.completion().finish_reason != INTERRUPTED):
            return reader.completion()
        if not reader.begun:
            raise (lost or Failure(ServerFailed(f"{self._provider} sent an empty stream. Send it again."))).error
        return replace(reader.completion(), finish_reason=INTERRUPTED)

    def _lost(self, error: Exception, model: str) -> Failure:
        """Return the failure of a stream."""
        outcome = self._outcome_of(error, model)
        if isinstance(outcome, Failure):
            return outcome
        return Failure(ServerFailed(f"{self._provider} sent a whole response instead of a stream. Use extract."))

    def _outcome_of(self, error: Exception, model: str) -> Outcome:
        """Classify an SDK's exception: an HTTP response, a connection error, or (raised) a wrong argument."""
        status = getattr(error, "status_code", getattr(error, "code", None))
        if isinstance(status, int) and status >= 400:
            return read_reply(_reply_of(error, status), self._api, model, self._endpoint.secrets)
        if (raw := _raw_of(error)) is not None:
            return self._read_raw(raw, model)
        if _UNREACHED & _kinds(error):
            return connection_failure(error, self._endpoint, self._api)
        said = mask(f"{type(error).__name__}: {error}"[:500], self._endpoint.secrets)
        raise ConfigurationError(f"{self._provider} through instructor: {said}") from None

    def _read_raw(self, content: bytes, model: str) -> Outcome:
        """Read a response that the SDK's own classes do not accept: it was paid for."""
        completion = read_response(decode(content), model)
        if completion is not None:
            return completion
        page = mask(describe_page(content.decode("utf-8", "replace")), self._endpoint.secrets)
        return Failure(ServerFailed(f"{self._provider} returned no text: {page}. Check the base URL and the model."))


def _all_of(first: object, chunks: Iterator[object], opened: Any) -> Generator[object, None, None]:
    try:
        if first is not None:
            yield first
            yield from chunks
    finally:
        if callable(close := getattr(opened, "close", None)):
            close()


async def _aall_of(first: object, chunks: AsyncIterator[object], opened: Any) -> AsyncGenerator[object, None]:
    try:
        if first is not None:
            yield first
            async for chunk in chunks:
                yield chunk
    finally:
        if callable(close := getattr(opened, "aclose", None) or getattr(opened, "close", None)) and (
            asyncio.iscoroutine(ended := close())
        ):
            await ended


def open_instructor_sender(
    provider: str, model: str, *, api_key: str | None, base_url: str | None, timeout: float
) -> Sender:
    """Return the sender for ``<provider>/<model>``. Raises ConfigurationError if instructor cannot open its client."""
    key = "" if api_key is None else clean_key(api_key, "api_key")
    if base_url is not None and not base_url.strip().startswith(("http://", "https://")):
        raise ConfigurationError(f"The base URL {base_url!r} must begin with http:// or https://.")
    dialect = dialect_of(provider)
    card = Card(model, provider=provider, modes=dialect.modes, vision=dialect.vision)
    open_client = opener(provider, model, key, base_url, dialect)
    return InstructorSender(open_client, Endpoint(base_url or provider, key), card, timeout, dialect)


def _configure(client: object, timeout: float, *, timed: bool) -> None:
    """Turn the SDK's own retries off, and if a call takes no timeout set that of the client.

    The client is shared, so of concurrent calls the latest then sets the timeout of all.
    """
    for name, value in (("max_retries", 0), *([("timeout", timeout)] if timed else [])):
        if hasattr(client, name):
            setattr(client, name, value)


def _response_of(error: Exception) -> Any:
    return getattr(error, "response", None) or getattr(error, "raw_response", None)


def _content_of(error: Exception) -> bytes | None:
    """Return the body of the HTTP response behind an exception, or None if it holds none."""
    try:
        content = getattr(_response_of(error), "content", None)
    except Exception:  # that of a stream may be gone; each HTTP library has its own error for it
        content = None
    if isinstance(content, bytes):
        return content
    body = getattr(error, "body", None)
    return body.encode() if isinstance(body, str) else None


def _raw_of(error: Exception) -> bytes | None:
    """Return the body of a successful response that an SDK could not read, or None."""
    return _content_of(error) if getattr(_response_of(error), "status_code", None) == 200 else None


def _reply_of(error: Exception, status: int) -> Reply:
    """Return the HTTP reply behind an exception, rebuilt from its message if the SDK does not attach it."""
    headers, content = getattr(_response_of(error), "headers", None), _content_of(error)
    if content is None:
        content = json.dumps({"error": {"message": str(error)}}).encode()
    known = cast("Mapping[str, str]", headers if isinstance(headers, Mapping) else {})
    return Reply(status, {name.lower(): value for name, value in known.items()}, content)


def _kinds(error: BaseException | None) -> set[str]:
    """Return the class names of an exception and its causes. Names, because SDKs use different HTTP libraries."""
    return {kind.__name__ for cause in causes(error) for kind in type(cause).__mro__}
