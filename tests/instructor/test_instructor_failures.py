"""The exceptions and hooks of structgen.instructor: instructor's own, with the attempts as its users read them."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import groq
import groq.types.chat
import instructor as stock
import pytest
from instructor.core.exceptions import (
    InstructorRetryException,
    TokenBudgetExceeded,
    TokenUsageUnavailableError,
)
from instructor.core.hooks import HookName, Hooks
from pydantic import BaseModel, Field, ValidationError
from tenacity import Retrying, stop_after_attempt, wait_none

from structgen import AuthenticationFailed, ExtractionFailed, ServerFailed
from structgen import instructor as door
from structgen.testing import Emulator, error, raw, reply

Open = Callable[..., Any]
instructor: Any = door
ASKED: dict[str, Any] = {"model": "openai/gpt-oss-20b", "messages": [{"role": "user", "content": "A soup for four"}]}


class Recipe(BaseModel):
    title: str
    minutes: int = Field(ge=1)


GOOD = reply('{"title": "Soup", "minutes": 20}')
WRONG = reply('{"title": "Soup", "minutes": -1}', as_is=True)
MENDED = reply('{"/minutes": 20}', as_is=True)
STILL_WRONG = reply('{"/minutes": -2}', as_is=True)
SALVAGED = error("json_validate_failed", failed_generation='{"title": "Soup", "minutes": 20,}')


@pytest.fixture
def client(open_groq: Open) -> Any:
    return instructor.from_groq(open_groq(), mode=stock.Mode.JSON)


def test_an_exception_carries_every_attempt(groq_emulator: Emulator, client: Any) -> None:
    groq_emulator.script(WRONG, STILL_WRONG)
    with pytest.raises(InstructorRetryException) as raised:
        client.create(response_model=Recipe, max_retries=1, **ASKED)
    failed = raised.value
    assert failed.n_attempts == 2
    assert [attempt.attempt_number for attempt in failed.failed_attempts or ()] == [1, 2]
    for attempt in failed.failed_attempts or ():
        assert isinstance(attempt.exception, ValidationError)
        assert attempt.exception.errors()[0]["loc"] == ("minutes",)
        assert isinstance(attempt.completion, groq.types.chat.ChatCompletion)
    assert failed.last_completion is (failed.failed_attempts or [])[-1].completion
    assert failed.create_kwargs == dict(groq_emulator.requests[-1].body)
    assert failed.messages == (failed.create_kwargs or {})["messages"]
    assert isinstance(failed.__cause__, ValidationError)
    assert isinstance(failed.__cause__.__cause__, ExtractionFailed)
    assert "should be at least 1" in str(failed)


def test_its_usage_and_that_of_a_value_are_summed_over_the_attempts(groq_emulator: Emulator, client: Any) -> None:
    each: list[int] = []

    def heard(response: Any) -> None:
        each.append(response.usage.total_tokens)

    client.on("completion:response", heard)
    groq_emulator.script(WRONG, MENDED)
    recipe, completion = client.create_with_completion(response_model=Recipe, **ASKED)
    assert len(each) == 2
    assert completion.usage.total_tokens == recipe._total_usage.total_tokens == sum(each)
    groq_emulator.script(WRONG, STILL_WRONG)
    with pytest.raises(InstructorRetryException) as raised:
        client.create(response_model=Recipe, max_retries=1, **ASKED)
    assert raised.value.total_usage.total_tokens == sum(each[2:])


@pytest.mark.parametrize(
    ("retries", "calls"),
    [(0, 1), (-1, 1), (2, 3), (None, 4), (Retrying(stop=stop_after_attempt(2), wait=wait_none()), 2)],
    ids=["none", "negative", "two", "default", "tenacity"],
)
def test_max_retries_counts_as_in_instructor(groq_emulator: Emulator, client: Any, retries: Any, calls: int) -> None:
    groq_emulator.script(WRONG, *[STILL_WRONG] * 5)
    with pytest.raises(InstructorRetryException) as raised:
        client.create(response_model=Recipe, max_retries=retries, **ASKED)
    assert raised.value.n_attempts == len(groq_emulator.requests) == calls


def test_a_failed_generation_is_read_and_its_usage_is_not_invented(groq_emulator: Emulator, client: Any) -> None:
    groq_emulator.script(SALVAGED)
    recipe = client.create(response_model=Recipe, **ASKED)
    assert recipe == Recipe(title="Soup", minutes=20)
    assert recipe._total_usage is None
    assert len(groq_emulator.requests) == 1


def test_a_rate_limit_is_waited_for_and_counts_as_no_attempt(groq_emulator: Emulator, client: Any) -> None:
    groq_emulator.script(raw(b'{"error": {"message": "wait"}}', status=429, headers={"retry-after": "0"}), GOOD)
    assert client.create(response_model=Recipe, max_retries=0, **ASKED).minutes == 20


def test_an_error_of_the_wire_is_wrapped_with_its_cause(groq_emulator: Emulator, open_groq: Open) -> None:
    del groq_emulator
    with pytest.raises(InstructorRetryException) as raised:
        instructor.from_groq(open_groq(api_key="gsk_of_somebody_else")).create(response_model=Recipe, **ASKED)
    assert isinstance(raised.value.__cause__, AuthenticationFailed)
    assert raised.value.n_attempts == 1
    assert raised.value.failed_attempts == []
    assert "somebody" not in str(raised.value)


def test_the_wire_may_fail_after_a_refused_answer(groq_emulator: Emulator, client: Any) -> None:
    groq_emulator.script(WRONG, error("invalid_api_key"))
    with pytest.raises(InstructorRetryException) as raised:
        client.create(response_model=Recipe, max_retries=2, **ASKED)
    assert raised.value.n_attempts == 2
    assert len(raised.value.failed_attempts or ()) == 1


def test_a_server_that_fails_is_said_after_the_retries(groq_emulator: Emulator, client: Any) -> None:
    policy = Retrying(stop=stop_after_attempt(1), wait=wait_none())
    groq_emulator.script(error("internal"))
    with pytest.raises(InstructorRetryException) as raised:
        client.create(response_model=Recipe, max_retries=policy, **ASKED)
    assert isinstance(raised.value.__cause__, ServerFailed)


def test_a_token_budget_stops_between_attempts(groq_emulator: Emulator, client: Any) -> None:
    groq_emulator.script(WRONG, MENDED, WRONG, MENDED)
    assert client.create(response_model=Recipe, token_budget=100_000, **ASKED).minutes == 20
    with pytest.raises(TokenBudgetExceeded) as raised:
        client.create(response_model=Recipe, token_budget=1, **ASKED)
    assert raised.value.budget == 1
    assert raised.value.n_attempts == 1
    assert raised.value.total_usage.total_tokens > 1
    assert len(groq_emulator.requests) == 3


def test_a_token_budget_needs_the_usage(groq_emulator: Emulator, client: Any) -> None:
    groq_emulator.script(error("json_validate_failed", failed_generation='{"title": "Soup", "minutes": -1}'))
    with pytest.raises(TokenUsageUnavailableError):
        client.create(response_model=Recipe, token_budget=100_000, **ASKED)


def watched(client: Any) -> list[tuple[str, tuple[Any, ...], dict[str, Any]]]:
    """What all hooks receive from now on."""
    seen: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []

    def on(name: HookName) -> None:
        def heard(*args: Any, **more: Any) -> None:
            seen.append((name.value, args, more))

        client.on(name, heard)

    for name in HookName:
        on(name)
    return seen


def test_hooks_hear_of_each_attempt_in_order(groq_emulator: Emulator, client: Any) -> None:
    seen = watched(client)
    groq_emulator.script(WRONG, MENDED)
    client.create(response_model=Recipe, max_retries=1, **ASKED)
    one = ["completion:kwargs", "completion:response", "completion:usage"]
    assert [name for name, _, _ in seen] == [*one, "parse:error", *one]
    assert seen[0][2] == dict(groq_emulator.requests[0].body)
    assert isinstance(seen[1][1][0], groq.types.chat.ChatCompletion)
    assert isinstance(seen[3][1][0], ValidationError)
    assert seen[3][2] == {"attempt_number": 1, "max_attempts": 2, "is_last_attempt": False}
    assert seen[6][2] == {"attempt_number": 2}


def test_hooks_hear_of_the_end(groq_emulator: Emulator, client: Any) -> None:
    seen = watched(client)
    groq_emulator.script(WRONG)
    with pytest.raises(InstructorRetryException):
        client.create(response_model=Recipe, max_retries=0, **ASKED)
    names = [name for name, _, _ in seen]
    assert names[-2:] == ["parse:error", "completion:last_attempt"]
    assert all(more["is_last_attempt"] for _, _, more in seen[-2:])


def test_hooks_hear_of_a_failing_wire(open_groq: Open) -> None:
    client = instructor.from_groq(open_groq(api_key="gsk_of_somebody_else"))
    seen = watched(client)
    with pytest.raises(InstructorRetryException):
        client.create(response_model=Recipe, **ASKED)
    assert [name for name, _, _ in seen] == ["completion:kwargs", "completion:error", "completion:last_attempt"]


def test_hooks_of_a_call_come_after_those_of_the_client_and_can_be_taken_off(
    groq_emulator: Emulator, client: Any
) -> None:
    heard: list[str] = []

    def first(**_: Any) -> None:
        heard.append("client")

    def second(**_: Any) -> None:
        heard.append("call")

    client.on("completion:kwargs", first)
    own = Hooks()
    own.on("completion:kwargs", second)
    groq_emulator.script(GOOD, GOOD)
    client.create(response_model=Recipe, hooks=own, **ASKED)
    client.off("completion:kwargs", first)
    client.create(response_model=Recipe, **ASKED)
    assert heard == ["client", "call"]


def test_an_async_client_fails_alike(groq_emulator: Emulator) -> None:
    groq_emulator.script(WRONG, STILL_WRONG)

    async def run() -> None:
        address: dict[str, Any] = {"api_key": groq_emulator.api_key, "base_url": groq_emulator.base_url}
        async with groq.AsyncGroq(**address) as opened:
            client = instructor.from_groq(opened, mode=stock.Mode.JSON)
            seen = watched(client)
            with pytest.raises(InstructorRetryException) as raised:
                await client.chat.completions.create(response_model=Recipe, max_retries=1, **ASKED)
            assert raised.value.n_attempts == 2
            assert [name for name, _, _ in seen][-1] == "completion:last_attempt"

    asyncio.run(run())


def test_an_issue_with_braces_is_shown_as_it_is() -> None:
    from structgen import Issue
    from structgen.instructor.retry_failures import validation_error

    made = validation_error((Issue("/a/0/b", 'found {"x": 1}, {y}', "type", {"x": 1}),), "Recipe")
    assert made.errors()[0]["msg"] == 'found {"x": 1}, {y}'
    assert made.errors()[0]["loc"] == ("a", 0, "b")
    assert json.loads(made.json())[0]["type"] == "type"
