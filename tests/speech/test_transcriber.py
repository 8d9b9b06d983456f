from __future__ import annotations

import asyncio
import random
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import structgen
from structgen import ConfigurationError, DocumentError, Transcript
from structgen.core.errors import AuthenticationFailed, RateLimited, RequestRejected, ServerFailed, TransportError
from structgen.store import Store
from structgen.testing import Emulator, error, page, plain

needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
needs_espeak = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")

SAID = "The order has 12 chairs. The total is 480 euros."


@pytest.fixture(params=["sync", "async"])
def transcribe(request: pytest.FixtureRequest) -> Callable[..., Transcript]:
    """`structgen.transcribe`, and `structgen.atranscribe` on an event loop."""
    if request.param == "sync":
        return structgen.transcribe
    return lambda *args, **options: asyncio.run(structgen.atranscribe(*args, **options))


def test_a_recording_becomes_a_transcript_with_times(transcribe, groq_emulator: Emulator, call: Path) -> None:
    groq_emulator.transcribe_with(lambda body: SAID)
    transcript = transcribe(call)
    assert transcript.text == SAID
    assert (transcript.language, transcript.duration, transcript.task) == ("English", 2.0, "transcribe")
    assert [one.text for one in transcript.segments] == ["The order has 12 chairs.", "The total is 480 euros."]
    assert [one.text for one in transcript.words] == SAID.split()
    assert (transcript.id, transcript.source, transcript.model) == (
        "call.wav",
        call.as_posix(),
        "groq/whisper-large-v3-turbo",
    )
    # ten seconds are the least that is billed
    assert transcript.cost == pytest.approx(0.04 * 10 / 3600)


def test_every_parameter_is_sent(transcribe, groq_emulator: Emulator, call: Path) -> None:
    transcribe(call, model="whisper-large-v3", language="DE", prompt="Kärcher", temperature=0.2, timestamps=["segment"])
    (sent,) = groq_emulator.requests
    assert sent.path == "/openai/v1/audio/transcriptions"
    assert sent.body == {
        "model": "whisper-large-v3",
        "language": "de",
        "prompt": "Kärcher",
        "temperature": "0.2",
        "response_format": "verbose_json",
        "timestamp_granularities[]": ["segment"],
        "file": {"name": "audio.wav", "size": call.stat().st_size, "seconds": 2.0},
    }


def test_a_translation_uses_its_endpoint_and_a_model_that_can(transcribe, groq_emulator: Emulator, call: Path) -> None:
    assert transcribe(call, translate=True).task == "translate"
    (sent,) = groq_emulator.requests
    assert sent.path == "/openai/v1/audio/translations"
    assert sent.body["model"] == "whisper-large-v3"
    assert "timestamp_granularities[]" not in sent.body


@pytest.mark.parametrize("form", ["json", "text"])
def test_other_response_formats_have_a_text_and_no_times(
    transcribe, groq_emulator: Emulator, call: Path, form: str
) -> None:
    groq_emulator.transcribe_with(lambda body: SAID)
    transcript = transcribe(call, response_format=form)
    assert (transcript.text, transcript.segments, transcript.words) == (SAID, (), ())
    assert transcript.cost is None  # the server does not say how long it is


def test_audio_at_a_url_is_fetched_by_the_server(transcribe, groq_emulator: Emulator) -> None:
    transcript = transcribe("https://example.com/calls/monday.mp3")
    assert (transcript.id, transcript.source) == ("monday.mp3", "https://example.com/calls/monday.mp3")
    assert groq_emulator.requests[0].body["url"] == "https://example.com/calls/monday.mp3"
    assert "file" not in groq_emulator.requests[0].body


def test_equal_bytes_are_paid_for_once_whatever_the_file_is_called(
    transcribe, groq_emulator: Emulator, call: Path, tmp_path: Path
) -> None:
    store = tmp_path / "store.sqlite"
    first = transcribe(call, store=store)
    other = call.rename(tmp_path / "renamed.mp3")  # what it says is wrong, and does not matter
    again = transcribe(other, store=store)
    assert (first.stored, again.stored, again.cost, again.id) == (False, True, 0.0, "renamed.mp3")
    assert len(groq_emulator.requests) == 1
    transcribe(other, store=store, language="de")
    assert len(groq_emulator.requests) == 2


def test_replay_answers_from_the_store_and_never_sends(
    transcribe, groq_emulator: Emulator, call: Path, tmp_path: Path, sound
) -> None:
    store = tmp_path / "store.sqlite"
    transcribe(call, store=store)
    assert transcribe(call, store=store, model="replay").stored
    assert transcribe(call, store=store, model="replay/whisper-large-v3-turbo").stored
    call.write_bytes(sound(1))
    with pytest.raises(TransportError, match="no response to this request"):
        transcribe(call, store=store, model="replay")
    with pytest.raises(ConfigurationError, match="no transcript of that model"):
        transcribe(call, store=store, model="replay/whisper-large-v3")
    assert len(groq_emulator.requests) == 1


