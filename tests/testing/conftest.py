"""Clients of the real SDKs on the emulator."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import groq
import pytest

from structgen.testing import Clock, Emulator

MODEL = "openai/gpt-oss-20b"


@pytest.fixture
def client(groq_emulator: Emulator) -> Iterator[groq.Groq]:
    plain = groq.DefaultHttpxClient(verify=False)  # loopback has no certificates, and to load some takes 30 ms
    with groq.Groq(max_retries=0, timeout=60, http_client=plain) as opened:
        yield opened


@dataclass(frozen=True)
class Batcher:
    """Creates batches of chat requests and reads their results."""

    client: groq.Groq

    @staticmethod
    def line(name: str, text: str = "Say something.", **fields: object) -> dict[str, Any]:
        """Return a line of an input file."""
        body = {"model": MODEL, "messages": [{"role": "user", "content": text}], **fields}
        return {"custom_id": name, "method": "POST", "url": "/v1/chat/completions", "body": body}

    @staticmethod
    def content(result: dict[str, Any]) -> str:
        """Return the model's answer."""
        return result["response"]["body"]["choices"][0]["message"]["content"]

    def upload(self, *lines: dict[str, Any] | bytes) -> str:
        """Upload a file with these lines; return its id."""
        content = b"\n".join(each if isinstance(each, bytes) else json.dumps(each).encode() for each in lines)
        return str(self.client.files.create(file=("in.jsonl", content), purpose="batch").id)

    def start(self, *lines: dict[str, Any] | bytes, window: str = "24h") -> str:
        """Create a batch of these lines; return its id."""
        file = self.upload(*lines)
        made = self.client.batches.create(input_file_id=file, endpoint="/v1/chat/completions", completion_window=window)
        return made.id

    def results(self, file: str | None) -> dict[str, Any]:
        """Return the lines of an output or error file by custom_id; empty without a file."""
        if file is None:
            return {}
        lines = [json.loads(text) for text in self.client.files.content(file).text().splitlines()]
        assert all(each.keys() == {"id", "custom_id", "response", "error"} for each in lines)
        assert all(each["id"].startswith("batch_req_") for each in lines)
        return {each["custom_id"]: each for each in lines}

    def run(self, *lines: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Run a batch of these lines; return its results and its errors."""
        done = self.client.batches.retrieve(self.start(*lines))
        assert done.status == "completed"
        return self.results(done.output_file_id), self.results(done.error_file_id)

    def using(self, client: groq.Groq) -> "Batcher":
        """Return a copy that uses another client."""
        return Batcher(client)


@pytest.fixture
def batcher(client: groq.Groq) -> Batcher:
    return Batcher(client)


@pytest.fixture
def timed(groq_emulator: Emulator) -> Emulator:
    """The emulator, with batches of 1,000 seconds and a stopped clock."""
    groq_emulator.limit_with(None, clock=Clock(speed=0))
    groq_emulator.batch_seconds = 1000
    return groq_emulator
