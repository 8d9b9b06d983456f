"""Which function the emulator's model calls, when the script or the rules answer a request with several of them."""

from __future__ import annotations

import json
from typing import Any

import groq
import pytest

from structgen.core.json import JsonObject
from structgen.testing import Emulator, plain, reply
from structgen.testing.emulator.bodies import ChatRequest
from structgen.testing.emulator.chat.rule_answers import respond_by_rules

MODEL = "openai/gpt-oss-20b"


def tool(name: str, *fields: str, kind: str = "string") -> JsonObject:
    parameters: JsonObject = {
        "type": "object",
        "properties": {field: {"type": kind} for field in fields},
        "required": [*fields],
    }
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


PERSON, PRICE, NOW = tool("person", "name"), tool("price", "total", kind="number"), tool("now")
CALL: JsonObject = {"id": "c1", "type": "function", "function": {"name": "person", "arguments": "{}"}}
USER: JsonObject = {"role": "user", "content": "Name: Ada"}
CALLED: list[JsonObject] = [{"role": "assistant", "content": None, "tool_calls": [CALL]}]
RESULT: JsonObject = {"role": "tool", "tool_call_id": "c1", "content": "Total: 12.50"}
AFTER: list[JsonObject] = [USER, *CALLED, RESULT]


def answered(messages: list[JsonObject], tools: list[JsonObject], choice: object = "auto") -> tuple[str, str | None]:
    """Return the function that the rules call, or "", and the text of their answer."""
    found = respond_by_rules({"messages": messages, "tools": tools, "tool_choice": choice})  # type: ignore[dict-item]
    named = choice["function"]["name"] if isinstance(choice, dict) else ""
    first = tools[0]["function"]["name"]  # type: ignore[call-overload, index]
    return ("" if found.plain else found.tool or named or first), found.text


def chosen(name: str) -> JsonObject:
    return {"type": "function", "function": {"name": name}}


@pytest.mark.parametrize("choice", ["auto", "required", None])
@pytest.mark.parametrize(
    ("text", "name", "arguments"),
    [("Name: Ada", "person", {"name": "Ada"}), ("Total: 12.50", "price", {"total": 12.5})],
)
def test_the_function_is_called_whose_arguments_the_text_supports(
    text: str, name: str, arguments: JsonObject, choice: str | None
) -> None:
    called, given = answered([{"role": "user", "content": text}], [PERSON, PRICE], choice)
    assert (called, json.loads(given or "")) == (name, arguments)


def test_a_named_function_is_called_whatever_the_text_says() -> None:
    assert answered([USER], [PERSON, PRICE], chosen("price")) == ("price", '{"total": null}')


def test_a_text_that_supports_no_function_is_answered_in_words_if_the_model_may() -> None:
    nothing: list[JsonObject] = [{"role": "user", "content": "Hm."}]
    assert answered(nothing, [PERSON, PRICE]) == ("", "Hm.")
    assert answered(nothing, [PERSON, PRICE], "required") == ("person", '{"name": null}')


def test_a_function_without_arguments_can_always_be_called() -> None:
    assert answered([{"role": "user", "content": "Hm."}], [PERSON, NOW]) == ("now", "{}")


@pytest.mark.parametrize("tools", [[PERSON], [PERSON, PRICE]])
def test_after_the_results_of_functions_comes_a_text(tools: list[JsonObject]) -> None:
    assert answered(AFTER, tools) == ("", "Total: 12.50")


def test_a_model_that_must_call_a_function_calls_one_that_it_has_not_called_yet() -> None:
    assert answered(AFTER, [PERSON, PRICE], "required") == ("price", '{"total": 12.5}')


def test_arguments_come_from_the_user_and_only_those_missing_from_the_results() -> None:
    both = tool("both", "name", "total")
    results: list[JsonObject] = [USER, *CALLED, {**RESULT, "content": "Name: Bo\nTotal: 12.50"}]
    found = json.loads(answered(results, [PERSON, both], "required")[1] or "")
    assert found == {"name": "Ada", "total": "12.50"}


def test_calls_before_the_last_question_do_not_count() -> None:
    assert answered([*AFTER, USER], [PERSON, PRICE], "required") == ("person", '{"name": "Ada"}')


def test_the_schema_of_a_tool_retry_is_filled_from_the_question_and_not_from_the_complaint() -> None:
    complaint: JsonObject = {**RESULT, "name": "person", "content": "1 validation error: Name: Field required"}
    assert answered([USER, *CALLED, complaint], [PERSON], chosen("person")) == ("person", '{"name": "Ada"}')