def test_a_recorded_speech_model_is_no_choice_when_chats_are_replayed(
    groq_emulator: Emulator, call: Path, tmp_path: Path
) -> None:
    path = tmp_path / "store.sqlite"
    structgen.transcribe(call, store=path)
    structgen.Extractor(store=path).extract(structgen.fields("name"), "Name: Soup")
    with Store(path) as store:
        assert [one.model for one in store.recorded()] == ["openai/gpt-oss-20b"]
        assert [one.model for one in store.recorded(speech=True)] == ["whisper-large-v3-turbo"]
        (entry, _) = store.entries()
        assert entry.request.audio is not None
        assert entry.request.audio.timestamps == ("word", "segment")


def test_a_fault_of_the_server_is_retried(transcribe, groq_emulator: Emulator, call: Path) -> None:
    groq_emulator.script(error("rate_limit", retry_after=0), plain(SAID))
    assert transcribe(call).text == SAID
    assert [received.status for received in groq_emulator.requests] == [429, 200]


def test_a_page_instead_of_a_transcript_is_an_error(transcribe, groq_emulator: Emulator, call: Path) -> None:
    groq_emulator.script(page("Log in", status=200))
    with pytest.raises(ServerFailed, match="Log in"):
        transcribe(call)


def test_a_wrong_key_is_an_authentication_error(transcribe, groq_emulator: Emulator, call: Path) -> None:
    with pytest.raises(AuthenticationFailed):
        transcribe(call, api_key="gsk_wrong")


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "is empty"), (b"Dear Sir", "not audio"), (b"RIFF\x00\x00\x00\x00AVI LIST", "a video")],
)
def test_what_is_no_audio_is_refused_before_anything_is_sent(
    transcribe, groq_emulator: Emulator, call: Path, content: bytes, said: str
) -> None:
    call.write_bytes(content)
    with pytest.raises(DocumentError) as caught:
        transcribe(call)
    assert said in str(caught.value)
    assert str(caught.value).startswith(f"{call.as_posix()}: ")
    assert (caught.value.id, caught.value.source) == ("call.wav", call.as_posix())
    assert groq_emulator.requests == []


@pytest.mark.parametrize("heard", ["", "  \n", "...", "♪"])
def test_a_recording_without_speech_is_refused(transcribe, groq_emulator: Emulator, call: Path, heard: str) -> None:
    groq_emulator.transcribe_with(lambda body: heard)
    with pytest.raises(DocumentError, match=r"call\.wav: no speech was found in its 2\.0 s"):
        transcribe(call)


