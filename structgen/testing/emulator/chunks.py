"""A completion's body -> the events of its stream, in the shapes that were recorded of Groq's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from structgen.core.json import Json, JsonObject
from structgen.testing.emulator.bodies import Said, completion
from structgen.testing.emulator.checks import Asked
from structgen.testing.emulator.replies import Answer, Refusal

DONE = b"data: [DONE]\n\n"
_TOKEN = 4  # characters


@dataclass(frozen=True, slots=True)
class _Head:
    """What all chunks of a stream have in common."""

    body: JsonObject

    def chunk(self, delta: JsonObject, reason: Json = None, **more: Json) -> bytes:
        """One chunk as an event."""
        choice: JsonObject = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        known: JsonObject = {name: self.body[name] for name in ("id", "created", "model", "system_fingerprint")}
        whole: JsonObject = {**known, "object": "chat.completion.chunk", "choices": [choice], **more}
        return b"data: " + json.dumps(whole, ensure_ascii=False).encode() + b"\n\n"


def chunks_of(body: JsonObject) -> Iterator[bytes]:
    """The chunks of a whole completion: role, reasoning, content or function call, and the end with the usage."""
    choice, about = _first(body["choices"]), _object(body["x_groq"])
    message, head = _object(choice["message"]), _Head(body)
    yield head.chunk({"role": "assistant", "content": ""}, x_groq=about)
    for piece in pieces(message.get("reasoning")):
        yield head.chunk({"reasoning": piece, "channel": "analysis"})
    for name in ("content", "refusal"):
        for piece in pieces(message.get(name)):
            yield head.chunk({name: piece})
    calls = message.get("tool_calls")
    for index, call in enumerate(calls if isinstance(calls, list) else ()):
        yield head.chunk({"tool_calls": [{**_object(call), "index": index}]})
    ending: JsonObject = {"id": about["id"], "usage": body["usage"]}
    yield head.chunk({}, choice["finish_reason"], x_groq=ending, usage=body["usage"])


def chunks_before(asked: Asked, answer: Answer, refusal: Refusal) -> Iterator[bytes]:
    """The chunks of an answer that the server's checks refuse at its end, and the error.

    Content was on its way by then; the arguments of a function are held back until they are whole.
    """
    text = (answer.content if asked.tool else answer.text) or ""
    limit = asked.limit if asked.limit is not None else len(text)
    whole = list(chunks_of(completion(asked.body, Said(text[: _TOKEN * limit], "stop", (), answer.reasoning))))
    yield from whole[:-1]
    yield error_event(refusal, str(asked.body.get("model")))


def error_event(refusal: Refusal, model: str) -> bytes:
    """An error within a stream, whose HTTP status was 200 long before: it carries its own."""
    error: JsonObject = {"error": {**refusal.named(model), "status_code": refusal.status}}
    return b"event: error\ndata: " + json.dumps(error, ensure_ascii=False).encode() + b"\n\n"


def pieces(text: Json) -> Iterator[str]:
    """A text token by token, estimated at four characters each."""
    words = text if isinstance(text, str) else ""
    return (words[start : start + _TOKEN] for start in range(0, len(words), _TOKEN))


def _first(values: Json) -> JsonObject:
    return _object(values[0]) if isinstance(values, list) and values else {}


def _object(value: Json) -> JsonObject:
    return value if isinstance(value, dict) else {}
