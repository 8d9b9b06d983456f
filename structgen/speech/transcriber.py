"""Transcriber: audio -> Transcript. A generator decides what to request; a sync and an async driver send it."""

from __future__ import annotations

import asyncio
import hashlib
import os
import tempfile
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, cast

from structgen.core.argument_checks import argument, instance, kind_of, number, optional, string
from structgen.core.closing import AsyncClosing, Closing
from structgen.core.errors import ConfigurationError, DocumentError
from structgen.core.options import Mode
from structgen.core.records import Completion, Request, Usage
from structgen.core.spoken import AudioInput
from structgen.documents.audio_formats import AudioFormat, audio_format
from structgen.documents.inputs import readable, special_kind
from structgen.documents.streams import read_whole
from structgen.engine.answers import Answers, open_store
from structgen.engine.flow import Send
from structgen.send import Allowance
from structgen.speech.audio_cutter import ENCODING, Encoded, encode_anew, has_ffmpeg
from structgen.speech.joining import Piece, join
from structgen.speech.response_body import Heard, doubts, read_body
from structgen.speech.speech_models import TRANSCRIBES, SpeechModel, Wire, open_speech_model, split_speech_model
from structgen.speech.speech_options import VERBOSE, SpeechOptions
from structgen.speech.transcript import Transcript
from structgen.store import Store

if TYPE_CHECKING:
    import httpx

_LEAST_BYTES_A_SECOND = 750
"""No format that speech servers take uses less (6 kbit/s): the most seconds that a file can hold follow from it."""


@dataclass(frozen=True, slots=True)
class Call:
    """The effect of transcribing one file. `content` returns its bytes, and is called only if it is sent."""

    audio: AudioInput
    name: str = ""
    content: Callable[[], bytes] = bytes


Line = Generator[Call, Completion, Transcript]


