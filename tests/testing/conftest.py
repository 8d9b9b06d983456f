"""Clients of the real SDKs on the emulator."""

from collections.abc import Iterator

import groq
import pytest

from structgen.testing import Emulator

MODEL = "openai/gpt-oss-20b"


@pytest.fixture
def client(groq_emulator: Emulator) -> Iterator[groq.Groq]:
    with groq.Groq(max_retries=0, timeout=5) as opened:
        yield opened
