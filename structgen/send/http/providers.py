"""Servers that speak the chat completions protocol; they differ by this data alone."""

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
class Wire:
    """Where a server is, what its environment variables are called, and in which words it differs from Groq.

    `path` follows the base URL; `tail` is what people write at the end of a base URL though it belongs to the path.
    `renames` are parameters with another name there. `streaming` goes into the body of a request whose answer is to be
    streamed. `shows_limits`: its replies show limits in Groq's headers.
    `unsure` are parameters that not every such server takes: they are sent only where the user set them.
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
        """The base URL to use, or a ConfigurationError that says how to write it."""
        base = (given or self.base_url or "").strip().rstrip("/")
        if not base:
            raise ConfigurationError(
                f"No server is named for {self.provider}: set {self.base_variable}, for example to "
                "http://localhost:11434/v1, or pass base_url."
            )
        if not base.startswith(("http://", "https://")):
            raise ConfigurationError(f"The base URL {base!r} must begin with http:// or https://.")
        for tail in (self.path, self.tail):
            if base.endswith(tail):
                raise ConfigurationError(
                    f"The base URL {base!r} must not end in {tail}, which is added to it: "
                    f"write {base.removesuffix(tail)!r}."
                )
        return base


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where to send and how. `http_client` is the user's own, which we never close."""

    base_url: str
    key: str
    http_client: httpx.Client | httpx.AsyncClient | None = None

    def url(self, wire: Wire) -> str:
        """The whole address of its chat completions; the SDK takes a third of a path's time for it."""
        return self.base_url + wire.path

    def __repr__(self) -> str:
        return f"Endpoint({self.base_url!r})"


GROQ = Wire(
    provider="groq",
    path="/openai/v1/chat/completions",
    tail="/openai/v1",
    base_variable="GROQ_BASE_URL",
    key_variable="GROQ_API_KEY",
    base_url="https://api.groq.com",
    needs_key=True,
    shows_limits=True,
)

COMPATIBLE = Wire(
    provider="compatible",
    path="/chat/completions",
    tail="/chat/completions",
    base_variable="STRUCTGEN_BASE_URL",
    key_variable="STRUCTGEN_API_KEY",
    unsure=frozenset({"parallel_tool_calls"}),
    # The older name is the one that Ollama, llama-server and vLLM all read.
    renames=MappingProxyType({"max_completion_tokens": "max_tokens"}),
    # Groq reports the usage of a stream unasked; the others want to be told.
    streaming=MappingProxyType({"stream": True, "stream_options": {"include_usage": True}}),
)

WIRES: Mapping[str, Wire] = MappingProxyType({wire.provider: wire for wire in (GROQ, COMPATIBLE)})


_SHORTEST = 8
"""A key of at least so many characters is struck out; a shorter one is a placeholder, and may be a part of any word."""

_LOOKS_LIKE_A_KEY = re.compile(r"\b(?:gsk_|sk-|xai-)[\w-]{6,}|(?<=Bearer )[^\s\"',}]+")


def clean_key(key: str, origin: str) -> str:
    """The key without the white space around it (a line break at the end of a file).

    A key that no HTTP header can carry is refused here: the HTTP library would quote it in its own error.
    """
    if not isinstance(key, str):  # pyright: ignore[reportUnnecessaryIsInstance]  callers are not all typed
        raise ConfigurationError(f"{origin} is {type(key).__name__}, and must be a str: give the text that it holds.")
    key = key.strip()
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise ConfigurationError(
            f"{origin} is not an API key: it is empty, or holds a space, a line break or a letter outside ASCII. "
            "Copy the key again."
        )
    return key


def mask(text: str, key: str = "") -> str:
    """The text with this key, and whatever else looks like one, struck out. Servers quote keys in their errors."""
    if len(key) >= _SHORTEST:
        text = text.replace(key, "***")
    return _LOOKS_LIKE_A_KEY.sub("***", text)
