"""The requests that Groq refuses before a model sees them, and the answers that it refuses."""

from __future__ import annotations

from collections.abc import Callable

import groq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structgen.core.json import Json, JsonObject
from structgen.testing import Emulator, plain, reply
from structgen.testing.emulator.bodies import ChatRequest
from structgen.testing.emulator.chat.parameter_checks import PARAMETERS
from structgen.testing.emulator.chat.request_checks import refuse
from structgen.testing.emulator.chat.responses import PARAMETERS as RESPONSES
from structgen.testing.emulator.chat.responses import as_chat, response_errors
from structgen.testing.emulator.chat.rule_answers import respond_by_rules

MODEL = "openai/gpt-oss-20b"
SCHEMA: JsonObject = {
    "type": "object",
    "properties": {"name": {"type": "string"}},
    "required": ["name"],
    "additionalProperties": False,
}
TOOL: JsonObject = {"type": "function", "function": {"name": "answer", "parameters": SCHEMA}}
JSON_MODE: JsonObject = {"type": "json_object"}
BASE: JsonObject = {"model": MODEL, "messages": [{"role": "user", "content": "Answer in JSON."}]}
Refused = Callable[..., JsonObject]


def tool(name: str = "answer", **fields: object) -> JsonObject:
    return {"type": "function", "function": {"name": name, "parameters": SCHEMA, **fields}}  # type: ignore[dict-item]


def call(name: str = "answer", **fields: object) -> JsonObject:
    return {"id": "call_1", "type": "function", "function": {"name": name, "arguments": "{}"}, **fields}  # type: ignore[dict-item]


def choose(name: str) -> JsonObject:
    return {"type": "function", "function": {"name": name}}


def schema_format(schema: object = SCHEMA, *, strict: bool = True) -> JsonObject:
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": strict}}  # type: ignore[dict-item]


