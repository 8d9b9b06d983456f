"""SDK clients that the user has opened, for ``Extractor(client=...)``: groq's, and openai's for compatible servers.

Both SDKs come from one generator and have the same low-level calls, but they may use different HTTP libraries. So the
classes of responses and errors are looked up for each client.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib import import_module
from typing import Any, cast

import groq
import httpx

from structgen.core.argument_checks import kind_of
from structgen.core.errors import ConfigurationError
from structgen.send.http.providers import COMPATIBLE, GROQ, ChatApi, Endpoint

NO_TIMEOUT = 600.0
"""Seconds that one request may take if the client has no timeout."""


@dataclass(frozen=True, slots=True)
class SdkTypes:
    """The classes of an SDK: a raw response, an error response, and what is raised if no complete response arrives."""

    response: type[httpx.Response]
    status_error: type[groq.APIStatusError]
    connection_errors: tuple[type[Exception], ...]


GROQ_TYPES = SdkTypes(httpx.Response, groq.APIStatusError, (groq.APIError, httpx.HTTPError, TimeoutError))


@dataclass(frozen=True, slots=True)
class UserClient:
    """A user's SDK client, sync or async, and the provider that it is for. Structgen never closes it.

    `sdk` is "groq" or "openai". The client keeps its key, base URL, headers and HTTP client, but it does not retry:
    structgen does.
    """

    client: groq.Groq | groq.AsyncGroq
    sdk: str
    is_async: bool
    api: ChatApi
    types: SdkTypes

    @property
    def base_url(self) -> str:
        """The base URL of the client."""
        return str(self.client.base_url)

    @property
    def timeout(self) -> float:
        """Seconds that the client allows for one request."""
        given: object = self.client.timeout
        seconds: object = getattr(given, "read", given)
        return float(seconds) if isinstance(seconds, int | float) and seconds > 0 else NO_TIMEOUT

    def endpoint(self) -> Endpoint:
        """Return the endpoint that the client sends to."""
        key = self.client.api_key
        return Endpoint(self.base_url, key, client=self)


def types_of(endpoint: Endpoint) -> SdkTypes:
    """Return the classes of the SDK that is used for an endpoint."""
    return GROQ_TYPES if endpoint.client is None else endpoint.client.types


def user_client(given: object) -> UserClient:
    """Return what is known about a client. Raises ConfigurationError if it is not one of the groq or openai SDK."""
    if isinstance(given, groq.Groq | groq.AsyncGroq):
        quiet = given.with_options(max_retries=0)
        return UserClient(quiet, "groq", isinstance(given, groq.AsyncGroq), GROQ, GROQ_TYPES)
    # An openai client exists only if its SDK has been imported.
    openai: Any = sys.modules.get("openai")
    if openai is not None and isinstance(given, openai.OpenAI | openai.AsyncOpenAI):
        other: Any = given
        # OpenAI's clients have the same methods as groq's, but share no base class with them.
        quiet = cast("groq.Groq | groq.AsyncGroq", other.with_options(max_retries=0))
        http: Any = import_module(type(other.base_url).__module__.partition(".")[0])
        errors = (openai.APIError, http.HTTPError, httpx.HTTPError, TimeoutError)
        types = SdkTypes(http.Response, openai.APIStatusError, errors)
        return UserClient(quiet, "openai", isinstance(given, openai.AsyncOpenAI), COMPATIBLE, types)
    kind = f"the class {given.__name__}" if isinstance(given, type) else kind_of(given)
    raise ConfigurationError(
        f"client is {kind}, but must be a client of the groq or the openai SDK: write client=groq.Groq(), "
        "groq.AsyncGroq(), openai.OpenAI() or openai.AsyncOpenAI()."
    )
