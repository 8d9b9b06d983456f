"""An Extractor on the emulator with a store of its own, and retries that do not wait."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from tenacity import Retrying, stop_after_attempt, wait_none

from structgen import Extractor
from structgen.engine.provider_batches import submission
from structgen.testing import Clock, Emulator

MODEL = "groq/openai/gpt-oss-20b"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store.sqlite"


@pytest.fixture
def opened(groq_emulator: Emulator, store: Path) -> Iterator[Callable[..., Extractor]]:
    """``opened(options, **arguments)``: an Extractor with the store."""
    with ExitStack() as stack:

        def make(*options: Any, **arguments: Any) -> Extractor:
            patient = Retrying(wait=wait_none(), stop=stop_after_attempt(20))
            given = {"store": store, "retrying": patient, **arguments}
            return stack.enter_context(Extractor(MODEL, *options, **given))

        yield make


@pytest.fixture
def extractor(opened: Callable[..., Extractor]) -> Extractor:
    return opened()


@pytest.fixture
def timed(groq_emulator: Emulator) -> Emulator:
    """The emulator, with batches of 1,000 seconds and a stopped clock."""
    groq_emulator.limit_with(None, clock=Clock(speed=0))
    groq_emulator.batch_seconds = 1000
    return groq_emulator


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks at batches follow each other at once."""
    monkeypatch.setattr(submission, "SHORTEST_WAIT", 0.01)
    monkeypatch.setattr(submission, "LONGEST_WAIT", 0.01)
