"""Mark the documents that processes are working on, so that one that kills its process is not retried forever.

Each process has a file beside the store, with a slot for each document in progress, and holds a lock on it. The lock
ends with the process, however that ends; then the slots say which documents were in progress. Such a mark takes
microseconds and needs no commit: it must survive the process, not the machine.
"""

from __future__ import annotations

import os
import sys
import threading
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from structgen.core.errors import StoreError

if sys.platform != "win32":
    import fcntl

SIZE = 16
"""Bytes of a document's name, and so of a slot. A free slot holds zeros."""

_FREE = bytes(SIZE)
_ALIVE, _DEAD, _NEW = "process-", "dead-", "new-"


class UnderWay:
    """The marks of this process in the folder ``<store>-started``. Raises StoreError if it cannot be written."""

    def __init__(self, store: Path) -> None:
        self.folder = store.with_name(f"{store.name}-started")
        self._lock = threading.Lock()
        self._free: list[int] = []
        self._slots = 0
        self._deaths: Counter[bytes] = Counter()
        self._name = uuid4().hex
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            new = self.folder / f"{_NEW}{self._name}"
            self._file = os.open(new, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            _locks(self._file)
            # Under its final name only now: a file without a lock is that of a dead process.
            new.rename(self._path)
        except OSError as error:
            raise StoreError(
                f"Cannot write to {self.folder}, the folder of documents in progress ({error.strerror or error}). "
                "Check its owner and permissions, or use another store."
            ) from error
        self.look()

    @property
    def _path(self) -> Path:
        return self.folder / f"{_ALIVE}{self._name}"

    def begin(self, document: bytes) -> int:
        """Mark a document, by its name of SIZE bytes, as in progress. Return its slot, for `end`."""
        with self._lock:
            slot = self._free.pop() if self._free else self._slots
            self._slots = max(self._slots, slot + 1)
        try:
            os.pwrite(self._file, document, slot * SIZE)
        except OSError as error:
            raise StoreError(f"A document cannot be marked in {self.folder} ({error.strerror or error}).") from error
        return slot

    def end(self, slot: int, document: bytes) -> None:
        """Free the slot of a document that has an outcome. Earlier deaths are no longer counted against it."""
        with suppress(OSError):  # a mark that stays counts only if this process dies too
            os.pwrite(self._file, _FREE, slot * SIZE)
        with self._lock:
            self._free.append(slot)
        if self._deaths.get(document):
            self._forget(document)

    def deaths(self, document: bytes) -> int:
        """Return how many processes have died while this document was in progress, as of the last `look`."""
        return self._deaths.get(document, 0)

    def look(self) -> None:
        """Look for processes that have died."""
        for path in _listed(self.folder, _ALIVE):
            if path != self._path:
                _bury(path)
        self._deaths = Counter(name for path in _listed(self.folder, _DEAD) for name in set(_names(path)))

    def close(self) -> None:
        """Close and remove the file of this process, which then has not died."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)
            os.close(self._file)

    def _forget(self, document: bytes) -> None:
        for path in _listed(self.folder, _DEAD):
            with suppress(OSError), path.open("r+b", buffering=0) as file:
                slots = _slots(file.read())
                for number, name in enumerate(slots):
                    if name == document:
                        os.pwrite(file.fileno(), _FREE, number * SIZE)
        del self._deaths[document]


def _bury(path: Path) -> None:
    """Rename the file of a process if it has died; remove it if no document was in progress."""
    with suppress(OSError), path.open("r+b", buffering=0) as file:
        if not _locks(file.fileno()):
            return
        if any(name != _FREE for name in _slots(file.read())):
            path.rename(path.with_name(path.name.replace(_ALIVE, _DEAD, 1)))
        else:
            path.unlink()


def _listed(folder: Path, prefix: str) -> Iterable[Path]:
    with suppress(OSError):
        return sorted(path for path in folder.iterdir() if path.name.startswith(prefix))
    return ()


def _names(path: Path) -> Iterable[bytes]:
    """Return the documents that were in progress in a process that died."""
    try:
        return [name for name in _slots(path.read_bytes()) if name != _FREE]
    except OSError:
        return ()


def _slots(content: bytes) -> list[bytes]:
    return [content[at : at + SIZE] for at in range(0, len(content) - SIZE + 1, SIZE)]


def _locks(file: int) -> bool:
    """Lock an open file; return whether nobody else holds the lock. Where there are no locks, nobody has died."""
    if sys.platform == "win32":
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
