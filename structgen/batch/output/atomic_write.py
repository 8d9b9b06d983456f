"""Temporary files next to a target, on the same file system, so that replacing the target is atomic."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from itertools import chain, count
from pathlib import Path


def create_beside(target: Path, word: str) -> Path:
    """Create an empty file ``target.word``, with a number if that exists: another run may be using it."""
    numbered = (target.with_name(f"{target.name}.{word}{number}") for number in count(2))
    return next(path for path in chain([target.with_name(f"{target.name}.{word}")], numbered) if _created(path))


def _created(path: Path) -> bool:
    try:
        path.touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


@contextmanager
def replacing(target: Path) -> Generator[Path]:
    """Yield a file to write. It replaces the target if the block succeeds, and is deleted if it fails."""
    path = create_beside(target, "new")
    try:
        yield path
        path.replace(target)
    finally:
        path.unlink(missing_ok=True)
