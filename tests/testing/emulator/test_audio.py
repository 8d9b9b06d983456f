"""The audio endpoints, through the groq SDK: transcriptions, translations, speech."""

from __future__ import annotations

import asyncio
import contextlib
import io
import time
import wave
from collections.abc import Callable
from typing import Any

import groq
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structgen.testing import Clock, Emulator, FaultPlan, Limits, cut, dropped, error, raw, reply, streamed
from structgen.testing.emulator.audio import Transcript, UnreadableAudioError, silence, verbose_body, wav_seconds

WHISPER, TURBO = "whisper-large-v3", "whisper-large-v3-turbo"
ORPHEUS = "canopylabs/orpheus-v1-english"
MP3 = ("talk.mp3", b"ID3 and so on")
TEXT = "Hello there. How are you today?"

Fields = dict[str, Any]


def sound(seconds: float, rate: int = 8000) -> bytes:
    held = io.BytesIO()
    with wave.open(held, "wb") as made:
        made.setnchannels(2)
        made.setsampwidth(1)
        made.setframerate(rate)
        made.writeframes(bytes(2 * int(rate * seconds)))
    return held.getvalue()


def hear(client: groq.Groq, **fields: Any) -> Any:
    return client.audio.transcriptions.create(**{"file": MP3, "model": WHISPER, **fields})


def hear_verbosely(client: groq.Groq, **fields: Any) -> Fields:
    """Return the body of a verbose transcription."""
    return hear(client, response_format="verbose_json", **fields).model_dump()


def test_the_script_says_what_was_heard(client: groq.Groq, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(TEXT), streamed("And this."))
    found = hear(client)
    assert (found.text, found.model_dump().keys()) == (TEXT, {"text", "x_groq"})
    assert found.x_groq["id"].startswith("req_")
    assert hear(client).text == "And this."


def test_a_function_may_say_what_was_heard(client: groq.Groq, groq_emulator: Emulator) -> None:
    groq_emulator.transcribe_with(lambda body: f"{body['model']} heard {body['file']['name']}")  # type: ignore[index,call-overload]
    groq_emulator.script(reply("first"))
    assert [hear(client).text for _ in range(2)] == ["first", f"{WHISPER} heard talk.mp3"]
    groq_emulator.reset()
    assert "does not listen" in hear(client).text


def test_an_emulator_may_be_made_with_a_function() -> None:
    with (
        Emulator(transcript=lambda _: "always this") as emulator,
        groq.Groq(api_key=emulator.api_key, base_url=emulator.base_url, max_retries=0) as client,
    ):
        emulator.transcribe_with(lambda _: "but now that")
        assert hear(client).text == "but now that"
        emulator.reset()
        assert hear(client).text == "always this"


def test_by_default_the_transcript_says_what_it_is(client: groq.Groq) -> None:
    heard = hear(client).text
    assert "talk.mp3" in heard
    assert f"{len(MP3[1])} bytes" in heard
    assert "2.5 seconds" in hear(client, file=("talk.wav", sound(2.5))).text
    assert (
        "https://a.example/talk.mp3"
        in client.audio.translations.create(model=WHISPER, url="https://a.example/talk.mp3").text
    )


def test_plain_text_is_plain(client: groq.Groq, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply("Zoë speaks."))
    answer = client.audio.transcriptions.with_raw_response.create(file=MP3, model=WHISPER, response_format="text")
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.text() == "Zoë speaks."


def test_verbose_answers_have_segments(client: groq.Groq, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(TEXT))
    found = hear_verbosely(client, file=("talk.wav", sound(3.1)), language="de")
    assert (found["task"], found["language"], found["duration"], found["text"]) == ("transcribe", "German", 3.1, TEXT)
    assert found["x_groq"]["id"].startswith("req_")
    assert "words" not in found
    first, second = found["segments"]
    assert (first["id"], first["text"], first["start"]) == (0, " Hello there.", 0)
    assert (second["id"], second["text"], second["end"]) == (1, " How are you today?", 3.1)
    assert 0 < first["end"] == second["start"] < 3.1
    assert first.keys() == {
        "id",
        "seek",
        "start",
        "end",
        "text",
        "tokens",
        "temperature",
        "avg_logprob",
        "compression_ratio",
        "no_speech_prob",
    }


