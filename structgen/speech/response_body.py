"""The body of a transcription response -> what was heard."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import cast

from structgen.core.json import Json, JsonObject, as_number, as_object
from structgen.core.records import Completion
from structgen.speech.transcript import Segment, Word

SILENT = 0.9
"""A segment with at least this `no_speech_prob` may be words that the model made up in a silence."""


_LARGEST = 1e9


@dataclass(frozen=True, slots=True)
class Heard:
    """The transcript in one response."""

    text: str
    segments: tuple[Segment, ...] = ()
    words: tuple[Word, ...] = ()
    language: str | None = None
    duration: float | None = None

    def later(self, seconds: float) -> Heard:
        """Return it with all times moved by `seconds`, for a piece that begins there."""
        return replace(
            self,
            segments=tuple(
                replace(one, start=round(one.start + seconds, 3), end=round(one.end + seconds, 3))
                for one in self.segments
            ),
            words=tuple(
                replace(one, start=round(one.start + seconds, 3), end=round(one.end + seconds, 3)) for one in self.words
            ),
        )


def read_body(completion: Completion) -> Heard:
    """Return what a completion of a speech model says. A time that is not a number is left out."""
    body = as_object(cast("Json", json.loads(completion.text)))
    text, language = body.get("text"), body.get("language")
    return Heard(
        text.strip() if isinstance(text, str) else "",
        tuple(_segments(body.get("segments"))),
        tuple(Word(start, end, said) for start, end, said, _ in _timed(body.get("words"), "word")),
        language if isinstance(language, str) else None,
        _number(body.get("duration")),
    )


def _segments(given: Json) -> Iterator[Segment]:
    for start, end, text, entry in _timed(given, "text"):
        yield Segment(
            start,
            end,
            text.strip(),
            _number(entry.get("avg_logprob")),
            _number(entry.get("no_speech_prob")),
            _number(entry.get("compression_ratio")),
        )


def _timed(given: Json, name: str) -> Iterator[tuple[float, float, str, JsonObject]]:
    """Yield start, end, text and the whole entry of each item that has them."""
    for item in given if isinstance(given, list) else ():
        entry = as_object(item)
        start, end, text = _number(entry.get("start")), _number(entry.get("end")), entry.get(name)
        if start is not None and end is not None and isinstance(text, str):
            yield start, end, text, entry


def _number(given: Json) -> float | None:
    number = as_number(given)
    # not NaN, nor a number that no recording and no measure has
    return float(number) if number is not None and -_LARGEST <= number <= _LARGEST else None


def doubts(segments: tuple[Segment, ...]) -> tuple[str, ...]:
    """Return a note about segments that may have been heard in a silence."""
    silent = [one for one in segments if (one.no_speech_prob or 0.0) >= SILENT]
    if not silent:
        return ()
    where = ", ".join(f"{one.start:.1f} s" for one in silent[:5]) + (", ..." if len(silent) > 5 else "")
    return (f"the model itself doubts that anybody speaks at {where}: check what it wrote there.",)