@pytest.fixture
def refused(client: groq.Groq) -> Refused:
    """Return the error object for a request with these fields."""

    def ask(**fields: object) -> JsonObject:
        with pytest.raises(groq.APIStatusError) as caught:
            client.post("/openai/v1/chat/completions", body={**BASE, **fields}, cast_to=object)
        assert isinstance(caught.value.body, dict)
        return caught.value.body["error"]

    return ask


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"n": 2}, "'n' : number must be at most 1"),
        ({"logprobs": True}, "`logprobs` is not supported"),
        ({"logit_bias": {"1": 1}}, "is not supported with this model"),
        ({"temperature": 2.5}, "'temperature' : number must be at most 2"),
        ({"top_p": -1}, "'top_p' : number must be at least 0"),
        ({"stop": ["a", "b", "c", "d", "e"]}, "'stop' : maximum number of items is 4"),
        ({"tools": [TOOL] * 129}, "'tools' : maximum number of items is 128"),
        ({"tools": [TOOL], "tool_choice": "must"}, "Only allowed string values for 'tool_choice'"),
        ({"tools": [TOOL], "response_format": JSON_MODE}, "json mode cannot be combined with tool"),
        ({"tools": [TOOL], "response_format": schema_format()}, "json mode cannot be combined with tool"),
        (
            {"response_format": JSON_MODE, "messages": [{"role": "user", "content": "Hi"}]},
            "must contain the word 'json'",
        ),
        ({"response_format": {"type": "xml"}}, "'response_format' : one of the following"),
        ({"response_format": {"type": "json_schema", "json_schema": {"name": "x"}}}, "'response_format' : one of"),
        ({"messages": []}, "'messages' : minimum number of items is 1"),
        ({"messages": [{"role": "user", "content": "x", "timestamp": 1}]}, "property 'timestamp' is unsupported"),
        ({"reasoning_effort": "none"}, "`reasoning_effort` must be one of"),
        ({"reasoning_format": "raw", "response_format": JSON_MODE}, "`reasoning_format` must be"),
        ({"max_completion_tokens": 65537}, "less than or equal to `65536`"),
        ({"messages": [{"role": "user", "content": "x" * 600_000}]}, "Please reduce the length"),
        ({"model": "no/such"}, "The model `no/such` does not exist"),
        ({"model": "qwen-qwq-32b"}, "The model `qwen-qwq-32b` has been decommissioned"),
    ],
)
def test_a_request_that_groq_refuses_is_refused_in_its_words(
    fields: dict[str, object], words: str, refused: Refused
) -> None:
    found = refused(**fields)
    assert words in str(found["message"])
    assert found["type"] == "invalid_request_error"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"colour": 1}, "property 'colour' is unsupported"),
        ({"extra_body": {}}, "property 'extra_body' is unsupported"),
        ({"top_k": 40}, "property 'top_k' is unsupported"),
        ({"prompt_cache_key": None}, "property 'prompt_cache_key' is unsupported"),
        ({"temperature": "warm"}, "'temperature' : value must be a number"),
        ({"temperature": True}, "'temperature' : value must be a number"),
        ({"temperature": -0.1}, "'temperature' : number must be at least 0"),
        ({"top_p": 1.01}, "'top_p' : number must be at most 1"),
        ({"n": 0}, "'n' : number must be at least 1"),
        ({"n": 1.5}, "'n' : value must be an integer"),
        ({"frequency_penalty": 3}, "'frequency_penalty' : number must be at most 2"),
        ({"presence_penalty": -2.5}, "'presence_penalty' : number must be at least -2"),
        ({"max_completion_tokens": 0}, "'max_completion_tokens' : number must be at least 1"),
        ({"max_completion_tokens": "many"}, "'max_completion_tokens' : value must be an integer"),
        ({"max_tokens": 1.5}, "'max_tokens' : value must be an integer"),
        ({"seed": "one"}, "'seed' : value must be an integer"),
        ({"user": 7}, "'user' : value must be a string"),
        ({"stop": [1]}, "'stop' : value must be a string or an array of strings"),
        ({"stream": "yes"}, "'stream' : value must be a boolean"),
        ({"store": True}, "'store' : value is not one of the allowed values [false]"),
        ({"response_format": "json_object"}, "'response_format' : value must be an object"),
        ({"tools": {}}, "'tools' : value must be an array"),
        ({"tool_choice": ["auto"]}, "'tool_choice' : value must be a string or an object"),
        (
            {"service_tier": "fast"},
            "'service_tier' : value is not one of the allowed values ['auto' 'on_demand' 'flex' 'performance']",
        ),
        ({"reasoning_format": "shown"},
         "'reasoning_format' : value is not one of the allowed values ['hidden' 'raw' 'parsed']"),
        ({"include_reasoning": False, "reasoning_format": "hidden"},
         "cannot specify both include_reasoning and reasoning_format"),
        ({"messages": "Hi"}, "'messages' : value must be an array"),
        ({"messages": None}, "property 'messages' is missing"),
        ({"model": None}, "property 'model' is missing"),
        ({"model": 4}, "'model' : value must be a string"),
    ],
)  # fmt: skip
def test_a_key_or_value_that_groq_does_not_know_is_refused(
    fields: dict[str, object], message: str, refused: Refused
) -> None:
    assert refused(**fields) == {"message": message, "type": "invalid_request_error"}