def test_a_schema_in_a_list_of_text_parts_is_read() -> None:
    schema = json.dumps({"type": "object", "properties": {"name": {"type": "string"}}})
    system: JsonObject = {"role": "system", "content": [{"type": "text", "text": f"JSON schema: {schema}"}]}
    assert respond_by_rules({"messages": [system, USER]}).text == '{"name": "Ada"}'


def complete(client: groq.Groq, **fields: object) -> dict[str, Any]:
    body = {"model": MODEL, "messages": [USER], "tools": [PERSON, PRICE], **fields}
    return client.post("/openai/v1/chat/completions", body=body, cast_to=object)["choices"][0]  # type: ignore[index, return-value]


def test_the_rules_answer_several_tools_over_the_wire(client: groq.Groq) -> None:
    (call,) = complete(client)["message"]["tool_calls"]
    assert call["function"] == {"name": "person", "arguments": '{"name": "Ada"}'}
    assert complete(client, messages=AFTER)["message"]["content"] == "Total: 12.50"


@pytest.mark.parametrize("choice", ["auto", "required"])
def test_a_scripted_reply_names_its_function(choice: str, client: groq.Groq, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply('{"total": 2}', tool="price"), reply('{"total": 3}', tool="price"))
    assert complete(client, tool_choice=choice)["message"]["tool_calls"][0]["function"]["name"] == "price"
    found = complete(client, messages=AFTER, tool_choice=choice)
    assert (found["message"]["tool_calls"][0]["function"]["name"], found["finish_reason"]) == ("price", "tool_calls")


def test_a_scripted_text_after_the_results_of_functions_is_no_call(client: groq.Groq, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply("It is 12.50."))
    assert complete(client, messages=AFTER)["message"] == {"role": "assistant", "content": "It is 12.50."}


def test_a_function_may_answer_with_a_reply(client: groq.Groq, groq_emulator: Emulator) -> None:
    groq_emulator.answer_with(lambda body: plain("No.") if body.get("tools") else "Yes.")
    assert complete(client)["message"]["content"] == "No."


@pytest.mark.parametrize("fields", [{"tool_choice": "none"}, {"tools": None}])
def test_a_call_where_none_is_allowed_is_refused(
    fields: dict[str, object], client: groq.Groq, groq_emulator: Emulator
) -> None:
    groq_emulator.script(reply('{"name": "Ada"}', tool="person"))
    with pytest.raises(groq.BadRequestError, match="Tool choice is none, but model called a tool"):
        complete(client, **fields)


def test_unknown_functions_pass_if_the_request_says_so(client: groq.Groq, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply("{}", tool="browse"))
    found = complete(client, disable_tool_validation=True)
    assert found["message"]["tool_calls"][0]["function"]["name"] == "browse"


def test_the_turn_starts_after_the_user_s_last_message() -> None:
    chat = ChatRequest({"messages": [*AFTER, USER, *CALLED]}, None)  # type: ignore[dict-item]
    assert (chat.called, chat.tool_results, chat.answers_tools) == ({"person"}, (), False)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, {"content": "Ada", "reasoning": "Easy."}),
        ({"reasoning_format": "parsed"}, {"content": "Ada", "reasoning": "Easy."}),
        ({"include_reasoning": True}, {"content": "Ada", "reasoning": "Easy."}),
        ({"include_reasoning": False}, {"content": "Ada"}),
        ({"reasoning_format": "hidden"}, {"content": "Ada"}),
        ({"reasoning_format": "raw"}, {"content": "<think>\nEasy.\n</think>\n\nAda"}),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_reasoning_is_shown_as_the_request_wants_it(
    fields: dict[str, Any], message: JsonObject, stream: bool, client: groq.Groq, groq_emulator: Emulator
) -> None:
    groq_emulator.script(reply("Ada", reasoning="Easy."))
    messages: Any = [USER]
    found = client.chat.completions.create(model=MODEL, messages=messages, stream=stream, **fields)
    if stream:
        chunks = [chunk.choices[0] for chunk in found]
        read = {
            name: "".join(getattr(chunk.delta, name, None) or "" for chunk in chunks)
            for name in ("content", "reasoning")
        }
        assert {name: text for name, text in read.items() if text} == message
    else:
        assert found.choices[0].message.to_dict() == {"role": "assistant", **message}
        # hidden reasoning is paid for too
        assert found.usage.completion_tokens_details.reasoning_tokens == 2
