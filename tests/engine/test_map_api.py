"""Many texts at once: what one text learns about the server counts for the others of the same call."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from structgen import Budget, Extraction, ExtractionFailed, Extractor, Options
from structgen.core.errors import AuthenticationFailed, ModelUnavailable, RequestRejected
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