@pytest.mark.parametrize(
    "fields",
    [
        {"temperature": 0, "top_p": 1, "n": 1, "seed": 1, "user": "u", "stop": "\n", "presence_penalty": 0.5},
        {"temperature": None, "stop": None, "tools": None, "tool_choice": None, "response_format": None},
        {"logprobs": False, "store": False, "metadata": {"run": "1"}, "parallel_tool_calls": True},
        {"max_tokens": 10, "max_completion_tokens": None, "stream": False, "stream_options": None},
        {"service_tier": "flex", "reasoning_effort": "low", "include_reasoning": True},
        {"documents": [], "citation_options": "enabled", "search_settings": {}, "disable_tool_validation": False},
        {
            "messages": [{"role": "user", "content": "Name: Ada"}],
            "tools": [tool(description="Gives the answer.", strict=True)],
            "tool_choice": choose("answer"),
        },
        {"tools": [{"type": "function", "function": {"name": "now"}}], "tool_choice": "auto"},
    ],
)
def test_what_the_sdk_can_send_is_accepted(fields: dict[str, object], client: groq.Groq) -> None:
    client.post("/openai/v1/chat/completions", body={**BASE, **fields}, cast_to=object)


USER: JsonObject = {"role": "user", "content": "Who?"}
CALLING: JsonObject = {"role": "assistant", "content": None, "tool_calls": [call()]}


@pytest.mark.parametrize(
    ("message", "detail"),
    [
        ({"role": "user", "content": None}, "'messages.1.content' : property 'content' is missing"),
        ({"role": "user"}, "'messages.1.content' : property 'content' is missing"),
        ({"role": "user", "content": 5}, "'messages.1.content' : value must be a string"),
        ({"role": "user", "content": "x", "name": 5}, "'messages.1.name' : value must be a string"),
        ({"role": "user", "content": "x", "tool_calls": [call()]}, "property 'tool_calls' is unsupported"),
        ({"role": "user", "content": [{"type": "audio"}]}, "'messages.1.content' : value must be a string"),
        ({"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:,"}}]},
         "'messages.1.content' : value must be a string"),
        ({"role": "user", "content": [{"type": "text", "text": 1}]}, ".content.0.text' : value must be a string"),
        ({"role": "user", "content": []}, "minimum number of items is 1"),
        ({"role": "system", "content": [{"type": "text"}]}, "'messages.1.content.0.text' : property 'text' is missing"),
        ({"role": "system", "content": [{"type": "image_url", "image_url": {}}]}, "'messages.1.content' : value must"),
        ({"role": "assistant", "content": None}, "'messages.1.content' : property 'content' is missing"),
        ({"role": "assistant", "content": "x", "refusal": None}, "'messages.1' : property 'refusal' is unsupported"),
        ({"role": "assistant", "content": "x", "reasoning_content": ""}, "property 'reasoning_content' is unsupported"),
        ({"role": "assistant", "content": "", "tool_calls": {}}, "'messages.1.tool_calls' : value must be an array"),
        ({"role": "assistant", "tool_calls": [call(id=None)]}, "tool_calls.0.id' : property 'id' is missing"),
        ({"role": "assistant", "tool_calls": [call(function={"name": "a"})]},
         "'messages.1.tool_calls.0.function.arguments' : value must be a string"),
        ({"role": "tool", "content": "x"}, "'messages.1.tool_call_id' : property 'tool_call_id' is missing"),
        ({"role": "tool", "content": "x", "tool_call_id": ""}, "property 'tool_call_id' is missing"),
        ({"role": "tool", "content": "x", "tool_call_id": "call_1"}, "no tool call before this message has the id"),
    ],
)  # fmt: skip
def test_a_message_that_groq_refuses_is_refused_in_its_words(
    message: JsonObject, detail: str, refused: Refused
) -> None:
    found = str(refused(messages=[USER, message])["message"])
    assert found.startswith(f"'messages.1' : for 'role:{message['role']}' the following must be satisfied[(")
    assert detail in found


@pytest.mark.parametrize("role", ["human", "model", None, ["user"]])
def test_an_unknown_role_is_refused(role: object, refused: Refused) -> None:
    found = refused(messages=[USER, {"role": role, "content": "x"}])
    assert found["message"] == "'messages.1' : discriminator property 'role' has invalid value"


