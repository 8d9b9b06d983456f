"""The Responses API as the openai SDK uses it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import openai
import pytest
from pydantic import BaseModel

from structgen.core.json import JsonObject
from structgen.testing import Clock, Emulator, Limits, dropped, error, refusal, reply
from structgen.testing.emulator.chat.responses import as_chat

MODEL = "openai/gpt-oss-20b"


class Person(BaseModel):
    name: str


SCHEMA: JsonObject = {
    "type": "object",
    "properties": {"name": {"type": "string"}},
    "required": ["name"],
    "additionalProperties": False,
}
FORMAT: JsonObject = {"type": "json_schema", "name": "person", "schema": SCHEMA, "strict": True}
TOOL: JsonObject = {"type": "function", "name": "person", "parameters": SCHEMA, "strict": True}
BASE: dict[str, Any] = {"model": MODEL, "input": "Name: Ada"}


@pytest.fixture
def client(groq_emulator: Emulator) -> Iterator[openai.OpenAI]:
    base = f"{groq_emulator.base_url}/openai/v1"
    with openai.OpenAI(api_key=groq_emulator.api_key, base_url=base, max_retries=0, timeout=30) as opened:
        yield opened


@pytest.mark.parametrize("text", ["Name: Ada", [{"role": "user", "content": "Name: Ada"}]])
def test_a_schema_is_followed(text: Any, client: openai.OpenAI, groq_emulator: Emulator) -> None:
    found = client.responses.create(model=MODEL, input=text, text={"format": FORMAT}, instructions="Be exact.")  # pyright: ignore[reportArgumentType]
    assert json.loads(found.output_text) == {"name": "Ada"}
    assert (found.status, found.object, found.instructions) == ("completed", "response", "Be exact.")
    assert groq_emulator.requests[-1].path == "/openai/v1/responses"


def test_the_sdk_parses_the_output(client: openai.OpenAI) -> None:
    assert client.responses.parse(**BASE, text_format=Person).output_parsed == Person(name="Ada")


def test_reasoning_and_usage_are_reported(client: openai.OpenAI, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply("Ada it is", reasoning="The name is given."))
    found = client.responses.create(**BASE, reasoning={"effort": "low"})
    assert [item.type for item in found.output] == ["reasoning", "message"]
    assert found.output_text == "Ada it is"
    assert found.usage is not None
    assert found.usage.total_tokens == found.usage.input_tokens + found.usage.output_tokens
    assert found.usage.output_tokens_details.reasoning_tokens == 5


def test_an_answer_that_is_cut_off_is_incomplete(client: openai.OpenAI, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply("one two three four"))
    found = client.responses.create(**BASE, max_output_tokens=2)
    assert found.incomplete_details is not None
    assert (found.status, found.incomplete_details.reason, found.output_text) == (
        "incomplete",
        "max_output_tokens",
        "one two ",
    )


def test_a_refusal_is_a_part_of_its_own(client: openai.OpenAI, groq_emulator: Emulator) -> None:
    groq_emulator.script(refusal("I will not."))
    (item,) = client.responses.create(**BASE).to_dict()["output"]  # type: ignore[misc]
    assert item["content"] == [{"type": "refusal", "refusal": "I will not."}]


def test_a_tool_loop_ends_with_a_text(client: openai.OpenAI, groq_emulator: Emulator) -> None:
    tools: Any = [TOOL]
    first = client.responses.create(**BASE, tools=tools)
    (call,) = first.output
    assert call.type == "function_call"
    assert (call.name, json.loads(call.arguments)) == ("person", {"name": "Ada"})
    result = {"type": "function_call_output", "call_id": call.call_id, "output": "She is in."}
    turn: Any = [{"role": "user", "content": "Name: Ada"}, call.to_dict(), result]
    assert client.responses.create(model=MODEL, input=turn, tools=tools).output_text == "She is in."


@pytest.mark.parametrize("scripted", [reply('{"name": "Ada"}'), reply('{"name": "Ada"}', reasoning="Hm, a name.")])
def test_a_stream_gathers_to_the_response(scripted: Any, client: openai.OpenAI, groq_emulator: Emulator) -> None:
    groq_emulator.script(scripted)
    with client.responses.stream(**BASE, text_format=Person) as stream:
        events = list(stream)
        final = stream.get_final_response()
    assert final.output_parsed == Person(name="Ada")
    pieces = [event.delta for event in events if event.type == "response.output_text.delta"]
    assert ("".join(pieces), len(pieces)) == ('{"name": "Ada"}', 4)
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert (events[0].type, events[-1].type) == ("response.created", "response.completed")
    assert final.usage is not None


def test_a_streamed_call_arrives_in_pieces(client: openai.OpenAI) -> None:
    tools: Any = [TOOL]
    with client.responses.stream(**BASE, tools=tools) as stream:
        events = list(stream)
        (call,) = stream.get_final_response().output
    assert call.type == "function_call"
    assert "".join(e.delta for e in events if e.type == "response.function_call_arguments.delta") == call.arguments


def test_a_cut_off_stream_ends_as_incomplete(client: openai.OpenAI, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply("one two three four"))
    events = list(client.responses.create(**BASE, max_output_tokens=2, stream=True))
    assert events[-1].type == "response.incomplete"


def test_an_answer_that_does_not_match_the_schema_is_refused(client: openai.OpenAI, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply('{"name": 5}'), reply('{"name": 5}'))
    form: Any = {"format": FORMAT}
    with pytest.raises(openai.BadRequestError, match="json_validate_failed"):
        client.responses.create(**BASE, text=form)
    with pytest.raises(openai.APIError, match="does not match the expected schema"):
        list(client.responses.create(**BASE, text=form, stream=True))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"previous_response_id": "resp_1"}, "property 'previous_response_id' is unsupported"),
        ({"include": ["reasoning.encrypted_content"]}, "property 'include' is unsupported"),
        ({"messages": []}, "property 'messages' is unsupported"),
        ({"store": True}, "'store' : value is not one of the allowed values"),
        ({"input": None}, "property 'input' is missing"),
        ({"input": {}}, "'input' : value must be a string or an array"),
        ({"input": []}, "minimum number of items is 1"),
        ({"input": [{"type": "computer_call"}]}, "'input.0.type' : value is not one of"),
        ({"input": [{"role": "robot", "content": "x"}]}, "discriminator property 'role' has invalid value"),
        ({"input": [{"type": "function_call_output", "call_id": "c", "output": "x"}]}, "no tool call before"),
        ({"temperature": 3}, "'temperature' : number must be at most 2"),
        ({"max_output_tokens": 0}, "'max_output_tokens' : number must be at least 1"),
        ({"service_tier": "on_demand"}, "'service_tier' : value is not one of the allowed values"),
        ({"reasoning": {"effort": "none"}}, "`reasoning_effort` must be one of"),
        ({"text": {"format": {"type": "xml"}}}, "'response_format' : one of the following"),
        ({"text": {"format": {"type": "json_object"}}}, "must contain the word 'json'"),
        ({"text": {"format": FORMAT}, "tools": [TOOL]}, "json mode cannot be combined with tool"),
        ({"tools": [{"type": "web_search"}]}, "'tools.0.type' : value is not one of the allowed values"),
        ({"tools": [TOOL], "tool_choice": {"type": "function", "name": "x"}}, "requested tool does not exist"),
        ({"model": "no/such"}, "The model `no/such` does not exist"),
    ],
)
def test_what_groq_does_not_support_is_refused(fields: dict[str, Any], words: str, client: openai.OpenAI) -> None:
    with pytest.raises(openai.APIStatusError) as caught:
        client.post("/responses", body={**BASE, **fields}, cast_to=object)
    assert words in str(caught.value)


def test_limits_errors_and_keys_hold_for_responses_too(client: openai.OpenAI, groq_emulator: Emulator) -> None:
    groq_emulator.limit_with(Limits(rpm=1), clock=Clock(speed=0))
    client.responses.create(**BASE)
    with pytest.raises(openai.RateLimitError, match="RPM"):
        client.responses.create(**BASE)
    groq_emulator.script(error("over_capacity"), dropped())
    with pytest.raises(openai.InternalServerError):
        client.responses.create(**BASE)
    with pytest.raises(openai.APIConnectionError):
        client.responses.create(**BASE)
    with pytest.raises(openai.AuthenticationError):
        client.with_options(api_key="gsk_other").responses.create(**BASE)
    with pytest.raises(openai.BadRequestError, match="not a JSON object"):
        client.post("/responses", content=b"[", cast_to=object)


@pytest.mark.parametrize(
    "ask",
    [
        lambda client: client.responses.retrieve("resp_1"),
        lambda client: client.embeddings.create(model=MODEL, input="x"),
        lambda client: client.completions.create(model=MODEL, prompt="x"),
        lambda client: client.moderations.create(input="x"),
    ],
)
def test_what_is_not_served_is_an_unknown_address(
    ask: Callable[[openai.OpenAI], object], client: openai.OpenAI
) -> None:
    with pytest.raises(openai.NotFoundError, match=r"Unknown request URL: (GET|POST) /openai/v1/"):
        ask(client)


def test_every_kind_of_input_becomes_a_message() -> None:
    items: list[JsonObject] = [
        {
            "role": "user",
            "content": [{"type": "input_text", "text": "What?"}, {"type": "input_image", "image_url": "u"}],
        },
        {"type": "reasoning", "summary": []},
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c", "output": "1"},
        {"role": "assistant", "type": "message", "content": [{"type": "output_text", "text": "One."}]},
    ]
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    image = {"type": "image_url", "image_url": {"url": "u"}}
    assert as_chat({"model": "m", "input": items})["messages"] == [  # type: ignore[dict-item]
        {"role": "user", "content": [{"type": "text", "text": "What?"}, image]},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c", "content": "1"},
        {"role": "assistant", "content": [{"type": "text", "text": "One."}]},
    ]
