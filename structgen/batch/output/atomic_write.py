"""Files next to a target, on the same file system, so that replacing the target is atomic; and the lock of a run."""

from __future__ import annotations

import os
import stat
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any


def beside(target: Path, word: str) -> Path:
    """Return the path of a temporary file next to a target: ``out.csv.part``, ``out.csv.new.part``."""
    return target.with_name(f"{target.name}.{word}")


def open_locked(path: Path, target: Path) -> int:
    """Open or create a file that only one run may write at a time; return its descriptor.

    The system releases the lock when the process ends, however it ends. Raises BlockingIOError if another run has it,
    and other OSErrors.
    """
    while True:
        descriptor = _open_like(path, target, 0)
        try:
            _lock(descriptor)
            # the run that had the lock before may have renamed or deleted the file since
            if _same(descriptor, path):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _same(descriptor: int, path: Path) -> bool:
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    return False


def _lock(descriptor: int) -> None:
    try:
        import fcntl
    except ImportError:  # Windows
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError:  # some network file systems have no locks
        return


def _open_like(path: Path, target: Path, flags: int) -> int:
    """Open or create a file with the mode of the target; without a target, the umask decides."""
    mode = None
    with suppress(FileNotFoundError):
        mode = stat.S_IMODE(target.stat().st_mode)
    # follow no link: in a shared folder another user could have placed one that leads elsewhere
    flags |= os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
    descriptor = os.open(path, flags, 0o666 if mode is None else mode | stat.S_IRUSR | stat.S_IWUSR)
    if mode is not None:
        _set_mode(descriptor, mode)
    return descriptor


def _set_mode(descriptor: int, mode: int) -> None:
    change: Any = getattr(os, "fchmod", None)  # not on Windows
    if change is not None:
        with suppress(PermissionError):  # a file of another user
            change(descriptor, mode)


@contextmanager
def replacing(target: Path) -> Generator[Path]:
    """Yield an empty file to write. It replaces the target if the block succeeds, and is deleted if it fails.

    Only the run that has the lock may use it, so a file that a killed run left is overwritten.
    """
    path = beside(target, "new.part")
    os.close(_open_like(path, target, os.O_TRUNC))
    try:
        yield path
        with path.open("rb") as file:
            # the data must be on disk before the rename, or a power failure could leave an empty target
            os.fsync(file.fileno())
        path.replace(target)
    finally:
        path.unlink(missing_ok=True)
