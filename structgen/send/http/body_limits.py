"""Response bodies within limits: their size also after decompression, and the time that an error body may take.

The HTTP libraries read an error body whole and decompress each piece whole, before the caller sees any of it. So these
limits are applied below them, to the bytes as they arrive.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from functools import partial
from typing import cast

import httpx

STREAM_FACTOR = 100
"""A streamed body may be this much larger: each event repeats some 250 bytes around its few characters of text.
That text itself is limited where the stream is reassembled."""

ENCODINGS = "gzip, deflate"
"""The encodings that a server may use. Only zlib's decoder can stop in the middle of a piece."""

_PIECE = 65_536


class BodyTooLarge(httpx.HTTPError):
    """A response body exceeds the limit."""


def too_large(most: int) -> BodyTooLarge:
    """Return the error for a body of more than `most` bytes."""
    return BodyTooLarge(f"more than {most:,} bytes")


def limit_body(most: int) -> Callable[[httpx.Response], None]:
    """Return a response hook for an ``httpx.Client`` that limits every body."""

    def limit(response: httpx.Response) -> None:
        response.stream = _Limited(cast("httpx.SyncByteStream", response.stream), _Gauge(response, most))

    return limit


def alimit_body(most: int) -> Callable[[httpx.Response], object]:
    """Async version of `limit_body`."""

    async def limit(response: httpx.Response) -> None:
        response.stream = _AsyncLimited(cast("httpx.AsyncByteStream", response.stream), _Gauge(response, most))

    return limit


class _Gauge:
    """Decompresses the pieces of one body, and raises as soon as it is too large, or an error body too slow."""

    def __init__(self, response: httpx.Response, most: int) -> None:
        kind = response.headers.get("content-type", "")
        streams = response.status_code < 400 and "json" not in kind and "html" not in kind
        self._left = self._most = most * STREAM_FACTOR if streams else most
        self._decode = _decoder(response.headers)
        self._ends = _ends(response) if response.status_code >= 400 else None

    def take(self, piece: bytes) -> Iterator[bytes]:
        """Yield what this piece contains. Raises BodyTooLarge, and TimeoutError for an error body that never ends."""
        for part in self._decode(piece):
            self._left -= len(part)
            if self._left < 0:
                raise too_large(self._most)
            yield part
        if self._ends is not None and time.monotonic() > self._ends:
            raise httpx.ReadTimeout("the error response does not end")


def _ends(response: httpx.Response) -> float | None:
    """Return when an error body must have ended: after another timeout of its request."""
    limits = cast("Mapping[str, float | None]", response.request.extensions.get("timeout") or {})
    seconds = limits.get("read")
    return None if seconds is None else time.monotonic() + seconds


def _decoder(headers: httpx.Headers) -> Callable[[bytes], Iterator[bytes]]:
    """Return the decoder of a body, and remove its encoding from the headers, so that httpx decodes nothing."""
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding in {"", "identity"}:
        return lambda piece: iter((piece,))
    if encoding not in {"gzip", "x-gzip", "deflate"}:
        raise httpx.DecodingError(f"the response is compressed with {encoding[:20]!r}, which was not asked for")
    headers.pop("content-encoding")
    headers.pop("content-length", None)  # it counts the compressed bytes
    return partial(_inflate, _Zlib())


class _Zlib:
    """A decompressor for gzip, and for deflate with or without its header."""

    def __init__(self) -> None:
        self._zlib = zlib.decompressobj(zlib.MAX_WBITS | 32)  # it recognizes gzip and zlib by their headers
        self._first = True

    def start(self, piece: bytes) -> bytes:
        try:
            return self._zlib.decompress(piece, _PIECE)
        except zlib.error:
            if not self._first:
                raise
            self._zlib = zlib.decompressobj(-zlib.MAX_WBITS)  # some servers send raw deflate
            return self._zlib.decompress(piece, _PIECE)
        finally:
            self._first = False

    def more(self) -> bytes:
        rest = self._zlib.unconsumed_tail
        return self._zlib.decompress(rest, _PIECE) if rest else b""


def _inflate(decompressor: _Zlib, piece: bytes) -> Iterator[bytes]:
    """Yield what a piece contains, in parts of at most `_PIECE` bytes."""
    try:
        part = decompressor.start(piece)
        while part:
            yield part
            part = decompressor.more()
    except zlib.error as error:
        raise httpx.DecodingError(str(error)) from error


class _Limited(httpx.SyncByteStream):
    def __init__(self, stream: httpx.SyncByteStream, gauge: _Gauge) -> None:
        self._stream = stream
        self._gauge = gauge

    def __iter__(self) -> Iterator[bytes]:
        try:
            for piece in self._stream:
                yield from self._gauge.take(piece)
        except BaseException:  # the SDK does not close an error response that it cannot read
            self._stream.close()
            raise

    def close(self) -> None:
        self._stream.close()


class _AsyncLimited(httpx.AsyncByteStream):
    def __init__(self, stream: httpx.AsyncByteStream, gauge: _Gauge) -> None:
        self._stream = stream
        self._gauge = gauge

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for piece in self._stream:
                for part in self._gauge.take(piece):
                    yield part
        except BaseException:
            await self._stream.aclose()
            raise

    async def aclose(self) -> None:
        await self._stream.aclose()
