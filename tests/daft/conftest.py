"""Daft, which is optional, and an emulator for its processes."""

import os
from collections.abc import Iterator
from importlib.util import find_spec

import pytest

from structgen.daft.worker import close_workers
from structgen.testing import Emulator

os.environ["DAFT_ANALYTICS_ENABLED"] = "0"
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"


@pytest.fixture(autouse=True)
def needs_daft() -> None:
    for name in ("daft", "ray"):
        if find_spec(name) is None:
            if os.environ.get("CI"):
                pytest.fail(f"{name} is not installed: structgen[dev] has it")
            pytest.skip(f"{name} is not installed")


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """A server that answers by rules; the key and the address are in the environment."""
    with Emulator() as server:
        monkeypatch.setenv("GROQ_API_KEY", server.api_key)
        monkeypatch.setenv("GROQ_BASE_URL", server.base_url)
        yield server
        close_workers()
