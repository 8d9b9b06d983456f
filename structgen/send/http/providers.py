"""Providers that speak the chat completions protocol, as data: nothing else in structgen distinguishes them.

Also the server to send to, its key, and the credentials that its URL may hold.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

from structgen.core.errors import ConfigurationError
from structgen.core.json import Json
from structgen.core.masking import mask_url

if TYPE_CHECKING:
    import httpx

    from structgen.send.http.user_client import UserClient
    from structgen.send.limits.ledgers import Ledger


@dataclass(frozen=True, slots=True)
class ChatApi:
    """A provider: its URL, its environment variables, and how its API differs from Groq's.

    `path` follows the base URL. `tail` is a part of the path that users tend to write at the end of the base URL.
    `renames` are parameters that have another name there. `streaming` is added to the body of a streamed request.
    `shows_limits` says that its responses carry rate limits in Groq's headers. `unsure` are parameters that some of its
    servers reject: they are sent only if the user set them. `schema_first` says that mode AUTO begins with JSON_SCHEMA,
    and goes on to the next mode if the server refuses it.
    """

    provider: str
    path: str
    tail: str
    base_variable: str
    key_variable: str
    base_url: str | None = None
    needs_key: bool = False
    shows_limits: bool = False
    unsure: frozenset[str] = frozenset()
    schema_first: bool = False
    renames: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    streaming: Mapping[str, Json] = field(default_factory=lambda: MappingProxyType({"stream": True}))

    def check_base_url(self, given: str | None) -> str:
        """Return the base URL to use. Raises ConfigurationError that says how to write it."""
        base = (given or self.base_url or "").strip()
        address, question, query = base.partition("?")
        address = address.rstrip("/")
        if not address:
            raise ConfigurationError(
                f"No base URL for {self.provider}: set {self.base_variable}, for example to http://localhost:11434/v1, "
                "or pass base_url."
            )
        if not address.startswith(("http://", "https://")):
            raise ConfigurationError(
                f"The base URL {mask_url(base)!r} must begin with http:// or https://{self._better(address)}."
            )
        for tail in (self.path, self.tail):
            if address.endswith(tail):
                better = mask_url(f"{address.removesuffix(tail)}{question}{query}")
                raise ConfigurationError(
                    f"The base URL {mask_url(base)!r} must not end in {tail}, which structgen appends: "
                    f"write {better!r}."
                )
        if not _host(address):
            raise ConfigurationError(f"The base URL {mask_url(base)!r} names no host: write https://<host>.")
        return f"{address}{question}{query}"

    def _better(self, address: str) -> str:
        """Return the end of a sentence that shows an address with a scheme, or an empty string."""
        guessed = f"http://{address}"
        return f": write {mask_url(guessed)!r}" if "://" not in address and _host(guessed) else ""


def _host(address: str) -> str | None:
    try:
        parts = urlsplit(address)
        _ = parts.port  # raises for anything but a number
    except ValueError:
        return None
    return parts.hostname


MAX_BYTES = 10_000_000
"""Default of the maximum size of a response body."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The server to send to. `http_client` and `client` (of an SDK) are the user's own, which structgen never closes.

    `base_url` may hold credentials: a user and a password, or parameters. Only the HTTP client gets them; people read
    `shown`. `max_bytes` is the maximum size of a response body. Keys with the same `limit_group` share their
    rate limits, with a `ledger` also those of other processes.
    """

    base_url: str
    key: str
    http_client: httpx.Client | httpx.AsyncClient | None = None
    max_bytes: int = MAX_BYTES
    limit_group: str = ""
    ledger: Ledger | None = None
    client: UserClient | None = None

    @property
    def is_users(self) -> bool:
        """Whether the connections are the user's, with proxies and without limits that structgen sets."""
        return self.http_client is not None or self.client is not None

    @property
    def shown(self) -> str:
        """The base URL without its credentials."""
        return mask_url(self.base_url)

    @property
    def address(self) -> str:
        """The base URL without user, password and parameters."""
        scheme, _, rest = self.base_url.partition("?")[0].partition("://")
        authority, slash, path = rest.partition("/")
        return f"{scheme}://{authority.rpartition('@')[2]}{slash}{path}"

    @property
    def with_version(self) -> str | None:
        """The base URL with /v1 at the end, without its credentials; or None if it has a version."""
        shown = self.shown.partition("?")[0]
        return None if re.search(r"/v[0-9]", shown) else f"{shown}/v1"

    @property
    def headers(self) -> dict[str, str]:
        """The headers that carry the credentials of the base URL, which take the place of the key; usually none.

        Sent as a header, because HTTP libraries log URLs.
        """
        user = self._user()
        return {"Authorization": f"Basic {b64encode(user.encode()).decode()}"} if user else {}

    @property
    def secrets(self) -> tuple[str, ...]:
        """The key and the credentials of the base URL, as they are written and as they are sent."""
        user, query = self._user(), self.base_url.partition("?")[2]
        password, values = user.partition(":")[2], [pair.partition("=")[2] for pair in query.split("&")]
        return (
            self.key,
            password or user,  # some servers take a token in place of a user
            quote(password or user, safe=""),
            *(header.partition(" ")[2] for header in self.headers.values()),
            *(form for value in values for form in (value, unquote(value))),
        )

    def url(self, path: str) -> str:
        """Return the URL of a path, absolute because joining it would cost the SDK time."""
        if self.client is not None:  # the SDK joins the URL itself: Azure's client adds parts to the path
            return path
        question, query = self.base_url.partition("?")[1:]
        return f"{self.address}{path}{question}{query}"

    def _user(self) -> str:
        """Return ``user:password`` of the base URL, decoded, or an empty string."""
        authority = self.base_url.partition("?")[0].partition("://")[2].partition("/")[0]
        return unquote(authority.rpartition("@")[0])

    def __repr__(self) -> str:
        return f"Endpoint({self.shown!r})"


GROQ = ChatApi(
    provider="groq",
    path="/openai/v1/chat/completions",
    tail="/openai/v1",
    base_variable="GROQ_BASE_URL",
    key_variable="GROQ_API_KEY",
    base_url="https://api.groq.com",
    needs_key=True,
    shows_limits=True,
)

COMPATIBLE = ChatApi(
    provider="compatible",
    path="/chat/completions",
    tail="/chat/completions",
    base_variable="STRUCTGEN_BASE_URL",
    key_variable="STRUCTGEN_API_KEY",
    unsure=frozenset({"parallel_tool_calls"}),
    schema_first=True,
    # Ollama, llama-server and vLLM all accept the older name; not all of them accept the newer one.
    renames=MappingProxyType({"max_completion_tokens": "max_tokens"}),
    # Groq always reports the usage of a stream. The others report it only on request.
    streaming=MappingProxyType({"stream": True, "stream_options": {"include_usage": True}}),
)

CHAT_APIS: Mapping[str, ChatApi] = MappingProxyType({api.provider: api for api in (GROQ, COMPATIBLE)})


def clean_key(key: str, origin: str) -> str:
    """Return the key without surrounding white space, such as the line break at the end of a file.

    `origin` names the argument or variable in errors. A key that an HTTP header cannot carry is rejected here, because
    the HTTP library's own error would quote it.
    """
    if not isinstance(key, str):  # pyright: ignore[reportUnnecessaryIsInstance]  callers are not all typed
        raise ConfigurationError(f"{origin} must be a str, not {type(key).__name__}.")
    key = key.strip()
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise ConfigurationError(
            f"{origin} is not an API key: it is empty, or contains a space, a line break or a non-ASCII character. "
            "Copy the key again."
        )
    return key
