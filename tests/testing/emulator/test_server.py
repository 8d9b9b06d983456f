"""The emulator itself: script, log, default answers, connection faults, start and stop."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import groq
import httpx
import pytest

from structgen.core.errors import ConfigurationError
from structgen.core.json import JsonObject
from structgen.testing import Emulator, cut, dropped, error, page, reply, run_emulator, slow
from structgen.testing.emulator.server import read_replies

MODEL = "openai/gpt-oss-20b"
SCHEMA: JsonObject = {
    "type": "object",
    "properties": {"name": {"type": "string"}},
    "required": ["name"],
    "additionalProperties": False,
}


def ask(client: groq.Groq, text: str = "Answer in JSON.", **fields: object) -> str:
    body = {"model": MODEL, "messages": [{"role": "user", "content": text}], **fields}
    found = client.post("/openai/v1/chat/completions", body=body, cast_to=httpx.Response).json()
    message = found["choices"][0]["message"]
    return message["content"] if "content" in message else message["tool_calls"][0]["function"]["arguments"]


def test_the_script_is_played_in_order_and_then_the_default_answers(client: groq.Groq, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply("one"), reply("two"))
    groq_emulator.script(reply("three"))
    assert [ask(client) for _ in range(4)] == ["one", "two", "three", "{}"]


def test_the_last_step_may_stay(client: groq.Groq, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply("one"), reply("two"), repeat_last=True)
    assert [ask(client) for _ in range(4)] == ["one", "two", "two", "two"]


def test_an_error_that_stays_stays(client: groq.Groq, groq_emulator: Emulator) -> None:
    groq_emulator.script(error("internal"), repeat_last=True)
    for _ in range(2):
        with pytest.raises(groq.InternalServerError):
            ask(client)


def test_a_function_may_answer(client: groq.Groq, groq_emulator: Emulator) -> None:
    groq_emulator.answer_with(lambda body: f"You asked {body['messages'][0]['content']!r}")  # type: ignore[index,call-overload]
    assert ask(client, "who?") == "You asked 'who?'"
    groq_emulator.reset()
    assert ask(client) == "{}"


def test_requests_are_logged_without_the_key(client: groq.Groq, groq_emulator: Emulator) -> None:
    ask(client, seed=3)
    client.models.list()
    first, second = groq_emulator.requests
    assert (first.method, first.path, first.body["seed"]) == ("POST", "/openai/v1/chat/completions", 3)
    assert (second.method, second.path, second.body) == ("GET", "/openai/v1/models", {})
    assert groq_emulator.api_key not in repr(first)
    assert "user-agent" in first.headers


def test_a_reset_forgets_script_and_log(client: groq.Groq, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply("one"), repeat_last=True)
    ask(client)
    groq_emulator.reset()
    assert groq_emulator.requests == []
    assert ask(client) == "{}"


DOCUMENT = "Extract.\n\n<document>\nName: Ada Lovelace\n</document>"


@pytest.mark.parametrize(
    "fields",
    [
        {"response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA}}},
        {"tools": [{"type": "function", "function": {"name": "answer", "parameters": SCHEMA}}]},
    ],
)
def test_by_default_the_rules_answer_where_the_request_has_a_schema(
    fields: dict[str, object], client: groq.Groq
) -> None:
    assert json.loads(ask(client, DOCUMENT, **fields)) == {"name": "Ada Lovelace"}


def test_a_schema_in_the_messages_will_do(client: groq.Groq) -> None:
    system = {"role": "system", "content": f"Answer in JSON {{so}} that fits {json.dumps(SCHEMA)}."}
    messages = [system, {"role": "user", "content": "Name: Ada Lovelace"}]
    found = ask(client, messages=messages, response_format={"type": "json_object"})
    assert json.loads(found) == {"name": "Ada Lovelace"}


def test_a_dropped_connection_is_one(client: groq.Groq, groq_emulator: Emulator) -> None:
    groq_emulator.script(dropped())
    with pytest.raises(groq.APIConnectionError) as caught:
        ask(client)
    assert isinstance(caught.value.__cause__, httpx.RemoteProtocolError | httpx.ReadError)


def test_a_cut_body_ends_in_the_middle(client: groq.Groq, groq_emulator: Emulator) -> None:
    groq_emulator.script(cut("x" * 1000, share=0.9))
    with pytest.raises(groq.APIConnectionError) as caught:
        ask(client)
    assert isinstance(caught.value.__cause__, httpx.RemoteProtocolError | httpx.ReadError)


def test_a_delay_comes_before_the_first_byte_and_a_slow_body_after_it(
    client: groq.Groq, groq_emulator: Emulator
) -> None:
    groq_emulator.script(
        reply("late", delay=0.2), slow(b'{"choices": [{"message": {"content": "slow"}}]}', seconds=0.2)
    )
    for expected in ("late", "slow"):
        started = time.monotonic()
        assert ask(client) == expected
        assert time.monotonic() - started >= 0.2


def test_an_empty_body_may_be_slow_too(groq_emulator: Emulator) -> None:
    groq_emulator.script(slow(b"", seconds=0.1))
    headers = {"authorization": f"Bearer {groq_emulator.api_key}"}
    url = f"{groq_emulator.base_url}/openai/v1/chat/completions"
    assert httpx.post(url, headers=headers, json={}).content == b""


def test_a_latency_holds_for_every_reply() -> None:
    with Emulator(latency=0.2) as emulator, groq.Groq(api_key=emulator.api_key, base_url=emulator.base_url) as client:
        started = time.monotonic()
        ask(client)
        assert time.monotonic() - started >= 0.2


def test_a_page_is_html(client: groq.Groq, groq_emulator: Emulator) -> None:
    groq_emulator.script(page("Sign in"))
    headers = {"authorization": f"Bearer {groq_emulator.api_key}"}
    answer = httpx.post(f"{groq_emulator.base_url}/openai/v1/chat/completions", headers=headers)
    assert answer.headers["content-type"].startswith("text/html")
    assert "<title>Sign in</title>" in answer.text


def test_without_a_key_of_its_own_any_key_will_do_but_none_will_not() -> None:
    with Emulator(api_key=None) as emulator:
        url = f"{emulator.base_url}/openai/v1/models"
        assert httpx.get(url, headers={"authorization": "Bearer anything"}).status_code == 200
        assert httpx.get(url).status_code == 401
        assert httpx.get(url, headers={"authorization": "Basic anything"}).status_code == 401


def test_an_emulator_starts_at_once_and_its_port_is_free_again_after() -> None:
    started = time.monotonic()
    with Emulator() as emulator:
        httpx.get(f"{emulator.base_url}/")
        assert time.monotonic() - started < 5
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{emulator.base_url}/")


def test_leaving_an_emulator_that_was_never_entered_does_no_harm() -> None:
    Emulator().__exit__(None, None, None)


SERVE = "from structgen.testing import run_emulator; from pathlib import Path; run_emulator(port=0, replies={})"


def serve(replies: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-W", "error", "-c", SERVE.format(replies)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def test_in_the_foreground_it_says_where_serves_replies_and_ends_with_an_interrupt(tmp_path: Path) -> None:
    path = tmp_path / "replies.jsonl"
    path.write_text('"plain text"\n\n{"name": "Ada"}\n', "utf-8")
    with serve(f"Path({str(path)!r})") as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        url = line.split()[3].rstrip(".")
        with groq.Groq(api_key="gsk_any", base_url=url) as client:
            answers = [ask(client) for _ in range(3)]
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        assert process.stderr.read() == ""
    assert answers == ["plain text", '{"name": "Ada"}', '{"name": "Ada"}']
    assert f"GROQ_BASE_URL={url}" in line


def test_a_port_that_is_taken_is_a_clear_error(groq_emulator: Emulator) -> None:
    port = int(groq_emulator.base_url.rpartition(":")[2])
    with pytest.raises(ConfigurationError, match=rf"cannot listen on 127\.0\.0\.1:{port}.*another port"):
        run_emulator(port=port)


@pytest.mark.parametrize(
    ("content", "words"),
    [("", "contains no replies"), ('{"a": 1}\nnope\n', "line 2: not JSON"), ("[" * 100_000, "line 1: not")],
)
def test_a_file_of_replies_that_is_none_says_where(content: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "replies.jsonl"
    path.write_text(content, "utf-8")
    with pytest.raises(ConfigurationError, match=words):
        read_replies(path)


def test_a_file_of_replies_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="Cannot read the"):
        read_replies(tmp_path / "none.jsonl")
    (tmp_path / "binary.jsonl").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigurationError, match="Cannot read the"):
        read_replies(tmp_path / "binary.jsonl")
