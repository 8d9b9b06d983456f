"""One message of a chat, with its images and tool calls, and its form in the API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from types import MappingProxyType
from typing import Literal, TypeAlias, cast, get_args

from structgen.core.argument_checks import Check, InvalidArgument, checked, kind_of, optional, several, string, word_of
from structgen.core.json import Json, JsonObject

Role: TypeAlias = Literal["system", "user", "assistant", "tool"]
ROLES: tuple[Role, ...] = get_args(Role)


@dataclass(frozen=True, slots=True)
class Image:
    """An image for a model with vision: exactly one of a file, its bytes, or a URL (http, https or data).

    Formats: PNG, JPEG, GIF, WebP. In a compiled request it is always `url`.
    """

    path: str | PathLike[str] | None = None
    data: bytes | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call of the model. `arguments` is the text as the model wrote it; `id` is empty if it is not known."""

    name: str
    arguments: str
    id: str = ""


def _parts_in(given: object) -> object:
    parts: tuple[object, ...] = cast("tuple[object, ...]", given) if isinstance(given, tuple) else (given,)
    if all(isinstance(part, (str, Image)) for part in parts):
        return cast(object, given)
    kinds = ", ".join(sorted({kind_of(part) for part in parts}))
    raise InvalidArgument(f"is {kinds}, but must be a str, or a tuple of str and Image")


@dataclass(frozen=True, slots=True)
class Message:
    """One chat message. `content` is its text, or texts and images in order.

    `tool_calls` are the calls that a message of the assistant makes; its content may then be empty. `tool_call_id` is
    the id of the call that a message of role ``tool`` answers. `name` tells speakers of one role apart.
    """

    role: Role
    content: str | tuple[str | Image, ...]
    name: str | None = None
    tool_calls: tuple[Call, ...] = ()
    tool_call_id: str | None = None

    def __post_init__(self) -> None:
        """Convert a list of parts to a tuple."""
        if isinstance(self.content, list):
            object.__setattr__(self, "content", tuple(cast("list[str | Image]", self.content)))
        checked(self, _MESSAGE, _out_of_role(self))

    @property
    def text(self) -> str:
        """The text, without images."""
        content = self.content
        if isinstance(content, str):
            return content
        return "\n\n".join(part for part in content if isinstance(part, str))

    @property
    def images(self) -> tuple[Image, ...]:
        """The images, without text."""
        return () if isinstance(self.content, str) else tuple(part for part in self.content if isinstance(part, Image))

    def to_groq(self) -> JsonObject:
        """Return the message in the form of the API and its SDKs."""
        body: JsonObject = {"role": self.role, "content": _content(self.content)}
        if self.name is not None:
            body["name"] = self.name
        if self.tool_calls:
            body["tool_calls"] = [
                {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
                for call in self.tool_calls
            ]
        if self.tool_call_id is not None:
            body["tool_call_id"] = self.tool_call_id
        return body


_MESSAGE: Mapping[str, Check] = MappingProxyType(
    {
        "role": word_of(*ROLES),
        "content": _parts_in,
        "name": optional(string),
        "tool_calls": several(Call, "Call(name, arguments, id)"),
        "tool_call_id": optional(string),
    }
)


def _out_of_role(message: Message) -> tuple[str, ...]:
    """Return what is wrong: fields that a message of this role must not have, or that it lacks."""
    if message.tool_calls and message.role != "assistant":
        return (f"tool_calls belong to a message of role 'assistant', not {message.role!r}",)
    if (message.role == "tool") != bool(message.tool_call_id):
        return ("tool_call_id must be given with role 'tool', and only with it",)
    return ()


def _content(content: str | tuple[str | Image, ...]) -> Json:
    """Return a message's content in the API's form: a text, or a list of parts."""
    if isinstance(content, str):
        return content
    return [
        {"type": "text", "text": part}
        if isinstance(part, str)
        else {"type": "image_url", "image_url": {"url": part.url}}
        for part in content
    ]
