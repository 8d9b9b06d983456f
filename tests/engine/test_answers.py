"""The store in front of the wire, as users meet it: the real SDK against the emulator."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from structgen import Budget, Extraction, ExtractionFailed, Extractor, Options
from structgen.core.errors import BudgetExceeded, StoreError, TransportError
from structgen.core.events import CompletionReceived, Event, Failed
from structgen.core.finish_reasons import INTERRUPTED
from structgen.core.records import Completion, Request, Usage
from structgen.engine.answers import Answers
from structgen.engine.flow import Send
from structgen.send import Allowance
from structgen.store import Store
from structgen.testing import Emulator, error, reply

GOOD = '{"title": "Leek soup", "minutes": 10}'
TEXT = "Leek soup, done in 10 minutes."
Run = Callable[..., Extraction[Any]]


class Soup(BaseModel):
    title: str
    minutes: int


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.sqlite"


@pytest.fixture(params=["sync", "async"])
def run(request: pytest.FixtureRequest, groq_emulator: Emulator) -> Run:
    def blocking(text: str = TEXT, **settings: Any) -> Extraction[Any]:
        with Extractor(**settings) as extractor:
            return extractor.extract(Soup, text)

    async def awaited(text: str = TEXT, **settings: Any) -> Extraction[Any]:
        async with Extractor(**settings) as extractor:
            return await extractor.aextract(Soup, text)

    if request.param == "sync":
        return blocking
    return lambda *args, **settings: asyncio.run(awaited(*args, **settings))


def whole_of(request: Request) -> Send:
    return Send(request, 1, "the whole", Usage())


def test_an_equal_request_is_answered_from_the_store_and_takes_nothing(
    run: Run, groq_emulator: Emulator, path: Path
) -> None:
    groq_emulator.script(reply(GOOD))
    first, second = run(store=path), run(store=str(path))
    assert first.value == second.value == Soup(title="Leek soup", minutes=10)
    assert (first.usage.calls, second.usage, second.cost) == (1, Usage(calls=0), 0.0)
    assert [result.attempts[0].completion.stored for result in (first, second)] == [False, True]
    assert second.model == first.model
    assert len(groq_emulator.requests) == 1


def test_what_was_asked_again_is_not_paid_twice_either(run: Run, groq_emulator: Emulator, path: Path) -> None:
    groq_emulator.script(reply('{"title": "Leek soup"}'), reply('{"/minutes": 10}'))
    run(store=path)
    again = run(store=path, options=Options(budget=Budget(max_tokens=100_000)))
    assert again.value.minutes == 10
    assert [attempt.completion.stored for attempt in again.attempts] == [True, True]
    assert len(groq_emulator.requests) == 2


def test_a_run_that_failed_in_the_middle_pays_only_for_the_rest(run: Run, groq_emulator: Emulator, path: Path) -> None:
    groq_emulator.script(reply('{"title": "Leek soup"}'), error("invalid_api_key"))
    with pytest.raises(ExtractionFailed):
        run(store=path)
    groq_emulator.script(reply('{"/minutes": 10}'))
    again = run(store=path)
    assert [attempt.completion.stored for attempt in again.attempts] == [True, False]
    assert again.usage.calls == 1
    assert len(groq_emulator.requests) == 3


def test_without_a_store_every_request_is_sent(run: Run, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(GOOD), reply(GOOD))
    assert not any(run().attempts[0].completion.stored for _ in range(2))
    assert len(groq_emulator.requests) == 2


def test_the_completion_is_durable_before_it_is_read(groq_emulator: Emulator, path: Path) -> None:
    groq_emulator.script(reply(GOOD))
    kept: list[int] = []

    def look(event: Event) -> None:
        if isinstance(event, CompletionReceived):
            with closing(sqlite3.connect(path)) as other:
                kept.append(other.execute("SELECT count(*) FROM completion").fetchone()[0])

    Extractor(store=path, observers=[look]).extract(Soup, TEXT)
    assert kept == [1]


def test_stored_attempts_count_nothing_against_a_budget(run: Run, groq_emulator: Emulator, path: Path) -> None:
    groq_emulator.script(reply('{"title": "Leek soup"}'), reply("{}"), reply(GOOD))
    with pytest.raises(ExtractionFailed) as failed:
        run(store=path, options=Options(budget=Budget(max_attempts=2)))
    most = max(attempt.at_most.input_tokens + attempt.at_most.output_tokens for attempt in failed.value.attempts)  # type: ignore[operator]
    again = run(store=path, options=Options(budget=Budget(max_tokens=2 * most)))
    assert again.value.minutes == 10
    assert [attempt.completion.stored for attempt in again.attempts] == [True, True, False]


def test_equal_texts_side_by_side_are_asked_for_once(groq_emulator: Emulator, path: Path) -> None:
    groq_emulator.script(reply(GOOD))
    with Extractor(store=path) as extractor:
        outcomes = list(extractor.map(Soup, [TEXT] * 12))
    found = [outcome for outcome in outcomes if isinstance(outcome, Extraction)]
    assert [outcome.value.title for outcome in found] == ["Leek soup"] * 12
    assert sum(outcome.usage.calls for outcome in found) == 1
    assert len(groq_emulator.requests) == 1


def test_plain_text_comes_from_the_store_too(groq_emulator: Emulator, path: Path) -> None:
    groq_emulator.script(reply("Soup."))
    with Extractor(store=path) as extractor:
        first, second = extractor.complete("Say soup"), asyncio.run(extractor.acomplete("Say soup"))
    assert (first.text, second.text) == ("Soup.", "Soup.")
    assert (first.stored, second.stored, second.usage.calls) == (False, True, 0)


def test_the_rules_leave_nothing_in_the_store(path: Path) -> None:
    with Store(path) as store:
        Extractor("rules", store=store).extract(dict[str, str], "name: Soup")
        assert store.sizes().completions == 0


def test_two_servers_do_not_share_answers(groq_emulator: Emulator, path: Path) -> None:
    groq_emulator.script(reply(GOOD), reply('{"title": "Other soup", "minutes": 5}'))
    here, there = groq_emulator.base_url, groq_emulator.base_url.replace("127.0.0.1", "localhost")
    titles = [
        Extractor("groq/openai/gpt-oss-20b", base_url=base, store=path).extract(Soup, TEXT).value.title
        for base in (here, there, here)
    ]
    assert titles == ["Leek soup", "Other soup", "Leek soup"]
    with Store(path) as store:
        assert [entry.request.endpoint for entry in store.entries()] == [here, there]


def fill(path: Path) -> None:
    """As if the disk of the store were full."""
    with sqlite3.connect(path) as other:
        other.execute("CREATE TRIGGER full BEFORE INSERT ON completion BEGIN SELECT RAISE(ABORT, 'full'); END")


def test_an_answer_that_cannot_be_kept_is_used_and_says_so(
    run: Run, groq_emulator: Emulator, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    groq_emulator.script(reply(GOOD))
    store = Store(path)
    fill(path)
    found = run(store=store)
    assert found.value.title == "Leek soup"
    assert "SQLite cannot use it (full)" in found.attempts[0].completion.unstored
    assert found.usage.input_tokens
    assert "The answer is used, but not kept" in caplog.text


def test_a_refused_answer_that_cannot_be_kept_ends_with_it_and_asks_nothing_more(
    run: Run, groq_emulator: Emulator, path: Path
) -> None:
    groq_emulator.script(reply("{}"), repeat_last=True)
    events: list[Event] = []
    store = Store(path)
    fill(path)
    with pytest.raises(ExtractionFailed) as failed:
        run(store=store, observers=[events.append])
    assert isinstance(failed.value.__cause__, StoreError)
    assert [attempt.completion.text for attempt in failed.value.attempts] == ["{}"]
    assert failed.value.usage == failed.value.attempts[0].completion.usage
    assert [event.error for event in events if isinstance(event, Failed)] == [failed.value]


def test_a_store_that_cannot_be_read_stops_before_anything_is_paid(
    run: Run, groq_emulator: Emulator, path: Path
) -> None:
    store = Store(path)
    store.close()
    with pytest.raises(StoreError, match="is closed"):
        run(store=store)
    assert not groq_emulator.requests


def collect(answers: Answers, request: Request, *, awaited: bool) -> list[str | Completion]:
    async def all_of() -> list[str | Completion]:
        return [piece async for piece in answers.astream(whole_of(request), Allowance())]

    return asyncio.run(all_of()) if awaited else list(answers.stream(whole_of(request), Allowance()))


@pytest.mark.parametrize("awaited", [False, True])
def test_a_stream_is_kept_at_its_end_and_comes_in_one_piece_then(
    groq_emulator: Emulator, path: Path, awaited: bool
) -> None:
    from structgen import compile_request
    from structgen.send import open_sender

    groq_emulator.script(reply(GOOD))
    answers = Answers(open_sender("groq/openai/gpt-oss-20b"), Store(path))
    request = compile_request(Soup, TEXT)
    *pieces, whole = collect(answers, request, awaited=awaited)
    assert "".join(str(piece) for piece in pieces) == GOOD
    text, stored = collect(answers, request, awaited=awaited)
    assert isinstance(stored, Completion)
    assert isinstance(whole, Completion)
    assert (text, stored.stored, whole.stored, stored.usage.calls) == (GOOD, True, False, 0)
    assert len(groq_emulator.requests) == 1


def test_a_stream_that_broke_off_is_asked_for_again(path: Path) -> None:
    class Broken:
        card = None

        def stream(self, request: Request, allowance: Allowance):
            yield "{"
            yield Completion("{", INTERRUPTED)

    with Store(path) as store:
        request = Request("groq", "m", (), "text", True)  # type: ignore[arg-type]
        assert len(list(Answers(Broken(), store).stream(whole_of(request), Allowance()))) == 2  # type: ignore[arg-type]
        assert store.get(request) is None


@pytest.mark.parametrize("kept", [True, False])
def test_where_nothing_may_be_paid_only_what_is_stored_is_taken(
    run: Run, groq_emulator: Emulator, path: Path, kept: bool
) -> None:
    groq_emulator.script(reply('{"title": "Leek soup"}'), reply('{"/minutes": 10}'))
    run(store=path)
    nothing = Options(budget=Budget(max_cost=0.0, max_tokens=1))
    if kept:
        assert run(store=path, options=nothing).value.minutes == 10
    else:
        with pytest.raises(BudgetExceeded, match="may take"):
            run("Another soup.", store=path, options=nothing)
    assert len(groq_emulator.requests) == 2


def test_a_stream_and_an_extract_of_one_request_at_once_are_paid_once(groq_emulator: Emulator, path: Path) -> None:
    groq_emulator.script(reply(GOOD, delay=0.3), repeat_last=True)

    async def both() -> None:
        async with Extractor(store=path) as extractor:
            results = await asyncio.gather(
                last(extractor), extractor.aextract(Soup, TEXT), last(extractor), extractor.aextract(Soup, TEXT)
            )
        assert [result.value.title for result in results] == ["Leek soup"] * 4
        assert sum(result.usage.calls for result in results) == 1

    async def last(extractor: Extractor) -> Any:
        return [shown async for shown in extractor.astream(Soup, TEXT)][-1]

    asyncio.run(both())
    assert len(groq_emulator.requests) == 1


def test_a_read_only_store_answers_what_it_has_and_pays_nothing(
    run: Run, groq_emulator: Emulator, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    groq_emulator.script(reply(GOOD))
    run(store=path)
    monkeypatch.setattr("os.access", lambda path, mode: not mode & 2)
    assert run(store=path).usage.calls == 0
    assert run(model="replay", store=path).value.title == "Leek soup"
    with pytest.raises(StoreError, match="is read-only and has no response to this request"):
        run("Another soup.", store=path)
    with pytest.raises(TransportError, match="has no response to this request"):
        run("Another soup.", model="replay", store=path)
    assert len(groq_emulator.requests) == 1
