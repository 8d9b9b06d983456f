"""pydantic-ai on the emulator: its Groq model, and its OpenAI models on the compatible address."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from pydantic import BaseModel
from pydantic_ai import Agent, ModelRetry, NativeOutput, PromptedOutput, ToolOutput, UnexpectedModelBehavior
from pydantic_ai.exceptions import ModelHTTPError
from pydantic_ai.models.groq import GroqModel
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.groq import GroqProvider
from pydantic_ai.providers.openai import OpenAIProvider

from structgen.testing import Emulator, error, plain, reply

MODEL = "openai/gpt-oss-20b"
TEXT = "Name: Ada\nAge: 36"


class Person(BaseModel):
    name: str
    age: int


ADA = Person(name="Ada", age=36)
MODELS = ["groq", "chat", "responses"]


@pytest.fixture(params=MODELS)
def model(request: pytest.FixtureRequest, groq_emulator: Emulator) -> Any:
    if request.param == "groq":
        return GroqModel(MODEL, provider=GroqProvider(api_key=groq_emulator.api_key, base_url=groq_emulator.base_url))
    url = f"{groq_emulator.base_url}/openai/v1"
    made = OpenAIChatModel if request.param == "chat" else OpenAIResponsesModel
    return made(MODEL, provider=OpenAIProvider(base_url=url, api_key=groq_emulator.api_key))


@pytest.mark.parametrize("output", [Person, ToolOutput(Person), NativeOutput(Person)], ids=["plain", "tool", "native"])
def test_the_output_is_a_model(output: Any, model: Any) -> None:
    assert Agent(model, output_type=output).run_sync(TEXT).output == ADA


def test_prompted_output_is_a_model(model: Any, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply('{"name": "Ada", "age": 36}'))
    assert Agent(model, output_type=PromptedOutput(Person)).run_sync(TEXT).output == ADA


@pytest.mark.parametrize("output", [ToolOutput(Person, name="final_result"), NativeOutput(Person)])
def test_a_wrong_answer_is_asked_for_again(output: Any, model: Any, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply('{"name": "Ada", "age": "old"}', as_is=True), reply('{"name": "Ada", "age": 36}'))
    assert Agent(model, output_type=output, retries=1).run_sync(TEXT).output == ADA
    assert [received.status for received in groq_emulator.requests] == [200, 200]


def test_an_answer_that_the_user_s_check_refuses_is_asked_for_again(model: Any, groq_emulator: Emulator) -> None:
    agent: Any = Agent(model, output_type=Person, retries=1)

    @agent.output_validator
    def grown_up(person: Person) -> Person:
        if person.age < 18:
            raise ModelRetry("The age must be 18 or more.")
        return person

    groq_emulator.script(reply('{"name": "Ada", "age": 6}'), reply('{"name": "Ada", "age": 36}'))
    assert agent.run_sync(TEXT).output == ADA


def test_wrong_answers_are_given_up(model: Any, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply('{"name": "Ada", "age": "old"}', as_is=True), repeat_last=True)
    with pytest.raises(UnexpectedModelBehavior):
        Agent(model, output_type=ToolOutput(Person), retries=2).run_sync(TEXT)
    assert len(groq_emulator.requests) == 3


def test_a_tool_is_called_and_then_a_text_answered(model: Any) -> None:
    agent: Any = Agent(model)
    seen: list[str] = []

    @agent.tool_plain
    def look_up(name: str) -> str:
        """Look a person up."""
        seen.append(name)
        return f"{name} is in."

    assert agent.run_sync(TEXT).output == "Ada is in."
    assert seen == ["Ada"]


def test_a_tool_is_called_and_then_the_output(model: Any, groq_emulator: Emulator) -> None:
    agent: Any = Agent(model, output_type=Person)

    @agent.tool_plain
    def age_of(name: str) -> str:
        """Look up the age."""
        return "Age: 36"

    assert agent.run_sync("Name: Ada").output == ADA
    assert len(groq_emulator.requests) == 2


def test_the_output_is_streamed(model: Any) -> None:
    async def read() -> tuple[list[Any], Any]:
        async with Agent(model, output_type=NativeOutput(Person)).run_stream(TEXT) as stream:
            parts = [part async for part in stream.stream_output(debounce_by=None)]
            return parts, await stream.get_output()

    parts, output = asyncio.run(read())
    assert (parts[-1], output) == (ADA, ADA)


def test_a_text_is_streamed(model: Any, groq_emulator: Emulator) -> None:
    async def read() -> str:
        async with Agent(model).run_stream("Hi") as stream:
            return "".join([part async for part in stream.stream_text(delta=True, debounce_by=None)])

    groq_emulator.script(plain("Hello there."))
    assert asyncio.run(read()) == "Hello there."


def test_usage_is_counted(model: Any, groq_emulator: Emulator) -> None:
    groq_emulator.script(plain("Hello there."))
    usage = Agent(model, instructions="Be kind.").run_sync("Hi").usage
    used = usage() if callable(usage) else usage
    assert used.output_tokens == 3
    assert used.input_tokens > 0


def test_an_error_of_the_server_is_one(model: Any, groq_emulator: Emulator) -> None:
    groq_emulator.script(error("invalid_api_key"))
    with pytest.raises(ModelHTTPError, match="Invalid API Key"):
        Agent(model).run_sync("Hi")
