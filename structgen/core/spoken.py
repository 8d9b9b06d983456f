"""Speech as data: when each part of a text was said, and a request to transcribe audio. Times are in seconds."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spoken:
    """A stretch of a text, in offsets of characters, and when it was said, in seconds from the start of the audio."""

    start: int
    end: int
    begins: float
    ends: float


def seconds_of(spoken: Sequence[Spoken], start: int, end: int) -> tuple[float, float] | None:
    """Return when a span of the text was said, or None if no stretch that has times overlaps it.

    The stretches are sorted and do not overlap.
    """
    first = max(0, bisect_right(spoken, start, key=lambda one: one.start) - 1)
    if first < len(spoken) and spoken[first].end <= start:
        first += 1
    last = bisect_right(spoken, max(start, end - 1), key=lambda one: one.start) - 1
    return (spoken[first].begins, spoken[last].ends) if first <= last else None


@dataclass(frozen=True, slots=True)
class AudioInput:
    """The audio of a request and how it is transcribed: everything that can change the transcript but the model.

    The audio is named by the SHA-256 of its bytes, or by its URL. `part` are the first and the last second of the piece
    that is sent, if the audio is sent in pieces, and `encoding` says how structgen encoded it anew, if it did.
    """

    sha256: str = ""
    url: str = ""
    translate: bool = False
    language: str | None = None
    prompt: str | None = None
    temperature: float | None = None
    response_format: str = "verbose_json"
    timestamps: tuple[str, ...] = ()
    part: tuple[float, float] | None = None
    encoding: str = ""