class Transcriber(Closing, AsyncClosing):
    """A speech model and options, ready to transcribe recordings. A context manager, sync and async.

    Args:
        model: a speech model of Groq (``whisper-large-v3-turbo``, which is the default, or ``whisper-large-v3``, the
            default for translations), ``compatible/<id>``, or ``replay``, which answers from the store alone.
        options: how to transcribe.
        store: a file or an open `Store`. A recording with the same bytes and options is paid for once.
        api_key, base_url, timeout, http_client: as of an Extractor. The timeout is that of one request, in seconds.

    Raises ConfigurationError if the model is not a speech model, or if it cannot translate and should.
    """

    def __init__(
        self,
        model: str | None = None,
        options: SpeechOptions | None = None,
        *,
        store: Store | Path | str | None = None,
        api_key: str | None = None,
        base_url: str | None = None,
        timeout: float = 300.0,
        http_client: httpx.Client | httpx.AsyncClient | None = None,
    ) -> None:
        chosen = argument("model", model, optional(string))
        self.options = (
            SpeechOptions()
            if options is None
            else argument("options", options, instance(SpeechOptions, "SpeechOptions(language='de')"))
        )
        opened = open_store(store, "/".join(split_speech_model(chosen or TRANSCRIBES)))
        self._own_store = opened if opened is not store else None
        wire = Wire(api_key, base_url, argument("timeout", timeout, number(above=0)), http_client)
        self._model: SpeechModel = open_speech_model(chosen, translate=self.options.translate, store=opened, wire=wire)

    @property
    def model(self) -> str:
        """The model, as ``provider/id``."""
        return f"{self._model.provider}/{self._model.name}"

    def transcribe(self, path: str | PathLike[str]) -> Transcript:
        """Transcribe a file, or the audio at an http(s) URL, which the server fetches.

        Raises DocumentError if it is not audio, is empty or silent, or is too large and ffmpeg is not installed; and
        TransportError if no answer arrived.
        """
        return self._drive(self._line_of(path))

    async def atranscribe(self, path: str | PathLike[str]) -> Transcript:
        """Async version of `transcribe`."""
        return await self._adrive(await asyncio.to_thread(self._line_of, path))

    def transcribe_bytes(self, data: bytes, name: str = "", source: str = "") -> Transcript:
        """Transcribe audio that was read already. `name` becomes the id of the transcript."""
        return self._drive(self._line(data, name, source))

    def most_cost(self, data: bytes) -> float | None:
        """Return the maximum cost of transcribing this audio in USD, or None if the price is unknown. Nothing is sent.

        It follows from the size, because only decoding shows the length. Audio that is stored costs nothing.
        """
        card = self._model.card
        request = self._request(self.options.audio(sha256=hashlib.sha256(data).hexdigest()))
        if self._model.answers.stored(request) is not None:
            return 0.0
        return None if card is None else card.cost(len(data) / _LEAST_BYTES_A_SECOND)

    def _line_of(self, path: str | PathLike[str]) -> Line:
        name = _name_of(path)
        if name.startswith(("http://", "https://")):
            return self._single(Call(self.options.audio(url=name)), name.rpartition("/")[2], name)
        file = Path(name)
        if (kind := special_kind(file)) is not None:
            raise DocumentError(f"{name} is {kind}, not a file.", source=name)
        try:
            data = read_whole(file)
        except DocumentError as error:
            raise DocumentError(f"{name}: {error}", source=name) from error
        except OSError as error:
            raise DocumentError(f"{name}: it cannot be read: {error.strerror}.", source=name) from error
        return self._line(data, readable(Path(file.name)), readable(file))

    def _line(self, data: bytes, name: str, source: str) -> Line:
        """Yield a call for the recording, or for each of its pieces, and return the transcript."""
        try:
            form = audio_format(data, source)
            audio = self.options.audio(sha256=hashlib.sha256(data).hexdigest())
            if len(data) <= self.options.limit:
                notes = ("it is a video, of which only the sound is transcribed.",) if form.video else ()
                return (yield from self._single(Call(audio, f"audio.{form.suffix}", lambda: data), name, source, notes))
            return (yield from self._in_pieces(data, form, audio, name, source))
        except DocumentError as error:
            where = f"{source}: " if source and not str(error).startswith(source) else ""
            raise DocumentError(f"{where}{error}", id=name, source=source) from error

    def _single(self, call: Call, name: str, source: str, notes: tuple[str, ...] = ()) -> Line:
        completion = yield call
        heard = read_body(completion)
        return self._transcript(heard, [(completion, heard.duration)], name, source, notes)

    def _in_pieces(self, data: bytes, form: AudioFormat, audio: AudioInput, name: str, source: str) -> Line:
        """Encode a recording that is too large anew, and cut it if that is not enough."""
        size, limit = len(data) / 2**20, self.options.max_mb
        if not has_ffmpeg():
            raise DocumentError(
                f"it has {size:.1f} MB, more than the limit of {limit:g} MB. Install ffmpeg, and structgen cuts it; or "
                "make it smaller: ffmpeg -i FILE -vn -ac 1 -ar 16000 FILE.flac. A plan with another limit needs max_mb "
                "(--max-mb)."
            )
        if self.options.response_format != VERBOSE:
            raise DocumentError(
                f"it has {size:.1f} MB, more than the limit of {limit:g} MB, and without times its pieces cannot be "
                f"joined: use response_format={VERBOSE!r}."
            )
        with tempfile.TemporaryDirectory(prefix="structgen") as folder:
            encoded = encode_anew(data, form, Path(folder))
            spans = encoded.spans(self.options.limit)
            pieces: list[Piece] = []
            paid: list[tuple[Completion, float | None]] = []
            for start, end in spans:
                completion = yield _call_of(audio, encoded, start, end, whole=len(spans) == 1)
                pieces.append(Piece(start, end, read_body(completion).later(start)))
                paid.append((completion, end - start))
        joined = join(pieces)
        how = "" if len(spans) == 1 else f" and cut into {len(spans)} pieces that overlap"
        note = f"it has {size:.1f} MB, more than {limit:g}, and was encoded as FLAC (16 kHz, mono){how}."
        heard = replace(joined.heard, duration=encoded.seconds)
        return self._transcript(heard, paid, name, source, (note, *joined.notes))

    def _transcript(
        self,
        heard: Heard,
        paid: Sequence[tuple[Completion, float | None]],
        name: str,
        source: str,
        notes: tuple[str, ...],
    ) -> Transcript:
        if not any(map(str.isalnum, heard.text)):
            length = "" if heard.duration is None else f" in its {heard.duration:.1f} s"
            raise DocumentError(f"{source or 'the audio'}: no speech was found{length}.", id=name, source=source)
        costs = [self._cost(completion, seconds) for completion, seconds in paid]
        unstored = tuple(completion.unstored for completion, _ in paid if completion.unstored)
        return Transcript(
            text=heard.text,
            segments=heard.segments,
            words=heard.words,
            language=heard.language,
            duration=heard.duration,
            task="translate" if self.options.translate else "transcribe",
            model=self.model,
            id=name,
            source=source,
            cost=None if None in costs else sum(cost for cost in costs if cost is not None),
            stored=all(completion.stored for completion, _ in paid),
            notes=(*notes, *doubts(heard.segments), *unstored),
        )

    def _cost(self, completion: Completion, seconds: float | None) -> float | None:
        if completion.stored:
            return 0.0
        card = self._model.card
        return None if card is None or seconds is None else card.cost(seconds)

    def _request(self, audio: AudioInput) -> Request:
        return Request(self._model.provider, self._model.name, (), Mode.TEXT, json_schema=True, audio=audio)

    def _asked(self, call: Call, content: Callable[[], bytes]) -> tuple[Send, Answers]:
        """Return the effect of a call, and the `Answers` that answer it."""
        answers, sender = self._model.answers, self._model.sender
        if sender is not None:
            answers = replace(answers, sender=sender.uploading(call.name, content))
        return Send(self._request(call.audio), 1, "", Usage(calls=1)), answers

    def _drive(self, line: Line) -> Transcript:
        try:
            call = next(line)
            while True:
                effect, answers = self._asked(call, call.content)
                call = line.send(answers.answer(effect, Allowance()))
        except StopIteration as done:
            return done.value
        finally:
            line.close()

    async def _adrive(self, line: Line) -> Transcript:
        """Async version of `_drive`. Encoding and cutting take long, so they run in threads."""
        completion: Completion | None = None
        try:
            while True:
                step = await asyncio.to_thread(_step, line, completion)
                if isinstance(step, Transcript):
                    return step
                effect, answers = self._asked(step, step.content)
                if answers.stored(effect.request) is None and step.name:
                    data = await asyncio.to_thread(step.content)
                    effect, answers = self._asked(step, partial(_same, data))
                completion = await answers.aanswer(effect, Allowance())
        finally:
            line.close()

    def close(self) -> None:
        """Close the connections of sync calls, and the store if it was opened from a file."""
        self._model.answers.sender.close()
        if self._own_store is not None:
            self._own_store.close()

    async def aclose(self) -> None:
        """Close all connections, and the store if it was opened from a file."""
        await self._model.answers.sender.aclose()
        if self._own_store is not None:
            self._own_store.close()


