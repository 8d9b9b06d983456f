"""Recorded exchanges: redacted when saved, validated when read, replayed by the emulator."""

import json
from pathlib import Path
from typing import Any

import groq
import httpx
import pytest

from structgen.core.errors import ConfigurationError
from structgen.testing import Emulator
from structgen.testing.recordings import Exchange, Recordings, Response, read_recordings, redacted, save_recordings

KEY = "gsk_abcdef0123456789"
ASKED: dict[str, Any] = {"model": "openai/gpt-oss-20b", "messages": [{"role": "user", "content": "Hello"}]}
SAID = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "Recorded."}, "finish_reason": "stop"}]}


def exchange(status: int = 200, body: Any = SAID, **headers: str) -> Exchange:
    response = Response(status, {"content-type": "application/json", **headers}, body)
    return Exchange("hello", "POST", "/openai/v1/chat/completions", ASKED, response)


def test_nothing_that_tells_whose_it_is_is_kept(tmp_path: Path) -> None:
    message = f"Limit in organization `org_01hx9zk3vwe8abc` for {KEY}, write to ada@example.com about req_01abcdefgh12"
    headers = {"x-request-id": "req_01abcdefgh12", "set-cookie": "secret", "cf-ray": "1", "retry-after": "3"}
    save_recordings(tmp_path / "r.json", [exchange(429, {"error": {"message": message}}, **headers)], KEY)
    text = (tmp_path / "r.json").read_text()
    assert not any(word in text for word in (KEY, "org_01", "ada@", "req_01", "secret", "cf-ray"))
    (entry,) = json.loads(text)["interactions"]
    assert entry["response"]["headers"] == {
        "content-type": "application/json",
        "retry-after": "3",
        "x-request-id": "req_redacted",
    }


def test_ordinary_words_are_kept() -> None:
    text = "tool_use_failed user_name project_id: the model openai/gpt-oss-20b at https://console.groq.com"
    assert redacted(text) == text


def test_what_is_saved_is_read_back(tmp_path: Path) -> None:
    held = (exchange(), exchange(502, "<html>Bad gateway</html>"))
    save_recordings(tmp_path / "r.json", held, KEY)
    assert read_recordings(tmp_path / "r.json") == held


def test_headers_of_other_recorders_are_understood(tmp_path: Path) -> None:
    request = {"method": "GET", "path": "/x", "body": None}
    response = {"status": 200, "headers": {"Content-Type": ["text/plain"]}, "body": "hello"}
    (tmp_path / "r.json").write_text(json.dumps({"interactions": [{"request": request, "response": response}]}))
    (read,) = read_recordings(tmp_path / "r.json")
    assert read == Exchange("/x", "GET", "/x", None, Response(200, {"content-type": "text/plain"}, "hello"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("no json", "are not JSON"),
        ("[]", "contains no recordings"),
        ('{"interactions": []}', "contains no recordings"),
        ('{"interactions": [1]}', "interaction 1: request.path and response.status"),
        (
            '{"interactions": [{"request": {"path": "/x"}, "response": {"status": 99}}]}',
            "interaction 1: request.path and",
        ),
    ],
)
def test_a_file_of_something_else_is_said_in_one_line(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "r.json").write_text(text)
    with pytest.raises(ConfigurationError, match=words):
        read_recordings(tmp_path / "r.json")


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="Cannot read the"):
        read_recordings(tmp_path / "r.json")
    with pytest.raises(ConfigurationError, match="Cannot write the recordings"):
        save_recordings(tmp_path / "gone" / "r.json", [], KEY)


def test_the_same_request_gets_its_responses_one_after_the_other() -> None:
    held = Recordings([exchange(500), exchange(200)])
    path = "/openai/v1/chat/completions"
    found = [held.find("POST", path, ASKED) for _ in range(3)]
    assert [response.status for response in found if response] == [500, 200, 200]
    assert held.find("POST", path, {**ASKED, "seed": 1}) is None
    assert held.find("GET", path, ASKED) is None


def test_the_emulator_plays_what_was_recorded_and_answers_the_rest_itself(tmp_path: Path) -> None:
    save_recordings(tmp_path / "r.json", [exchange()], KEY)
    with Emulator(recordings=tmp_path / "r.json") as emulator:
        client = groq.Groq(api_key=emulator.api_key, base_url=emulator.base_url, max_retries=0)
        assert client.chat.completions.create(**ASKED).choices[0].message.content == "Recorded."
        assert client.chat.completions.create(**ASKED, seed=1).choices[0].message.content != "Recorded."
        assert [received.body.get("seed") for received in emulator.requests] == [None, 1]


def test_a_recorded_page_is_played_as_a_page(tmp_path: Path) -> None:
    save_recordings(tmp_path / "r.json", [exchange(502, "<html></html>", **{"content-type": "text/html"})], KEY)
    with Emulator(recordings=tmp_path / "r.json") as emulator:
        url = f"{emulator.base_url}/openai/v1/chat/completions"
        answer = httpx.post(url, json=ASKED, headers={"Authorization": f"Bearer {emulator.api_key}"})
    assert (answer.status_code, answer.text) == (502, "<html></html>")
    assert answer.headers["content-type"].startswith("text/html")


def test_recordings_do_not_open_the_door_to_a_wrong_key(tmp_path: Path) -> None:
    save_recordings(tmp_path / "r.json", [exchange()], KEY)
    with Emulator(recordings=tmp_path / "r.json") as emulator:
        client = groq.Groq(api_key="gsk_other", base_url=emulator.base_url, max_retries=0)
        with pytest.raises(groq.AuthenticationError):
            client.chat.completions.create(**ASKED)
