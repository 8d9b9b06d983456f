"""Many documents against a server that enforces Groq's limits, on a clock that a busy machine does not slow down."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from structgen import Budget, CompletionReceived, Extraction, Extractor, Options, WaitingForLimit
from structgen import extractor as extractor_module
from structgen.cli import main
from structgen.send import DocumentClock
from structgen.send.limits import limiter as limits_shared
from structgen.send.limits import limiter as limits_wait
from structgen.send.limits.limiter import Limiter
from structgen.testing import Clock, Emulator, Limits

MODEL = "groq/openai/gpt-oss-20b"
STEP = 0.05
"""Seconds that pass at each look of a waiting call."""
LOOK = 0.0005
"""Real seconds between two such looks."""

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"name": {"type": "string"}},
    "required": ["name"],
    "additionalProperties": False,
}
Outcomes = list[Any]


def mapped(extractor: Extractor, texts: list[str]) -> Outcomes:
    return list(extractor.map(SCHEMA, texts))


def amapped(extractor: Extractor, texts: list[str]) -> Outcomes:
    async def run() -> Outcomes:
        return [outcome async for outcome in extractor.amap(SCHEMA, texts, concurrency=50)]

    return asyncio.run(run())


@dataclass
class Ran:
    """A run: what came out, and how many minutes of the server's clock were between its first reply and its last."""

    outcomes: Outcomes
    minutes: float
    waits: list[WaitingForLimit] = field(default_factory=list[WaitingForLimit])

    @property
    def tokens(self) -> int:
        return sum(usage.input_tokens + usage.output_tokens for usage in (outcome.usage for outcome in self.outcomes))

    @property
    def spare(self) -> int:
        """The room for the answer that a call asked for and did not use: it has to be free when a call is let in."""
        (attempt,) = self.outcomes[-1].attempts
        return attempt.request.parameters.max_completion_tokens - attempt.completion.usage.output_tokens

    def share(self, used: float, limit: float, spare: float = 0.0) -> float:
        """Of a limit that is all there at the start and comes back all the time, the share that was used."""
        return used / (limit * (1 + self.minutes) - spare)


class IdleClock(Clock):
    """Time passes only while calls wait for a limit and none is under way: the machine's own delays take none of it.

    Each look of the limiter lets a step pass, but for the first one after a call, which may be let in at once.
    """

    def __init__(self) -> None:
        super().__init__(speed=0)
        self._limiter: Limiter | None = None
        self._looks = 0

    def limiter(self, *args: Any, **settings: Any) -> Limiter:
        """A limiter that goes by this clock."""
        self._limiter = Limiter(*args, **settings, clock=self.look)
        return self._limiter

    def look(self) -> float:
        """The time, as the limiter reads it."""
        idle = self._limiter is not None and self._limiter.waiting and not self._limiter.state.under_way
        self._looks = self._looks + 1 if idle else 0
        if self._looks > 1:
            self.advance(STEP)
        return self.now()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Emulator]]:
    """An emulator whose limits go by an idle clock, as do those of the limiter."""
    opened: list[Emulator] = []

    def open_server(enforced: Limits | str) -> Emulator:
        clock = IdleClock()
        monkeypatch.setattr(limits_shared, "Limiter", clock.limiter)
        monkeypatch.setattr(limits_wait, "LOOK", LOOK)
        emulator = Emulator(limits=enforced, clock=clock).__enter__()
        opened.append(emulator)
        monkeypatch.setenv("GROQ_API_KEY", emulator.api_key)
        monkeypatch.setenv("GROQ_BASE_URL", emulator.base_url)
        return emulator

    yield open_server
    for emulator in opened:
        emulator.__exit__(None, None, None)


def run(emulator: Emulator, way: Callable[[Extractor, list[str]], Outcomes], texts: list[str]) -> Ran:
    waits: list[WaitingForLimit] = []
    moments: list[float] = []

    def watch(event: object) -> None:
        if isinstance(event, WaitingForLimit):
            waits.append(event)
        elif isinstance(event, CompletionReceived):
            moments.append(emulator.clock.now())

    with Extractor(MODEL, observers=[watch]) as extractor:
        outcomes = [*way(extractor, texts[:1]), *way(extractor, texts[1:])]  # the first reply teaches the limits
    return Ran(outcomes, (moments[-1] - moments[0]) / 60, waits)


