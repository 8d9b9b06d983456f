"""INPUT words -> the files that they name: files, folders, globs and ``-``; and the problems with them."""

from __future__ import annotations

import glob
import os
import re
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TypeAlias

from structgen.core.errors import DocumentError
from structgen.core.masking import mask_url
from structgen.core.records import Document
from structgen.documents.addresses import RemoteFile, find_remote_files, is_address
from structgen.documents.input_formats import SUFFIXES, format_of, is_audio_file
from structgen.documents.name_choice import NO_CHOICE, NameChoice, matches
from structgen.documents.seen_names import SeenNames


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
    """The files that a run writes, which are not inputs even if they are in an input folder.

    `rows` is where the rows go: it, and the files beside it that have its name and more (``rows.jsonl.part``). `others`
    are further files, such as the store. The folder ``.structgen`` holds none either.
    """

    rows: Path | None = None
    others: tuple[Path, ...] = ()

    def reason(self, real: str) -> str | None:
        """Return why the file at this real path is not an input, or None if it may be one."""
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
    """A file to read, here or at an address, or standard input if `path` is None.

    `name` starts the ids of its documents: the file's name, or its path relative to the given folder. It does not
    depend on where the folder is, so that the same documents have the same ids on another machine.
    """

    path: Path | RemoteFile | None
    name: str
    named: bool = False
    """Whether an input is the file itself, and not a folder or a pattern."""

    @property
    def source(self) -> str:
        """The name in rows and messages."""
        if isinstance(self.path, RemoteFile):
            return self.path.shown
        return STANDARD_INPUT if self.path is None else readable(self.path)


def readable(path: Path) -> str:
    """Return a path as text with ``/``. Bytes that are not characters become �: file names may contain any byte."""
    return path.as_posix().encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def find_input_files(
    inputs: Sequence[str],
    notice: Notice,
    outputs: Outputs = NO_OUTPUTS,
    *,
    audio: bool = False,
    choice: NameChoice = NO_CHOICE,
) -> Iterator[InputFile | DocumentProblem]:
    """Yield the files of each input, in the order of the inputs and sorted within each; in folders, `audio` only if so.

    A file is read once, and again only if it is named itself again. Files that the run writes, and pipes, sockets and
    devices, are skipped. `choice` says which names in folders, patterns and listings are read.
    `notice` is told about all that.
    """
    read = SeenNames()
    for file in _find(inputs, notice, _Rules(audio, choice)):
        if isinstance(file, DocumentProblem) or file.path is None:
            yield file
            continue
        remote = file.path.address if isinstance(file.path, RemoteFile) else None
        real = os.path.realpath(file.path) if isinstance(file.path, Path) else ""
        if remote is None and (why := outputs.reason(real)) is not None:
            notice(f"{file.source}: skipped, because {why}.")
            continue
        new = read.add(os.fsencode(real) if remote is None else remote.encode("utf-8", "replace"))
        if not new and not file.named:
            notice(f"{file.source}: skipped, because it was read already.")
            continue
        if not new:
            notice(f"{file.source}: it was read already, and is read again because it is named again.")
        yield file
    for words in choice.unused():
        notice(words)


@dataclass(frozen=True, slots=True)
class _Rules:
    """Which files of folders, patterns and listings are read."""

    audio: bool
    choice: NameChoice

    def reads(self, name: str) -> bool:
        """Whether a file of a folder is read."""
        return self.choice.takes(name) and self.knows(name)

    def knows(self, name: str) -> bool:
        """Whether the suffix is one to read. Transcribing costs money, so audio is read only if asked for."""
        path = PurePosixPath(name)
        known = format_of(path).format is not None or self.choice.names_suffix(name)
        return known and (self.audio or not is_audio_file(path))

    @property
    def words(self) -> str:
        """What is read, for people."""
        return "whose name was chosen" if self.choice.include or self.choice.exclude else f"({SUFFIXES})"


