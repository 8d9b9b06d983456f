"""Bytes -> server-sent events, however the network splits them, in linear time.

The format follows the HTML standard: lines end in LF, CR or CRLF and contain fields or comments; an empty line ends an
event. Unlike the standard, the last event needs no empty line, because many servers omit it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

LONGEST_EVENT = 64_000_000
"""Maximum size of one event in bytes. A stream without an end of event must not fill the memory."""

_BOM = b"\xef\xbb\xbf"


class Event(NamedTuple):
    """One event. `name` is empty for an ordinary message."""

    data: bytes
    name: str = ""


@dataclass(slots=True)
class SseReader:
    """Reads a stream piece by piece. Raises ValueError for an event larger than LONGEST_EVENT."""

    _line: list[bytes] = field(default_factory=list[bytes])
    _data: list[bytes] = field(default_factory=list[bytes])
    _name: str = ""
    _size: int = 0
    _after_cr: bool = False
    _started: bool = False

    def feed(self, piece: bytes) -> list[Event]:
        """Return the events that this piece completes."""
        # A CRLF may be split between two pieces: the CR has already ended the line, so the LF is dropped.
        if self._after_cr and piece.startswith(b"\n"):
            piece, self._after_cr = piece[1:], False
        if not piece:
            return []
        self._after_cr = piece.endswith(b"\r")
        *lines, rest = piece.splitlines(keepends=True)
        if rest[-1] in b"\r\n":
            lines, rest = [*lines, rest], b""
        self._size += len(piece)
        events = [event for line in lines if (event := self._take(line)) is not None]
        if rest:
            self._line.append(rest)
        if self._size > LONGEST_EVENT:
            raise ValueError(f"an event of more than {LONGEST_EVENT} bytes")
        return events

    def finish(self) -> list[Event]:
        """Return the unfinished event at the end of the stream, if any."""
        event = self._take(b"") or self._dispatch()
        return [] if event is None else [event]

    def _take(self, end: bytes) -> Event | None:
        """Process the last part of a line. An empty line ends an event."""
        self._line.append(end)
        line = b"".join(self._line).rstrip(b"\r\n")
        self._line.clear()
        if not self._started:  # the standard allows a BOM at the very beginning
            line, self._started = line.removeprefix(_BOM), True
        if not line:
            return self._dispatch()
        name, _, value = line.partition(b":")
        if name == b"data":
            self._data.append(value.removeprefix(b" "))
        elif name == b"event":
            self._name = value.removeprefix(b" ").decode("utf-8", "replace")
        return None

    def _dispatch(self) -> Event | None:
        event = Event(b"\n".join(self._data), self._name) if self._data else None
        self._data.clear()
        self._name, self._size = "", 0
        return event
