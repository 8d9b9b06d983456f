"""An email (.eml) -> its text: who wrote it to whom, when and about what, what it says, and what is attached."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import EmailPolicy
from typing import TYPE_CHECKING, NamedTuple, cast

from structgen.core.errors import DocumentError
from structgen.documents.decode import decode
from structgen.documents.html_text import page_text

_HEADERS = ("From", "To", "Cc", "Subject", "Date")
_DEEPEST = 20
"""How deep a message may be nested in others."""
_MOST_PARTS = 1000
_LONGEST_HEADER = 4_000
"""In characters. The library takes quadratic time to parse a header: a tenth of a second for this many."""


if TYPE_CHECKING:
    _Policy = EmailPolicy[EmailMessage]
else:
    _Policy = EmailPolicy


class _BoundedPolicy(_Policy):
    """Refuses a header that is too long before the library parses it, already while it looks for parts."""

    def header_fetch_parse(self, name: str, value: str) -> str:
        """Return the parsed header. Raises DocumentError if it is too long."""
        if len(value) > _LONGEST_HEADER:
            raise DocumentError(f"its header {name} has more than {_LONGEST_HEADER:,} characters; shorten it.")
        return super().header_fetch_parse(name, value)


class EmailText(NamedTuple):
    """The text of an email, and sentences about what could not be read for certain."""

    text: str
    notes: tuple[str, ...] = ()


def read_email(data: bytes, encoding: str | None = None) -> EmailText:
    """Return the text of an email: its headers, its body, the names of its attachments, and emails in it likewise.

    Of a body in several forms, plain text is preferred to HTML, which becomes text. `encoding` is that of bodies that
    name none. Raises DocumentError if there are too many parts.
    """
    reader = _EmailReader(encoding)
    try:
        message = BytesParser(policy=_BoundedPolicy()).parsebytes(data)
        text = "\n\n".join(reader.message(message, 0))
    except RecursionError as error:
        raise DocumentError("its parts are nested too deep; take out the one to read.") from error
    return EmailText(text.encode("utf-8", "replace").decode("utf-8"), tuple(dict.fromkeys(reader.notes)))


class _EmailReader:
    """Reads the parts of an email, and collects notes about them."""

    def __init__(self, encoding: str | None) -> None:
        self._encoding = encoding
        self._parts = 0
        self.notes: list[str] = []

    def message(self, message: EmailMessage, depth: int) -> Iterator[str]:
        """Yield the blocks of a message: its headers, its body, its attachments."""
        if depth > _DEEPEST:
            raise DocumentError(f"its messages are nested more than {_DEEPEST} deep; take out the one to read.")
        sent = _headers(message)
        head = [f"{name}: {_decoded_header(sent[name.lower()])}" for name in _HEADERS if sent.get(name.lower())]
        if head:
            yield "\n".join(head)
        attached: list[str] = []
        yield from self._body(message, depth, attached)
        if attached:
            yield "\n".join(f"Attachment: {name}" for name in attached)

    def _body(self, part: EmailMessage, depth: int, attached: list[str]) -> Iterator[str]:
        """Yield the texts of a part, and add the names of what is attached to `attached`."""
        self._parts += 1
        if self._parts > _MOST_PARTS:
            raise DocumentError(f"it has more than {_MOST_PARTS} parts; take out the one to read.")
        kind = part.get_content_type()
        if kind == "message/rfc822":
            for inner in _inner(part):
                yield from self.message(inner, depth + 1)
        elif kind == "multipart/alternative":
            chosen = _preferred(part)
            if chosen is not None:
                yield from self._body(chosen, depth, attached)
        elif part.is_multipart():
            for inner in _inner(part):
                yield from self._body(inner, depth + 1 if depth else depth, attached)
        elif part.is_attachment() or part.get_filename() or part.get_content_maintype() != "text":
            attached.append(_name(part))
        elif text := self._text(part).strip("\r\n"):
            yield text

    def _text(self, part: EmailMessage) -> str:
        """Return the text of a part, decoded and without tags."""
        data = cast("bytes | None", part.get_payload(decode=True)) or b""
        text = self._decoded(data, part.get_content_charset()).replace("\r\n", "\n")
        return page_text(text).text if part.get_content_subtype() == "html" else text

    def _decoded(self, data: bytes, charset: str | None) -> str:
        """Decode a body by the charset that it names, if that is true, else like a file."""
        if charset is not None:
            try:
                # some programs declare ASCII and send UTF-8, which contains it
                return data.decode("utf-8" if charset == "us-ascii" else charset)
            except (LookupError, UnicodeDecodeError):
                self.notes.append(f"a part of it is not in its encoding {charset!r}.")
        if not data.strip():
            return ""
        text, _, doubt = decode(data, self._encoding)
        self.notes += [doubt] if doubt else []
        return text


def _headers(message: EmailMessage) -> dict[str, str]:
    """Return the headers as they were sent, the first of each name."""
    found: dict[str, str] = {}
    for name, value in message.raw_items():
        found.setdefault(name.lower(), value)
    return found


def _decoded_header(value: str) -> str:
    """Return a header on one line, with its encoded words decoded."""
    try:
        value.encode()
    except UnicodeEncodeError:  # bytes that no encoded word announces
        raw = value.encode("ascii", "surrogateescape")
        value = decode(raw).text
    # of an unknown or wrong encoding, the header as it is says more than none
    with suppress(LookupError, ValueError, HeaderParseError):
        value = str(make_header(decode_header(value)))
    return " ".join(value.split())


def _inner(part: EmailMessage) -> list[EmailMessage]:
    """Return the parts of a part."""
    payload = cast("object", part.get_payload())
    return cast("list[EmailMessage]", payload) if isinstance(payload, list) else []


def _preferred(part: EmailMessage) -> EmailMessage | None:
    """Return the form of a body to read: plain text, else one with plain text in it, else HTML, else the last one."""
    inner = _inner(part)
    for wanted in ("text/plain", "multipart/", "text/html"):
        for one in inner:
            if one.get_content_type().startswith(wanted) and not one.is_attachment() and _says_something(one):
                return one
    return inner[-1] if inner else None


def _says_something(part: EmailMessage) -> bool:
    """Whether a form of a body is not blank: some programs send an empty plain text with their HTML."""
    return part.is_multipart() or bool((cast("bytes | None", part.get_payload(decode=True)) or b"").strip())


def _name(part: EmailMessage) -> str:
    """Return the name of an attachment with its type."""
    name = " ".join((part.get_filename() or "").split())
    return f"{name} ({part.get_content_type()})" if name else part.get_content_type()