def _find(
    inputs: Sequence[str], notice: Notice, rules: _Rules, *, named: bool = True
) -> Iterator[InputFile | DocumentProblem]:
    for given in inputs:
        path = Path(given)
        name = readable(Path(path.name))
        if given == STANDARD_INPUT:
            yield InputFile(None, STANDARD_INPUT)
        elif is_address(given):
            yield from _remote(given, notice, rules)
        elif path.is_dir():
            yield from _folder(path, notice, rules)
        elif (kind := special_kind(path)) is not None:
            yield DocumentProblem(readable(path), f"it is {kind}, not a file; pipe it in and name - instead.", name)
        # before globs, because a file name may contain * or ?; lexists, so that a broken link is reported as such
        elif os.path.lexists(path):
            yield InputFile(path, name, named)
        elif any(sign in given for sign in "*?["):
            yield from _glob(given, notice, rules)
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


def _glob(pattern: str, notice: Notice, rules: _Rules) -> Iterator[InputFile | DocumentProblem]:
    # Path.glob refuses absolute patterns
    found = sorted(_below(pattern) if "**" in Path(pattern).parts else glob.glob(pattern))  # noqa: PTH207
    if not found:
        yield DocumentProblem(pattern, "no file matches this pattern.", pattern)
    for path in found:
        if not Path(path).is_dir() and not rules.choice.takes(_below_fixed(path, pattern)):
            continue
        if (kind := special_kind(Path(path))) is not None:
            notice(f"{readable(Path(path))}: skipped, because it is {kind}.")
        else:
            yield from _find([path], notice, rules, named=False)


def _below_fixed(path: str, pattern: str) -> str:
    """Return a path relative to the last folder of a pattern that has no sign of one."""
    parts = Path(pattern).parts
    fixed = next((number for number, part in enumerate(parts) if any(sign in part for sign in "*?[")), len(parts) - 1)
    return readable(Path(*Path(path).parts[fixed:]))


def _remote(given: str, notice: Notice, rules: _Rules) -> Iterator[InputFile | DocumentProblem]:
    """Yield the files at an address. If listing fails, even after some files, the last item is a problem."""
    shown, single = mask_url(given), True
    found = skipped = 0

    def reads(name: str) -> bool:
        nonlocal single, skipped
        single = False
        read = rules.reads(name)
        skipped += not read
        return read

    try:
        for file, name in find_remote_files(given, reads):
            found += 1
            yield InputFile(file, name, named=single)
    except DocumentError as error:
        yield DocumentProblem(shown, str(error), shown)
        return
    if not found:
        yield DocumentProblem(shown, f"it has no document {rules.words}.", shown)
    elif skipped:
        notice(f"{shown}: {skipped} file{'s' * (skipped != 1)} skipped.")


def _below(pattern: str) -> Iterator[str]:
    """Yield the files that match a pattern with ``**``. Links that make a loop are followed once only."""
    parts = Path(pattern).parts
    at = parts.index("**")
    for base in glob.glob(str(Path(*parts[:at]))) if at else ["."]:  # noqa: PTH207
        for folder, names in _walk(Path(base), []):
            for name in names:
                inside = (folder / name).relative_to(base)
                if matches(inside.parts, parts[at:]):
                    yield str(Path(base) / inside if at else inside)


def _folder(folder: Path, notice: Notice, rules: _Rules) -> Iterator[InputFile | DocumentProblem]:
    """Yield the documents below a folder: only known suffixes, nothing hidden, each folder once despite links."""
    problems: list[OSError] = []
    read, skipped = 0, 0
    for at, names in _walk(folder, problems):
        for name in names:
            path = at / name
            if (kind := special_kind(path)) is not None:
                notice(f"{readable(path)}: skipped, because it is {kind}.")
            elif not rules.choice.takes(shown := readable(path.relative_to(folder))):
                pass  # the user knows that it is left out
            elif rules.knows(shown):
                read += 1
                yield InputFile(path, readable(path.relative_to(folder)))
            else:
                skipped += 1
    # folders that could not be listed; os.walk skips them
    for error in problems:
        where = Path(os.fsdecode(error.filename or folder))
        yield DocumentProblem(readable(where), f"{explain(error)}.", readable(where))
    if not read and not problems:
        yield DocumentProblem(readable(folder), f"the folder contains no document {rules.words}.", readable(folder))
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
