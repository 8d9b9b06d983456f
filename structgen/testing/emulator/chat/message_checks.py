"""Groq's checks of the messages of a chat: roles, their properties, the types of content, and the ids of tool calls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from structgen.core.json import Json, JsonObject, as_object
from structgen.testing.emulator.replies import ErrorReply, groq_error, invalid_request

_ALWAYS = frozenset({"role", "content", "name"})
PROPERTIES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "system": _ALWAYS,
        "developer": _ALWAYS,
        "user": _ALWAYS,
        "assistant": _ALWAYS | {"tool_calls", "function_call", "reasoning"},
        # `name` is older than the SDK's types, and clients still send it with the result of a tool
        "tool": _ALWAYS | {"tool_call_id"},
        "function": _ALWAYS,
    }
)
"""The properties of each role."""

_TEXT = frozenset({"text"})
_PARTS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "system": _TEXT,
        "developer": _TEXT,
        "assistant": _TEXT,
        "user": _TEXT | {"image_url", "document"},
        "tool": _TEXT | {"image_url", "document"},
        "function": frozenset(),
    }
)
"""The types of content parts that each role may have; a role without any takes only a string."""

_PART_OF_TYPE = {"text": "text", "image_url": "image_url", "document": "document"}


def message_errors(body: JsonObject, *, sees: bool) -> Iterator[ErrorReply]:
    """Yield what is wrong with the messages of a request. `sees`: the model has vision."""
    messages = body.get("messages")
    listed = messages if isinstance(messages, list) else []
    if not listed:
        yield invalid_request("'messages' : minimum number of items is 1")
    called: set[str] = set()
    for index, message in enumerate(map(as_object, listed)):
        role = message.get("role")
        if not isinstance(role, str) or role not in PROPERTIES:
            yield groq_error("role_unknown", index=str(index))
            continue
        yield from (_error(index, message, *found) for found in _errors(message, sees=sees))
        yield from (_error(index, message, *found) for found in _call_errors(message, called))


def _error(index: int, message: JsonObject, place: str, detail: str) -> ErrorReply:
    whole = f"messages.{index}" + (f".{place}" if place else "")
    return groq_error("message_invalid", index=str(index), role=str(message["role"]), place=whole, detail=detail)


def _errors(message: JsonObject, *, sees: bool) -> Iterator[tuple[str, str]]:
    """Yield the place and the fault of every fault of one message but those of its calls."""
    role = str(message["role"])
    yield from (("", f"property '{name}' is unsupported") for name in message if name not in PROPERTIES[role])
    name = message.get("name")
    if name is not None and not isinstance(name, str):
        yield "name", "value must be a string"
    content = message.get("content")
    if content is None:
        # an assistant that calls a tool need not say anything
        if role != "assistant" or not (message.get("tool_calls") or message.get("function_call")):
            yield "content", "property 'content' is missing"
    elif not isinstance(content, str):
        yield from _content_errors(content, _PARTS[role], sees=sees)


def _content_errors(content: Json, allowed: frozenset[str], *, sees: bool) -> Iterator[tuple[str, str]]:
    if not isinstance(content, list) or not allowed:
        yield "content", "value must be a string"
        return
    if not content:
        either = "('content' : value must be a string) OR ('content' : minimum number of items is 1)"
        yield "content", f"one of the following must be satisfied[{either}]"
    for index, part in enumerate(map(as_object, content)):
        kind = part.get("type")
        # a model without vision takes text alone
        if not isinstance(kind, str) or kind not in allowed or (kind == "image_url" and not sees):
            yield "content", "value must be a string"
        elif _PART_OF_TYPE[kind] not in part:
            yield f"content.{index}.{kind}", f"property '{kind}' is missing"
        elif kind == "text" and not isinstance(part["text"], str):
            yield f"content.{index}.text", "value must be a string"


def _call_errors(message: JsonObject, called: set[str]) -> Iterator[tuple[str, str]]:
    """Yield the faults of the calls of an assistant and of the result of a tool. `called` are the ids so far."""
    calls = message.get("tool_calls")
    if calls is not None and not isinstance(calls, list):
        yield "tool_calls", "value must be an array"
    for index, call in enumerate(map(as_object, calls) if isinstance(calls, list) else ()):
        function = as_object(call.get("function"))
        if not isinstance(call.get("id"), str):
            yield f"tool_calls.{index}.id", "property 'id' is missing"
        for name in ("name", "arguments"):
            if not isinstance(function.get(name), str):
                yield f"tool_calls.{index}.function.{name}", "value must be a string"
        called.add(str(call.get("id")))
    if message["role"] != "tool":
        return
    name = message.get("tool_call_id")
    if not isinstance(name, str) or not name:
        yield "tool_call_id", "property 'tool_call_id' is missing"
    # in our words: what Groq says of a result without its call is not known
    elif name not in called:
        yield "tool_call_id", f"no tool call before this message has the id '{name}'"
