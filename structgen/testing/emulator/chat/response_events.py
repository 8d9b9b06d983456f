"""The events of a streamed response: each item of its output is opened, sent piece by piece, and closed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import count

from structgen.core.json import Json, JsonObject, as_object
from structgen.testing.emulator.bodies import ChatRequest, ModelAnswer, completion
from structgen.testing.emulator.chat.completions import error_event, pieces
from structgen.testing.emulator.replies import ErrorReply, Streamed

_PIECES = {"output_text": "text", "reasoning_text": "text", "refusal": "refusal"}
"""The key of a content part that is sent piece by piece, by the part's type."""


def events_of(
    body_of: Callable[[JsonObject], JsonObject], chat: ChatRequest, _plan: Streamed, made: JsonObject | ErrorReply
) -> list[bytes]:
    """Return all events of an answer. `body_of` turns a chat completion into the response."""
    if not isinstance(made, ErrorReply):
        return [*_numbered(_events(body_of(made)))]
    # in our words: how Groq ends a stream whose answer it refuses is only known of chats
    whole = body_of(completion(chat.body, ModelAnswer("", "stop")))
    return [*_numbered(_opening(whole)), error_event(made, str(chat.body.get("model")))]


def _numbered(events: Iterator[JsonObject]) -> Iterator[bytes]:
    for number, event in zip(count(), events):
        text = json.dumps({**event, "sequence_number": number}, ensure_ascii=False)
        yield f"event: {event['type']}\ndata: {text}\n\n".encode("utf-8", "replace")


def _opening(body: JsonObject) -> Iterator[JsonObject]:
    begun: JsonObject = {**body, "status": "in_progress", "output": [], "usage": None, "incomplete_details": None}
    yield {"type": "response.created", "response": begun}
    yield {"type": "response.in_progress", "response": begun}


def _events(body: JsonObject) -> Iterator[JsonObject]:
    yield from _opening(body)
    output = body["output"]
    for index, item in enumerate(map(as_object, output) if isinstance(output, list) else ()):
        empty: JsonObject = {"arguments": ""} if item["type"] == "function_call" else {"content": []}
        opened: JsonObject = {**item, "status": "in_progress", **empty}
        yield {"type": "response.output_item.added", "output_index": index, "item": opened}
        known: JsonObject = {"item_id": item["id"], "output_index": index}
        yield from _call(item, known) if item["type"] == "function_call" else _content(item, known)
        yield {"type": "response.output_item.done", "output_index": index, "item": item}
    yield {"type": f"response.{body['status']}", "response": body}


def _call(item: JsonObject, known: JsonObject) -> Iterator[JsonObject]:
    kind = "response.function_call_arguments"
    yield from ({"type": f"{kind}.delta", **known, "delta": piece} for piece in pieces(item["arguments"]))
    yield {"type": f"{kind}.done", **known, "name": item["name"], "arguments": item["arguments"]}


def _content(item: JsonObject, known: JsonObject) -> Iterator[JsonObject]:
    parts = item["content"]
    for number, part in enumerate(map(as_object, parts) if isinstance(parts, list) else ()):
        kind, place = str(part["type"]), {**known, "content_index": number}
        key = _PIECES[kind]
        more: JsonObject = {"logprobs": list[Json]()} if kind == "output_text" else {}
        yield {"type": "response.content_part.added", **place, "part": {**part, key: ""}}
        yield from ({"type": f"response.{kind}.delta", **place, "delta": piece, **more} for piece in pieces(part[key]))
        yield {"type": f"response.{kind}.done", **place, key: part[key], **more}
        yield {"type": "response.content_part.done", **place, "part": part}
