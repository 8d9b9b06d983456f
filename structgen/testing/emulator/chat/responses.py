"""The Responses API, as far as structured output and tools need it: a request is answered as the same chat request is.

Nothing is stored, as at Groq: an answer cannot be retrieved later, and no request can refer to it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

from starlette.responses import Response

from structgen.core.json import Json, JsonObject, as_object
from structgen.testing.emulator.bodies import new_id
from structgen.testing.emulator.chat.completions import Shape, answer_chat
from structgen.testing.emulator.chat.parameter_checks import (
    BOOLEAN,
    INTEGER,
    LIST,
    NUMBER,
    OBJECT,
    STRING,
    STRING_OR_LIST,
    STRING_OR_OBJECT,
    Parameter,
    errors_of,
)
from structgen.testing.emulator.chat.response_events import events_of
from structgen.testing.emulator.replies import invalid_request
from structgen.testing.emulator.serving import State, respond_error

if TYPE_CHECKING:
    from starlette.requests import Request


PARAMETERS: Mapping[str, Parameter] = MappingProxyType(
    {
        "model": Parameter(STRING, required=True),
        "input": Parameter(STRING_OR_LIST, required=True),
        "instructions": Parameter(STRING),
        "max_output_tokens": Parameter(INTEGER, 1),
        "metadata": Parameter(OBJECT),
        "parallel_tool_calls": Parameter(BOOLEAN),
        "reasoning": Parameter(OBJECT),
        "service_tier": Parameter(STRING, allowed=("auto", "default", "flex")),
        "store": Parameter(BOOLEAN),
        "stream": Parameter(BOOLEAN),
        "temperature": Parameter(NUMBER, 0, 2),
        "text": Parameter(OBJECT),
        "tool_choice": Parameter(STRING_OR_OBJECT),
        "tools": Parameter(LIST, longest=128),
        "top_p": Parameter(NUMBER, 0, 1),
        "truncation": Parameter(STRING, allowed=("auto", "disabled")),
        "user": Parameter(STRING),
    }
)
"""The keys that Groq takes. It documents some others of OpenAI's as unsupported, such as `previous_response_id`."""

_SAME = ("model", "temperature", "top_p", "parallel_tool_calls", "user", "metadata", "stream")
_RENAMED = {"max_output_tokens": "max_completion_tokens"}
_TEXT_PARTS = ("input_text", "output_text", "text")
_INPUTS = ("message", "function_call", "function_call_output", "reasoning")


async def answer_response(request: Request, body: JsonObject, state: State) -> Response:
    """Respond as to the same chat request, with the output in the shape of a response."""
    wrong = None if state.forces_next() or not body else next(response_errors(body), None)
    if wrong is not None:
        return respond_error(invalid_request(wrong))
    shape = Shape(partial(response_body, body), partial(events_of, partial(response_body, body)))
    return await answer_chat(request, as_chat(body), state, shape)


def response_errors(body: JsonObject) -> Iterator[str]:
    """Yield what is wrong with the keys and values of a request, and with the types of its input items."""
    yield from errors_of(body, PARAMETERS)
    if body.get("store") is True:
        yield "'store' : value is not one of the allowed values [false]"
    items = body.get("input")
    for index, item in enumerate(items if isinstance(items, list) else ()):
        kind = as_object(item).get("type", "message")
        if kind not in _INPUTS:
            yield f"'input.{index}.type' : value is not one of the allowed values"


def as_chat(body: JsonObject) -> JsonObject:
    """Return the chat request that asks for the same."""
    if not body:
        return {}
    chat: JsonObject = {name: body[name] for name in _SAME if body.get(name) is not None}
    chat |= {theirs: body[ours] for ours, theirs in _RENAMED.items() if body.get(ours) is not None}
    chat["messages"] = [*_messages(body)]
    effort, tier = as_object(body.get("reasoning")).get("effort"), body.get("service_tier")
    if effort is not None:
        chat["reasoning_effort"] = effort
    if tier is not None:
        chat["service_tier"] = "on_demand" if tier == "default" else tier
    if body.get("tools"):
        chat["tools"] = [*map(_tool, _items(body["tools"]))]
    choice = body.get("tool_choice")
    if choice is not None:
        named: JsonObject = {"type": "function", "function": {"name": as_object(choice).get("name")}}
        chat["tool_choice"] = choice if isinstance(choice, str) else named
    form = _response_format(as_object(as_object(body.get("text")).get("format")))
    if form:
        chat["response_format"] = form
    return chat


def _items(value: Json) -> list[JsonObject]:
    return [*map(as_object, value)] if isinstance(value, list) else []


def _tool(tool: JsonObject) -> JsonObject:
    """Return a tool in the nested form of chat requests."""
    function: JsonObject = {name: value for name, value in tool.items() if name != "type" and value is not None}
    return {"type": tool.get("type"), "function": function}


