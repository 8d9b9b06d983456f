"""litellm on the emulator, as `groq/<model>` and as any server of OpenAI's API."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import litellm
import pytest
from pydantic import BaseModel

from structgen.testing import Emulator, error, plain, reply

MODEL = "openai/gpt-oss-20b"
ASK: Any = [
    {"role": "system", "content": [{"type": "text", "text": "Answer in JSON."}]},
    {"role": "user", "content": "Name: Ada"},
]


class Person(BaseModel):
    name: str


JSON_SCHEMA = {"type": "json_schema", "json_schema": {"name": "person", "schema": Person.model_json_schema()}}
TOOL = {"type": "function", "function": {"name": "person", "parameters": Person.model_json_schema()}}


@pytest.fixture(params=["groq", "openai"])
def options(request: pytest.FixtureRequest, groq_emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    url = f"{groq_emulator.base_url}/openai/v1"
    if request.param == "groq":
        monkeypatch.setenv("GROQ_API_BASE", url)
        return {"model": f"groq/{MODEL}"}
    return {"model": f"openai/{MODEL}", "api_base": url, "api_key": groq_emulator.api_key}


@pytest.mark.parametrize("form", [Person, JSON_SCHEMA, {"type": "json_object"}])
def test_json_is_completed(form: Any, options: dict[str, Any], groq_emulator: Emulator) -> None:
    if form == {"type": "json_object"}:
        groq_emulator.script(reply('{"name": "Ada"}'))
    found: Any = litellm.completion(messages=ASK, response_format=form, **options)
    assert json.loads(found.choices[0].message.content) == {"name": "Ada"}
    assert found.usage.total_tokens > 0


def test_json_is_completed_in_a_loop(options: dict[str, Any]) -> None:
    found: Any = asyncio.run(litellm.acompletion(messages=ASK, response_format=JSON_SCHEMA, **options))
    assert json.loads(found.choices[0].message.content) == {"name": "Ada"}


def test_json_is_streamed(options: dict[str, Any]) -> None:
    chunks: Any = litellm.completion(messages=ASK, response_format=JSON_SCHEMA, stream=True, **options)
    assert json.loads("".join(chunk.choices[0].delta.content or "" for chunk in chunks)) == {"name": "Ada"}


def test_json_is_streamed_in_a_loop(options: dict[str, Any]) -> None:
    async def read() -> str:
        stream: Any = await litellm.acompletion(messages=ASK, stream=True, response_format=JSON_SCHEMA, **options)
        return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])

    assert json.loads(asyncio.run(read())) == {"name": "Ada"}


def test_a_tool_loop_ends_with_a_text(options: dict[str, Any]) -> None:
    first: Any = litellm.completion(messages=ASK, tools=[TOOL], **options)
    message = first.choices[0].message
    (call,) = message.tool_calls
    assert (call.function.name, json.loads(call.function.arguments)) == ("person", {"name": "Ada"})
    result = {"role": "tool", "tool_call_id": call.id, "name": "person", "content": "Ada is in."}
    again: Any = litellm.completion(messages=[*ASK, message, result], tools=[TOOL], **options)
    assert again.choices[0].message.content == "Ada is in."


def test_a_forced_tool_is_called(options: dict[str, Any]) -> None:
    choice: Any = {"type": "function", "function": {"name": "person"}}
    found: Any = litellm.completion(messages=ASK, tools=[TOOL], tool_choice=choice, **options)
    assert found.choices[0].message.tool_calls[0].function.name == "person"


def test_reasoning_arrives_apart(options: dict[str, Any], groq_emulator: Emulator) -> None:
    groq_emulator.script(reply("Ada", reasoning="It says so."))
    found: Any = litellm.completion(messages=ASK, **options)
    message = found.choices[0].message
    reasoning = message.reasoning if options["model"].startswith("groq/") else message.reasoning_content
    assert (message.content, reasoning) == ("Ada", "It says so.")


def test_a_rate_limit_is_retried(options: dict[str, Any], groq_emulator: Emulator) -> None:
    groq_emulator.script(error("rate_limit", retry_after=0), plain("Yes."))
    found: Any = litellm.completion(messages=ASK, num_retries=1, **options)
    assert found.choices[0].message.content == "Yes."
    assert [received.status for received in groq_emulator.requests] == [429, 200]


def test_what_groq_refuses_is_a_bad_request(options: dict[str, Any]) -> None:
    with pytest.raises(litellm.BadRequestError, match="property 'top_k' is unsupported"):
        litellm.completion(messages=ASK, extra_body={"top_k": 4}, **options)