@pytest.mark.parametrize(
    ("parts", "there"),
    [(["word"], {"words"}), (["segment"], {"segments"}), (["word", "segment"], {"words", "segments"})],
)
def test_words_come_where_they_are_asked_for(
    parts: list[str], there: set[str], client: groq.Groq, groq_emulator: Emulator
) -> None:
    groq_emulator.script(reply(TEXT))
    found = hear_verbosely(client, timestamp_granularities=parts)
    assert found.keys() & {"words", "segments"} == there
    if "words" in there:
        assert [word["word"] for word in found["words"]] == TEXT.split()
        assert found["words"][0]["start"] == 0
        assert found["words"][-1]["end"] == found["duration"] == 2.4
    assert groq_emulator.requests[-1].body["timestamp_granularities[]"] == parts


def test_a_translation_is_one(client: groq.Groq, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply("Good day."), reply("Good day."))
    assert client.audio.translations.create(file=MP3, model=WHISPER).text == "Good day."
    found = client.audio.translations.create(file=MP3, model=WHISPER, response_format="verbose_json")
    assert (found.task, found.language) == ("translate", "English")  # type: ignore[attr-defined]


def test_the_log_has_the_form_without_the_bytes(client: groq.Groq, groq_emulator: Emulator) -> None:
    hear(client, language="en", prompt="Names", temperature=0.2)
    hear(client, file=("../talk.wav", sound(1)))
    first, second = groq_emulator.requests
    assert (first.method, first.path) == ("POST", "/openai/v1/audio/transcriptions")
    file = {"name": "talk.mp3", "size": len(MP3[1])}
    assert first.body == {"model": WHISPER, "language": "en", "prompt": "Names", "temperature": "0.2", "file": file}
    assert second.body["file"] == {"name": "../talk.wav", "size": len(sound(1)), "seconds": 1.0}


def test_scripted_errors_come_whatever_the_request_is(client: groq.Groq, groq_emulator: Emulator) -> None:
    groq_emulator.script(error("over_capacity"), raw(b"<html>", status=502), dropped(), cut(TEXT), reply("At last."))
    with pytest.raises(groq.InternalServerError, match=f"{WHISPER} is currently over capacity"):
        hear(client)
    with pytest.raises(groq.InternalServerError) as caught:
        hear(client, model="nonsense")
    assert caught.value.status_code == 502
    for _ in range(2):
        with pytest.raises(groq.APIConnectionError):
            hear(client)
    assert hear(client).text == "At last."
    assert [request.status for request in groq_emulator.requests] == [503, 502, None, 200, 200]


def test_a_delay_is_one(client: groq.Groq, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply("late", delay=0.2))
    started = time.monotonic()
    assert hear(client).text == "late"
    assert time.monotonic() - started >= 0.2


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"file": ("talk.oga", b"x")}, r"\[flac mp3 mp4 mpeg mpga m4a ogg opus wav webm\]"),
        ({"file": ("talk", b"x")}, "one of the following types"),
        ({"file": ("talk.wav", b"RIFF but no sound")}, "is it a valid media file"),
        ({"file": ("talk.wav", b"")}, "is it a valid media file"),
        ({"file": ("talk.mp3", b"")}, "too short"),
        ({"file": ("talk.wav", sound(0.005))}, "too short. Minimum audio length is 0.01 seconds"),
        ({"file": groq.NOT_GIVEN, "url": "ftp://a.example/talk.mp3"}, "file or url"),
        ({"response_format": "srt"}, r"response_format must be one of \[json text verbose_json\]"),
        ({"response_format": "verbose_json", "timestamp_granularities": ["line"]}, r"\[word segment\]"),
        ({"timestamp_granularities": ["word"]}, "verbose_json"),
        ({"temperature": 1.5}, "'temperature'"),
        ({"temperature": "nan"}, "'temperature'"),
        ({"temperature": "hot"}, "'temperature'"),
    ],
)
def test_a_wrong_request_is_refused(fields: Fields, words: str, client: groq.Groq, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply("still there"))
    with pytest.raises(groq.BadRequestError, match=words):
        hear(client, **fields)
    assert hear(client).text == "still there"


