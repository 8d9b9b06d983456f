"""Many texts at once: what one text learns about the server counts for the others of the same call."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from structgen import Budget, Extraction, ExtractionFailed, Extractor, Options, Progress
from structgen.core.errors import (
    AuthenticationFailed,
    ConfigurationError,
    ModelUnavailable,
    RequestRejected,
    StoreError,
)
from structgen.store import Store
from structgen.testing import Clock, Emulator, Limits, error, reply

GROQ = "groq/openai/gpt-oss-20b"
SCHEMA = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
GOOD = '{"name": "Soup"}'
Map = Callable[..., list[Any]]


def texts(count: int) -> Iterator[str]:
    return (f"Name: Dish {number}" for number in range(count))


@pytest.fixture(params=["sync", "async"])
def run(request: pytest.FixtureRequest) -> Map:
    async def awaited(extractor: Extractor, count: int, concurrency: int) -> list[Any]:
        return [outcome async for outcome in extractor.amap(SCHEMA, texts(count), concurrency=concurrency)]

    if request.param == "sync":
        return lambda extractor, count, concurrency: list(extractor.map(SCHEMA, texts(count), concurrency=concurrency))
    return lambda *given: asyncio.run(awaited(*given))


@pytest.mark.parametrize(
    ("refused", "kind"),
    [(error("invalid_api_key"), AuthenticationFailed), (error("model_not_found"), ModelUnavailable)],
)
def test_a_refused_key_or_model_fails_all_other_texts_without_a_request(
    refused: Any, kind: type[Exception], run: Map, groq_emulator: Emulator
) -> None:
    groq_emulator.script(reply(GOOD), refused, repeat_last=True)
    first, *others = run(Extractor(GROQ), 50, 1)
    assert isinstance(first, Extraction)
    assert len(others) == 49
    assert {type(outcome.__cause__) for outcome in others} == {kind}
    assert len(groq_emulator.requests) == 2
    assert "Not sent, because the server has refused an earlier text." in str(others[-1])
    assert "Not sent" not in str(others[0])


def test_texts_that_wait_for_a_limit_fail_with_the_refused_key_too(run: Map) -> None:
    with Emulator(limits=Limits(rpm=1), clock=Clock(speed=0)) as server:  # a minute that never ends
        server.script(error("invalid_api_key", delay=0.3), repeat_last=True)
        extractor = Extractor(GROQ, api_key=server.api_key, base_url=server.base_url)
        outcomes = run(extractor, 6, 6)
    assert {type(outcome.__cause__) for outcome in outcomes} == {AuthenticationFailed}


def test_the_next_call_asks_again_with_the_same_key(run: Map, groq_emulator: Emulator) -> None:
    groq_emulator.script(error("invalid_api_key"))
    extractor = Extractor(GROQ)
    assert [type(outcome) for outcome in run(extractor, 2, 1)] == [ExtractionFailed] * 2
    assert [type(outcome) for outcome in run(extractor, 2, 1)] == [Extraction] * 2


def test_an_error_of_one_text_fails_no_other(run: Map, groq_emulator: Emulator) -> None:
    groq_emulator.script(error("request_too_large_body"), error("unknown_url"))
    options = Options(budget=Budget(max_transport_retries=0))
    outcomes = run(Extractor(GROQ, options), 4, 1)
    assert isinstance(outcomes[1].__cause__, RequestRejected)
    assert [type(outcome) for outcome in outcomes] == [ExtractionFailed] * 2 + [Extraction] * 2


@pytest.fixture(params=["map", "amap"])
def mapped(request: pytest.FixtureRequest) -> Map:
    """All outcomes of `map` or `amap`, called with these arguments."""

    async def awaited(extractor: Extractor, *given: Any, **named: Any) -> list[Any]:
        return [outcome async for outcome in extractor.amap(*given, **named)]

    if request.param == "map":
        return lambda extractor, *given, **named: list(extractor.map(*given, **named))
    return lambda *given, **named: asyncio.run(awaited(*given, **named))


def test_the_store_of_a_call_keeps_its_answers_and_is_closed_at_the_end(
    mapped: Map, groq_emulator: Emulator, tmp_path: Path
) -> None:
    file = tmp_path / "answers.sqlite"
    extractor = Extractor(GROQ)
    groq_emulator.script(reply(GOOD), repeat_last=True)
    for _ in range(2):
        outcomes = mapped(extractor, SCHEMA, texts(3), store=file)
        assert [outcome.value for outcome in outcomes] == [{"name": "Soup"}] * 3
    assert len(groq_emulator.requests) == 3
    assert {outcome.usage.calls for outcome in outcomes} == {0}
    assert not list(tmp_path.glob("*-wal"))  # SQLite removes it when it is closed
    assert len(mapped(extractor, SCHEMA, texts(1))) == 1  # the next call stores nothing again
    assert len(groq_emulator.requests) == 4


def test_an_open_store_is_used_in_place_of_the_own_one_and_stays_open(
    mapped: Map, groq_emulator: Emulator, tmp_path: Path
) -> None:
    groq_emulator.script(reply(GOOD), repeat_last=True)
    with Store(tmp_path / "own.sqlite") as own, Store(tmp_path / "given.sqlite") as given:
        assert len(mapped(Extractor(GROQ, store=own), SCHEMA, texts(2), store=given)) == 2
        assert (own.sizes().completions, given.sizes().completions) == (0, 2)


def test_a_cascade_keeps_what_was_paid_for_in_the_store_of_the_call(
    mapped: Map, groq_emulator: Emulator, tmp_path: Path
) -> None:
    groq_emulator.script(reply(GOOD), repeat_last=True)
    extractor = Extractor("groq/openai/gpt-oss-20b,groq/openai/gpt-oss-120b")
    with Store(tmp_path / "given.sqlite") as given:
        assert len(mapped(extractor, SCHEMA, texts(2), store=given)) == 2
        assert given.sizes().completions == 2


@pytest.mark.parametrize(("wrong", "kind"), [(3, ConfigurationError), ("", ConfigurationError), ("..", StoreError)])
def test_a_store_that_cannot_be_used_is_refused_before_the_first_text(wrong: Any, kind: type[Exception]) -> None:
    def never() -> Iterator[str]:
        raise AssertionError
        yield ""

    extractor = Extractor(GROQ, api_key="gsk_any")
    for method in (extractor.map, extractor.amap):
        with pytest.raises(kind):
            method(SCHEMA, never(), store=wrong)


def test_a_replay_takes_no_other_store(groq_emulator: Emulator, tmp_path: Path) -> None:
    groq_emulator.script(reply(GOOD), repeat_last=True)
    with Store(tmp_path / "recorded.sqlite") as recorded:
        list(Extractor(GROQ).map(SCHEMA, texts(1), store=recorded))
        with pytest.raises(ConfigurationError, match="omit store="):
            Extractor("replay", store=recorded).map(SCHEMA, texts(1), store=tmp_path / "other.sqlite")
    assert not (tmp_path / "other.sqlite").exists()


@pytest.fixture(params=["sync", "async"])
def shown(request: pytest.FixtureRequest) -> Map:
    """``shown(extractor, texts, progress)``: the outcomes of `map` or `amap`."""

    async def awaited(extractor: Extractor, given: Any, progress: Any) -> list[Any]:
        return [outcome async for outcome in extractor.amap(SCHEMA, given, concurrency=2, progress=progress)]

    if request.param == "sync":
        return lambda extractor, given, progress: list(extractor.map(SCHEMA, given, concurrency=2, progress=progress))
    return lambda *given: asyncio.run(awaited(*given))


def test_a_callable_receives_the_progress_after_each_text(shown: Map, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply('{"nome": 1}'), repeat_last=True)
    seen: list[Progress] = []
    outcomes = shown(Extractor(GROQ, Options(budget=Budget(max_attempts=2))), list(texts(4)), seen.append)
    assert len(outcomes) == 4
    assert [(one.done, one.total) for one in seen] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    last = seen[-1]
    assert (last.ok, last.failed + last.incomplete, last.calls, last.asked_again) == (0, 4, 8, 4)
    assert last.cost == last.projected_cost
    assert last.untold_calls == 8  # the server rejected its own responses, without their tokens


def test_a_lazy_iterable_has_no_total(shown: Map) -> None:
    seen: list[Progress] = []
    shown(Extractor("rules"), texts(2), seen.append)
    assert [(one.done, one.total, one.ok) for one in seen] == [(1, None, 1), (2, None, 2)]


def test_a_bar_is_shown_on_stderr(shown: Map, capsys: pytest.CaptureFixture[str]) -> None:
    shown(Extractor("rules"), list(texts(3)), True)
    captured = capsys.readouterr()
    assert "3/3" in captured.err
    assert "3 ok" in captured.err
    assert captured.out == ""


def test_a_callable_that_raises_does_not_stop_the_run(shown: Map, caplog: pytest.LogCaptureFixture) -> None:
    def broken(progress: Progress) -> None:
        raise ValueError("no")

    assert len(shown(Extractor("rules"), list(texts(2)), broken)) == 2
    assert "the run continues" in caplog.text


def test_a_progress_that_is_neither_true_nor_a_callable_is_refused_before_the_first_text() -> None:
    for wrong in (3, "bar", None):
        with pytest.raises(ConfigurationError, match=r"progress is .* must be True, False or a callable"):
            Extractor("rules").map(SCHEMA, ["Name: Soup"], progress=wrong)  # type: ignore[arg-type]


def test_progress_does_not_count_the_observers_of_another_call(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(GOOD), repeat_last=True)
    extractor, seen = Extractor(GROQ), list[Progress]()
    list(extractor.map(SCHEMA, ["Name: a"], progress=seen.append))
    list(extractor.map(SCHEMA, ["Name: b"], progress=seen.append))
    assert [one.calls for one in seen] == [1, 1]