@pytest.mark.parametrize(
    "messages",
    [
        [{"role": "system", "content": [{"type": "text", "text": "Be brief."}], "name": "guide"}, USER],
        [{"role": "developer", "content": "Be brief."}, {**USER, "name": "ada"}],
        [USER, CALLING, {"role": "tool", "tool_call_id": "call_1", "name": "answer", "content": "no"}],
        [USER, CALLING, {"role": "tool", "tool_call_id": "call_1", "content": [{"type": "text", "text": "no"}]}],
        [USER, {"role": "assistant", "content": "I see.", "reasoning": "Hm."}, USER],
    ],
)
def test_names_and_lists_of_text_are_taken_from_every_role(messages: list[JsonObject], client: groq.Groq) -> None:
    client.post("/openai/v1/chat/completions", body={**BASE, "messages": messages}, cast_to=object)


def test_a_model_with_vision_takes_images(client: groq.Groq) -> None:
    content = [{"type": "text", "text": "What is it?"}, {"type": "image_url", "image_url": {"url": "data:image/png,"}}]
    messages = [{"role": "user", "content": content}]
    body = {"model": "qwen/qwen3.8-27b", "messages": messages}
    client.post("/openai/v1/chat/completions", body=body, cast_to=object)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"tools": [tool()], "tool_choice": choose("other")}, "requested tool does not exist"),
        ({"tool_choice": choose("answer")}, "requested tool does not exist"),
        ({"tool_choice": "required"}, "requested tool does not exist"),
        ({"tools": [tool()], "tool_choice": {"name": "answer"}}, "'tool_choice' : value must be string"),
        ({"tools": [{"type": "browser"}]}, "'tools.0.type' : value is not one of the allowed values ['function']"),
        ({"tools": [{"type": "function"}]}, "'tools.0.function.name' : property 'name' is missing"),
        ({"tools": [tool("a b")]}, "'tools.0.function.name' : value must match the pattern"),
        ({"tools": [tool("a" * 65)]}, "'tools.0.function.name' : value must match the pattern"),
        ({"tools": [tool(), tool("b", returns={})]}, "'tools.1.function' : property 'returns' is unsupported"),
        ({"tools": [tool(), tool("b", parameters={"type": 3})]},
         "invalid JSON schema for tool b, tools[1].function.parameters: /type"),
        ({"tools": [tool(strict=True, parameters={"type": "object", "properties": {}})]},
         "invalid JSON schema for tool answer, tools[0].function.parameters: : additionalProperties:false must be set"),
        ({"tools": [tool(strict=True, parameters={**SCHEMA, "required": []})]},
         "tools[0].function.parameters: /required: The following properties must be listed in `required`: name"),
    ],
)  # fmt: skip
def test_tools_and_the_choice_of_one_are_checked(fields: dict[str, object], message: str, refused: Refused) -> None:
    assert message in str(refused(**fields)["message"])


@pytest.mark.parametrize(
    ("model", "fields", "words"),
    [
        ("meta-llama/llama-prompt-guard-2-22m", {"tools": [TOOL]}, "`tool calling` is not supported"),
        (
            "meta-llama/llama-prompt-guard-2-22m",
            {"response_format": schema_format()},
            "does not support response format",
        ),
        ("meta-llama/llama-prompt-guard-2-22m", {"reasoning_effort": "low"}, "`reasoning_effort` is not supported"),
    ],
)
def test_a_model_refuses_what_its_card_has_not(
    model: str, fields: dict[str, object], words: str, refused: Refused
) -> None:
    assert words in str(refused(model=model, **fields)["message"])


def test_a_body_that_is_no_json_is_refused(client: groq.Groq) -> None:
    with pytest.raises(groq.BadRequestError, match="not a JSON object"):
        client.post("/openai/v1/chat/completions", content=b"{", cast_to=object)


