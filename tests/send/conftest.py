"""Requests, senders on the emulator, and one way to call both the sync and the async methods of a sender."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from structgen.core.options import Mode
from structgen.core.records import Completion, Message, Parameters, Request
from structgen.send import Allowance, Sender, open_sender
from structgen.testing import Emulator

MODEL = "openai/gpt-oss-20b"
NO_RETRIES = Allowance(transport_retries=0, timeout=5)

DEFAULTS = Parameters()
SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}},
    "required": ["name"],
    "additionalProperties": False,
}


@pytest.fixture
def make_request() -> Callable[..., Request]:
    def make(
        mode: Mode = Mode.JSON,
        model: str = MODEL,
        provider: str = "groq",
        text: str = "Ada",
        parameters: Parameters = DEFAULTS,
        document: str | None = "Ada",
    ) -> Request:
        messages = (Message("system", "Answer in JSON."), Message("user", text))
        return Request(provider, model, messages, mode, SCHEMA, parameters=parameters, document=document)

    return make


@pytest.fixture
def request_(make_request: Callable[..., Request]) -> Request:
    return make_request()


@pytest.fixture(scope="session")
def shared_sender(groq_server: Emulator) -> Iterator[Sender]:
    opened = open_sender(f"groq/{MODEL}", api_key=groq_server.api_key, base_url=groq_server.base_url, timeout=5)
    yield opened
    opened.close()


@pytest.fixture
def sender(shared_sender: Sender, groq_emulator: Emulator) -> Sender:
    """A sender on the emulator, whose script and log are empty and whose limiters are forgotten."""
    return shared_sender


Deliver = Callable[[Sender, Request, Allowance], Completion]


@pytest.fixture(params=["sync", "async"])
def deliver(request: pytest.FixtureRequest) -> Deliver:
    """Send blocking, or on an event loop of its own."""
    if request.param == "sync":
        return lambda sender, question, allowance: sender.send(question, allowance)
    return lambda sender, question, allowance: asyncio.run(sender.asend(question, allowance))


class Loopback:
    """A server on loopback HTTP. ``answer(method, path, body)`` returns the status and the text or JSON of a response.

    `requests` are the paths and bodies that it received.
    """

    def __init__(self, answer: Callable[[str, str, Any], tuple[int, Any]]) -> None:
        self.requests: list[tuple[str, Any]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._respond("GET", None)

            def do_POST(self) -> None:
                received = self.rfile.read(int(self.headers.get("content-length") or 0))
                self._respond("POST", json.loads(received or b"null"))

            def _respond(self, method: str, body: Any) -> None:
                outer.requests.append((self.path, body))
                status, given = answer(method, self.path, body)
                content = (given if isinstance(given, str) else json.dumps(given)).encode()
                kind = "text/event-stream" if content.startswith((b"data:", b"event:", b":")) else "application/json"
                self.send_response(status)
                self.send_header("content-type", kind if not content.startswith(b"<") else "text/html")
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_request(self, *_: object) -> None:
                """Log nothing, to keep the test output clean."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def serve() -> Iterator[Callable[..., Loopback]]:
    """``serve(answer)``: start a Loopback server that lives as long as the test."""
    servers: list[Loopback] = []

    def start(answer: Callable[[str, str, Any], tuple[int, Any]]) -> Loopback:
        servers.append(Loopback(answer))
        return servers[-1]

    yield start
    for server in servers:
        server.close()
