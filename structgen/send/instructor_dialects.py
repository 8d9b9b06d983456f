"""How requests are written for the clients that instructor opens: the arguments of each family, and its modes.

A provider whose family is not known here is called with plain text alone, which all of instructor's clients take.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Any, TypeAlias, cast

from structgen.core.chat_message import Image, Message
from structgen.core.errors import ConfigurationError
from structgen.core.json import JsonObject
from structgen.core.options import Mode
from structgen.core.records import Parameters, Request

Arguments: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Dialect:
    """A family of clients.

    `arguments` returns what to call a client with for a request and a timeout in seconds, `streaming` is added for a
    stream. `opening` returns what to open a client with for a base URL; `redirect` points one that was opened at a base
    URL. `native` says that the family has async clients and streams, `calls` that its messages may hold tool calls and
    their results.
    """

    arguments: Callable[[Request, float], Arguments]
    modes: tuple[Mode, ...] = (Mode.TEXT,)
    vision: bool = False
    native: bool = False
    calls: bool = False
    streaming: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({"stream": True}))
    opening: Callable[[str], Arguments] = lambda base_url: {"base_url": base_url}
    redirect: Callable[[Any, str], None] = lambda client, base_url: None  # noqa: ARG005


def _named(parameters: Parameters, names: Mapping[str, str], family: str) -> Arguments:
    """Return the parameters that are set, under the family's names. Raises ConfigurationError for one it lacks."""
    given = {name: getattr(parameters, name) for name in Parameters.__dataclass_fields__}
    given = {name: value for name, value in given.items() if value is not None}
    if lacking := sorted(given.keys() - names.keys()):
        raise ConfigurationError(f"{family} has no parameter {', '.join(lacking)}: leave it unset.")
    return {
        names[name]: list(cast("tuple[str, ...]", value)) if isinstance(value, tuple) else value
        for name, value in given.items()
    }


# OpenAI, and the many that have its client


_OPENAI_LIMIT = "max_completion_tokens"


def _openai(limit: str) -> Callable[[Request, float], Arguments]:
    def arguments(request: Request, timeout: float) -> Arguments:
        body: Arguments = dict(request.to_groq())
        if "max_completion_tokens" in body:
            body[limit] = body.pop("max_completion_tokens")
        if limit != _OPENAI_LIMIT and request.parameters.parallel_tool_calls is None:
            body.pop("parallel_tool_calls", None)  # only OpenAI itself is sure to know it
        return {**body, "timeout": timeout}

    return arguments


# Mistral: OpenAI's form with other names

_MISTRAL_NAMES = MappingProxyType(
    {
        "temperature": "temperature",
        "top_p": "top_p",
        "max_completion_tokens": "max_tokens",
        "stop": "stop",
        "seed": "random_seed",
        "presence_penalty": "presence_penalty",
        "frequency_penalty": "frequency_penalty",
        "parallel_tool_calls": "parallel_tool_calls",
    }
)


def _mistral(request: Request, timeout: float) -> Arguments:
    body: Arguments = dict(request.to_groq())
    kept = ("model", "messages", "response_format", "tools", "tool_choice")
    own = _named(request.parameters, _MISTRAL_NAMES, "Mistral")
    return {**{name: body[name] for name in kept if name in body}, **own, "timeout_ms": max(int(timeout * 1000), 1)}


# Anthropic

_ANTHROPIC_NAMES = MappingProxyType(
    {
        "temperature": "temperature",
        "top_p": "top_p",
        "max_completion_tokens": "max_tokens",
        "stop": "stop_sequences",
        "service_tier": "service_tier",
    }
)


def _anthropic(request: Request, timeout: float) -> Arguments:
    own = {
        name: value
        for name, value in _named(request.parameters, _ANTHROPIC_NAMES, "Anthropic").items()
        # Newer SDKs no longer have a temperature. The default, 0, is only a wish; another one was asked for.
        if name != "temperature" or value != 0 or _anthropic_takes(name)
    }
    if isinstance(stop := own.get("stop_sequences"), str):
        own["stop_sequences"] = [stop]
    messages = [{"role": one.role, "content": _anthropic_content(one)} for one in request.messages]
    return {"model": request.model, "messages": messages, "timeout": timeout, **own, **_anthropic_format(request)}


@cache
def _anthropic_takes(name: str) -> bool:
    from importlib import import_module
    from inspect import signature

    messages: Any = import_module("anthropic.resources.messages")
    return name in signature(messages.Messages.create).parameters


def _anthropic_format(request: Request) -> Arguments:
    if request.mode is Mode.TOOLS:
        tool = {"name": request.schema_name, "input_schema": request.json_schema}
        choice = {"type": "tool", "name": request.schema_name, "disable_parallel_tool_use": True}
        return {"tools": [tool], "tool_choice": choice}
    if request.mode is Mode.JSON_SCHEMA:
        return {"output_config": {"format": {"type": "json_schema", "schema": request.json_schema}}}
    return {}


def _anthropic_content(message: Message) -> object:
    if isinstance(message.content, str):
        return message.content
    return [
        {"type": "text", "text": part} if isinstance(part, str) else {"type": "image", "source": _source(part)}
        for part in message.content
    ]


