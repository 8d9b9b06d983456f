"""Groq's checks of a model's answer, which turn it into a completion or an error."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from structgen.compile.parameters import CHARS_PER_TOKEN, tokens_of
from structgen.core.json import Json, JsonObject, pointer
from structgen.testing.emulator.bodies import ChatRequest, ModelAnswer, completion
from structgen.testing.emulator.replies import Answer, ErrorReply, groq_error


def make_completion(chat: ChatRequest, answer: Answer) -> JsonObject | ErrorReply:
    """Return the body of a completion, or the error for an answer that does not fit the request.

    The answer ends before its first stop sequence, unless it is sent `as_is`.
    """
    answer = answer if answer.as_is else cut_at_stop(answer, chat.stops)
    tool = called_tool(chat, answer)
    wrong = None if answer.as_is else _check(chat, answer, tool)
    if wrong is not None:
        return wrong
    text, reason = _shorten(answer, None if answer.as_is else chat.max_tokens)
    reason = answer.finish_reason or ("tool_calls" if tool and reason == "stop" else reason)
    calls = _called(answer, text, tool) if tool else ()
    content = answer.content if tool else text
    return completion(chat.body, ModelAnswer(content, reason, calls, answer.reasoning, answer.refusal))


def called_tool(chat: ChatRequest, answer: Answer) -> JsonObject | None:
    """Return the function that an answer to this request calls first, or None if the answer is content.

    It is the function that the request forces, else the first one. `Answer.tool` may name another.
    """
    # a model may answer in plain content although functions are offered
    if answer.plain:
        return None
    # after the results of its calls a model answers in content, unless the request forces another call
    if chat.tool_choice == "auto" and chat.answers_tools and not (answer.tool or answer.calls):
        return None
    return chat.tool


def _called(answer: Answer, text: str | None, tool: JsonObject) -> tuple[tuple[str, str], ...]:
    """Return every function call, as its name and its arguments."""
    name = str(tool.get("name"))
    return ((answer.tool or name, text or ""), *((other or name, arguments) for other, arguments in answer.calls))


def cut_at_stop(answer: Answer, stops: Sequence[str]) -> Answer:
    """Cut the answer before the first of these sequences; its finish reason is then ``stop``."""
    text = answer.text or ""
    end = min((at for stop in stops if (at := text.find(stop)) >= 0), default=None)
    return answer if end is None else replace(answer, text=text[:end], finish_reason=None)


def _check(chat: ChatRequest, answer: Answer, tool: JsonObject | None) -> ErrorReply | None:
    text = answer.text or ""
    if tool is not None:
        calls = _called(answer, text, tool)
        return next((wrong for call in calls if (wrong := _check_call(chat, *call, calls)) is not None), None)
    if answer.plain and chat.tools and chat.tool_choice not in {"auto", "none"}:
        return _salvaged("tool_use_failed_required", text)
    if answer.tool and not answer.plain:
        made = json.dumps({"name": answer.tool, "arguments": _decode(text)[0]}, ensure_ascii=False)
        return _salvaged("tool_use_failed_none", made)
    if chat.format_type == "text":
        return None
    # JSON that is cut off is an error at Groq, plain text a response with the finish reason ``length``
    if chat.max_tokens is not None and tokens_of(len(text)) > chat.max_tokens:
        return groq_error("json_validate_failed_max_tokens")
    value, broken = _decode(text)
    if broken or (chat.format_type == "json_object" and not isinstance(value, dict)):
        return _salvaged("json_validate_failed_syntax", text)
    if chat.format_type == "json_schema":
        found = _mismatch(value, chat.json_schema.get("schema"))
        return _salvaged("json_validate_failed_schema", text, detail=found) if found else None
    return None


def _check_call(chat: ChatRequest, name: str, arguments: str, calls: Sequence[tuple[str, str]]) -> ErrorReply | None:
    """Return Groq's error for a call, which quotes all calls of the model; or None."""
    tool = next((one for one in chat.tools if one.get("name") == name), None)
    value, broken = _decode(arguments)
    if broken:
        return _salvaged("tool_use_failed_parse", "\n".join(text for _, text in calls))
    made = "\n".join(
        json.dumps({"name": one, "arguments": _decode(text)[0]}, ensure_ascii=False) for one, text in calls
    )
    if tool is None:
        unchecked = chat.body.get("disable_tool_validation") is True
        return None if unchecked else _salvaged("tool_use_failed_unknown_tool", made, tool=name)
    found = _mismatch(value, tool.get("parameters", True))
    return _salvaged("tool_use_failed_args", made, tool=name, detail=found) if found else None


def _salvaged(name: str, generation: str, **words: str) -> ErrorReply:
    return groq_error(name, generation=generation, **words)


def _decode(text: str) -> tuple[Json, bool]:
    """Return the JSON value of a text, and whether the text is invalid JSON."""
    try:
        return cast("Json", json.loads(text)), False
    except (ValueError, RecursionError):
        return None, True


def _mismatch(value: Json, schema: Json) -> str:
    """Return in one line how a value violates its schema, or "" if it fits. Remote references are not followed."""
    from jsonschema import Draft202012Validator, SchemaError, ValidationError, validate
    from jsonschema_specifications import REGISTRY
    from referencing.exceptions import Unresolvable

    try:
        validate(value, cast("JsonObject", schema), Draft202012Validator, registry=REGISTRY)
    except ValidationError as error:
        return f"'{pointer(error.absolute_path)}' does not validate with {error.validator}: {error.message[:300]}"
    except (SchemaError, Unresolvable, RecursionError) as error:
        return f"the schema cannot be followed: {str(error)[:300]}"
    return ""


def _shorten(answer: Answer, limit: int | None) -> tuple[str | None, str]:
    """Return the text within the token limit, and its finish reason."""
    if answer.text is None or limit is None or tokens_of(len(answer.text)) <= limit:
        return answer.text, "stop"
    return answer.text[: CHARS_PER_TOKEN * limit], "length"
