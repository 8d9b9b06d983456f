"""instructor on the emulator: each mode that it has for Groq, with its own retries and streams."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import groq
import instructor
import pytest
from instructor import Mode
from instructor.core import InstructorRetryException
from pydantic import BaseModel, Field

from structgen.testing import Emulator, error, plain, reply

MODEL = "openai/gpt-oss-20b"
MODES = [Mode.TOOLS, Mode.JSON_SCHEMA, Mode.MD_JSON]
ASK: Any = [{"role": "user", "content": "Extract.\nName: Ada\nAge: 36"}]


class Person(BaseModel):
    """A person in a text."""

    name: str
    age: int = Field(ge=18)


def test_these_are_all_modes_that_instructor_has_for_groq() -> None:
    from instructor.v2.core.providers import Provider
    from instructor.v2.core.registry import mode_registry

    assert {*mode_registry.get_modes_for_provider(Provider.GROQ)} == {*MODES}


@pytest.fixture(params=MODES, ids=lambda mode: mode.name)
def client(request: pytest.FixtureRequest, groq_emulator: Emulator) -> Any:
    return instructor.from_groq(groq.Groq(max_retries=0, timeout=60), mode=request.param)


def said(client: Any, text: str) -> Any:
    """Return the scripted answer in the form of the client's mode, although it may not match the schema."""
    return plain(f"```json\n{text}\n```") if client.mode is Mode.MD_JSON else reply(text, as_is=True)


def test_a_model_is_extracted_by_the_rules(client: Any) -> None:
    found = client.chat.completions.create(model=MODEL, messages=ASK, response_model=Person)
    assert (found.name, found.age) == ("Ada", 36)


def test_a_wrong_answer_is_asked_for_again(client: Any, groq_emulator: Emulator) -> None:
    groq_emulator.script(said(client, '{"name": "Ada", "age": 6}'), said(client, '{"name": "Ada", "age": 36}'))
    found = client.chat.completions.create(model=MODEL, messages=ASK, response_model=Person, max_retries=2)
    assert found.age == 36
    assert [received.status for received in groq_emulator.requests] == [200, 200]
    first, second = (received.body["messages"] for received in groq_emulator.requests)
    assert len(second) > len(first)  # type: ignore[arg-type]


def test_wrong_answers_are_given_up(client: Any, groq_emulator: Emulator) -> None:
    groq_emulator.script(said(client, '{"name": "Ada", "age": 6}'), repeat_last=True)
    with pytest.raises(InstructorRetryException):
        client.chat.completions.create(model=MODEL, messages=ASK, response_model=Person, max_retries=2)
    # a retry is what follows the first attempt
    assert [received.status for received in groq_emulator.requests] == [200] * 3


def test_the_raw_completion_comes_along(client: Any) -> None:
    found, raw = client.chat.completions.create_with_completion(model=MODEL, messages=ASK, response_model=Person)
    assert found.name == "Ada"
    assert raw.usage.total_tokens > 0


def test_partial_models_are_streamed(client: Any) -> None:
    parts = list(client.chat.completions.create_partial(model=MODEL, messages=ASK, response_model=Person))
    assert (parts[-1].name, parts[-1].age) == ("Ada", 36)


def test_several_objects_are_streamed(client: Any, groq_emulator: Emulator) -> None:
    groq_emulator.script(said(client, '{"tasks": [{"name": "Ada", "age": 36}, {"name": "Bo", "age": 40}]}'))
    found = client.chat.completions.create_iterable(model=MODEL, messages=ASK, response_model=Person)
    assert [person.name for person in found] == ["Ada", "Bo"]


def test_a_list_is_extracted(client: Any, groq_emulator: Emulator) -> None:
    groq_emulator.script(said(client, '{"tasks": [{"name": "Ada", "age": 36}]}'))
    found = client.chat.completions.create(model=MODEL, messages=ASK, response_model=Iterable[Person])
    assert [person.name for person in found] == ["Ada"]


def test_the_async_client_extracts_too(client: Any, groq_emulator: Emulator) -> None:
    async def ask() -> Person:
        async with groq.AsyncGroq(max_retries=0, timeout=60) as opened:
            patched = instructor.from_groq(opened, mode=client.mode)
            return await patched.chat.completions.create(model=MODEL, messages=ASK, response_model=Person)

    assert asyncio.run(ask()).name == "Ada"


def test_an_error_of_the_server_reaches_the_user(client: Any, groq_emulator: Emulator) -> None:
    groq_emulator.script(error("invalid_api_key"), repeat_last=True)
    with pytest.raises(Exception, match="Invalid API Key"):
        client.chat.completions.create(model=MODEL, messages=ASK, response_model=Person, max_retries=1)


def test_the_provider_string_finds_groq(groq_emulator: Emulator) -> None:
    client: Any = instructor.from_provider(f"groq/{MODEL}")
    assert client.chat.completions.create(messages=ASK, response_model=Person).name == "Ada"
