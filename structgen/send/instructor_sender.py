"""All other providers, through instructor, which opens their clients and converts messages to each one's format.

Called without a response model, instructor returns the provider's own response object. Its text goes to structgen's
parser like that of any other provider. Where the text, the usage and so on are in such an object is a table of paths
below, not a branch for each provider.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncGenerator, Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from types import MappingProxyType
from typing import cast

import instructor

from structgen.core.errors import ConfigurationError, ServerFailed
from structgen.core.finish_reasons import Ending, common_finish_reason, ending_of
from structgen.core.masking import mask
from structgen.core.options import Mode
from structgen.core.records import Card, Completion, Parameters, Request, Usage, token_count
from structgen.send.http.failures import Failure, causes, connection_failure
from structgen.send.http.http_response import Reply, read_reply
from structgen.send.http.providers import ChatApi, Endpoint, clean_key
from structgen.send.http.retries import Outcome, send_with_retries
from structgen.send.sender import Allowance, Sender, Streamed

_LIMIT_NAMES: Mapping[str, str] = MappingProxyType(
    {"openai": "max_completion_tokens", "azure_openai": "max_completion_tokens"}
)
_OTHER_LIMIT_NAME = "max_tokens"
_UNREACHED = frozenset({"APIConnectionError", "ConnectionError", "TransportError", "TimeoutError"})


class InstructorSender:
    """Request -> Completion through a client of instructor's.

    `open_client` returns what ``instructor.from_provider`` returns. It is called at once, so that a missing key or
    package is reported early, and again after `close`. Async calls run in threads.
    """

    def __init__(
        self, open_client: Callable[[], instructor.Instructor], endpoint: Endpoint, card: Card, timeout: float
    ) -> None:
        self.card: Card | None = card
        self._open_client = open_client
        self._client: instructor.Instructor | None = open_client()
        self._endpoint = endpoint
        self._provider = card.provider
        self._api = ChatApi(card.provider, "", "", "", f"the {card.provider} settings")
        self._timeout = timeout

    def __repr__(self) -> str:
        return f"InstructorSender({self._provider!r})"

    def send(self, request: Request, allowance: Allowance) -> Completion:
        """Return the completion of the request. Transport errors are retried within the allowance."""
        if request.mode is not Mode.TEXT:
            raise ConfigurationError(
                f"{self._provider} is called through instructor, which supports only mode=Mode.TEXT, with the schema "
                "in the prompt. Use mode=Mode.TEXT or Mode.AUTO."
            )
        if any(message.images for message in request.messages):
            raise ConfigurationError(
                f"Images cannot be sent to {self._provider}, which is called through instructor. Use a model of groq/ "
                "or compatible/."
            )
        if any(message.tool_calls or message.tool_call_id for message in request.messages):
            raise ConfigurationError(
                f"Tool calls cannot be sent to {self._provider}, which is called through instructor. Use a model of "
                "groq/ or compatible/."
            )
        messages = [{"role": message.role, "content": message.text} for message in request.messages]
        arguments = _arguments(request.parameters, self._provider)
        return send_with_retries(lambda: self._try(messages, arguments, request.model, allowance), allowance)

    async def asend(self, request: Request, allowance: Allowance) -> Completion:
        """Async version of `send`, in a thread, because each provider's async client treats event loops its own way."""
        return await asyncio.to_thread(self.send, request, allowance)

    def stream(self, request: Request, allowance: Allowance) -> Generator[Streamed, None, None]:  # noqa: ARG002 - protocol
        """Raise ConfigurationError: each provider has its own streaming format, and none is supported here."""
        raise self._no_stream()

    def astream(self, request: Request, allowance: Allowance) -> AsyncGenerator[Streamed, None]:  # noqa: ARG002 - protocol
        """Async version of `stream`."""
        raise self._no_stream()

    def _no_stream(self) -> ConfigurationError:
        return ConfigurationError(
            f"{self._provider} is called through instructor, without streaming. Call extract or generate, or use a "
            "model of groq/ or compatible/."
        )

    def close(self) -> None:
        """Close the provider's client if it can be closed. A later call opens a new one."""
        client, self._client = self._client, None
        close = getattr(client and client.client, "close", None)
        if callable(close):
            close()

    async def aclose(self) -> None:
        """Async version of `close`."""
        self.close()

    def _try(
        self, messages: list[dict[str, str]], arguments: dict[str, object], model: str, allowance: Allowance
    ) -> Outcome:
        started = time.monotonic()
        client = self._client = self._client or self._open_client()
        _configure(client.client, allowance.attempt_timeout(self._timeout))
        create = cast("Callable[..., object]", client.create)
        try:
            response = create(messages=messages, response_model=None, max_retries=0, **arguments)
        except Exception as error:
            return self._outcome_of(error, model)
        completion = read_response(response, model)
        if completion is None:
            said = mask(f"{self._provider} returned no text: {response!r}"[:300], self._endpoint.secrets)
            return Failure(ServerFailed(f"{said}. Check the base URL and the model."))
        return replace(completion, seconds=time.monotonic() - started)

    def _outcome_of(self, error: Exception, model: str) -> Outcome:
        """Classify an SDK's exception: an HTTP error, a connection error, or (raised) a wrong argument."""
        status = getattr(error, "status_code", getattr(error, "code", None))
        if isinstance(status, int) and status >= 400:
            return read_reply(_reply_of(error, status), self._api, model, self._endpoint.secrets)
        if _UNREACHED & _kinds(error):
            return connection_failure(error, self._endpoint, self._api)
        said = mask(f"{type(error).__name__}: {error}"[:500], self._endpoint.secrets)
        raise ConfigurationError(f"{self._provider} through instructor: {said}") from None


