"""The bodies of transcriptions and translations: a text, spread over the time that it takes. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from structgen.core.json import Json, JsonObject
from structgen.testing.emulator.bodies import request_id

_SECONDS_A_WORD = 0.4
_LANGUAGES = {
    "ar": "Arabic",
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "it": "Italian",
    "ja": "Japanese",
    "nl": "Dutch",
    "pt": "Portuguese",
    "zh": "Chinese",
}


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard: `task` is ``transcribe`` or ``translate``; `seconds` is None where nobody knows."""

    text: str
    task: str = "transcribe"
    language: str | None = None
    seconds: float | None = None

    @property
    def duration(self) -> float:
        """Seconds, from the number of words where nobody knows better."""
        return self.seconds or round(len(self.text.split()) * _SECONDS_A_WORD, 2)


def describe_sound(body: JsonObject) -> str:
    """The transcript where a test gives none: it says that it is none, and of what."""
    file = body.get("file")
    if not isinstance(file, dict):
        return f"The emulator does not listen. It was given the address {body.get('url')}."
    seconds = file.get("seconds")
    lasting = f" lasting {seconds:g} seconds" if isinstance(seconds, (int, float)) else ""
    return f"The emulator does not listen. It was given {file['name']}, {file['size']} bytes{lasting}."


def brief_body(heard: Heard) -> JsonObject:
    """The body of the format ``json``."""
    return {"text": heard.text, "x_groq": {"id": request_id()}}


def verbose_body(heard: Heard, parts: Sequence[str]) -> JsonObject:
    """The body of the format ``verbose_json``; `parts` are ``segment``, ``word``, or both."""
    body: JsonObject = {
        "task": heard.task,
        "language": _LANGUAGES.get(heard.language or "en", heard.language),
        "duration": heard.duration,
        "text": heard.text,
    }
    if "word" in parts:
        words = _spread(heard.text.split(), heard.duration)
        body["words"] = [{"word": word, "start": start, "end": end} for word, start, end in words]
    if "segment" in parts:
        sentences = re.split(r"(?<=[.!?]) +", heard.text)
        body["segments"] = [_segment(number, *each) for number, each in enumerate(_spread(sentences, heard.duration))]
    body["x_groq"] = {"id": request_id()}
    return body


def _segment(number: int, text: str, start: float, end: float) -> Json:
    return {
        "id": number,
        "seek": 0,
        "start": start,
        "end": end,
        "text": f" {text}",
        "tokens": [],
        "temperature": 0,
        "avg_logprob": -0.1,
        "compression_ratio": 1.0,
        "no_speech_prob": 0.01,
    }


def _spread(texts: Sequence[str], seconds: float) -> Iterator[tuple[str, float, float]]:
    """Each text with the time when it starts and ends, its share being that of its characters."""
    total, said = sum(map(len, texts)), 0
    for text in texts:
        start, said = said, said + len(text)
        if total:
            yield text, round(seconds * start / total, 2), round(seconds * said / total, 2)
