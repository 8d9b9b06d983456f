"""The audio endpoints: transcriptions, translations and speech. Nothing is recognised; speech is silence."""

from __future__ import annotations

import io
import re
import wave
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.routing import Route

from structgen.core.json import Json, JsonObject
from structgen.testing.emulator.bodies import request_id
from structgen.testing.emulator.chat.parameter_checks import NUMBER, Parameter
from structgen.testing.emulator.replies import Answer, ErrorReply, Fault, Step, groq_error, invalid_request
from structgen.testing.emulator.serving import (
    MODELS,
    Endpoint,
    Form,
    State,
    Wrapper,
    decode_object,
    find_model,
    log,
    logged,
    perform_step,
    read_form,
    require_key,
    respond,
    respond_error,
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
"""The maximum size of an audio file, in bytes."""

_PATH = "/openai/v1/audio/"
_TYPES = ("flac", "mp3", "mp4", "mpeg", "mpga", "m4a", "ogg", "opus", "wav", "webm")
_FORMATS = ("json", "text", "verbose_json")
_PARTS = ("word", "segment")
_GRANULARITIES = "timestamp_granularities[]"
_SHORTEST = 0.01  # seconds
_MAX_CHARACTERS = 200
_RATES = (8000, 16000, 22050, 24000, 32000, 44100, 48000)


def audio_routes(state: State, replayed: Wrapper) -> list[Route]:
    """Return the routes of the audio endpoints. Uploads are never replayed: recordings contain no files."""
    speech = replayed(require_key(state, _speech(state)))
    tasks = {"transcriptions": "transcribe", "translations": "translate"}
    return [
        *(
            Route(_PATH + name, require_key(state, _transcription(state, name, task)), methods=["POST"])
            for name, task in tasks.items()
        ),
        Route(_PATH + "speech", speech, methods=["POST"]),
    ]


def _transcription(state: State, name: str, task: str) -> Endpoint:
    """Return the endpoint that turns audio into text: the script's, or else that of the transcript function."""

    async def listen(request: Request) -> Response:
        form = await read_form(request, AUDIO_LIMIT)
        if isinstance(form, ErrorReply):
            log(state, request, {})
            return respond_error(form)
        body, seconds = _logged_form(form)
        log(state, request, body)
        refused = next(_faults(state, form, name, seconds), None)
        step = await _next_step(request, state, body, refused, state.transcript)

        def answered(answer: Answer) -> Response:
            return _respond_transcript(form, Transcript(answer.text or "", task, form.field("language"), seconds))

        return await perform_step(request, state, step, answered, form.field("model") or "")

    return listen


async def _next_step(
    request: Request,
    state: State,
    body: JsonObject,
    refused: ErrorReply | None,
    transcript: Callable[[JsonObject], str] | None,
) -> Step:
    """Return the next step for a request, as for chats. Without `transcript` no scripted answer is taken."""
    # scripted errors skip the checks
    if state.forces_next():
        return state.next_step() or Fault()
    charge = refused or state.meters.arrive(body, state.organization_of(request))
    if isinstance(charge, ErrorReply):
        return charge
    scripted = state.next_step() if transcript else None
    if scripted is not None:
        return scripted
    step, logged(request).fault = await run_in_threadpool(state.unscripted, body, charge, transcript or _say_nothing)
    return step


def _say_nothing(_: JsonObject) -> Answer:
    return Answer(None)


def _respond_transcript(form: Form, transcript: Transcript) -> Response:
    match form.field("response_format"):
        case "text":
            headers = {"x-request-id": request_id()}
            return Response(transcript.text.encode("utf-8", "replace"), 200, headers, "text/plain")
        case "verbose_json":
            return respond(verbose_body(transcript, form.fields.get(_GRANULARITIES, ("segment",))))
        case _:
            return respond(brief_body(transcript))


def _logged_form(form: Form) -> tuple[JsonObject, float | None]:
    """Return the form as it is logged and passed to the transcript function, and the duration of its file."""
    body, file = form.logged(), form.files.get("file")
    try:
        seconds = wav_seconds(file.name, file.content) if file else None
    except UnreadableAudioError:
        seconds = None
    shown = body.get("file")
    if seconds is not None and isinstance(shown, dict):
        shown["seconds"] = seconds
    return body, seconds


def _faults(state: State, form: Form, name: str, seconds: float | None) -> Iterator[ErrorReply]:
    """Yield the errors of a transcription request, in the order in which Groq checks."""
    model = form.field("model")
    if model is None:
        yield invalid_request("property 'model' is missing")
    else:
        yield from _model_faults(state, model, name)
    yield from _file_faults(form, seconds)
    format_name, parts = form.field("response_format") or "json", form.fields.get(_GRANULARITIES, ())
    if format_name not in _FORMATS:
        yield invalid_request(f"response_format must be one of [{' '.join(_FORMATS)}]")
    # the SDK sends the granularities as repeated fields of one name
    if not set(parts) <= set(_PARTS):
        yield invalid_request(f"timestamp_granularities must be one of [{' '.join(_PARTS)}]")
    if parts and format_name != "verbose_json":
        yield invalid_request("timestamp_granularities needs the response_format verbose_json")
    if not _is_share(form.field("temperature") or "0"):
        yield invalid_request("'temperature' : number must be between 0 and 1")


def _file_faults(form: Form, seconds: float | None) -> Iterator[ErrorReply]:
    file = form.files.get("file")
    if file is None:
        if not (form.field("url") or "").startswith(("https://", "http://", "data:")):
            yield invalid_request("one of file or url is needed")
        return
    if PurePosixPath(file.name.lower()).suffix[1:] not in _TYPES:
        yield groq_error("unsupported_audio_format")
    try:
        wav_seconds(file.name, file.content)
    except UnreadableAudioError:
        yield groq_error("audio_unreadable")
    if not file.content or (seconds is not None and seconds < _SHORTEST):
        yield groq_error("audio_too_short")


def _model_faults(state: State, model: str, name: str) -> Iterator[ErrorReply]:
    """Yield an error if the model is unknown, retired, or made for something else."""
    # a model that a test added does everything
    if name in MODELS.get(model, ()) or model in state.models:
        return
    found = find_model(state, model)
    yield found if isinstance(found, ErrorReply) else groq_error("feature_unsupported", feature=f"audio {name}")


def _is_share(text: str) -> bool:
    try:
        return 0 <= float(text) <= 1
    except ValueError:
        return False


def _speech(state: State) -> Endpoint:
    """Return the endpoint for speech, which is silence. A script can only send it errors and raw responses."""

    async def speak(request: Request) -> Response:
        body = decode_object(await request.body())
        log(state, request, body)
        refused = next(_speech_faults(state, body), None)
        step = await _next_step(request, state, body, refused, None)

        def answered(_: Answer) -> Response:
            rate = body.get("sample_rate")
            sound = silence(rate if isinstance(rate, int) else 24000)
            return Response(sound, 200, {"x-request-id": request_id()}, "audio/wav")

        return await perform_step(request, state, step, answered, str(body.get("model")))

    return speak


_SPEECH = frozenset({"model", "input", "voice", "response_format", "sample_rate", "speed"})
_SPEED = Parameter(NUMBER, 0.5, 5)


def _speech_faults(state: State, body: JsonObject) -> Iterator[ErrorReply]:
    """Yield the errors of a speech request, in the order in which Groq checks."""
    yield from (invalid_request(f"property '{name}' is unsupported") for name in body if name not in _SPEECH)
    for name in ("model", "input", "voice"):
        if not isinstance(body.get(name), str) or not body[name]:
            yield invalid_request(f"property '{name}' is missing")
    model, text, voice = str(body.get("model")), str(body.get("input")), body.get("voice")
    yield from _model_faults(state, model, "speech")
    if len(text) > _MAX_CHARACTERS:
        yield invalid_request(f"input must have at most {_MAX_CHARACTERS} characters")
    voices = VOICES.get(model)
    if voices is not None and voice not in voices:
        yield invalid_request(f"voice must be one of the following voices: [{' '.join(voices)}]")
    if body.get("response_format") not in (None, "wav"):
        yield invalid_request("response_format must be one of [wav]")
    if body.get("sample_rate") not in (None, *_RATES):
        yield invalid_request(f"sample_rate must be one of [{' '.join(map(str, _RATES))}]")
    if wrong := _SPEED.wrong("speed", body.get("speed")):
        yield invalid_request(wrong)


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
class Transcript:
    """A transcript. `task` is ``transcribe`` or ``translate``; `seconds` is None if unknown."""

    text: str
    task: str = "transcribe"
    language: str | None = None
    seconds: float | None = None

    @property
    def duration(self) -> float:
        """The duration in seconds, estimated from the number of words if unknown."""
        return self.seconds or round(len(self.text.split()) * _SECONDS_A_WORD, 2)


def brief_body(transcript: Transcript) -> JsonObject:
    """Return the body in the format ``json``."""
    return {"text": transcript.text, "x_groq": {"id": request_id()}}


def verbose_body(transcript: Transcript, parts: Sequence[str]) -> JsonObject:
    """Return the body in the format ``verbose_json``; `parts` are ``segment``, ``word``, or both."""
    body: JsonObject = {
        "task": transcript.task,
        "language": _LANGUAGES.get(transcript.language or "en", transcript.language),
        "duration": transcript.duration,
        "text": transcript.text,
    }
    if "word" in parts:
        words = _spread(transcript.text.split(), transcript.duration)
        body["words"] = [{"word": word, "start": start, "end": end} for word, start, end in words]
    if "segment" in parts:
        sentences = re.split(r"(?<=[.!?]) +", transcript.text)
        body["segments"] = [
            _segment(number, *each) for number, each in enumerate(_spread(sentences, transcript.duration))
        ]
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
    """Yield each text with its start and end, which divide the time by the number of characters."""
    total, done = sum(map(len, texts)), 0
    for text in texts:
        start, done = done, done + len(text)
        if total:
            yield text, round(seconds * start / total, 2), round(seconds * done / total, 2)


_SILENCE = 0.25  # seconds


class UnreadableAudioError(ValueError):
    """The bytes are not readable audio."""


def wav_seconds(name: str, content: bytes) -> float | None:
    """Return the duration in seconds, or None for anything but WAV, and for WAV that would have to be decoded.

    Raises UnreadableAudioError if the name says WAV but the bytes do not. The length in the header is capped by the
    actual size, because a pipe writes a header before it knows the length.
    """
    if not name.lower().endswith(".wav"):
        return None
    if content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        raise UnreadableAudioError(name)
    try:
        with wave.open(io.BytesIO(content)) as sound:
            rate, width = sound.getframerate(), sound.getnchannels() * sound.getsampwidth()
            # a pipe writes the maximum as the length
            frames = min(sound.getnframes(), len(content) // width)
    except (wave.Error, EOFError, RuntimeError):  # RuntimeError: a chunk that ends beyond the file
        return None
    return round(frames / rate, 3) if rate else None


def silence(rate: int) -> bytes:
    """Return a quarter of a second of silence as WAV: 16 bits, one channel, `rate` samples per second."""
    held = io.BytesIO()
    with wave.open(held, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(bytes(2 * int(rate * _SILENCE)))
    return held.getvalue()
