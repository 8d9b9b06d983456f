"""langchain-groq on the emulator: structured output by its three methods, tools, streams."""

from __future__ import annotations

import asyncio
from typing import Any

import groq
import pytest
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_groq import ChatGroq
from pydantic import BaseModel

from structgen.testing import Emulator, error, plain, reply

MODEL = "openai/gpt-oss-20b"
TEXT = "Extract as JSON.\nName: Ada\nAge: 36"


class Person(BaseModel):
    """A person in a text."""

    name: str
    age: int


@tool
def look_up(name: str) -> str:
    """Look a person up by name."""
    return f"{name} is in."


@tool
def price_of(total: float) -> str:
    """Convert a total."""
    return str(total)


@pytest.fixture
def chat(groq_emulator: Emulator) -> ChatGroq:
    return ChatGroq(model=MODEL, base_url=groq_emulator.base_url, temperature=0, max_retries=0)


METHODS = ["function_calling", "json_mode", "json_schema"]


@pytest.mark.parametrize("method", METHODS)
def test_structured_output_is_a_model(method: Any, chat: ChatGroq, groq_emulator: Emulator) -> None:
    if method == "json_mode":
        groq_emulator.script(reply('{"name": "Ada", "age": 36}'))
    assert chat.with_structured_output(Person, method=method).invoke(TEXT) == Person(name="Ada", age=36)


@pytest.mark.parametrize("method", METHODS)
def test_structured_output_is_awaited(method: Any, chat: ChatGroq, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply('{"name": "Ada", "age": 36}'))
    found = asyncio.run(chat.with_structured_output(Person, method=method).ainvoke(TEXT))
    assert found == Person(name="Ada", age=36)


@pytest.mark.parametrize("method", METHODS)
def test_structured_output_is_streamed(method: Any, chat: ChatGroq, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply('{"name": "Ada", "age": 36}'))
    assert list(chat.with_structured_output(Person, method=method).stream(TEXT))[-1] == Person(name="Ada", age=36)


def test_the_strict_schema_is_accepted(chat: ChatGroq) -> None:
    found = chat.with_structured_output(Person, method="json_schema", strict=True).invoke(TEXT)
    assert found == Person(name="Ada", age=36)


@pytest.mark.parametrize("method", METHODS)
def test_an_answer_that_does_not_fit_comes_with_the_raw_message(
    method: Any, chat: ChatGroq, groq_emulator: Emulator
) -> None:
    groq_emulator.script(reply('{"name": "Ada", "age": "old"}', as_is=True))
    found: Any = chat.with_structured_output(Person, method=method, include_raw=True).invoke(TEXT)
    assert found["parsed"] is None
    assert found["parsing_error"] is not None
    assert "old" in str(found["raw"])


def test_a_tool_loop_ends_with_a_text(chat: ChatGroq) -> None:
    bound = chat.bind_tools([look_up, price_of])
    turn: list[Any] = [HumanMessage("Name: Ada")]
    first: Any = bound.invoke(turn)
    (call,) = first.tool_calls
    assert (call["name"], call["args"]) == ("look_up", {"name": "Ada"})
    turn += [first, ToolMessage(look_up.invoke(call["args"]), tool_call_id=call["id"], name="look_up")]
    assert bound.invoke(turn).content == "Ada is in."


@pytest.mark.parametrize("choice", ["any", "required", "look_up", True])
def test_a_tool_can_be_forced(choice: Any, chat: ChatGroq) -> None:
    found: Any = chat.bind_tools([look_up], tool_choice=choice).invoke("Name: Ada")
    assert found.tool_calls[0]["args"] == {"name": "Ada"}


def test_tools_are_called_in_a_stream(chat: ChatGroq) -> None:
    whole: Any = None
    for chunk in chat.bind_tools([look_up]).stream("Name: Ada"):
        whole = chunk if whole is None else whole + chunk
    assert whole.tool_calls[0]["args"] == {"name": "Ada"}


def test_a_text_is_streamed_with_its_usage(chat: ChatGroq, groq_emulator: Emulator) -> None:
    groq_emulator.script(plain("Hello there."))
    whole: Any = None
    for chunk in chat.stream("Hi"):
        whole = chunk if whole is None else whole + chunk
    assert whole.content == "Hello there."
    assert whole.usage_metadata["output_tokens"] == 3


def test_reasoning_can_be_parsed_or_hidden(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply("Ada", reasoning="It says so."), reply("Ada", reasoning="It says so."))
    options: Any = {"model": MODEL, "base_url": groq_emulator.base_url, "max_retries": 0}
    shown = ChatGroq(reasoning_format="parsed", **options).invoke("Who?")
    hidden = ChatGroq(reasoning_format="hidden", **options).invoke("Who?")
    assert shown.additional_kwargs["reasoning_content"] == "It says so."
    assert "reasoning_content" not in hidden.additional_kwargs


def test_errors_are_those_of_the_groq_sdk(chat: ChatGroq, groq_emulator: Emulator) -> None:
    groq_emulator.script(error("rate_limit"))
    with pytest.raises(groq.RateLimitError):
        chat.invoke("Hi")
    with pytest.raises(groq.BadRequestError, match="property 'top_k' is unsupported"):
        ChatGroq(model=MODEL, base_url=groq_emulator.base_url, model_kwargs={"extra_body": {"top_k": 5}}).invoke("Hi")