def open_instructor_sender(
    provider: str, model: str, *, api_key: str | None, base_url: str | None, timeout: float
) -> Sender:
    """Return the sender for ``<provider>/<model>``. Raises ConfigurationError if instructor cannot open its client."""
    key = "" if api_key is None else clean_key(api_key, "api_key")
    given = {name: value for name, value in (("api_key", key), ("base_url", base_url)) if value}
    from_provider = cast("Callable[..., instructor.Instructor]", instructor.from_provider)

    endpoint = Endpoint(base_url or provider, key)

    def open_client() -> instructor.Instructor:
        try:
            with _quiet():
                return from_provider(f"{provider}/{model}", **given)
        except Exception as error:
            said = mask(str(error), endpoint.secrets)[:500]
            raise ConfigurationError(f"instructor cannot open a client for {provider}: {said}") from None

    card = Card(model, provider=provider, modes=(Mode.TEXT,))
    return InstructorSender(open_client, endpoint, card, timeout)


def _arguments(parameters: Parameters, provider: str) -> dict[str, object]:
    """Return the parameters that are set, under the provider's names."""
    given: dict[str, object] = {name: getattr(parameters, name) for name in Parameters.__dataclass_fields__}
    given[_LIMIT_NAMES.get(provider, _OTHER_LIMIT_NAME)] = given.pop("max_completion_tokens")
    stop = parameters.stop
    given["stop"] = list(stop) if isinstance(stop, tuple) else stop
    return {name: value for name, value in given.items() if value is not None}


def _configure(client: object, timeout: float) -> None:
    """Disable the SDK's own retries and set its timeout, if it has such attributes, as the common SDKs do.

    The client is shared, so of concurrent calls the latest sets the timeout of all.
    """
    for name, value in (("max_retries", 0), ("timeout", timeout)):
        if hasattr(client, name):
            setattr(client, name, value)