def test_a_url_will_do_and_is_not_fetched(client: groq.Groq, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(TEXT))
    url = f"{groq_emulator.base_url}/talk.mp3"
    assert client.audio.translations.create(model=WHISPER, url=url).text == TEXT
    assert [request.path for request in groq_emulator.requests] == ["/openai/v1/audio/translations"]
    assert groq_emulator.requests[0].body == {"model": WHISPER, "url": url}


@pytest.mark.parametrize(
    ("model", "status", "words"),
    [
        ("no-such-model", 404, "does not exist"),
        ("distil-whisper-large-v3-en", 400, "decommissioned"),
        ("openai/gpt-oss-20b", 400, "`audio transcriptions` is not supported with this model"),
        (ORPHEUS, 400, "`audio transcriptions` is not supported with this model"),
    ],
)
def test_a_model_that_does_not_listen_is_refused(model: str, status: int, words: str, client: groq.Groq) -> None:
    with pytest.raises(groq.APIStatusError, match=words) as caught:
        hear(client, model=model)
    assert caught.value.status_code == status


def test_the_fast_model_does_not_translate(client: groq.Groq) -> None:
    assert hear(client, model=TURBO).text
    with pytest.raises(groq.BadRequestError, match="`audio translations` is not supported"):
        client.audio.translations.create(file=MP3, model=TURBO)


def test_a_request_without_a_model_or_a_sound_is_refused(groq_emulator: Emulator) -> None:
    headers = {"authorization": f"Bearer {groq_emulator.api_key}"}
    url = f"{groq_emulator.base_url}/openai/v1/audio/transcriptions"
    answer = httpx.post(url, headers=headers, files={"file": MP3})
    assert (answer.status_code, answer.json()["error"]["message"]) == (400, "property 'model' is missing")
    answer = httpx.post(url, headers=headers, files={"model": (None, WHISPER)})
    assert (answer.status_code, answer.json()["error"]["message"]) == (400, "one of file or url is needed")
    answer = httpx.post(url, headers=headers, json={"model": WHISPER})
    assert (answer.status_code, "multipart" in answer.json()["error"]["message"]) == (400, True)


def test_a_model_of_the_tests_own_listens_and_speaks() -> None:
    with (
        Emulator(models=("house/ear",)) as emulator,
        groq.Groq(api_key=emulator.api_key, base_url=emulator.base_url, max_retries=0) as client,
    ):
        assert hear(client, model="house/ear").text
        assert client.audio.speech.create(model="house/ear", input="Hi", voice="any").read()[:4] == b"RIFF"


def test_a_sound_that_is_too_large_is_refused(client: groq.Groq) -> None:
    assert hear(client, file=("talk.mp3", bytes(25 * 2**20))).text
    with pytest.raises(groq.APIStatusError, match="Request Entity Too Large") as caught:
        hear(client, file=("talk.mp3", bytes(25 * 2**20 + 1)))
    assert caught.value.status_code == 413


def speak(client: groq.Groq, **fields: Any) -> bytes:
    given: Fields = {"model": ORPHEUS, "input": "Hello!", "voice": "troy", "response_format": "wav", **fields}
    return client.audio.speech.create(**given).read()


