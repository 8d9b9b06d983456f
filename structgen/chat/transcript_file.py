"""A conversation in a file, as JSON Lines: a line about its settings, then one for each message.

A turn is written as soon as it is complete. A file that a crash left half written is continued after its last turn.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from structgen.chat.turns import Turn, turns_of
from structgen.compile.history import check_calls, message_in
from structgen.core.chat_message import Message
from structgen.core.errors import ConfigurationError, DocumentError, OutputError
from structgen.core.json import JsonObject, as_object, refuse_constant
from structgen.core.screen import json_text

_KIND, _VERSION = "chat", 1
_MESSAGE_KEYS = ("role", "content", "name", "tool_calls", "tool_call_id")


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a transcript holds. `size` is that of its whole turns in bytes, `note` says what was half written."""

    model: str = ""
    system: str = ""
    turns: tuple[Turn, ...] = ()
    size: int = 0
    note: str = ""


class Transcript:
    """The file of a conversation, to which turns are added."""

    def __init__(self, path: Path, size: int = 0) -> None:
        self.path = path
        self._size = size

    def write(self, lines: Sequence[JsonObject]) -> None:
        """Add lines. Raises OutputError if they cannot be written; then the file is as it was."""
        data = "".join(f"{json_text(line)}\n" for line in lines).encode()
        try:
            self.path.touch(mode=0o600)
            with self.path.open("r+b") as file:
                if file.seek(0, os.SEEK_END) < self._size:
                    raise OutputError(f"{self.path} was changed by another program, so the chat is not saved there.")
                # what a crash left half written is replaced
                file.seek(self._size)
                file.truncate()
                try:
                    file.write(data)
                    file.flush()
                except OSError:
                    with suppress(OSError):
                        file.truncate(self._size)
                    raise
        except OSError as error:
            raise OutputError(f"Cannot write the chat to {self.path}: {error.strerror}.") from error
        self._size += len(data)


def settings_line(model: str, system: str) -> JsonObject:
    """Return the line about a conversation's settings, which holds for what follows it."""
    return {"structgen": _KIND, "version": _VERSION, "model": model, "system": system}


def message_line(message: Message, facts: JsonObject) -> JsonObject:
    """Return the line of a message. `facts` are about the answer: model, usage, cost."""
    return {**message.to_groq(), **facts}


def read_transcript(path: Path) -> Recorded:
    """Read a transcript; a file that does not exist yet or is empty holds nothing.

    Raises DocumentError if the file is something else, with the line.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return Recorded()
    except OSError as error:
        raise DocumentError(f"Cannot read the transcript {path}: {error.strerror}.") from None
    *lines, rest = content.split(b"\n")
    found = _Reader(path)
    for number, line in enumerate(lines, 1):
        if line.strip():
            found.add(number, line, last=number == len(lines) and not rest)
        found.offset += len(line) + 1
    if rest and not found.begun and not b'{"structgen": "chat"'.startswith(rest[:20]):
        raise found.other(1)
    return found.recorded(half=bool(rest))


class _Reader:
    """Collects the lines of a transcript."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._settings: JsonObject = {}
        self._messages: list[Message] = []
        self._half = False
        self._whole, self._size = 0, 0
        self.offset = 0

    @property
    def begun(self) -> bool:
        """Whether the line about the settings was there."""
        return bool(self._settings)

    def add(self, number: int, line: bytes, *, last: bool) -> None:
        """Read a line. If the last one cannot be read, it was being written during a crash."""
        try:
            found = as_object(json.loads(line.decode(), parse_constant=refuse_constant))
        except (ValueError, RecursionError):
            if last and self.begun:
                self._half = True
                return
            raise self.other(number) from None
        if found.get("structgen") == _KIND:
            self._read_settings(found)
        elif self.begun:
            self._read_message(found, number)
        else:
            raise self.other(number)
        # a question without its answer is not a whole turn
        if not self._messages or self._messages[-1].role == "assistant":
            self._whole, self._size = len(self._messages), self.offset + len(line) + 1

    def _read_settings(self, found: JsonObject) -> None:
        if found.get("version") != _VERSION:
            raise DocumentError(
                f"{self._path} was written by another version of structgen (format {found.get('version')!r:.20}), and "
                f"this one reads format {_VERSION}. Use that version, or name another file."
            )
        self._settings = found

    def _read_message(self, found: JsonObject, number: int) -> None:
        try:
            message = message_in({key: found[key] for key in _MESSAGE_KEYS if key in found})
            check_calls([*self._messages, message])
        except DocumentError as error:
            raise DocumentError(f"{self._path}, line {number}: {error}") from None
        self._messages.append(message)

    def other(self, number: int) -> DocumentError:
        """Return the error for a file that is not a transcript."""
        return DocumentError(
            f"{self._path}, line {number}: not a transcript of structgen chat, which has JSON Lines that begin with "
            '{"structgen": "chat"}. Name another file; this one is left as it is.'
        )

    def recorded(self, *, half: bool) -> Recorded:
        """Return what was read, up to the last whole turn."""
        dropped = half or self._half or self._whole < len(self._messages)
        note = f"{self._path}: its last turn is only half written and was left out." if dropped else ""
        model, system = (str(self._settings.get(key) or "") for key in ("model", "system"))
        return Recorded(model, system, turns_of(self._messages[: self._whole]), self._size, note)


def as_text(turns: Iterator[Turn] | Sequence[Turn]) -> str:
    """Return a conversation as a text that people and models can read, each speaker named."""
    names: Mapping[str, str] = {"user": "User", "assistant": "Assistant", "tool": "Tool"}
    said = (
        f"{message.name or names.get(message.role, message.role)}: {message.text}"
        for turn in turns
        for message in turn
        if message.text.strip()
    )
    return "\n\n".join(said)


def path_in(given: object) -> Path | None:
    """Return the path of a transcript, or None. Raises ConfigurationError for anything else."""
    if given is None:
        return None
    if not isinstance(given, (str, Path)) or not str(cast(object, given)).strip():
        raise ConfigurationError("transcript must be a file: write transcript='chat.jsonl'.")
    path = Path(given)
    if path.is_dir():
        raise ConfigurationError(f"{path} is a folder. Name a file for the transcript, such as {path / 'chat.jsonl'}.")
    return path