def _source(image: Image) -> JsonObject:
    url = image.url or ""
    if not url.startswith("data:"):
        return {"type": "url", "url": url}
    kind, data = _split_data(url)
    return {"type": "base64", "media_type": kind, "data": data}


def _split_data(url: str) -> tuple[str, str]:
    """Return the media type and the base64 of a data URL."""
    head, _, data = url.removeprefix("data:").partition(",")
    return head.partition(";")[0], data


# Google

_GOOGLE_NAMES = MappingProxyType(
    {
        "temperature": "temperature",
        "top_p": "top_p",
        "max_completion_tokens": "max_output_tokens",
        "stop": "stop_sequences",
        "seed": "seed",
        "presence_penalty": "presence_penalty",
        "frequency_penalty": "frequency_penalty",
    }
)


def _google(request: Request, timeout: float) -> Arguments:
    config = _named(request.parameters, _GOOGLE_NAMES, "Google")
    if isinstance(stop := config.get("stop_sequences"), str):
        config["stop_sequences"] = [stop]
    system = [message.text for message in request.messages if message.role == "system"]
    if system:
        config["system_instruction"] = "\n\n".join(system)
    config |= {**_google_format(request), "http_options": {"timeout": max(int(timeout * 1000), 1)}}
    messages = [_google_content(message) for message in request.messages if message.role != "system"]
    return {"model": request.model, "messages": messages, "config": config}


def _google_format(request: Request) -> Arguments:
    if request.mode is Mode.TOOLS:
        function = {"name": request.schema_name, "parameters_json_schema": request.json_schema}
        calling = {"mode": "ANY", "allowed_function_names": [request.schema_name]}
        return {
            "tools": [{"function_declarations": [function]}],
            "tool_config": {"function_calling_config": calling},
        }
    if request.mode is Mode.TEXT:
        return {}
    schema = {"response_json_schema": request.json_schema} if request.mode is Mode.JSON_SCHEMA else {}
    return {"response_mime_type": "application/json", **schema}


def _google_content(message: Message) -> object:
    """Return a message as the SDK's own class, which instructor passes on unchanged."""
    types = _google_types()
    content = (message.content,) if isinstance(message.content, str) else message.content
    parts = [types.Part(text=part) if isinstance(part, str) else _google_image(part) for part in content]
    return types.Content(role="model" if message.role == "assistant" else "user", parts=parts)


def _google_image(image: Image) -> object:
    url = image.url or ""
    if not url.startswith("data:"):
        raise ConfigurationError("Google takes no image by its URL: give its file or its bytes, as in Image(path=...).")
    kind, data = _split_data(url)
    try:
        return _google_types().Part.from_bytes(data=b64decode(data), mime_type=kind)
    except binascii.Error:
        raise ConfigurationError("The data URL of an image is not base64.") from None


def _google_types() -> Any:
    from importlib import import_module

    return cast("Any", import_module("google.genai.types"))


def _at_mistral(client: Any, base_url: str) -> None:
    client.sdk_configuration.server_url = base_url.rstrip("/")


def _at_anthropic(client: Any, base_url: str) -> None:
    client.base_url = base_url


def _plain(request: Request, timeout: float) -> Arguments:  # noqa: ARG001 - the timeout is set on the client
    names = {name: name for name in Parameters.__dataclass_fields__} | {"max_completion_tokens": "max_tokens"}
    messages = [{"role": message.role, "content": message.text} for message in request.messages]
    own = _named(request.parameters, names, "The provider")
    return {"messages": messages, **own}


def _nothing(base_url: str) -> Arguments:  # noqa: ARG001 - these clients take no base URL when they are opened
    return {}


_WITH_USAGE = MappingProxyType({"stream": True, "stream_options": {"include_usage": True}})
_ALL = (Mode.JSON, Mode.JSON_SCHEMA, Mode.TOOLS, Mode.TEXT)
_OPENAI = Dialect(_openai(_OPENAI_LIMIT), _ALL, vision=True, native=True, calls=True, streaming=_WITH_USAGE)
_LIKE_OPENAI = Dialect(_openai("max_tokens"), _ALL, vision=True, native=True, calls=True, streaming=_WITH_USAGE)
_DIALECTS: Mapping[str, Dialect] = MappingProxyType(
    {
        "openai": _OPENAI,
        "azure_openai": _OPENAI,
        **dict.fromkeys(("anyscale", "together", "databricks", "deepseek", "ollama", "openrouter"), _LIKE_OPENAI),
        "anthropic": Dialect(
            _anthropic,
            (Mode.TOOLS, Mode.JSON_SCHEMA, Mode.TEXT),
            vision=True,
            native=True,
            opening=_nothing,
            redirect=_at_anthropic,
        ),
        "mistral": Dialect(
            _mistral, _ALL, vision=True, native=True, calls=True, opening=_nothing, redirect=_at_mistral
        ),
        "google": Dialect(
            _google, _ALL, vision=True, native=True, opening=lambda base_url: {"http_options": {"base_url": base_url}}
        ),
    }
)
_OTHER = Dialect(_plain)


def dialect_of(provider: str) -> Dialect:
    """Return the dialect of a provider's clients."""
    return _DIALECTS.get(provider, _OTHER)
