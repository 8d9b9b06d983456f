"""What stands in the place of a document that could not be read."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class DocumentProblem:
    """An input that gave no document. It travels among the documents, so that the others still get done.

    `source` and `id` are what the document's would have been; `reason` is one sentence that says what to do.
    """

    source: str
    reason: str
    id: str = ""

    def __str__(self) -> str:
        """The line that a user reads."""
        where = self.id if self.id.startswith(self.source) else self.source
        return f"{where}: {self.reason}"


TEXT_SUFFIXES = frozenset({".txt", ".md", ".html", ".htm"})
TABLE_SUFFIXES = frozenset({".jsonl", ".csv", ".parquet"})
STANDARD_INPUT = "-"

Notice = Callable[[str], None]
"""Takes a sentence for the user about something that was read, but not quite as they may think."""


@dataclass(frozen=True, slots=True)
class Place:
    """A file to read, or the standard input where `path` is None.

    `name` is the beginning of its documents' ids: the file's name, or its path inside the folder that was given. It
    does not depend on where the folder lies, so that the same documents have the same ids on another machine.
    """

    path: Path | None
    name: str

    @property
    def source(self) -> str:
        """What rows and messages call it."""
        return STANDARD_INPUT if self.path is None else readable(self.path)


def readable(path: Path) -> str:
    """A path as text, with ``/`` and with � for bytes that are no characters: file names can hold any byte."""
    return path.as_posix().encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def find_places(inputs: Sequence[str], notice: Notice) -> Iterator[Place | DocumentProblem]:
    """The files of each input, in the order of the inputs and sorted within each."""
    for given in inputs:
        path = Path(given)
        if given == STANDARD_INPUT:
            yield Place(None, STANDARD_INPUT)
        elif path.is_dir():
            yield from _folder(path, notice)
        elif os.path.lexists(path):
            yield Place(path, readable(Path(path.name)))
        elif any(sign in given for sign in "*?["):
            yield from _glob(given, notice)
        else:
            yield DocumentProblem(readable(path), "there is no such file or folder.", readable(Path(path.name)))


def _glob(pattern: str, notice: Notice) -> Iterator[Place | DocumentProblem]:
    found = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207 (Path.glob refuses absolute patterns)
    if not found:
        yield DocumentProblem(pattern, "no file matches this pattern.", pattern)
    recursive = "**" in pattern  # then what lies in a folder is matched by itself
    yield from find_places([path for path in found if not (recursive and Path(path).is_dir())], notice)


def _folder(folder: Path, notice: Notice) -> Iterator[Place | DocumentProblem]:
    """The documents below a folder: known suffixes only, nothing hidden, each folder once however it is linked."""
    problems: list[OSError] = []
    read, passed_over = 0, 0
    for at, names in _walk(folder, problems):
        for name in names:
            path = at / name
            if path.suffix.lower() in TEXT_SUFFIXES | TABLE_SUFFIXES:
                read += 1
                yield Place(path, readable(path.relative_to(folder)))
            else:
                passed_over += 1
    for error in problems:
        where = Path(os.fsdecode(error.filename or folder))
        yield DocumentProblem(readable(where), f"{explain(error)}.", readable(where))
    known = ", ".join(sorted(TEXT_SUFFIXES | TABLE_SUFFIXES))
    if not read and not problems:
        yield DocumentProblem(readable(folder), f"the folder holds no document ({known}).", readable(folder))
    elif passed_over:
        files = "1 file" if passed_over == 1 else f"{passed_over} files"
        notice(f"{readable(folder)}: {files} passed over, not being {known}; name what you want read.")


def _walk(folder: Path, problems: list[OSError]) -> Iterator[tuple[Path, list[str]]]:
    """Each folder and its visible file names, sorted; links to folders are followed, loops are not."""
    seen: set[str] = set()
    for at, folders, names in os.walk(folder, followlinks=True, onerror=problems.append):
        real = os.path.realpath(at)
        visible = sorted(name for name in folders if not name.startswith("."))
        folders[:] = [] if real in seen else visible
        if real not in seen:
            seen.add(real)
            yield Path(at), sorted(name for name in names if not name.startswith("."))


def explain(error: OSError) -> str:
    """Why a file cannot be read, as the system puts it."""
    return f"it cannot be read: {error.strerror or error}"
