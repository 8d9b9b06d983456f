"""``structgen models --probe`` on the emulator, which takes every mode, and on a server that takes few."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from structgen.testing import Emulator

LISTED = {"object": "list", "data": [{"id": "tiny", "max_model_len": 4096}, {"id": "big", "meta": {"n_ctx": 8192}}]}
REFUSED = {"error": {"message": "response_format json_schema is unknown", "code": None}}


class Few(BaseHTTPRequestHandler):
    """A server that refuses json_schema, ignores json_object, and calls tools."""

    asked: list[Any] = []  # noqa: RUF012 - each test empties it

    def do_GET(self) -> None:
        self._send(200, LISTED)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.asked.append(body)
        if body.get("response_format", {}).get("type") == "json_schema":
            self._send(400, REFUSED)
            return
        message: dict[str, Any] = {"content": "Green."}
        if body.get("tools"):
            message = {"tool_calls": [{"function": {"name": "answer", "arguments": '{"color": "green"}'}}]}
        self._send(200, {"model": "tiny", "choices": [{"message": message, "finish_reason": "stop"}]})

    def _send(self, status: int, body: Any) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_request(self, *_: object) -> None:
        """Log nothing, to keep the test output clean."""


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """The requests to a server that takes few modes; it is the one at STRUCTGEN_BASE_URL."""
    Few.asked.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Few) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        monkeypatch.setenv("STRUCTGEN_BASE_URL", f"http://127.0.0.1:{server.server_port}/v1")
        yield Few.asked
        server.shutdown()


def test_the_models_of_the_server_are_listed_with_their_sizes(structgen, few: list[Any]) -> None:
    ran = structgen("models", "--probe")
    assert ran.out.splitlines() == ["tiny  4,096 tokens", "big  8,192 tokens"]
    assert "structgen models --probe ID" in ran.err
    assert few == []


def test_the_modes_of_a_model_are_asked_once_and_kept(structgen, few: list[Any]) -> None:
    ran = structgen("models", "--probe", "compatible/tiny")
    lines = ran.out.splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["json_schema", "refused:"],
        ["json", "ignored:"],
        ["tools", "taken"],
        ["text", "taken"],
    ]
    assert "response_format json_schema is unknown" in lines[0]
    assert len(few) == 4
    again = structgen("models", "--probe", "tiny", "--json")
    assert [json.loads(line)["support"] for line in again.out.splitlines()] == ["refused", "ignored", "taken"]
    assert len(few) == 4


def test_a_run_uses_what_was_probed(structgen, few: list[Any]) -> None:
    structgen("models", "--probe", "tiny")
    few.clear()
    structgen("extract", "dish.json", "soup.txt", "--model", "compatible/tiny")
    assert all("tools" in body for body in few)


def test_a_server_that_takes_everything_is_said_to(structgen, groq_emulator: Emulator, monkeypatch) -> None:
    monkeypatch.setenv("STRUCTGEN_BASE_URL", f"{groq_emulator.base_url}/openai/v1")
    monkeypatch.setenv("STRUCTGEN_API_KEY", groq_emulator.api_key)
    ran = structgen("models", "--probe", "openai/gpt-oss-20b", "--store", "mine.sqlite")
    assert ran.status == 0
    assert [line.split()[0] for line in ran.out.splitlines()] == ["json_schema", "json", "tools", "text"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--probe"], "STRUCTGEN_BASE_URL"),
        (["--probe", "--refresh"], "give one"),
        (["--store", "x"], "--store only applies to --probe"),
    ],
)
def test_a_wrong_use_is_said(structgen, words: list[str], said: str) -> None:
    ran = structgen("models", *words)
    assert ran.status == 2
    assert said in ran.err