def _response_format(form: JsonObject) -> JsonObject:
    """Return the format in the nested form of chat requests, or an empty object for text."""
    if form.get("type") in (None, "text"):
        return {}
    if form.get("type") != "json_schema":
        return {"type": form["type"]}
    return {"type": "json_schema", "json_schema": {name: value for name, value in form.items() if name != "type"}}


def _messages(body: JsonObject) -> Iterator[JsonObject]:
    """Yield the messages of the same chat: calls and their results are items of their own in a response's input."""
    if body.get("instructions"):
        yield {"role": "system", "content": body["instructions"]}
    given = body.get("input")
    if isinstance(given, str):
        yield {"role": "user", "content": given}
    for item in _items(given):
        match item.get("type", "message"):
            case "function_call":
                function: JsonObject = {"name": item.get("name"), "arguments": item.get("arguments")}
                call: JsonObject = {"id": item.get("call_id"), "type": "function", "function": function}
                yield {"role": "assistant", "content": None, "tool_calls": [call]}
            case "function_call_output":
                yield {"role": "tool", "tool_call_id": item.get("call_id"), "content": item.get("output")}
            case "message":
                yield {"role": item.get("role"), "content": _content(item.get("content"))}
            case _:  # earlier reasoning, which is not read again
                pass


def _content(content: Json) -> Json:
    """Return the content of an input message as that of a chat message."""
    if not isinstance(content, list):
        return content
    return [
        {"type": "text", "text": part.get("text")}
        if part.get("type") in _TEXT_PARTS
        else {"type": "image_url", "image_url": {"url": part.get("image_url")}}
        if part.get("type") == "input_image"
        else part
        for part in _items(content)
    ]


def response_body(body: JsonObject, made: JsonObject) -> JsonObject:
    """Return the response with the answer of a chat completion; `body` is the request."""
    choice = _items(made["choices"])[0]
    cut_off = choice.get("finish_reason") == "length"
    reasons: JsonObject | None = {"reason": "max_output_tokens"} if cut_off else None
    given: JsonObject = {name: body.get(name) for name in ("instructions", "max_output_tokens", "user")}
    return {
        "id": new_id("resp"),
        "object": "response",
        "status": "incomplete" if cut_off else "completed",
        "created_at": int(time.time()),
        "background": False,
        "error": None,
        "incomplete_details": reasons,
        "model": made["model"],
        "output": [*_output(choice, "incomplete" if cut_off else "completed")],
        "previous_response_id": None,
        **given,
        "metadata": body.get("metadata") or {},
        "parallel_tool_calls": body.get("parallel_tool_calls") is not False,
        "reasoning": {"effort": as_object(body.get("reasoning")).get("effort")},
        "service_tier": body.get("service_tier") or "default",
        "store": False,
        "temperature": 1 if body.get("temperature") is None else body["temperature"],
        "text": body.get("text") or {"format": {"type": "text"}},
        "tool_choice": body.get("tool_choice") or "auto",
        "tools": body.get("tools") or [],
        "top_p": 1 if body.get("top_p") is None else body["top_p"],
        "truncation": "disabled",
        "usage": _usage(as_object(made["usage"])),
    }


def _output(choice: JsonObject, status: str) -> Iterator[JsonObject]:
    """Yield the items of the output: the reasoning, the message, the calls of functions."""
    message = as_object(choice["message"])
    if message.get("reasoning"):
        thought: JsonObject = {"type": "reasoning_text", "text": message["reasoning"]}
        yield {"type": "reasoning", "id": new_id("rs"), "status": status, "summary": [], "content": [thought]}
    if message.get("refusal") is not None:
        yield _message({"type": "refusal", "refusal": message["refusal"]}, status)
    elif message.get("content") is not None:
        yield _message({"type": "output_text", "text": message["content"], "annotations": [], "logprobs": []}, status)
    for call in _items(message.get("tool_calls")):
        function = as_object(call["function"])
        known: JsonObject = {"id": new_id("fc"), "call_id": call["id"], "status": status}
        yield {"type": "function_call", **known, "name": function["name"], "arguments": function["arguments"]}


def _message(part: JsonObject, status: str) -> JsonObject:
    return {"type": "message", "id": new_id("msg"), "status": status, "role": "assistant", "content": [part]}


def _usage(counts: JsonObject) -> JsonObject:
    reasoning = as_object(counts.get("completion_tokens_details")).get("reasoning_tokens", 0)
    return {
        "input_tokens": counts["prompt_tokens"],
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": counts["completion_tokens"],
        "output_tokens_details": {"reasoning_tokens": reasoning},
        "total_tokens": counts["total_tokens"],
    }
