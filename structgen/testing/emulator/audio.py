"""The audio endpoints: transcriptions, translations, speech. No sound is understood or made."""

from __future__ import annotations

import io
import re
import wave
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.routing import Route

from structgen.core.json import Json, JsonObject
from structgen.testing.emulator.bodies import request_id
from structgen.testing.emulator.replies import Answer, Refusal, filled, invalid
from structgen.testing.emulator.serving import (
    MODELS,
    Endpoint,
    Form,
    State,
    Wrapper,
    behind_key,
    decode_object,
    find_served,
    log,
    perform,
    read_form,
    respond,
    respond_refused,
)

if TYPE_CHECKING:
    from starlette.requests import Request


VOICES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "canopylabs/orpheus-v1-english": ("autumn", "diana", "hannah", "austin", "daniel", "troy"),
        "canopylabs/orpheus-arabic-saudi": ("fahad", "sultan", "lulwa", "noura"),
    }
)


AUDIO_LIMIT = 25 * 2**20
"""Bytes that a sound may have."""

_PATH = "/openai/v1/audio/"
_TYPES = ("flac", "mp3", "mp4", "mpeg", "mpga", "m4a", "ogg", "opus", "wav", "webm")
_FORMATS = ("json", "text", "verbose_json")
_PARTS = ("word", "segment")
_GRANULARITIES = "timestamp_granularities[]"
_SHORTEST = 0.01  # seconds
_MOST_CHARACTERS = 200
_RATES = (8000, 16000, 22050, 24000, 32000, 44100, 48000)


def audio_routes(state: State, played: Wrapper) -> list[Route]:
    """The routes of the audio endpoints. What is uploaded is never played: recordings hold no files."""
    speech = played(behind_key(state, _speech(state)))
    heard = {"transcriptions": "transcribe", "translations": "translate"}
    return [
        *(
            Route(_PATH + name, behind_key(state, _listening(state, name, task)), methods=["POST"])
            for name, task in heard.items()
        ),
        Route(_PATH + "speech", speech, methods=["POST"]),
    ]


def _listening(state: State, name: str, task: str) -> Endpoint:
    """The endpoint that turns sound into text: that of the script, or else of the transcript function."""

    async def listen(request: Request) -> Response:
        form = await read_form(request, AUDIO_LIMIT)
        if isinstance(form, Refusal):
            log(state, request, {})
            return respond_refused(form)
        body, seconds = _described(form)
        log(state, request, body)
        refused = None if state.forces_next() else next(_faults(state, form, name, seconds), None)
        step = refused or state.next_step() or Answer(await run_in_threadpool(state.transcript, body))

        def answered(answer: Answer) -> Response:
            return _respond_heard(form, Heard(answer.text or "", task, form.field("language"), seconds))

        return await perform(request, state, step, answered, form.field("model") or "")

    return listen


def _respond_heard(form: Form, heard: Heard) -> Response:
    match form.field("response_format"):
        case "text":
            headers = {"x-request-id": request_id()}
            return Response(heard.text.encode("utf-8", "replace"), 200, headers, "text/plain")
        case "verbose_json":
            return respond(verbose_body(heard, form.fields.get(_GRANULARITIES, ("segment",))))
        case _:
            return respond(brief_body(heard))


def _described(form: Form) -> tuple[JsonObject, float | None]:
    """The form as it is logged and given to the transcript function, and how many seconds its file lasts."""
    body, file = form.logged(), form.files.get("file")
    try:
        seconds = seconds_of(file.name, file.content) if file else None
    except NoSoundError:
        seconds = None
    shown = body.get("file")
    if seconds is not None and isinstance(shown, dict):
        shown["seconds"] = seconds
    return body, seconds


def _faults(state: State, form: Form, name: str, seconds: float | None) -> Iterator[Refusal]:
    """What is wrong with a request to listen, the first thing first."""
    model = form.field("model")
    if model is None:
        yield invalid("property 'model' is missing")
    else:
        yield from _model_faults(state, model, name)
    yield from _file_faults(form, seconds)
    format_name, parts = form.field("response_format") or "json", form.fields.get(_GRANULARITIES, ())
    if format_name not in _FORMATS:
        yield invalid(f"response_format must be one of [{' '.join(_FORMATS)}]")
    if not set(parts) <= set(_PARTS):
        yield invalid(f"timestamp_granularities must be one of [{' '.join(_PARTS)}]")
    if parts and format_name != "verbose_json":
        yield invalid("timestamp_granularities needs the response_format verbose_json")
    if not _is_share(form.field("temperature") or "0"):
        yield invalid("'temperature' : number must be between 0 and 1")


