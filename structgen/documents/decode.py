"""Bytes -> text: the encoding that a user names, a byte order mark, UTF-8, or a guess, which is reported."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from typing import NamedTuple
from unicodedata import category

from structgen.core.errors import ConfigurationError, DocumentError
from structgen.documents.code_pages import code_page_of

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, because its mark starts with that of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

_KINDS = (
    (b"%PDF-", "a PDF; give its name the suffix .pdf, or name the format (format, --format)"),
    (
        b"PK\x03\x04",
        "a zip archive (perhaps .xlsx or .epub; a .docx needs its suffix); save it as text, Markdown or HTML",
    ),
    (b"\xd0\xcf\x11\xe0", "an old Office file; save it as text first"),
    (b"{\\rtf", "rich text (RTF); save it as plain text first"),
    (b"\x89PNG", "an image; structgen only reads text"),
    (b"\xff\xd8\xff", "an image; structgen only reads text"),
    (b"GIF8", "an image; structgen only reads text"),
    (b"\x1f\x8b", "compressed (gzip); give its name a suffix such as .txt.gz or .csv.gz"),
)

_DECLARED = re.compile(
    rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})|<meta[^>]{1,300}?charset\s*=\s*["']?([\w.:-]{1,40})""",
    re.IGNORECASE,
)
_HEAD = 4096
"""The bytes in which a page may declare its encoding."""
_AS_IN_BROWSERS = {"iso8859-1": "cp1252", "ascii": "cp1252", "gb2312": "gb18030", "euc_kr": "cp949"}
"""Declared encodings -> the larger ones that browsers read them as."""

_SAMPLE = 256 * 1024  # bytes or characters to examine
_NOT_TEXT = frozenset({"Cc", "Cn", "Co"})
_ALLOWED = frozenset("\t\n\r\f\x1b")
_MAX_NOISE = 0.1  # some texts contain form feeds or colour codes
_WIDE = 0.1
"""The least share of zero bytes at the high places of UTF-16."""


class Encoding(NamedTuple):
    """The name of an encoding, and a sentence about why it may be the wrong one, or ""."""

    name: str
    doubt: str = ""


class Decoded(NamedTuple):
    """A text and its encoding; `doubt` says why it may be the wrong one, or is empty."""

    text: str
    encoding: str
    doubt: str = ""


def check_encoding(name: str) -> str:
    """Return the name of an encoding that a user named. Raises ConfigurationError if there is no such encoding."""
    try:
        "".encode(name)
        found = codecs.lookup(name).name
    except (LookupError, ValueError):
        raise ConfigurationError(
            f"There is no encoding {name!r}: name one such as utf-8, cp1252 (Western Europe), cp1250, cp1251, "
            "iso8859-15, utf-16, shift_jis or gb18030."
        ) from None
    # the mark that some editors put before UTF-8 is not text
    return "utf-8-sig" if found == "utf-8" else found


def decode(data: bytes, encoding: str | None = None) -> Decoded:
    """Decode a text, by `encoding` or as `encoding_of` says. Line endings stay, a byte order mark is removed.

    Raises DocumentError if `data` is not text, or none in that encoding.
    """
    name, doubt = encoding_of(data, encoding)
    try:
        text = data.decode(name).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise DocumentError(not_valid(name, error.start, named=encoding is not None)) from error
    if _noise(text) > _MAX_NOISE:
        raise DocumentError("it is binary, not text.")
    return Decoded(text, name, doubt)


def not_valid(encoding: str, at: int, *, named: bool) -> str:
    """Return the sentence about bytes that are not in their encoding, which the user `named` or which was found."""
    advice = "name its real encoding (encoding, --encoding)" if named else "save it as UTF-8"
    return f"it is not valid {encoding.removesuffix('-sig')} (byte {at}); {advice} and try again."


def _noise(text: str) -> float:
    """Return the share of characters that text does not contain: control, unassigned and private ones."""
    sample = text[:_SAMPLE]
    counts = Counter(sample)  # to look each character up only once
    noise = (count for char, count in counts.items() if category(char) in _NOT_TEXT and char not in _ALLOWED)
    return sum(noise) / max(1, len(sample))


def encoding_of(data: bytes, named: str | None = None) -> Encoding:
    """Return the encoding of a text, or of the start of one. A user who named one decides.

    Raises DocumentError if the bytes are not text, and ConfigurationError if no encoding has that name.
    """
    if named is not None:
        return _named(data, check_encoding(named))
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return Encoding(encoding)
    for magic, kind in _KINDS:
        if data.startswith(magic):
            raise DocumentError(f"it is {kind}.")
    zeros = b"\0" in data[:_SAMPLE]
    # UTF-16 may be valid UTF-8 too, but is full of control characters then; a zero byte or two are only a mistake
    if _is_utf8(data) and not (zeros and _noise(data[:_SAMPLE].decode("utf-8", "ignore")) > _MAX_NOISE):
        return Encoding("utf-8")
    if zeros:
        return _guessed(_wide(data))
    if declared := _declared(data):
        return Encoding(declared)
    page = code_page_of(data[:_SAMPLE])
    if page is None:
        raise DocumentError(
            "it is binary, or in an unknown encoding; save it as UTF-8, or name the encoding (encoding, --encoding)."
        )
    return _guessed(page)


def _declared(data: bytes) -> str | None:
    """Return the encoding that an HTML or XML page declares, or None if it declares none or is not in it."""
    match = _DECLARED.search(data, 0, _HEAD)
    if match is None:
        return None
    try:
        name = codecs.lookup((match[1] or match[2]).decode("ascii")).name
        name = _AS_IN_BROWSERS.get(name, name)
        # The rest is decoded later. A sample may end within a character.
        codecs.getincrementaldecoder(name)().decode(data[:_SAMPLE])
    except (LookupError, UnicodeError):
        return None
    return name


def _guessed(encoding: str) -> Encoding:
    advice = "if that is wrong, name another (encoding, --encoding)"
    return Encoding(encoding, f"it is not UTF-8; it was read as {encoding}, which is a guess: {advice}.")


def _named(data: bytes, encoding: str) -> Encoding:
    """Return a named encoding, in doubt if the bytes are more than ASCII and UTF-8, which hardly happens by chance."""
    sample = data[:_SAMPLE]
    if encoding.startswith("utf") or sample.isascii() or not _is_utf8(sample):
        return Encoding(encoding)
    return Encoding(encoding, f"it is valid UTF-8, but was read as {encoding}, as named (encoding, --encoding).")


def _is_utf8(data: bytes) -> bool:
    """Whether bytes are UTF-8, or the start of it."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data)  # incremental: a sample may end within a character
    except UnicodeDecodeError:
        return False
    return True


def _wide(data: bytes) -> str:
    """Return UTF-16 in the byte order whose high bytes are zero. Zero bytes anywhere else mean binary data."""
    sample = data[:_SAMPLE]
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if max(even, odd) < _WIDE * len(sample) / 2 or min(even, odd) > 0.05 * max(even, odd):
        raise DocumentError("it is binary, not text.")
    return "utf-16-le" if odd > even else "utf-16-be"
