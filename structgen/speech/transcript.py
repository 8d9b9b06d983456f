"""Transcript: what was said in a recording, and when."""

from __future__ import annotations

from dataclasses import dataclass

from structgen.core.json import Json, JsonObject
from structgen.core.records import Document
from structgen.speech.word_offsets import spoken_places


@dataclass(frozen=True, slots=True)
class Segment:
    """A phrase or sentence. `start` and `end` are in seconds from the start of the audio.

    The other fields are the model's own measures, None if the server does not report them: `avg_logprob` is low where
    the model is unsure of the words, `no_speech_prob` is high where it may have heard words in a silence, and
    `compression_ratio` is high where it repeats itself.
    """

    start: float
    end: float
    text: str
    avg_logprob: float | None = None
    no_speech_prob: float | None = None
    compression_ratio: float | None = None


@dataclass(frozen=True, slots=True)
class Word:
    """A word. `start` and `end` are in seconds from the start of the audio."""

    start: float
    end: float
    text: str


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was said in a recording. `task` is ``transcribe`` or ``translate`` (into English).

    `segments` and `words` are empty if the server was not asked for their times. `language` is as the server names it.
    `duration` is in seconds, `cost` in USD (0 if the answer was stored, None if the price or the duration is unknown).
    `notes` are sentences about what is not certain, or was done to the audio.
    """

    text: str
    segments: tuple[Segment, ...] = ()
    words: tuple[Word, ...] = ()
    language: str | None = None
    duration: float | None = None
    task: str = "transcribe"
    model: str = ""
    id: str = ""
    source: str = ""
    cost: float | None = None
    stored: bool = False
    notes: tuple[str, ...] = ()

    @property
    def document(self) -> Document:
        """The transcript as a document: evidence of what is extracted from it carries the seconds where it was said."""
        found = spoken_places(self.text, self.words) if self.words else ()
        spoken = found or spoken_places(self.text, self.segments)
        return Document(self.text, self.id, self.source, notes=self.notes, spoken=spoken)

    @property
    def srt(self) -> str:
        """The transcript as SubRip subtitles. Raises DocumentError if it has no times."""
        from structgen.speech.subtitles import srt

        return srt(self)

    @property
    def vtt(self) -> str:
        """The transcript as WebVTT subtitles. Raises DocumentError if it has no times."""
        from structgen.speech.subtitles import vtt

        return vtt(self)

    def to_json(self, *, verbose: bool = True) -> JsonObject:
        """Return the transcript as JSON, named as in the API; without `verbose` only its text and where it is from."""
        brief: JsonObject = {"id": self.id, "source": self.source, "text": self.text}
        if not verbose:
            return brief
        segments: list[Json] = [
            {"id": number, **{name: getattr(one, name) for name in Segment.__dataclass_fields__}}
            for number, one in enumerate(self.segments)
        ]
        words: list[Json] = [{"word": one.text, "start": one.start, "end": one.end} for one in self.words]
        return {
            **brief,
            "task": self.task,
            "language": self.language,
            "duration": self.duration,
            "segments": segments,
            "words": words,
            "model": self.model,
            "cost": self.cost,
            "stored": self.stored,
            "notes": list(self.notes),
        }