@pytest.mark.parametrize("rate", [None, 8000, 48000])
def test_speech_is_a_silence_that_can_be_played(rate: int | None, client: groq.Groq) -> None:
    made = speak(client) if rate is None else speak(client, sample_rate=rate)
    with wave.open(io.BytesIO(made)) as opened:
        assert opened.getframerate() == rate or 24000
        frames = opened.readframes(opened.getnframes())
        assert opened.getnframes() / opened.getframerate() == 0.25
    assert set(frames) == {0}


def test_what_was_spoken_can_be_heard(client: groq.Groq, groq_emulator: Emulator) -> None:
    assert "0.25 seconds" in hear(client, file=("said.wav", speak(client))).text
    assert groq_emulator.requests[0].body["input"] == "Hello!"


def test_the_voices_are_those_of_the_model(client: groq.Groq) -> None:
    assert speak(client, model="canopylabs/orpheus-arabic-saudi", voice="noura")
    with pytest.raises(groq.BadRequestError, match=r"following voices: \[autumn diana hannah austin daniel troy\]"):
        speak(client, voice="noura")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"input": ""}, "'input' is missing"),
        ({"voice": 7}, "'voice' is missing"),
        ({"input": "x" * 201}, "at most 200"),
        ({"response_format": "mp3"}, r"response_format must be one of \[wav\]"),
        ({"sample_rate": 12345}, "sample_rate must be one of"),
        ({"sample_rate": "24000"}, "sample_rate must be one of"),
        ({"sample_rate": [1]}, "sample_rate must be one of"),
        ({"speed": 9}, "'speed' : number must be at most 5"),
        ({"extra_body": {"pitch": 2}}, "property 'pitch' is unsupported"),
        ({"model": WHISPER}, "`audio speech` is not supported"),
        ({"model": "playai-tts"}, "decommissioned"),
    ],
)
def test_what_cannot_be_spoken_is_refused(fields: Fields, words: str, client: groq.Groq) -> None:
    with pytest.raises(groq.BadRequestError, match=words):
        speak(client, **fields)


def test_speech_takes_errors_and_sounds_from_the_script_and_leaves_answers(
    client: groq.Groq, groq_emulator: Emulator
) -> None:
    groq_emulator.script(error("over_capacity"), raw(b"RIFFown", headers={"content-type": "audio/wav"}), reply("kept"))
    with pytest.raises(groq.InternalServerError, match=f"{ORPHEUS} is currently"):
        speak(client)
    assert speak(client) == b"RIFFown"
    assert speak(client)[:4] == b"RIFF"
    assert hear(client).text == "kept"


def test_the_asynchronous_client_does_the_same(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply("one"), reply("two"))

    async def work() -> None:
        async with groq.AsyncGroq(max_retries=0, timeout=60) as client:
            assert (await client.audio.transcriptions.create(file=MP3, model=WHISPER)).text == "one"
            assert (await client.audio.translations.create(file=MP3, model=WHISPER)).text == "two"
            spoken = await client.audio.speech.create(model=ORPHEUS, input="Hi", voice="troy", response_format="wav")
            assert (await spoken.read())[:4] == b"RIFF"

    asyncio.run(work())


def test_without_the_key_nothing_is_heard_or_said(groq_emulator: Emulator) -> None:
    with groq.Groq(api_key="gsk_wrong", max_retries=0, timeout=60) as client:
        for call in (hear, speak):
            with pytest.raises(groq.AuthenticationError, match="Invalid API Key"):
                call(client)
    assert [request.body for request in groq_emulator.requests] == [{}, {}]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.wav", sound(2), 2.0),
        ("A.WAV", sound(2), 2.0),
        ("a.mp3", sound(2), None),
        ("a.wav", sound(2)[:40] + b"\xff\xff\xff\xff" + sound(2)[44:], 2.0),
        ("a.wav", sound(2).replace(b"\x01\x00\x02\x00", b"\x03\x00\x02\x00", 1), None),
        ("a.wav", b"RIFF\x00\x00\x00\x00WAVE", None),
        ("a.wav", sound(2)[:24] + bytes(4) + sound(2)[28:], None),
    ],
)
def test_the_length_of_a_sound_is_read_where_it_can_be(name: str, content: bytes, expected: float | None) -> None:
    found = wav_seconds(name, content)
    assert found == pytest.approx(expected, abs=0.01) if expected else found is None


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=80), st.integers(0, 44), st.binary(max_size=8))
def test_no_bytes_at_all_break_the_reader_of_sounds(anything: bytes, at: int, put: bytes) -> None:
    whole = silence(8000)[:100]
    for content in (anything, b"RIFF----WAVE" + anything, whole[:at] + put + whole[at + len(put) :]):
        try:
            found = wav_seconds("a.wav", content)
        except UnreadableAudioError:
            continue
        assert found is None or found >= 0