def _call_of(audio: AudioInput, encoded: Encoded, start: float, end: float, *, whole: bool) -> Call:
    # pieces are joined at words, so their times are needed even if nobody asked for them
    asked = audio if audio.translate else replace(audio, timestamps=("word", "segment"))
    if whole:
        return Call(replace(audio, encoding=ENCODING), "audio.flac", encoded.path.read_bytes)
    return Call(replace(asked, part=(start, end), encoding=ENCODING), "audio.flac", partial(encoded.cut, start, end))


def _step(line: Line, completion: Completion | None) -> Call | Transcript:
    """Run a line to its next call, or to its transcript."""
    try:
        return next(line) if completion is None else line.send(completion)
    except StopIteration as done:
        return done.value


def _same(data: bytes) -> bytes:
    return data


def _name_of(path: object) -> str:
    name: object = os.fspath(cast("PathLike[str]", path)) if isinstance(path, PathLike) else path
    if isinstance(name, str) and name:
        return name
    raise ConfigurationError(f"path must be a file or a URL, not {'an empty str' if name == '' else kind_of(name)}.")


def transcribe(
    path: str | PathLike[str],
    *,
    model: str | None = None,
    translate: bool = False,
    language: str | None = None,
    prompt: str | None = None,
    temperature: float | None = None,
    timestamps: Sequence[str] | None = None,
    response_format: str = VERBOSE,
    max_mb: float | None = None,
    store: Store | Path | str | None = None,
    api_key: str | None = None,
    base_url: str | None = None,
) -> Transcript:
    """Transcribe a recording: a file, or the audio at a URL. See `Transcriber` and `SpeechOptions`.

        transcript = structgen.transcribe("call.mp3")
        structgen.extract(Order, transcript.document).evidence[0].seconds     # when it was said

    Raises ConfigurationError, DocumentError and TransportError.
    """
    options = _options(translate, language, prompt, temperature, timestamps, response_format, max_mb)
    with Transcriber(model, options, store=store, api_key=api_key, base_url=base_url) as transcriber:
        return transcriber.transcribe(path)


async def atranscribe(
    path: str | PathLike[str],
    *,
    model: str | None = None,
    translate: bool = False,
    language: str | None = None,
    prompt: str | None = None,
    temperature: float | None = None,
    timestamps: Sequence[str] | None = None,
    response_format: str = VERBOSE,
    max_mb: float | None = None,
    store: Store | Path | str | None = None,
    api_key: str | None = None,
    base_url: str | None = None,
) -> Transcript:
    """Async version of `transcribe`."""
    options = _options(translate, language, prompt, temperature, timestamps, response_format, max_mb)
    async with Transcriber(model, options, store=store, api_key=api_key, base_url=base_url) as transcriber:
        return await transcriber.atranscribe(path)


def _options(
    translate: bool,
    language: str | None,
    prompt: str | None,
    temperature: float | None,
    timestamps: Sequence[str] | None,
    response_format: str,
    max_mb: float | None,
) -> SpeechOptions:
    parts = timestamps if timestamps is None or isinstance(timestamps, str) else tuple(timestamps)
    options = SpeechOptions(translate, language, prompt, temperature, parts, response_format)  # pyright: ignore[reportArgumentType]  a str is checked like a tuple of one
    return options if max_mb is None else replace(options, max_mb=max_mb)
