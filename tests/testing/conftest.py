"""Clients of the real SDKs on the emulator."""

from collections.abc import Iterator

import groq
import pytest

from structgen.testing import Emulator

MODEL = "openai/gpt-oss-20b"


@pytest.fixture
def client(groq_emulator: Emulator) -> Iterator[groq.Groq]:
    plain = groq.DefaultHttpxClient(verify=False)  # loopback has no certificates, and to load some takes 30 ms
    with groq.Groq(max_retries=0, timeout=5, http_client=plain) as opened:
        yield opened
