"""The pytest plugin: a fixture that stands in for Groq. Loaded in every pytest run, so it imports nothing heavy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from structgen.testing.emulator.server import Emulator


@pytest.fixture(scope="session")
def groq_server() -> Iterator[Emulator]:
    """One emulator for the whole run; `groq_emulator` is the one to use in a test."""
    from structgen.testing import Emulator

    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def groq_emulator(groq_server: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """A Groq server with an empty script and log; GROQ_API_KEY and GROQ_BASE_URL point to it.

    No limit that another test ran into is remembered: all of them use one key.
    """
    from structgen.send.limits.limiter import forget_limiters

    groq_server.reset()
    forget_limiters()
    monkeypatch.setenv("GROQ_API_KEY", groq_server.api_key)
    monkeypatch.setenv("GROQ_BASE_URL", groq_server.base_url)
    return groq_server
