"""INPUT words -> the files that they name: files, folders, globs and ``-``; and the problems with them."""

from __future__ import annotations

import fnmatch
import glob
import os
import re
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from structgen.core.records import Document
from structgen.documents.input_formats import SUFFIXES, format_of, is_audio_file


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
class Outputs:
    """The files that a run writes, which are no inputs even if they are in an input folder.

    `rows` is where the rows go: it, and the files beside it that have its name and more (``rows.jsonl.part``). `others`
    are further files, such as the store. The folder ``.structgen`` holds none either.
    """

    rows: Path | None = None
    others: tuple[Path, ...] = ()

    def reason(self, real: str) -> str | None:
        """Return why the file at this real path is no input, or None if it may be one."""
        for path in filter(None, (self.rows, *self.others)):
            own = os.path.realpath(path)
            if real == own:
                return "rows are written to it" if path is self.rows else "the run writes to it"
            # rows.jsonl.part, rows.jsonl.part2, rows.jsonl.new, store.sqlite-wal
            if real.startswith(own) and _BESIDE.fullmatch(real, len(own)):
                return "this or an earlier run writes to it"
        return "structgen keeps its own files there" if ".structgen" in Path(real).parts else None


_BESIDE = re.compile(r"\.(?:part|new)\d*|-(?:wal|shm|journal)")
NO_OUTPUTS = Outputs()


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file to read, or standard input if `path` is None.

    `name` starts the ids of its documents: the file's name, or its path relative to the given folder. It does not
    depend on where the folder is, so that the same documents have the same ids on another machine.
    """

    path: Path | None
    name: str
    named: bool = False
    """Whether an input is the file itself, and not a folder or a pattern."""

    @property
    def source(self) -> str:
        """The name in rows and messages."""
        return STANDARD_INPUT if self.path is None else readable(self.path)


def readable(path: Path) -> str:
    """Return a path as text with ``/``. Bytes that are no characters become �: file names may contain any byte."""
    return path.as_posix().encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def find_input_files(
    inputs: Sequence[str], notice: Notice, outputs: Outputs = NO_OUTPUTS, *, audio: bool = False
) -> Iterator[InputFile | DocumentProblem]:
    """Yield the files of each input, in the order of the inputs and sorted within each; in folders, `audio` only if so.

    A file is read once, and again only if it is named itself again. Files that the run writes, and what is no file (a
    pipe, a socket, a device), are skipped. `notice` is told about all that.
    """
    read: set[str] = set()
    for file in _find(inputs, notice, audio=audio):
        if isinstance(file, DocumentProblem) or file.path is None:
            yield file
            continue
        real = os.path.realpath(file.path)
        if (why := outputs.reason(real)) is not None:
            notice(f"{file.source}: skipped, because {why}.")
        elif real in read and not file.named:
            notice(f"{file.source}: skipped, because it was read already.")
        else:
            if real in read:
                notice(f"{file.source}: it was read already, and is read again because it is named again.")
            read.add(real)
            yield file


def _find(
    inputs: Sequence[str], notice: Notice, *, audio: bool, named: bool = True
) -> Iterator[InputFile | DocumentProblem]:
    for given in inputs:
        path = Path(given)
        name = readable(Path(path.name))
        if given == STANDARD_INPUT:
            yield InputFile(None, STANDARD_INPUT)
        elif path.is_dir():
            yield from _folder(path, notice, audio=audio)
        elif (kind := special_kind(path)) is not None:
            yield DocumentProblem(readable(path), f"it is {kind}, not a file; pipe it in and name - instead.", name)
        # before globs, because a file name may contain * or ?; lexists, so that a broken link is reported as such
        elif os.path.lexists(path):
            yield InputFile(path, name, named)
        elif any(sign in given for sign in "*?["):
            yield from _glob(given, notice, audio=audio)
        else:
            yield DocumentProblem(readable(path), "there is no such file or folder.", name)


def special_kind(path: Path) -> str | None:
    """Return what a path is if it is neither a file nor a folder, in words; reading it could wait forever."""
    # what a shell makes of <(command) is a pipe that ends, and so is /dev/stdin
    if readable(path).startswith(("/dev/fd/", "/proc/self/fd/", "/dev/stdin")):
        return None
    try:
        mode = path.stat().st_mode
    except OSError:
        return None
    return next((words for is_kind, words in _SPECIAL if is_kind(mode)), None)


_SPECIAL = (
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def _glob(pattern: str, notice: Notice, *, audio: bool) -> Iterator[InputFile | DocumentProblem]:
    # Path.glob refuses absolute patterns
    found = sorted(_below(pattern) if "**" in Path(pattern).parts else glob.glob(pattern))  # noqa: PTH207
    if not found:
        yield DocumentProblem(pattern, "no file matches this pattern.", pattern)
    for path in found:
        if (kind := special_kind(Path(path))) is not None:
            notice(f"{readable(Path(path))}: skipped, because it is {kind}.")
        else:
            yield from _find([path], notice, audio=audio, named=False)


def _below(pattern: str) -> Iterator[str]:
    """Yield the files that match a pattern with ``**``. Links that make a loop are followed once only."""
    parts = Path(pattern).parts
    at = parts.index("**")
    for base in glob.glob(str(Path(*parts[:at]))) if at else ["."]:  # noqa: PTH207
        for folder, names in _walk(Path(base), []):
            for name in names:
                inside = (folder / name).relative_to(base)
                if _matches(inside.parts, parts[at:]):
                    yield str(Path(base) / inside if at else inside)


def _matches(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    """Whether the parts of a path match a pattern in which ``**`` is any number of folders. Linear in both."""
    places = {0}
    for part in parts:
        places = _with_skips(places, pattern)
        stay = {place for place in places if pattern[place : place + 1] == ("**",)}
        places = stay | {
            place + 1 for place in places - stay if place < len(pattern) and fnmatch.fnmatchcase(part, pattern[place])
        }
    return len(pattern) in _with_skips(places, pattern)


def _with_skips(places: set[int], pattern: Sequence[str]) -> set[int]:
    """Add the places behind each ``**``, which may be no folder at all."""
    found = set(places)
    for place in range(len(pattern)):
        if place in found and pattern[place] == "**":
            found.add(place + 1)
    return found


def _folder(folder: Path, notice: Notice, *, audio: bool) -> Iterator[InputFile | DocumentProblem]:
    """Yield the documents below a folder: only known suffixes, nothing hidden, each folder once despite links."""
    problems: list[OSError] = []
    read, skipped = 0, 0
    for at, names in _walk(folder, problems):
        for name in names:
            path = at / name
            if (kind := special_kind(path)) is not None:
                notice(f"{readable(path)}: skipped, because it is {kind}.")
            elif _is_read(path, audio=audio):
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


def _is_read(path: Path, *, audio: bool) -> bool:
    """Whether a file in a folder is read. Transcribing costs money, so audio is read only if the caller wants that."""
    return format_of(path).format is not None and (audio or not is_audio_file(path))


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
