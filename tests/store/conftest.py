"""Requests, completions, and a store in its own folder."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from structgen.core.options import Mode
from structgen.core.records import Completion, Message, Request, Usage
from structgen.store import Store

Ask = Callable[..., Request]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kept" / "store.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with Store(path) as opened:
        yield opened


@pytest.fixture
def ask() -> Ask:
    def make(text: object = "Soup.", model: str = "m") -> Request:
        messages = (Message("system", "Read the soup."), Message("user", f"<document>\n{text}\n</document>"))
        schema = {"type": "object", "properties": {"title": {"type": "string"}}}
        return Request("groq", model, messages, Mode.JSON, schema, document=str(text))  # type: ignore[arg-type]

    return make


@pytest.fixture
def soup() -> Completion:
    return Completion('{"title": "Soup"}', usage=Usage(20, 5, calls=1), model="m-1", seconds=0.5)
