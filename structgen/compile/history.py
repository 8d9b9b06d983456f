"""Read the messages of a chat history as SDKs write them, and check that tool results match tool calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from structgen.core.chat_message import ROLES, Call, Image, Message
from structgen.core.errors import ConfigurationError, DocumentError

WRITE = (
    f"A chat message must be {{'role': one of {', '.join(ROLES)}, 'content': text}}, with 'tool_calls' if the "
    "assistant calls tools and with 'tool_call_id' if a tool answers"
)

_KEYS = frozenset({"role", "content", "name", "tool_calls", "tool_call_id"})

_OF_RESPONSES = frozenset({"reasoning", "refusal", "annotations", "audio", "executed_tools", "function_call"})
"""Members that only messages from responses have. They are not sent back: the model does not need them to continue."""


def message_in(entry: Mapping[str, object]) -> Message:
    """Return the message that SDKs write as a dict. Raises DocumentError for anything else."""
    given = {key: value for key, value in entry.items() if value is not None}
    role, calls = entry.get("role"), given.get("tool_calls")
    content = parts_of(given.get("content", "" if calls else None))
    allowed = _KEYS | _OF_RESPONSES if role == "assistant" else _KEYS
    if role not in ROLES or content is None or not given.keys() <= allowed or "function_call" in given:
        raise DocumentError(f"{WRITE}; got: {', '.join(sorted(map(str, entry)))}{_role(entry)}.")
    tool_call_id, name = given.get("tool_call_id"), given.get("name")
    try:
        return Message(
            role,
            content,
            cast("str | None", name),
            _calls(calls),
            cast("str | None", tool_call_id),
        )
    except ConfigurationError as error:
        raise DocumentError(f"{error} {WRITE}.") from None


def _role(entry: Mapping[str, object]) -> str:
    role = entry.get("role")
    return f" with the role {role!r:.40}" if "role" in entry and role not in ROLES else ""


def _calls(given: object) -> tuple[Call, ...]:
    several = cast("Sequence[object]", given if isinstance(given, (list, tuple)) else () if given is None else [given])
    return tuple(map(_call, several))


def _call(given: object) -> Call:
    """Return a tool call in the form ``{"id", "type": "function", "function": {"name", "arguments"}}``."""
    if isinstance(given, Call):
        return given
    function = member(given, "function")
    found = (member(function, "name"), member(function, "arguments"), member(given, "id"))
    if not all(isinstance(each, str) for each in found):
        raise DocumentError(
            "A tool call must be {'id': text, 'type': 'function', 'function': {'name': text, 'arguments': JSON text}}."
        )
    return Call(*cast("tuple[str, str, str]", found))


def check_calls(messages: Sequence[Message]) -> None:
    """Raise DocumentError if a tool answers a call that no message before it makes."""
    called: set[str] = set()
    for number, message in enumerate(messages, 1):
        called.update(call.id for call in message.tool_calls)
        if message.tool_call_id is not None and message.tool_call_id not in called:
            raise DocumentError(
                f"Message {number} of the chat answers the tool call {message.tool_call_id!r:.80}, which no message "
                "before it makes. Add the assistant's message with its tool_calls."
            )


def parts_of(content: object) -> str | tuple[str | Image, ...] | None:
    """Return the content of a message in the SDKs' form, a text or a list of parts; None for anything else."""
    if isinstance(content, str):
        return content
    if not isinstance(content, Sequence) or not content:
        return None
    parts = tuple(_part(part) for part in cast("Sequence[object]", content))
    return cast("tuple[str | Image, ...]", parts) if None not in parts else None


def _part(part: object) -> str | Image | None:
    """Read ``{"type": "text", "text"}``, ``{"type": "image_url", "image_url": {"url"}}``, a str, or an Image."""
    if isinstance(part, (str, Image)):
        return part
    url, text = member(member(part, "image_url"), "url"), member(part, "text")
    if isinstance(url, str):
        return Image(url=url)
    return text if isinstance(text, str) else None


def member(held: object, name: str) -> object:
    """Return a member of an object, or None."""
    return cast("Mapping[str, object]", held).get(name) if isinstance(held, Mapping) else None
