"""Images in messages: checked, and encoded as the data URLs that a request carries."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import cast

from structgen.core.errors import ConfigurationError, DocumentError
from structgen.core.records import Card, Image, Message

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
    return Message(message.role, tuple(parts))


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
    url, text = _member(_member(part, "image_url"), "url"), _member(part, "text")
    if isinstance(url, str):
        return Image(url=url)
    return text if isinstance(text, str) else None


def _member(held: object, name: str) -> object:
    return cast("Mapping[str, object]", held).get(name) if isinstance(held, Mapping) else None


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
        raise DocumentError(f"The image {path} cannot be read: {problem.strerror}.") from None


def _kind(data: bytes) -> str | None:
    """Return the format of an image by its first bytes, or None; the file's name may be wrong."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    return next((kind for start, kind in _KINDS if data.startswith(start)), None)
