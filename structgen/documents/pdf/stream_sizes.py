"""A guard against small PDFs with huge contents: how large their compressed streams become, without keeping them."""

from __future__ import annotations

import re
import zlib

from structgen.core.errors import DocumentError

MOST = 64 * 2**20
"""Bytes that the text streams of one PDF may have when unpacked. A page of text has a few thousand."""
_PIECE = 2**20
_STREAM = re.compile(rb"stream\r?\n")
_DICTIONARY = 512
"""Bytes before a stream to search for its type."""


def check_stream_sizes(data: bytes) -> None:
    """Raise DocumentError if the streams of a PDF that are not images unpack to more than `MOST` bytes.

    PDFium itself only stops at a gigabyte for each stream.
    """
    total = 0
    for start in _STREAM.finditer(data):
        if data[start.start() - 3 : start.start()] == b"end":
            continue
        head = data[max(0, start.start() - _DICTIONARY) : start.start()]
        # an image is never unpacked to read the text
        if b"/Image" in head.rpartition(b"obj")[2]:
            continue
        total += _unpacked(data, start.end(), MOST - total)
        if total > MOST:
            raise DocumentError(f"its contents unpack to more than {MOST // 2**20} MB; split it and try again.")


def _unpacked(data: bytes, at: int, most: int) -> int:
    """Return how many bytes a stream unpacks to, counted up to a little more than `most`; 0 if it is not packed."""
    if data[at : at + 1] not in (b"\x78", b"\x58", b"\x48", b"\x68"):  # no zlib stream
        return 0
    inflater = zlib.decompressobj()
    size, rest = 0, data[at : at + _PIECE]
    try:
        while rest and size <= most and not inflater.eof:
            size += len(inflater.decompress(rest, _PIECE))
            rest = inflater.unconsumed_tail
            if not rest and not inflater.eof:
                at += _PIECE
                rest = data[at : at + _PIECE]
    except zlib.error:
        return size
    return size