@pytest.mark.parametrize("way", [mapped, amapped])
def test_short_documents_use_the_requests_of_a_minute_and_never_run_into_the_limit(
    way: Any, server: Callable[..., Emulator]
) -> None:
    emulator = server(Limits(rpm=30, rpd=14_400, tpm=8_000, tpd=500_000))
    ran = run(emulator, way, [f"Name: Soup {number}" for number in range(45)])
    assert [outcome.value["name"] for outcome in ran.outcomes] == [f"Soup {number}" for number in range(45)]
    assert {request.status for request in emulator.requests} == {200}
    assert len(emulator.requests) == 45
    assert ran.share(45, 30) > 0.9
    assert "the limit of 30 requests a minute" in {wait.limit for wait in ran.waits}


@pytest.mark.parametrize("way", [mapped, amapped])
def test_long_documents_use_the_tokens_of_a_minute_and_never_run_into_the_limit(
    way: Any, server: Callable[..., Emulator]
) -> None:
    emulator = server("free")
    ran = run(emulator, way, [f"Name: Soup {number}\n{'A long story. ' * 200}" for number in range(12)])
    assert all(isinstance(outcome, Extraction) for outcome in ran.outcomes)
    assert {request.status for request in emulator.requests} == {200}
    assert ran.share(ran.tokens, 8_000, ran.spare) > 0.9
    assert "the limit of 8,000 tokens a minute" in {wait.limit for wait in ran.waits}


@pytest.mark.parametrize("way", [mapped, amapped])
def test_documents_that_queue_for_longer_than_their_time_budget_do_not_fail(
    way: Any, server: Callable[..., Emulator], monkeypatch: pytest.MonkeyPatch
) -> None:
    emulator = server("free")
    monkeypatch.setattr(extractor_module, "DocumentClock", partial(DocumentClock, emulator.clock.now))
    options = Options(budget=Budget(max_seconds=30.0))
    texts = [f"Name: Soup {number}\n{'A long story. ' * 200}" for number in range(30)]
    with Extractor(MODEL, options) as extractor:
        outcomes = way(extractor, texts)
    assert [type(outcome) for outcome in outcomes] == [Extraction] * 30
    assert emulator.clock.now() > 3 * 30


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder with thirty documents and a schema."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "name.json").write_text(json.dumps(SCHEMA))
    (tmp_path / "texts").mkdir()
    for number in range(30):
        (tmp_path / "texts" / f"{number:02}.txt").write_text(f"Name: Soup {number}")
    return tmp_path


def extract(monkeypatch: pytest.MonkeyPatch) -> int:
    arguments = ["structgen", "extract", "name.json", "texts", "-o", "out.jsonl", "--model", MODEL]
    monkeypatch.setattr(sys, "argv", arguments)
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def test_a_used_up_day_stops_the_command_early_and_the_same_command_goes_on(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = Clock()
    monkeypatch.setattr(limits_shared, "Limiter", partial(Limiter, clock=clock.now))
    with Emulator(limits=Limits(rpd=15, tpm=100_000), clock=clock) as emulator:
        monkeypatch.setenv("GROQ_API_KEY", emulator.api_key)
        monkeypatch.setenv("GROQ_BASE_URL", emulator.base_url)
        assert extract(monkeypatch) == 3
        said = capsys.readouterr().err
        assert "the limit of 15 requests a day" in said
        assert "the same command continues from here" in said
        answered = [request.status for request in emulator.requests].count(200)
        assert 14 <= answered <= 15
        assert len(emulator.requests) == answered, "no call ran into the limit that was known"
        clock.advance(86_400)
        limits_shared.forget_limiters()
        extract(monkeypatch)
        clock.advance(86_400)
        limits_shared.forget_limiters()
        assert extract(monkeypatch) == 0
    rows = [json.loads(line) for line in Path("out.jsonl").read_text().splitlines()]
    assert [row["value"]["name"] for row in rows] == [f"Soup {number}" for number in range(30)]
    assert len(emulator.requests) == 30, "nothing was paid for twice"
