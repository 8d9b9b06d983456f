"""The openai SDK of today on the emulator: chat, parse, responses, files and batches."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from pydantic import BaseModel

from structgen.testing import Emulator, plain, reply

MODEL = "openai/gpt-oss-20b"
ASK: Any = [{"role": "user", "content": "Extract.\nName: Ada"}]


class Person(BaseModel):
    name: str


@pytest.fixture
def client(openai_url: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(max_retries=0, timeout=60) as opened:
        yield opened


def test_a_chat_is_completed(client: openai.OpenAI, groq_emulator: Emulator) -> None:
    groq_emulator.script(plain("Hello."))
    found = client.chat.completions.create(model=MODEL, messages=ASK, temperature=0, max_tokens=20)
    assert found.choices[0].message.content == "Hello."


def test_a_chat_is_streamed_with_its_usage(client: openai.OpenAI, groq_emulator: Emulator) -> None:
    groq_emulator.script(plain("Hello there."))
    options: Any = {"include_usage": True}
    chunks = list(client.chat.completions.create(model=MODEL, messages=ASK, stream=True, stream_options=options))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == "Hello there."
    assert chunks[-1].usage is not None


def test_a_chat_is_parsed(client: openai.OpenAI) -> None:
    found = client.chat.completions.parse(model=MODEL, messages=ASK, response_format=Person)
    assert found.choices[0].message.parsed == Person(name="Ada")


def test_a_parsed_chat_is_streamed(client: openai.OpenAI) -> None:
    with client.chat.completions.stream(model=MODEL, messages=ASK, response_format=Person) as stream:
        final = stream.until_done().get_final_completion()
    assert final.choices[0].message.parsed == Person(name="Ada")


def test_a_tool_loop_ends_with_a_text(client: openai.OpenAI) -> None:
    tools: Any = [openai.pydantic_function_tool(Person)]
    found = client.chat.completions.parse(model=MODEL, messages=ASK, tools=tools)
    message = found.choices[0].message
    assert message.tool_calls
    assert message.tool_calls[0].function.parsed_arguments == Person(name="Ada")
    result: Any = {"role": "tool", "tool_call_id": message.tool_calls[0].id, "content": "Ada is in."}
    calls: Any = [call.model_dump(include={"id": True, "type": True, "function": {"name", "arguments"}})
                  for call in message.tool_calls]  # fmt: skip
    turn: Any = [*ASK, {"role": "assistant", "tool_calls": calls}, result]
    again = client.chat.completions.create(model=MODEL, messages=turn, tools=tools)
    assert again.choices[0].message.content == "Ada is in."


def test_a_parsed_message_that_is_sent_back_is_refused_as_by_groq(client: openai.OpenAI) -> None:
    message: Any = client.chat.completions.parse(model=MODEL, messages=ASK, response_format=Person).choices[0].message
    with pytest.raises(openai.BadRequestError, match="property 'parsed' is unsupported"):
        client.chat.completions.create(model=MODEL, messages=[*ASK, message])


@pytest.mark.parametrize("stream", [False, True])
def test_a_response_is_parsed(stream: bool, client: openai.OpenAI) -> None:
    if stream:
        with client.responses.stream(model=MODEL, input="Name: Ada", text_format=Person) as opened:
            found = opened.until_done().get_final_response()
    else:
        found = client.responses.parse(model=MODEL, input="Name: Ada", text_format=Person)
    assert found.output_parsed == Person(name="Ada")
    assert found.usage is not None


def test_the_async_client_parses_both(openai_url: str, groq_emulator: Emulator) -> None:
    async def ask() -> tuple[Any, Any]:
        async with openai.AsyncOpenAI(max_retries=0, timeout=60) as opened:
            chat = await opened.chat.completions.parse(model=MODEL, messages=ASK, response_format=Person)
            response = await opened.responses.parse(model=MODEL, input="Name: Ada", text_format=Person)
            return chat.choices[0].message.parsed, response.output_parsed

    assert asyncio.run(ask()) == (Person(name="Ada"), Person(name="Ada"))


def test_a_batch_runs_and_the_lists_of_files_and_batches_end(client: openai.OpenAI, groq_emulator: Emulator) -> None:
    groq_emulator.script(*(reply("Yes.") for _ in range(3)))
    ids = []
    for number in range(3):
        body = {"model": MODEL, "messages": ASK}
        line = {"custom_id": str(number), "method": "POST", "url": "/v1/chat/completions", "body": body}
        file = client.files.create(file=("in.jsonl", json.dumps(line).encode()), purpose="batch")
        made = client.batches.create(input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h")
        ids.append(made.id)
    done = client.batches.retrieve(ids[0])
    assert done.status == "completed"
    assert done.output_file_id is not None
    assert "Yes." in client.files.content(done.output_file_id).text
    assert [batch.id for batch in client.batches.list(limit=2)] == ids[::-1]
    assert len([file.id for file in client.files.list(limit=2)]) == 6
    client.files.delete(done.output_file_id)


def test_a_key_that_groq_does_not_know_is_refused(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="property 'top_k' is unsupported"):
        client.chat.completions.create(model=MODEL, messages=ASK, extra_body={"top_k": 5})


def test_embeddings_are_not_served(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="Unknown request URL"):
        client.embeddings.create(model=MODEL, input="x")


def test_sound_is_transcribed(client: openai.OpenAI) -> None:
    found = client.audio.transcriptions.create(model="whisper-large-v3", file=("a.mp3", b"sound"))
    assert "a.mp3" in found.text
