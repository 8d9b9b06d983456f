"""Turn the input of a request into chat messages: tag documents, check chats, encode images as data URLs."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import TypeAlias, cast

from structgen.compile.history import WRITE, check_calls, message_in, parts_of
from structgen.compile.prompt_text import ASK, CONTEXT, delimited, with_context
from structgen.core.chat_message import Image, Message
from structgen.core.errors import ConfigurationError, DocumentError
from structgen.core.records import Card, Document

Input: TypeAlias = str | Document | DocumentError | Sequence[Message | Mapping[str, object]]
"""What can be read: a text, a document, or chat messages, which may contain images if the model has vision.

A document that could not be read is represented by its error, so that one bad file does not stop a batch. The error is
raised when that document's turn comes.
"""


def conversation_of(text: Input, *, extracting: bool) -> tuple[Message, ...]:
    """Return the input as messages: a document between tags, a prompt or a chat unchanged."""
    if extracting and isinstance(text, str | Document):
        document = text if isinstance(text, Document) else Document(text)
        around = _around(document)
        words = delimited(_sendable(document.text), around)
        return (Message("user", "\n\n".join(filter(None, [ASK, around, words]))),)
    return chat_messages(text)


def _around(document: Document) -> str:
    """Return the context of a document in the words of the prompt, or "" if it has none."""
    if not document.context:
        return ""
    if document.above:
        return with_context(_sendable(document.context), document.text)
    return f"{CONTEXT}\n{json.dumps(_sendable(document.context), ensure_ascii=False)}"


def chat_messages(text: Input) -> tuple[Message, ...]:
    """Return a prompt or a chat as messages."""
    if isinstance(text, str | Document):
        return (Message("user", _sendable(text.text if isinstance(text, Document) else text)),)
    if isinstance(text, DocumentError):
        raise text
    given = cast("object", text)
    if not isinstance(given, list | tuple):
        raise DocumentError(f"The text must be a str, a Document or a list of chat messages, not {_kind_of(given)}.")
    messages = tuple(_message(entry) for entry in text)
    check_calls(messages)
    if not any(message.role == "user" for message in messages):
        raise DocumentError("The chat has no message of role 'user', so there is nothing to answer. Add one.")
    return messages


_PARTS = "Put the parts of a message (texts and images) into one Message: [Message('user', (part, part))]"


def _as_mapping(given: object) -> Mapping[str, object]:
    """Return a dict message, or the fields of an SDK's message, such as the one in its response."""
    dump = getattr(given, "model_dump", None)
    # A class has a `model_dump` too, but no fields to read.
    fields: object = dump() if callable(dump) and not isinstance(given, type) else given
    if not isinstance(fields, Mapping):
        raise DocumentError(f"A chat message must be a Message or a dict with role and content, not {_kind_of(given)}.")
    return cast("Mapping[str, object]", fields)


def _kind_of(given: object) -> str:
    """Describe what was passed instead of a text, and what to write."""
    name = type(given).__name__
    match given:
        case None:
            return "None. Check where it comes from"
        case bytes() | bytearray() | memoryview():
            return f"{name}. Decode it first, or read its file with Document.from_file(path)"
        case PathLike():
            return f"{name}. Read the file first: Document.from_file(path), or structgen.read(path) for many"
        case Message() | Mapping():
            return f"a single {name}. Pass a list of messages: [message]"
        case Image():
            return "an Image. Pass a message that contains it: [Message('user', ('What to read in it', image))]"
        case _:
            return name


def _message(entry: Message | Mapping[str, object]) -> Message:
    """Return one message of a chat, given as a Message, the dict that SDKs use, or an SDK's own object."""
    given: object = entry
    if isinstance(given, str | Image) or (isinstance(given, Mapping) and "type" in given and "role" not in given):
        raise DocumentError(f"{_PARTS}; got a single part ({type(entry).__name__}).")
    message = given if isinstance(given, Message) else message_in(_as_mapping(given))
    if not parts_of(message.content) and message.content != "":
        raise DocumentError(f"{WRITE}; got one of role {message.role!r} without content.")
    if isinstance(message.content, str):
        if not message.content.strip() and (message.tool_calls or message.role == "tool"):
            return message  # a call needs no words, and a tool may return none
        return replace(message, content=_sendable(message.content))
    return replace(
        message, content=tuple(_sendable(part) if isinstance(part, str) else part for part in message.content)
    )