@settings(deadline=None, max_examples=100)
@given(st.text(), st.none() | st.floats(0.01, 1e5))
def test_any_text_is_spread_over_its_time(text: str, seconds: float | None) -> None:
    body: Any = verbose_body(Transcript(text, seconds=seconds), ("word", "segment"))
    for parts in (body["words"], body["segments"]):
        times = [time for part in parts for time in (part["start"], part["end"])]
        assert times == sorted(times)
        assert all(0 <= time <= round(body["duration"], 2) for time in times)
    assert [word["word"] for word in body["words"]] == text.split()
    assert " ".join(part["text"][1:] for part in body["segments"]).split() == text.split()


def test_the_models_for_sound_are_there_and_do_not_chat(client: groq.Groq) -> None:
    assert client.models.retrieve("whisper-large-v3").id == "whisper-large-v3"
    for name in ("whisper-large-v3", "canopylabs/orpheus-arabic-saudi"):
        with pytest.raises(groq.BadRequestError, match="`chat completions` is not supported with this model"):
            client.chat.completions.create(model=name, messages=[{"role": "user", "content": "Hello"}])


def test_what_a_user_adds_under_the_name_of_a_model_for_sound_does_chat() -> None:
    with Emulator(models=("whisper-large-v3",)) as emulator:
        client = groq.Groq(api_key=emulator.api_key, base_url=emulator.base_url)
        emulator.script(reply("Hello"))
        said = client.chat.completions.create(model="whisper-large-v3", messages=[{"role": "user", "content": "Hello"}])
        assert said.choices[0].message.content == "Hello"
        client.close()


def test_limits_of_requests_hold_for_sound_too(client: groq.Groq, groq_emulator: Emulator) -> None:
    groq_emulator.limit_with(Limits(rpm=1), clock=Clock(speed=0))
    assert hear(client).text
    assert speak(client)
    for ask in (hear, speak):
        with pytest.raises(groq.RateLimitError, match="requests per minute"):
            ask(client)


@pytest.mark.parametrize(
    ("plan", "status", "fault"),
    [
        (FaultPlan(rate_limited=1), 429, "rate_limited"),
        (FaultPlan(flex=1), 498, "flex"),
        (FaultPlan(server_error=1), 500, "server_error"),
        (FaultPlan(dropped=1), None, "dropped"),
        (FaultPlan(cut=1), 200, "cut"),
        (FaultPlan(slow=1, seconds=0), 200, "slow"),
        (FaultPlan(malformed=0.5, wrong_type=0.5), 200, None),
    ],
)
@pytest.mark.parametrize("ask", [hear, speak])
def test_sound_meets_the_faults_of_the_plan(
    plan: FaultPlan, status: int | None, fault: str | None, ask: Callable[[groq.Groq], object], client: groq.Groq,
    groq_emulator: Emulator,
) -> None:  # fmt: skip
    groq_emulator.fail_with(plan)
    with contextlib.suppress(groq.APIError, httpx.HTTPError):
        ask(client)
    (seen,) = groq_emulator.requests
    assert seen.fault == fault
    assert seen.status == status or (fault == "server_error" and seen.status in {502, 503})
