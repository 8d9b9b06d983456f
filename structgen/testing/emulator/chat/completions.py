"""The chat endpoint: from a request with a valid key to its response, streamed or not.

The events of a stream have the shapes that were recorded from Groq.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from structgen.compile.parameters import CHARS_PER_TOKEN
from structgen.core.json import Json, JsonObject, as_object
from structgen.send.model_cards import find_card
from structgen.testing.emulator.bodies import ChatRequest, ModelAnswer, completion, request_id
from structgen.testing.emulator.chat.model_answers import called_tool, cut_at_stop, make_completion
from structgen.testing.emulator.rate_limits import FREE, Charge, used_amount
from structgen.testing.emulator.replies import Answer, ErrorReply, Fault, Raw, Step, Streamed
from structgen.testing.emulator.serving import (
    State,
    break_connection,
    check_chat,
    logged,
    perform_step,
    respond,
    respond_error,
)

if TYPE_CHECKING:
    from starlette.requests import Request


@dataclass(frozen=True, slots=True)
class Shape:
    """The shape in which a completion is sent: as a whole, and as the events of a stream."""

    whole: Callable[[JsonObject], JsonObject]
    events: Callable[[ChatRequest, Streamed, JsonObject | ErrorReply], list[bytes]]


async def answer_chat(request: Request, body: JsonObject, state: State, shape: Shape | None = None) -> Response:
    """Respond with an error forced by the script; else with the error of a check or limit; else with an answer.

    The answer has the shape of a chat completion unless another one is given.
    """
    shape = shape or Shape(lambda made: made, _events)
    chat = ChatRequest(body, find_card("groq", str(body.get("model", ""))))
    # scripted errors come before all checks, so that a test can provoke any error with any request
    if state.forces_next():
        return await _perform(request, chat, state, state.next_step() or Fault(), FREE, shape)
    charge = check_chat(state, body) or state.meters.arrive(body, state.organization_of(request))
    if isinstance(charge, ErrorReply):
        return await _perform(request, chat, state, charge, FREE, shape)
    step = state.next_step()
    if step is None:
        # in a thread, because an answer may take long and others need the event loop
        step, logged(request).fault = await run_in_threadpool(state.unscripted, body, charge)
    response = await _perform(request, chat, state, step, charge, shape)
    response.headers.update(charge.headers())
    return response


async def _perform(
    request: Request, chat: ChatRequest, state: State, step: Step, charge: Charge, shape: Shape
) -> Response:
    """Perform a step, and charge the tokens that it used."""
    model = str(chat.body.get("model", ""))
    # errors and raw responses are never streamed, and a dropped connection has no response at all
    if chat.body.get("stream") and not isinstance(step, Raw | ErrorReply) and step != Fault():
        if not isinstance(step, Fault):
            await asyncio.sleep(step.delay + state.latency)
        return stream_answer(request, chat, step, state, charge, shape)

    def answered(answer: Answer) -> Response:
        made = make_completion(chat, answer)
        charge.settle(used_amount(chat.body, made))
        return respond_error(made, model) if isinstance(made, ErrorReply) else respond(shape.whole(made))

    return await perform_step(request, state, step, answered, model)


def stream_answer(
    request: Request, chat: ChatRequest, step: Answer | Streamed | Fault, state: State, charge: Charge, shape: Shape
) -> StreamingResponse:
    """Return the response that streams an answer. The charge is settled at its end."""
    headers = {"x-request-id": request_id(), "cache-control": "no-cache"}
    body = _body(request, chat, step, state, charge, shape)
    return StreamingResponse(body, 200, headers, media_type="text/event-stream")


async def _body(
    request: Request, chat: ChatRequest, step: Answer | Streamed | Fault, state: State, charge: Charge, shape: Shape
) -> AsyncIterator[bytes]:
    plan = _plan(step)
    made = make_completion(chat, plan.answer)
    finished = False
    try:
        parts = _parts(shape.events(chat, plan, made), plan, chat, in_bytes=isinstance(step, Fault))
        for part in parts:
            await asyncio.sleep(plan.pause + plan.answer.seconds / len(parts))
            yield part
        # the stream ends in the middle: reset, or the client could take it for complete
        if plan.share < 1 and plan.error is None:
            await asyncio.sleep(plan.stall)
            finished = True
            await break_connection(request, state)
        finished = True
    finally:
        charge.settle(used_amount(chat.body, made))
        # the generator is closed early if the client disconnects
        state.hung_up += not finished


def _plan(step: Answer | Streamed | Fault) -> Streamed:
    """Return how to send the stream."""
    if isinstance(step, Fault):
        return Streamed(step.answer or Answer(""), share=step.share)
    return step if isinstance(step, Streamed) else Streamed(step)


def _parts(events: list[bytes], plan: Streamed, chat: ChatRequest, *, in_bytes: bool) -> list[bytes]:
    """Return the pieces to send. `in_bytes`: the share may end within an event, as it does if a connection breaks."""
    if in_bytes:
        whole = b"".join(events)
        return [whole[: int(len(whole) * plan.share)]]
    kept = events[: int(len(events) * plan.share)] if plan.share < 1 else events
    if plan.error is not None:
        kept = [*(event for event in kept if event != DONE), error_event(plan.error, str(chat.body.get("model")))]
    if plan.at_once is None:
        return kept
    whole = b"".join(kept)
    return [whole[start : start + plan.at_once] for start in range(0, len(whole), plan.at_once)]


def _events(chat: ChatRequest, plan: Streamed, made: JsonObject | ErrorReply) -> list[bytes]:
    """Return all events of the answer."""
    if isinstance(made, ErrorReply):
        return list(chunks_before(chat, cut_at_stop(plan.answer, chat.stops), made))
    return [*chunks_of(made), *([DONE] if plan.done else [])]


DONE = b"data: [DONE]\n\n"


@dataclass(frozen=True, slots=True)
class _Head:
    """What all chunks of a stream share."""

    body: JsonObject

    def chunk(self, delta: JsonObject, reason: Json = None, **more: Json) -> bytes:
        """Return one chunk as an event."""
        choice: JsonObject = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        known: JsonObject = {name: self.body[name] for name in ("id", "created", "model", "system_fingerprint")}
        whole: JsonObject = {**known, "object": "chat.completion.chunk", "choices": [choice], **more}
        return b"data: " + json.dumps(whole, ensure_ascii=False).encode() + b"\n\n"


def chunks_of(body: JsonObject) -> Iterator[bytes]:
    """Yield the chunks of a completion: role, reasoning, content or function calls, and the end with the usage."""
    choice, about = _first(body["choices"]), as_object(body["x_groq"])
    message, head = as_object(choice["message"]), _Head(body)
    yield head.chunk({"role": "assistant", "content": ""}, x_groq=about)
    for piece in pieces(message.get("reasoning")):
        yield head.chunk({"reasoning": piece, "channel": "analysis"})
    for name in ("content", "refusal"):
        for piece in pieces(message.get(name)):
            yield head.chunk({name: piece})
    calls = message.get("tool_calls")
    for index, call in enumerate(calls if isinstance(calls, list) else ()):
        yield head.chunk({"tool_calls": [{**as_object(call), "index": index}]})
    ending: JsonObject = {"id": about["id"], "usage": body["usage"]}
    yield head.chunk({}, choice["finish_reason"], x_groq=ending, usage=body["usage"])


def chunks_before(chat: ChatRequest, answer: Answer, refusal: ErrorReply) -> Iterator[bytes]:
    """Yield the chunks of an answer that the server's checks refuse at its end, and the error.

    Content has been sent by then, but Groq holds back the arguments of a function until they are complete.
    """
    text = (answer.content if called_tool(chat, answer) else answer.text) or ""
    limit = chat.max_tokens if chat.max_tokens is not None else len(text)
    whole = list(
        chunks_of(completion(chat.body, ModelAnswer(text[: CHARS_PER_TOKEN * limit], "stop", (), answer.reasoning)))
    )
    yield from whole[:-1]
    yield error_event(refusal, str(chat.body.get("model")))


def error_event(refusal: ErrorReply, model: str) -> bytes:
    """Return an error event. The HTTP status was 200 already, so the error carries its own."""
    error: JsonObject = {"error": {**refusal.for_model(model), "status_code": refusal.status}}
    return b"event: error\ndata: " + json.dumps(error, ensure_ascii=False).encode() + b"\n\n"


def pieces(text: Json) -> Iterator[str]:
    """Yield a text token by token, estimated at four characters each."""
    content = text if isinstance(text, str) else ""
    return (content[start : start + CHARS_PER_TOKEN] for start in range(0, len(content), CHARS_PER_TOKEN))


def _first(values: Json) -> JsonObject:
    return as_object(values[0]) if isinstance(values, list) and values else {}
