"""The pytest plugin: a fixture that replaces Groq. Loaded in every pytest run, so it must not import anything heavy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from structgen.testing.emulator.server import Emulator


@pytest.fixture(scope="session")
def groq_server() -> Iterator[Emulator]:
    """One emulator for the whole session; in a test use `groq_emulator`."""
    from structgen.testing import Emulator

    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def groq_emulator(groq_server: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """A Groq server with an empty script and log; GROQ_API_KEY and GROQ_BASE_URL point to it.

    Limiters are forgotten between tests, which would otherwise share their limits because they share the key.
    """
    from structgen.send.limits.limiter import forget_limiters

    groq_server.reset()
    forget_limiters()
    monkeypatch.setenv("GROQ_API_KEY", groq_server.api_key)
    monkeypatch.setenv("GROQ_BASE_URL", groq_server.base_url)
    return groq_server