def _reply_of(error: Exception, status: int) -> Reply:
    """Return the HTTP reply behind an exception, rebuilt from its message if the SDK does not attach it."""
    response = getattr(error, "response", None)
    headers, content = getattr(response, "headers", None), getattr(response, "content", None)
    if not isinstance(content, bytes):
        content = json.dumps({"error": {"message": str(error)}}).encode()
    known = cast("Mapping[str, str]", headers if isinstance(headers, Mapping) else {})
    return Reply(status, {name.lower(): value for name, value in known.items()}, content)


def _kinds(error: BaseException | None) -> set[str]:
    """Return the class names of an exception and its causes. Names, because SDKs use different HTTP libraries."""
    return {kind.__name__ for cause in causes(error) for kind in type(cause).__mro__}


@contextmanager
def _quiet() -> Generator[None]:
    """Keep instructor from logging the traceback of an error that it also raises."""
    logger = logging.getLogger("instructor.auto_client")
    logger.addFilter(_no_error)
    try:
        yield
    finally:
        logger.removeFilter(_no_error)


def _no_error(record: logging.LogRecord) -> bool:
    return record.levelno < logging.ERROR


_TEXT = (
    "choices.0.message.content",
    "text",
    "content.*.text",
    "message.content.*.text",
    "output.message.content.*.text",
)
_REFUSAL = ("choices.0.message.refusal",)
_REASON = ("choices.0.finish_reason", "stop_reason", "finish_reason", "stopReason", "candidates.0.finish_reason")
_INPUT = ("usage.prompt_tokens", "usage.input_tokens", "usage_metadata.prompt_token_count", "usage.inputTokens")
_OUTPUT = (
    "usage.completion_tokens",
    "usage.output_tokens",
    "usage_metadata.candidates_token_count",
    "usage.outputTokens",
)
_CACHED = ("usage.prompt_tokens_details.cached_tokens", "usage.cache_read_input_tokens")
_REASONING = ("usage.completion_tokens_details.reasoning_tokens", "usage_metadata.thoughts_token_count")


def read_response(response: object, model: str) -> Completion | None:
    """Return the completion in any provider's response object, or None if it contains no text."""
    text, refusal = _text(response, _TEXT), _text(response, _REFUSAL)
    reason = common_finish_reason(
        next((str(getattr(found, "name", found)) for found in _find(response, _REASON)), None)
    )
    if text is None and refusal is None and ending_of(reason) not in {Ending.CUT, Ending.FILTERED}:
        return None
    served_by = next(_find(response, ("model",)), None)
    return Completion(
        text or "",
        reason,
        Usage(*(_count(response, paths) for paths in (_INPUT, _OUTPUT, _CACHED, _REASONING)), calls=1),
        served_by if isinstance(served_by, str) else model,
        refusal=refusal,
    )


def _text(response: object, paths: tuple[str, ...]) -> str | None:
    """Return the joined texts at the first path that leads to any, or None."""
    for path in paths:
        texts = [found for found in _walk(response, path.split(".")) if isinstance(found, str)]
        if texts:
            return "".join(texts)
    return None


def _count(response: object, paths: tuple[str, ...]) -> int | None:
    return next((count for found in _find(response, paths) if (count := token_count(found)) is not None), None)


def _find(response: object, paths: tuple[str, ...]) -> Iterator[object]:
    """Yield the values at these paths, without None."""
    return (found for path in paths for found in _walk(response, path.split(".")) if found is not None)


def _walk(value: object, steps: list[str]) -> Iterator[object]:
    """Yield the values at a path of attributes, keys and indexes; ``*`` is every item of a list."""
    if not steps:
        yield value
        return
    step, rest = steps[0], steps[1:]
    if isinstance(value, (list, tuple)):
        items = cast("Sequence[object]", value)
        chosen = items if step == "*" else items[int(step) : int(step) + 1] if step.isdecimal() else ()
        for item in chosen:
            yield from _walk(item, rest)
    elif isinstance(value, Mapping):
        yield from _walk(cast("Mapping[str, object]", value).get(step), rest)
    elif value is not None and not isinstance(value, str):
        yield from _walk(getattr(value, step, None), rest)
