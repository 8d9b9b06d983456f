"""INPUT words -> the files that they name: files, folders, globs and ``-``; and the problems with them."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from structgen.core.records import Document
from structgen.documents.formats import SUFFIXES, format_of


@dataclass(frozen=True, slots=True)
class DocumentProblem:
    """An input that could not be read. It takes the document's place, so that the other documents are still processed.

    `source` and `id` are those that the document would have had; `reason` is one sentence that says what to do.
    """

    source: str
    reason: str
    id: str = ""

    def __str__(self) -> str:
        """Return the line that a user reads."""
        where = self.id if self.id.startswith(self.source) else self.source
        return f"{where}: {self.reason}"


DocumentOrProblem: TypeAlias = Document | DocumentProblem

STANDARD_INPUT = "-"

Notice = Callable[[str], None]
"""Called with a sentence for the user about an input that was not read as they may expect."""


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file to read, or standard input if `path` is None.

    `name` starts the ids of its documents: the file's name, or its path relative to the given folder. It does not
    depend on where the folder is, so that the same documents have the same ids on another machine.
    """

    path: Path | None
    name: str

    @property
    def source(self) -> str:
        """The name in rows and messages."""
        return STANDARD_INPUT if self.path is None else readable(self.path)


def readable(path: Path) -> str:
    """Return a path as text with ``/``. Bytes that are no characters become �: file names may contain any byte."""
    return path.as_posix().encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def find_input_files(inputs: Sequence[str], notice: Notice) -> Iterator[InputFile | DocumentProblem]:
    """Yield the files of each input, in the order of the inputs and sorted within each."""
    for given in inputs:
        path = Path(given)
        if given == STANDARD_INPUT:
            yield InputFile(None, STANDARD_INPUT)
        elif path.is_dir():
            yield from _folder(path, notice)
        # before globs, because a file name may contain * or ?; lexists, so that a broken link is reported as such
        elif os.path.lexists(path):
            yield InputFile(path, readable(Path(path.name)))
        elif any(sign in given for sign in "*?["):
            yield from _glob(given, notice)
        else:
            yield DocumentProblem(readable(path), "there is no such file or folder.", readable(Path(path.name)))


def _glob(pattern: str, notice: Notice) -> Iterator[InputFile | DocumentProblem]:
    found = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207 (Path.glob refuses absolute patterns)
    if not found:
        yield DocumentProblem(pattern, "no file matches this pattern.", pattern)
    recursive = "**" in pattern  # then the files in a folder match by themselves
    yield from find_input_files([path for path in found if not (recursive and Path(path).is_dir())], notice)


def _folder(folder: Path, notice: Notice) -> Iterator[InputFile | DocumentProblem]:
    """Yield the documents below a folder: only known suffixes, nothing hidden, each folder once despite links."""
    problems: list[OSError] = []
    read, skipped = 0, 0
    for at, names in _walk(folder, problems):
        for name in names:
            path = at / name
            if format_of(path) is not None:
                read += 1
                yield InputFile(path, readable(path.relative_to(folder)))
            else:
                skipped += 1
    # folders that could not be listed; os.walk skips them
    for error in problems:
        where = Path(os.fsdecode(error.filename or folder))
        yield DocumentProblem(readable(where), f"{explain(error)}.", readable(where))
    if not read and not problems:
        yield DocumentProblem(readable(folder), f"the folder contains no document ({SUFFIXES}).", readable(folder))
    elif skipped:
        files = "1 file" if skipped == 1 else f"{skipped} files"
        notice(
            f"{readable(folder)}: {files} skipped, because only {SUFFIXES} are read; name the others to read them too."
        )


def _walk(folder: Path, problems: list[OSError]) -> Iterator[tuple[Path, list[str]]]:
    """Yield each folder and its visible file names, sorted. Links to folders are followed, but not in a loop."""
    seen: set[str] = set()
    for at, folders, names in os.walk(folder, followlinks=True, onerror=problems.append):
        real = os.path.realpath(at)
        visible = sorted(name for name in folders if not name.startswith("."))
        folders[:] = [] if real in seen else visible
        if real not in seen:
            seen.add(real)
            yield Path(at), sorted(name for name in names if not name.startswith("."))


def explain(error: OSError) -> str:
    """Return why a file cannot be read, in the words of the system."""
    return f"it cannot be read: {error.strerror or error}"
