"""structgen's completions -> genuine objects of the SDK that the user works with, groq's or openai's."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from pydantic import BaseModel, ValidationError

from structgen.core.json import JsonObject
from structgen.core.records import Call, Completion, Usage
from structgen.core.results import Attempt


@dataclass(frozen=True, slots=True)
class SdkRecords:
    """The classes of one SDK: its chat completion and its usage."""

    completion: Any
    usage: Any


@cache
def records_of(sdk: str) -> SdkRecords:
    """Return the classes of the SDK of this name."""
    return SdkRecords(import_module(f"{sdk}.types.chat").ChatCompletion, import_module(f"{sdk}.types").CompletionUsage)


def sdk_usage(usage: Usage, records: SdkRecords) -> BaseModel | None:
    """Return the usage as the SDK shows it, or None if the server did not report it."""
    plain = _usage(usage)
    return None if plain is None else records.usage.model_validate(plain)


def sdk_completion(completion: Completion, usage: Usage, records: SdkRecords) -> Any:
    """Return a completion as the SDK shows it, with this usage."""
    plain: JsonObject = {
        "id": completion.id or "",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": completion.model,
        "choices": [
            {
                "index": 0,
                "finish_reason": completion.finish_reason,
                "logprobs": None,
                "message": _message(completion),
            }
        ],
        "usage": _usage(usage),
    }
    try:
        return records.completion.model_validate(plain)
    except ValidationError:  # such as a finish reason that the SDK does not know: it builds its own objects unchecked
        return records.completion.construct(**plain)


def cumulative(attempts: tuple[Attempt, ...], records: SdkRecords) -> list[Any]:
    """Return the completion of each attempt, each with the usage of all attempts until then."""
    spent, shown = Usage(), list[Any]()
    for attempt in attempts:
        spent += attempt.completion.usage
        shown.append(sdk_completion(attempt.completion, spent, records))
    return shown


def _usage(usage: Usage) -> JsonObject | None:
    """Return the counts, or None if one is unknown: part of a sum would look like the whole."""
    given, written = usage.input_tokens, usage.output_tokens
    if not usage.calls:
        given, written = 0, 0
    if given is None or written is None:
        return None
    counts: JsonObject = {"prompt_tokens": given, "completion_tokens": written, "total_tokens": given + written}
    if usage.cached_tokens is not None:
        counts["prompt_tokens_details"] = {"cached_tokens": usage.cached_tokens}
    if usage.reasoning_tokens is not None:
        counts["completion_tokens_details"] = {"reasoning_tokens": usage.reasoning_tokens}
    return counts


def _message(completion: Completion) -> JsonObject:
    message: JsonObject = {"role": "assistant", "content": completion.text}
    if completion.called:
        calls = (Call(completion.called, completion.text), *completion.more_calls)
        message["content"] = completion.beside or None
        message["tool_calls"] = [
            {"id": f"call_{at}", "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for at, call in enumerate(calls, 1)
        ]
    if completion.reasoning is not None:
        message["reasoning"] = completion.reasoning
    if completion.refusal is not None:
        message["refusal"] = completion.refusal
    return message
