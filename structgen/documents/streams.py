"""The bytes of an input: a file or standard input, unpacked if it is compressed, within limits."""

from __future__ import annotations

import gzip
import io
import sys
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from typing_extensions import Buffer

from structgen.core.errors import DocumentError
from structgen.documents.addresses import RemoteFile

MOST = 200 * 2**20
"""Bytes that one document may have. Tables have no limit, because they are read row by row."""
_RATIO = 300
"""How many times its size a compressed file may have when unpacked. Text has 3 to 20 times."""
_SMALL = 16 * 2**20
"""Bytes that a compressed file may have in any case."""
_HEAD = 256 * 1024


@contextmanager
def open_bytes(path: Path | RemoteFile | None, *, compressed: bool = False) -> Generator[BinaryIO]:
    """Yield the bytes of a file, or of standard input if `path` is None. Raises DocumentError for a bad gzip file."""
    if path is None:
        with _unpacked(sys.stdin.buffer, compressed) as stream:
            yield stream
        return
    opened = path.open() if isinstance(path, RemoteFile) else path.open("rb")
    with opened as file, _unpacked(file, compressed) as stream:
        yield stream


def read_whole(path: Path | RemoteFile | None, *, compressed: bool = False) -> bytes:
    """Return the bytes of a document. Raises DocumentError if there are more than `MOST`."""
    with open_bytes(path, compressed=compressed) as stream:
        data = stream.read(MOST + 1)
    if len(data) > MOST:
        raise DocumentError(f"it has more than {MOST // 2**20} MB, too many for one document; split it and try again.")
    return data


@contextmanager
def _unpacked(file: BinaryIO, compressed: bool) -> Generator[BinaryIO]:
    if not compressed:
        yield file
        return
    try:
        yield cast(BinaryIO, io.BufferedReader(_Unpacker(file)))
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DocumentError(f"it is not a complete gzip file ({error}); download or compress it again.") from error


class _Unpacker(io.RawIOBase):
    """Unpacks gzip, and refuses what grows out of all proportion."""

    def __init__(self, file: BinaryIO) -> None:
        self._packed = _Counted(file)
        self._file = gzip.GzipFile(fileobj=io.BufferedReader(self._packed))
        self._size = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Buffer, /) -> int:
        """Read bytes. Raises DocumentError if there are too many for the size of the file."""
        with memoryview(buffer) as view:
            count = self._file.readinto(view)
        self._size += count
        if self._size > max(_SMALL, _RATIO * self._packed.size):
            raise DocumentError(f"it unpacks to more than {_RATIO} times its size; unpack it if you trust it.")
        return count


class _Counted(io.RawIOBase):
    """Counts the bytes that are read from a file."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Buffer, /) -> int:
        """Read bytes."""
        with memoryview(buffer) as view:
            data = self._file.read(len(view))
            view[: len(data)] = data
        self.size += len(data)
        return len(data)


def seekable(stream: BinaryIO) -> BinaryIO:
    """Return the stream, or its bytes if it can only be read once. Raises DocumentError if those are too many."""
    if stream.seekable():
        return stream
    data = stream.read(MOST + 1)
    if len(data) > MOST:
        raise DocumentError(f"it has more than {MOST // 2**20} MB and can only be read as a stream; save it as a file.")
    return io.BytesIO(data)


def head_of(stream: BinaryIO) -> tuple[bytes, BinaryIO]:
    """Return the first bytes of a stream, and a stream that begins with them again."""
    head = stream.read(_HEAD)
    return head, cast(BinaryIO, io.BufferedReader(_Rejoined(head, stream)))


class _Rejoined(io.RawIOBase):
    """Bytes that were read already, and the rest of their stream."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head = memoryview(head)
        self._rest = rest

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Buffer, /) -> int:
        """Read bytes."""
        with memoryview(buffer) as view:
            data = self._head[: len(view)] if self._head else self._rest.read(len(view))
            view[: len(data)] = data
        self._head = self._head[len(data) :] if self._head else self._head
        return len(data)