@pytest.mark.parametrize("word", ["JSON", "json", "Jsonify", "geojson"])
def test_the_word_json_may_stand_in_any_form(word: str, client: groq.Groq, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply("{}"))
    messages = [{"role": "user", "content": [{"type": "text", "text": word}]}]
    client.post(
        "/openai/v1/chat/completions", body={**BASE, "messages": messages, "response_format": JSON_MODE}, cast_to=object
    )


def test_a_scripted_answer_waits_for_a_request_that_is_accepted(refused: Refused, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply("Ada"))
    refused(n=2)
    with groq.Groq() as client:
        found = client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": "Who?"}])
    assert found.choices[0].message.content == "Ada"


OPEN: JsonObject = {"type": "object", "properties": {}}
LOOSE: JsonObject = {**SCHEMA, "required": []}
BARE: JsonObject = {"type": "object", "properties": {"a": {}}, "additionalProperties": False}
BOUNDED: JsonObject = {
    "type": "object",
    "properties": {"tags": {"type": "array", "items": {"type": "string"}, "minItems": 1}},
    "required": ["tags"],
    "additionalProperties": False,
}


def variant(**properties: object) -> JsonObject:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}  # type: ignore[dict-item]


OVERLAPPING: JsonObject = {"anyOf": [variant(a={}, b={}), variant(a={}, c={})]}
DOUBLE: JsonObject = {
    "anyOf": [variant(kind={"const": "x"}, sort={"enum": [1]}), variant(kind={"const": "y"}, sort={"enum": [2]})]
}


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        (OPEN, "invalid JSON schema for response_format: 'answer': `additionalProperties:false` must be set"),
        (variant(inner=OPEN), "`additionalProperties:false` must be set on every object"),
        (LOOSE, "'answer': /required: The following properties must be listed in `required`: name"),
        (BARE, "`required` is required to be supplied"),
        (BOUNDED, "minItems is not supported"),
        (variant(u=OVERLAPPING), "/properties/u/anyOf: anyOf disambiguation failed"),
        (variant(u=DOUBLE), "discriminator: multiple candidate properties kind, sort"),
        ({"type": 3}, "invalid JSON schema for response_format: 'answer': "),
        ("text", "invalid JSON schema for response_format: 'answer': "),
    ],
)
def test_a_schema_that_strict_mode_refuses_is_refused(schema: object, words: str, refused: Refused) -> None:
    assert words in str(refused(response_format=schema_format(schema))["message"])


def test_where_a_schema_is_wrong_stands_in_fields_of_its_own(refused: Refused) -> None:
    found = refused(response_format=schema_format(variant(u=OVERLAPPING)))
    assert found["schema_path"] == "/properties/u/anyOf"
    assert found["schema_path_segments"] == ["$", "properties", "u", "anyOf"]
    assert (found["schema_kind"], found["schema_code"]) == ("anyOf", "keyset_required_overlap")