def _file_faults(form: Form, seconds: float | None) -> Iterator[Refusal]:
    file = form.files.get("file")
    if file is None:
        if not (form.field("url") or "").startswith(("https://", "http://", "data:")):
            yield invalid("one of file or url is needed")
        return
    if PurePosixPath(file.name.lower()).suffix[1:] not in _TYPES:
        yield filled("unsupported_audio_format")
    try:
        seconds_of(file.name, file.content)
    except NoSoundError:
        yield filled("audio_unreadable")
    if not file.content or (seconds is not None and seconds < _SHORTEST):
        yield filled("audio_too_short")


def _model_faults(state: State, model: str, name: str) -> Iterator[Refusal]:
    """Why a model does not do this: it is unknown, retired, or made for something else."""
    if name in MODELS.get(model, ()) or model in state.models:
        return
    found = find_served(state, model)
    yield found if isinstance(found, Refusal) else filled("feature_unsupported", feature=f"audio {name}")


def _is_share(text: str) -> bool:
    try:
        return 0 <= float(text) <= 1
    except ValueError:
        return False


def _speech(state: State) -> Endpoint:
    """The endpoint that turns text into sound: silence. Of a script it takes errors and raw responses alone."""

    async def speak(request: Request) -> Response:
        body = decode_object(await request.body())
        log(state, request, body)
        forced = state.next_step() if state.forces_next() else None
        step = forced or next(_speech_faults(state, body), Answer(None))

        def answered(_: Answer) -> Response:
            rate = body.get("sample_rate")
            sound = silence(rate if isinstance(rate, int) else 24000)
            return Response(sound, 200, {"x-request-id": request_id()}, "audio/wav")

        return await perform(request, state, step, answered, str(body.get("model")))

    return speak


def _speech_faults(state: State, body: JsonObject) -> Iterator[Refusal]:
    """What is wrong with a request to speak, the first thing first."""
    for name in ("model", "input", "voice"):
        if not isinstance(body.get(name), str) or not body[name]:
            yield invalid(f"property '{name}' is missing")
    model, text, voice = str(body.get("model")), str(body.get("input")), body.get("voice")
    yield from _model_faults(state, model, "speech")
    if len(text) > _MOST_CHARACTERS:
        yield invalid(f"input must have at most {_MOST_CHARACTERS} characters")
    voices = VOICES.get(model)
    if voices is not None and voice not in voices:
        yield invalid(f"voice must be one of the following voices: [{' '.join(voices)}]")
    if body.get("response_format", "wav") != "wav":
        yield invalid("response_format must be one of [wav]")
    if body.get("sample_rate", 24000) not in _RATES:
        yield invalid(f"sample_rate must be one of [{' '.join(map(str, _RATES))}]")


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


_SILENCE = 0.25  # seconds


class NoSoundError(ValueError):
    """The bytes are no sound that can be read."""


def seconds_of(name: str, content: bytes) -> float | None:
    """How long a sound lasts, in seconds; None where it is not WAV, or WAV of a kind that has to be decoded to tell.

    Raises NoSoundError for a file whose name says WAV and whose bytes do not. A header that promises more than there
    is, as pipes write it, is not believed.
    """
    if not name.lower().endswith(".wav"):
        return None
    if content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        raise NoSoundError(name)
    try:
        with wave.open(io.BytesIO(content)) as sound:
            rate, width = sound.getframerate(), sound.getnchannels() * sound.getsampwidth()
            frames = min(sound.getnframes(), len(content) // width)
    except (wave.Error, EOFError, RuntimeError):  # the last for a chunk that ends beyond the file
        return None
    return round(frames / rate, 3) if rate else None


def silence(rate: int) -> bytes:
    """A quarter of a second of silence as WAV: 16 bits, one channel, `rate` samples a second."""
    held = io.BytesIO()
    with wave.open(held, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(bytes(2 * int(rate * _SILENCE)))
    return held.getvalue()
