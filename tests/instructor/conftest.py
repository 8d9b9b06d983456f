from collections.abc import Callable, Iterator
from typing import Any

import groq
import openai
import pytest

from structgen.testing import Emulator

Open = Callable[..., Any]


@pytest.fixture
def open_groq(groq_emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Open groq clients for the emulator, closed at the end. Only they know the server."""
    monkeypatch.delenv("GROQ_API_KEY")
    monkeypatch.delenv("GROQ_BASE_URL")
    opened: list[groq.Groq] = []

    def make(**more: Any) -> groq.Groq:
        arguments: dict[str, Any] = {"api_key": groq_emulator.api_key, "base_url": groq_emulator.base_url, **more}
        opened.append(groq.Groq(**arguments))
        return opened[-1]

    yield make
    for client in opened:
        client.close()


@pytest.fixture
def open_openai(groq_emulator: Emulator) -> Iterator[Open]:
    """Open openai clients for the emulator, closed at the end."""
    opened: list[openai.OpenAI] = []

    def make(**more: Any) -> openai.OpenAI:
        base_url = f"{groq_emulator.base_url}/openai/v1"
        arguments: dict[str, Any] = {"api_key": groq_emulator.api_key, "base_url": base_url, **more}
        opened.append(openai.OpenAI(**arguments))
        return opened[-1]

    yield make
    for client in opened:
        client.close()
