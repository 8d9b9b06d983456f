"""Files beside a target, so that taking its place is one step of the file system."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from itertools import chain, count
from pathlib import Path


def create_beside(target: Path, word: str) -> Path:
    """A new, empty file ``target.word``, or with a number where that is taken: nobody else's file is touched."""
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
    """A file to write that takes the target's place when the block ends well, and is gone when it does not."""
    path = create_beside(target, "new")
    try:
        yield path
        path.replace(target)
    finally:
        path.unlink(missing_ok=True)
