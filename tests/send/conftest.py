"""Requests, senders on the emulator, and one way to call both the sync and the async methods of a sender."""

import asyncio
from collections.abc import Callable, Iterator

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