NODE: JsonObject = {
    "$defs": {"node": variant(value={"type": "string"}, next={"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]})},
    **variant(first={"$ref": "#/$defs/node"}),
}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (
            variant(u={"anyOf": [variant(kind={"const": "x"}, a={}), variant(kind={"const": "y"}, a={})]}),
            '{"u": {"kind": "y", "a": 1}}',
        ),
        (variant(u={"anyOf": [variant(a={}), variant(b={})]}), '{"u": {"b": 1}}'),
        (variant(u={"anyOf": [{"type": "object", "additionalProperties": False}, {"type": "null"}]}), '{"u": null}'),
        (variant(u={"anyOf": [True, {"$ref": "http://elsewhere/x"}]}), '{"u": 3}'),
        (variant(u={"anyOf": [variant(kind=True, a={}), variant(b={})]}), '{"u": {"b": 1}}'),
        (NODE, '{"first": {"value": "a", "next": {"value": "b", "next": null}}}'),
        (variant(pair={"type": "array", "prefixItems": [{"type": "string"}]}), '{"pair": ["a"]}'),
    ],
)
def test_a_schema_within_the_subset_is_accepted(
    schema: JsonObject, value: str, client: groq.Groq, groq_emulator: Emulator
) -> None:
    groq_emulator.script(reply(value))
    body = {**BASE, "response_format": schema_format(schema)}
    client.post("/openai/v1/chat/completions", body=body, cast_to=object)


@pytest.mark.parametrize(
    ("fields", "text", "code", "generation"),
    [
        ({"response_format": JSON_MODE}, "not json", "json_validate_failed", "not json"),
        ({"response_format": JSON_MODE}, "[1]", "json_validate_failed", "[1]"),
        ({"response_format": schema_format()}, '{"name": 3}', "json_validate_failed", '{"name": 3}'),
        ({"response_format": schema_format(strict=False)}, "{}", "json_validate_failed", "{}"),
        ({"response_format": schema_format(strict=False)}, "[", "json_validate_failed", "["),
        ({"tools": [TOOL]}, "{}", "tool_use_failed", '{"name": "answer", "arguments": {}}'),
        ({"tools": [TOOL]}, "oops", "tool_use_failed", "oops"),
        (
            {"response_format": schema_format({"$ref": "http://elsewhere/x"}, strict=False)},
            "{}",
            "json_validate_failed",
            "{}",
        ),
        ({"response_format": schema_format({"$ref": "#"}, strict=False)}, "{}", "json_validate_failed", "{}"),
    ],
)
def test_an_answer_that_does_not_fit_comes_as_a_failed_generation(
    fields: dict[str, object], text: str, code: str, generation: str, refused: Refused, groq_emulator: Emulator
) -> None:
    groq_emulator.script(reply(text))
    found = refused(**fields)
    assert (found["code"], found["failed_generation"]) == (code, generation)


def test_the_place_where_an_answer_leaves_its_schema_is_named(refused: Refused, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply('{"name": 3}'))
    message = str(refused(response_format=schema_format())["message"])
    assert "Error: jsonschema: '/name' does not validate with type: 3 is not of type 'string'" in message


def test_a_required_call_that_is_not_made_is_an_error(refused: Refused, groq_emulator: Emulator) -> None:
    groq_emulator.script(plain("maybe"))
    found = refused(tools=[TOOL], tool_choice="required")
    assert found["message"] == "Tool choice is required, but model did not call a tool"
    assert found["failed_generation"] == "maybe"


def test_a_document_that_does_not_close_within_the_limit_is_an_error(refused: Refused, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply('{"name": "Ada Lovelace"}'))
    found = refused(response_format=JSON_MODE, max_completion_tokens=3)
    assert found["failed_generation"] == "max completion tokens reached before generating a valid document"


NAMES = ("role", "content", "type", "text", "name", "tool_calls", "id", "function", "arguments", "parameters", "strict",
         "properties", "required", "schema", "json_schema", "call_id", "output", "image_url", "$ref")  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(-3, 3) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from([*NAMES]), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@settings(max_examples=50)
@given(st.dictionaries(st.sampled_from([*PARAMETERS, "x"]), VALUES, max_size=4), VALUES, VALUES)
def test_no_body_at_all_breaks_the_checks(fields: JsonObject, message: Json, tool: Json) -> None:
    for body in (fields, {**BASE, **fields}, {**BASE, "messages": [message], "tools": [tool], "tool_choice": tool}):
        found = refuse(ChatRequest(body, None))
        if found is None:
            respond_by_rules(body)


@settings(max_examples=50)
@given(st.dictionaries(st.sampled_from([*RESPONSES, "x"]), VALUES, max_size=4), VALUES)
def test_no_body_at_all_breaks_the_translation_of_responses(fields: JsonObject, item: Json) -> None:
    for body in (fields, {"model": MODEL, "input": [item], **fields}):
        if not list(response_errors(body)):
            refuse(ChatRequest(as_chat(body), None))
