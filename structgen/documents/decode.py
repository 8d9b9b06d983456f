"""Bytes -> text: byte order marks, UTF-8, UTF-16 without a mark, and for anything else a guess, which is reported."""

from __future__ import annotations

import codecs
from collections import Counter
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple, cast
from unicodedata import category

from structgen.core.errors import DocumentError

if TYPE_CHECKING:
    from charset_normalizer import CharsetMatch, CharsetMatches

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, because its mark starts with that of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

_KINDS = (
    (b"%PDF-", "a PDF; give its name the suffix .pdf, so that it is read as one"),
    (b"PK\x03\x04", "a zip archive (perhaps .docx, .xlsx or .epub); save it as text, Markdown or HTML first"),
    (b"\xd0\xcf\x11\xe0", "an old Office file; save it as text first"),
    (b"{\\rtf", "rich text (RTF); save it as plain text first"),
    (b"\x89PNG", "an image; structgen only reads text"),
    (b"\xff\xd8\xff", "an image; structgen only reads text"),
    (b"GIF8", "an image; structgen only reads text"),
    (b"\x1f\x8b", "compressed (gzip); unpack it first"),
)

_SAMPLE = 256 * 1024  # bytes or characters to examine
_NOT_TEXT = frozenset({"Cc", "Cn", "Co"})
_ALLOWED = frozenset("\t\n\r\f\x1b")
_MAX_NOISE = 0.1  # some texts contain form feeds or colour codes


class Decoded(NamedTuple):
    """A text and its encoding; `guessed` if nothing in the bytes proves that encoding."""

    text: str
    encoding: str
    guessed: bool = False


def decode(data: bytes) -> Decoded:
    """Decode a text. Line endings stay, a byte order mark is removed. Raises DocumentError if `data` is no text."""
    encoding, guessed = encoding_of(data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise DocumentError(
            f"it is not valid {encoding} (byte {error.start}); save it as UTF-8 and try again."
        ) from error
    if _noise(text) > _MAX_NOISE:
        raise DocumentError("it is binary, not text.")
    return Decoded(text, encoding, guessed)


def _noise(text: str) -> float:
    """Return the share of characters that text does not contain: control, unassigned and private ones."""
    sample = text[:_SAMPLE]
    counts = Counter(sample)  # to look each character up only once
    noise = (count for char, count in counts.items() if category(char) in _NOT_TEXT and char not in _ALLOWED)
    return sum(noise) / max(1, len(sample))


def encoding_of(data: bytes) -> tuple[str, bool]:
    """Return the encoding of a text, or of the start of one, and whether it is a guess."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding, False
    for magic, kind in _KINDS:
        if data.startswith(magic):
            raise DocumentError(f"it is {kind}.")
    if b"\0" in data:
        return _wide(data), True
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data)  # incremental: a sample may end within a character
    except UnicodeDecodeError:
        return _guess(data), True
    return "utf-8", False


def _wide(data: bytes) -> str:
    """Return UTF-16 in the byte order whose high bytes are zero. Zero bytes anywhere else mean binary data."""
    sample = data[: _SAMPLE // 2 * 2]
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    encoding = "utf-16-le" if odd > even else "utf-16-be"
    if min(even, odd) > 0.05 * max(even, odd) or max(even, odd) < 0.05 * len(sample):
        raise DocumentError("it is binary, not text.")
    return encoding


def _guess(data: bytes) -> str:
    """Return the most likely encoding of a text that is not Unicode.

    charset-normalizer cannot distinguish cp1250 from cp1252 in short Western texts ("crčme" for "crème"). If it rates
    cp1252 as good as its favourite, cp1252 wins, as in browsers, unless it puts more symbols inside words.
    """
    charset_normalizer = import_module("charset_normalizer")  # slow to import, and most texts are UTF-8
    matches = cast("CharsetMatches", charset_normalizer.from_bytes(data[:_SAMPLE]))
    best = matches.best()
    if best is None:
        raise DocumentError("it is binary, or in an unknown encoding; save it as UTF-8 and try again.")
    western = [match for match in matches if "cp1252" in match.could_be_from_charset]
    if western and western[0].chaos <= best.chaos and _signs_in_words(western[0]) <= _signs_in_words(best):
        return "cp1252"
    return best.encoding


def _signs_in_words(match: CharsetMatch) -> int:
    """Count non-ASCII symbols and digits between letters, a sign of a wrong encoding: "m¹ka" for "mąka"."""
    text = str(match)
    inner = (b for a, b, c in zip(text, text[1:], text[2:], strict=False) if b > "\x7f" and a.isalpha() and c.isalpha())
    return sum(category(sign)[0] in "SN" for sign in inner)
