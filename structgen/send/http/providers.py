"""Providers that speak the chat completions protocol, as data: nothing else in structgen distinguishes them.

Also API keys, and how they are kept out of every message that people read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from structgen.core.errors import ConfigurationError
from structgen.core.json import Json

if TYPE_CHECKING:
    import httpx


@dataclass(frozen=True, slots=True)
class ChatApi:
    """A provider: its URL, its environment variables, and how its API differs from Groq's.

    `path` follows the base URL. `tail` is a part of the path that users tend to write at the end of the base URL.
    `renames` are parameters that have another name there. `streaming` is added to the body of a streamed request.
    `shows_limits` says that its responses carry rate limits in Groq's headers. `unsure` are parameters that some of its
    servers reject: they are sent only if the user set them.
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
    renames: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    streaming: Mapping[str, Json] = field(default_factory=lambda: MappingProxyType({"stream": True}))

    def check_base_url(self, given: str | None) -> str:
        """Return the base URL to use. Raises ConfigurationError that says how to write it."""
        base = (given or self.base_url or "").strip().rstrip("/")
        if not base:
            raise ConfigurationError(
                f"No base URL for {self.provider}: set {self.base_variable}, for example to http://localhost:11434/v1, "
                "or pass base_url."
            )
        if not base.startswith(("http://", "https://")):
            raise ConfigurationError(f"The base URL {base!r} must begin with http:// or https://.")
        for tail in (self.path, self.tail):
            if base.endswith(tail):
                raise ConfigurationError(
                    f"The base URL {base!r} must not end in {tail}, which structgen appends: "
                    f"write {base.removesuffix(tail)!r}."
                )
        return base


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The server to send to. `http_client` is the user's own, which structgen never closes."""

    base_url: str
    key: str
    http_client: httpx.Client | httpx.AsyncClient | None = None

    def url(self, api: ChatApi) -> str:
        """Return the URL of the chat completions endpoint, absolute because joining it would cost the SDK time."""
        return self.base_url + api.path

    def __repr__(self) -> str:
        return f"Endpoint({self.base_url!r})"


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
    # Ollama, llama-server and vLLM all accept the older name; not all of them accept the newer one.
    renames=MappingProxyType({"max_completion_tokens": "max_tokens"}),
    # Groq always reports the usage of a stream. The others report it only on request.
    streaming=MappingProxyType({"stream": True, "stream_options": {"include_usage": True}}),
)

CHAT_APIS: Mapping[str, ChatApi] = MappingProxyType({api.provider: api for api in (GROQ, COMPATIBLE)})


_SHORTEST = 8
"""Minimum length of a key to mask. A shorter one is a placeholder, and masking it would mangle ordinary words."""

_LOOKS_LIKE_A_KEY = re.compile(r"\b(?:gsk_|sk-|xai-)[\w-]{6,}|(?<=Bearer )[^\s\"',}]+")


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


def mask(text: str, key: str = "") -> str:
    """Mask this key, and anything else that looks like a key, in a text. Servers quote keys in their errors."""
    if len(key) >= _SHORTEST:
        text = text.replace(key, "***")
    return _LOOKS_LIKE_A_KEY.sub("***", text)
