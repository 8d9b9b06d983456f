"""Replay: what was recorded once is played with no wire, no key and no server."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from structgen import ConfigurationError, Extractor
from structgen.core.errors import TransportError
from structgen.engine.answers import ReplaySender
from structgen.send import Allowance
from structgen.store import Store
from structgen.testing import Emulator, reply

GOOD = '{"title": "Leek soup", "minutes": 10}'
TEXT = "Leek soup, done in 10 minutes."
SMALL, LARGE = "groq/openai/gpt-oss-20b", "groq/openai/gpt-oss-120b"


class Soup(BaseModel):
    title: str
    minutes: int


@pytest.fixture
def path(tmp_path: Path, groq_emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store with one answer; afterwards there is neither a key nor a server."""
    groq_emulator.script(reply(GOOD))
    recorded = tmp_path / "soup.sqlite"
    with Extractor(SMALL, store=recorded) as extractor:
        extractor.extract(Soup, TEXT)
    monkeypatch.delenv("GROQ_API_KEY")
    monkeypatch.setenv("GROQ_BASE_URL", "http://127.0.0.1:9")
    return recorded


def record(path: Path, model: str, base_url: str) -> None:
    with Extractor(model, store=path, api_key="gsk_emulator", base_url=base_url) as extractor:
        extractor.extract(Soup, TEXT)


@pytest.mark.parametrize("model", ["replay", f"replay/{SMALL}"])
def test_what_was_recorded_is_played_without_key_and_server(path: Path, model: str) -> None:
    extractor = Extractor(model, store=path)
    for result in (extractor.extract(Soup, TEXT), asyncio.run(extractor.aextract(Soup, TEXT))):
        assert result.value == Soup(title="Leek soup", minutes=10)
        assert (result.usage.calls, result.cost) == (0, 0.0)
        assert result.evidence[0].text == "Leek soup"
    assert extractor.model == SMALL


@pytest.mark.parametrize("awaited", [False, True])
def test_a_missing_answer_names_what_to_do(path: Path, awaited: bool) -> None:
    extractor = Extractor("replay", store=path)
    with pytest.raises(TransportError, match=rf"soup\.sqlite has no response.*Run it once with model='{SMALL}'"):
        asyncio.run(extractor.aextract(Soup, "Other")) if awaited else extractor.extract(Soup, "Other")


def test_replay_needs_a_store() -> None:
    with pytest.raises(ConfigurationError, match="from a store alone"):
        Extractor("replay")


def test_of_several_models_one_is_to_be_named(path: Path, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply('{"title": "Large soup", "minutes": 1}'))
    record(path, LARGE, groq_emulator.base_url)
    with pytest.raises(ConfigurationError, match=rf"several models: name one of replay/{LARGE}, replay/{SMALL}"):
        Extractor("replay", store=path)
    assert Extractor(f"replay/{LARGE}", store=path).extract(Soup, TEXT).value.title == "Large soup"
    with pytest.raises(ConfigurationError, match=r"no responses of that model: it holds replay/"):
        Extractor("replay/groq/other", store=path)


def test_of_several_servers_one_is_to_be_named(path: Path, groq_emulator: Emulator) -> None:
    other = groq_emulator.base_url.replace("127.0.0.1", "localhost")
    groq_emulator.script(reply('{"title": "Other soup", "minutes": 1}'))
    record(path, SMALL, other)
    with pytest.raises(ConfigurationError, match="several servers: pass base_url"):
        Extractor(f"replay/{SMALL}", store=path)
    assert Extractor("replay", store=path, base_url=other).extract(Soup, TEXT).value.title == "Other soup"


def test_an_empty_store_replays_nothing(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"it holds nothing\. Record that model first"):
        Extractor("replay", store=Store(tmp_path / "new.sqlite"))


@pytest.mark.parametrize("model", ["replay", f"replay/{SMALL}"])
def test_a_store_that_is_not_there_replays_nothing_and_is_not_made(model: str, tmp_path: Path) -> None:
    path = tmp_path / "misspelt.sqlite"
    with pytest.raises(ConfigurationError, match=r"There is no store at .*misspelt\.sqlite"):
        Extractor(model, store=path)
    assert not path.exists()


def test_no_way_of_asking_gets_past_the_store(path: Path) -> None:
    with Store(path) as store:
        sender: Any = ReplaySender(SMALL, store, None)
        for ask in (sender.send, sender.stream, sender.astream, lambda *two: asyncio.run(sender.asend(*two))):
            with pytest.raises(TransportError, match="has no response"):
                ask(None, Allowance())
        sender.close()
        asyncio.run(sender.aclose())