def _sendable(text: str) -> str:
    """Return the text. Raises DocumentError if it is empty or cannot be encoded as UTF-8."""
    if not text.strip():
        raise DocumentError("The text is empty. Check the input.")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise DocumentError(
            f"The text contains a lone surrogate (half a character) at offset {error.start}. "
            "Decode the file again with its real encoding, or with errors='replace'."
        ) from error
    return text


def document_text(text: Input, conversation: tuple[Message, ...]) -> str | None:
    """Return the text that evidence refers to: of a chat, what users and tools said. None if it contains images."""
    if isinstance(text, str):
        return text
    if isinstance(text, Document):
        return text.text
    if any(message.images for message in conversation):
        return None
    return "\n\n".join(message.text for message in conversation if message.role in _SOURCES)


_SOURCES = ("user", "tool")
"""The roles whose messages a value may be taken from: what the assistant wrote is not a source."""


_MB = 1_000_000
_KINDS = ((b"\x89PNG\r\n\x1a\n", "png"), (b"\xff\xd8\xff", "jpeg"), (b"GIF87a", "gif"), (b"GIF89a", "gif"))
_ADDRESSES = ("https://", "http://", "data:image/")


def with_images(messages: tuple[Message, ...], model: str, card: Card | None) -> tuple[Message, ...]:
    """Return the messages with every image replaced by its URL.

    Raises ConfigurationError if the model has no vision, DocumentError if an image cannot be sent.
    """
    if all(isinstance(message.content, str) for message in messages):
        return messages
    if card is not None and not card.vision and any(message.images for message in messages):
        raise ConfigurationError(
            f"{model} does not accept images. Use a model with vision (see `structgen models`), or leave them out."
        )
    return tuple(_addressed(message, card) for message in messages)


def _addressed(message: Message, card: Card | None) -> Message:
    if isinstance(message.content, str):
        return message
    if message.role != "user" and message.images:
        raise DocumentError(
            f"A message of role {message.role!r} contains an image. Put images in messages of role 'user'."
        )
    parts = (part if isinstance(part, str) else Image(url=_address(part, card)) for part in message.content)
    return replace(message, content=tuple(parts))


def _address(image: Image, card: Card | None) -> str:
    """Return the URL of an image: its own, or its bytes as a data URL."""
    given: list[object] = [part for part in (image.path, image.data, image.url) if part is not None]
    kinds = (str, PathLike) if image.path is not None else bytes if image.data is not None else str
    if len(given) != 1 or not isinstance(given[0], kinds):
        raise ConfigurationError("An Image takes exactly one of path, data (bytes) and url (a str).")
    if image.url is not None:
        if not image.url.startswith(_ADDRESSES):
            raise ConfigurationError(f"The image's url must begin with {', '.join(_ADDRESSES)}: {image.url[:100]!r}.")
        return image.url
    name = "The image" if image.path is None else f"The image {image.path}"
    data = _read(Path(image.path)) if image.path is not None else image.data or b""
    most = card.max_image_mb if card else None
    if most is not None and len(data) > most * _MB:
        raise DocumentError(
            f"{name} has {len(data) / _MB:.1f} MB, but the model accepts at most {most:g} MB. Make it smaller."
        )
    kind = _kind(data)
    if kind is None:
        raise DocumentError(f"{name} is not a PNG, JPEG, GIF or WebP file. Convert it to one of these formats.")
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as problem:
        raise DocumentError(f"Cannot read the image {path}: {problem.strerror}.") from None


def _kind(data: bytes) -> str | None:
    """Return the format of an image by its first bytes, or None; the file's name may be wrong."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    return next((kind for start, kind in _KINDS if data.startswith(start)), None)