def test_of_a_video_the_sound_is_transcribed_and_a_note_says_so(
    transcribe, groq_emulator: Emulator, call: Path
) -> None:
    call.write_bytes(b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00" + b"\x00" * 40 + b"hdlr" + b"\x00" * 8 + b"vide")
    assert transcribe(call).notes == ("it is a video, of which only the sound is transcribed.",)
    assert groq_emulator.requests[0].body["file"]["name"] == "audio.mp4"


def test_a_file_that_no_server_could_take_is_not_read_whole(
    transcribe, groq_emulator: Emulator, tmp_path: Path
) -> None:
    path = tmp_path / "endless.wav"
    with path.open("wb") as file:
        file.truncate(201 * 2**20)  # it takes no room on the disk
    with pytest.raises(DocumentError, match=r"endless\.wav: it has more than 200 MB"):
        transcribe(path)


def test_a_missing_file_is_a_document_error(transcribe, groq_emulator: Emulator, tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="cannot be read: No such file"):
        transcribe(tmp_path / "nothing.mp3")
    with pytest.raises(DocumentError, match="Is a directory"):
        transcribe(tmp_path)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"model": "openai/gpt-oss-20b"}, "not a speech model"),
        ({"model": "groq/whisper-9"}, "not a speech model"),
        ({"model": "canopylabs/orpheus-v1-english"}, "not a speech model"),
        ({"model": "whisper-large-v3-turbo", "translate": True}, "cannot translate"),
        ({"translate": True, "language": "de"}, "always into English"),
        ({"temperature": 2}, "temperature"),
        ({"language": "german"}, "two or three letters"),
        ({"timestamps": ["sentence"]}, "'word', 'segment' or both"),
        ({"timestamps": ["word"], "response_format": "json"}, "verbose_json"),
        ({"response_format": "srt"}, "response_format"),
        ({"max_mb": 0}, "max_mb"),
        ({"model": "replay"}, "store"),
    ],
)
def test_a_wrong_option_is_a_configuration_error(
    transcribe, groq_emulator: Emulator, call: Path, options: dict[str, object], said: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        transcribe(call, **options)
    assert said in str(caught.value)
    assert groq_emulator.requests == []


def test_a_missing_key_is_said_without_advice_that_does_not_help(call: Path) -> None:
    with pytest.raises(ConfigurationError, match="whose models transcribe audio: set GROQ_API_KEY") as caught:
        structgen.transcribe(call)
    assert "rules" not in str(caught.value)


def test_evidence_of_a_value_has_the_seconds_in_which_it_was_said(groq_emulator: Emulator, call: Path) -> None:
    groq_emulator.transcribe_with(lambda body: SAID)
    document = structgen.transcribe(call).document
    (piece,) = structgen.extract(structgen.fields("total float"), document, model="rules").evidence
    assert piece.text == "480"
    (word,) = [word for word in structgen.transcribe(call).words if word.text == "480"]
    assert piece.seconds == (word.start, word.end)


def test_a_doubtful_segment_is_noted(call: Path, groq_emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    from structgen.speech import Segment
    from structgen.speech.response_body import doubts

    assert doubts((Segment(0, 2, "Hello", no_speech_prob=0.1),)) == ()
    (note,) = doubts((Segment(0, 2, "Hello", no_speech_prob=0.1), Segment(2, 4, "Thanks.", no_speech_prob=0.97)))
    assert "at 2.0 s" in note


def test_a_file_above_the_limit_is_refused_with_the_limit_if_ffmpeg_is_missing(
    transcribe, groq_emulator: Emulator, call: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(DocumentError, match=r"more than the limit of 0\.01 MB. Install ffmpeg"):
        transcribe(call, max_mb=0.01)
    assert groq_emulator.requests == []


@needs_ffmpeg
def test_a_file_above_the_limit_is_encoded_anew_if_that_is_enough(
    transcribe, groq_emulator: Emulator, call: Path, sound
) -> None:
    call.write_bytes(sound(60))
    groq_emulator.transcribe_with(lambda body: SAID)
    transcript = transcribe(call, max_mb=0.3)
    assert transcript.duration == pytest.approx(60.0)
    assert "encoded as FLAC" in transcript.notes[0]
    (sent,) = groq_emulator.requests
    assert sent.body["file"]["name"] == "audio.flac"


@needs_ffmpeg
def test_a_file_far_above_the_limit_is_cut_and_its_texts_joined(
    transcribe, groq_emulator: Emulator, call: Path, sound, tmp_path: Path
) -> None:
    noise = random.Random(1).randbytes(70 * 32_000)  # which does not get smaller
    call.write_bytes(sound(0, 16_000)[:-4] + (len(noise)).to_bytes(4, "little") + noise)
    words = [f"word{number:04}" for number in range(200)]  # of equal length, so the emulator spaces them evenly
    heard = iter(range(100))

    def hear(body: object) -> str:
        # pieces of 28 s begin 21 s after each other; the emulator gives a word 0.4 s
        first = round(next(heard) * 21 / 0.4)
        return " ".join(words[first : first + 70])

    groq_emulator.transcribe_with(hear)
    transcript = transcribe(call, max_mb=0.9, store=tmp_path / "store.sqlite")
    assert len(groq_emulator.requests) == 3
    assert transcript.text.split() == words[: len(transcript.text.split())]
    assert len(transcript.text.split()) > 160
    assert len(transcript.notes) == 1
    assert "cut into 3 pieces" in transcript.notes[0]
    assert all(sent.body["file"]["size"] <= 0.9 * 2**20 for sent in groq_emulator.requests)
    again = transcribe(call, max_mb=0.9, store=tmp_path / "store.sqlite")
    assert (again.text, again.stored, again.cost) == (transcript.text, True, 0.0)


@needs_ffmpeg
def test_what_only_begins_like_audio_is_refused_by_ffmpeg(transcribe, groq_emulator: Emulator, call: Path) -> None:
    call.write_bytes(b"fLaC" + b"x" * 20_000)
    with pytest.raises(DocumentError, match="ffmpeg cannot read it"):
        transcribe(call, max_mb=0.01)


@needs_espeak
def test_spoken_words_arrive_as_they_were_spoken(transcribe, groq_emulator: Emulator, tmp_path: Path) -> None:
    path = tmp_path / "spoken.wav"
    subprocess.run(["espeak-ng", "-w", str(path), SAID], check=True)
    groq_emulator.transcribe_with(lambda body: SAID)
    transcript = transcribe(path)
    assert transcript.duration is not None
    assert 2 < transcript.duration < 10
    assert transcript.words[-1].end == pytest.approx(transcript.duration, abs=0.1)
    assert groq_emulator.requests[0].body["file"]["size"] == path.stat().st_size


def test_the_most_that_a_recording_can_cost_follows_from_its_size(
    open_transcriber, groq_emulator, call, tmp_path
) -> None:
    transcriber = open_transcriber(store=tmp_path / "store.sqlite")
    most = transcriber.most_cost(call.read_bytes())
    assert most is not None
    cost = transcriber.transcribe(call).cost
    assert cost is not None
    assert most >= cost
    assert transcriber.most_cost(call.read_bytes()) == 0.0


def test_rejections_name_what_the_server_said(transcribe, groq_emulator: Emulator, call: Path) -> None:
    groq_emulator.script(error("audio_too_short"))
    with pytest.raises(RequestRejected, match="too short"):
        transcribe(call)
    assert issubclass(RateLimited, TransportError)
