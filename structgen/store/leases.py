"""Tell other processes on the same store which requests are in flight here, so that equal ones are paid for once.

A lease is a lock on one byte of a file beside the store, at an offset that is the name of the request. Such a lock
takes a microsecond, writes nothing, and ends with its process, however that ends.
"""

from __future__ import annotations

import contextlib
import errno
import os
import struct
import sys
import threading
from pathlib import Path

if sys.platform != "win32":
    import fcntl

LOOK = 0.05
"""Seconds between two checks whether a lease of another process has ended."""

_HELD = frozenset({errno.EAGAIN, errno.EACCES})
_FLOCK = "hhqqi4x"  # struct flock on 64-bit Linux
_OF_FILE = sys.platform == "linux" and struct.calcsize("P") == 8
"""Whether locks can belong to the open file. Others belong to the process, which two stores of one process share."""


class Leases:
    """The leases of one open store."""

    def __init__(self, path: Path) -> None:
        self._path = path.with_name(f"{path.name}-lease")
        self._lock = threading.Lock()
        self._file: int | None = None
        self._process = os.getpid()

    def take(self, name: bytes) -> bool:
        """Take the lease of a request; return whether no other process holds it.

        On a file system without locks every lease can be taken, so that equal requests may be paid for twice.
        """
        return self._change(name, take=True)

    def give_back(self, name: bytes) -> None:
        """End a lease."""
        self._change(name, take=False)

    def close(self) -> None:
        """Close the file, and end all leases."""
        with self._lock:
            file, self._file = self._file, None
        if file is not None:
            os.close(file)

    def _change(self, name: bytes, *, take: bool) -> bool:
        if sys.platform == "win32":
            return True
        offset = int.from_bytes(name[:8], "big") >> 2
        try:
            file = self._opened()
            if _OF_FILE:
                kind = fcntl.F_WRLCK if take else fcntl.F_UNLCK
                fcntl.fcntl(file, fcntl.F_OFD_SETLK, struct.pack(_FLOCK, kind, os.SEEK_SET, offset, 1, 0))
            else:
                fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB if take else fcntl.LOCK_UN, 1, offset)
        except OSError as error:
            return error.errno not in _HELD
        return True

    def _opened(self) -> int:
        with self._lock:
            if self._file is not None and self._process != os.getpid():
                with contextlib.suppress(OSError):
                    os.close(self._file)  # after a fork, the locks of this open file are the parent's
                self._file = None
            if self._file is None:
                self._process = os.getpid()
                self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            return self._file
