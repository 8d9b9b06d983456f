"""Chat completions: from a request whose key is right to its response."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from structgen.core.json import Json, JsonObject
from structgen.send.model_cards import find_card
from structgen.testing.emulator.bodies import Asked, Said, as_object, completion, request_id
from structgen.testing.emulator.chat.model_answers import cut_at_stop, deliver
from structgen.testing.emulator.rate_limits import FREE, Charge, used_tokens
from structgen.testing.emulator.replies import Answer, Fault, Raw, Refusal, Step, Streamed
from structgen.testing.emulator.serving import (
    State,
    break_connection,
    logged,
    perform,
    refuse_chat,
    respond,
    respond_refused,
)

if TYPE_CHECKING:
    from starlette.requests import Request


async def answer_chat(request: Request, body: JsonObject, state: State) -> Response:
    """What the script forces; else a refusal, where checks or limits have one; else what the script or a model says."""
    asked = Asked(body, find_card("groq", str(body.get("model", ""))))
    if state.forces_next():
        return await _perform(request, asked, state, state.next_step() or Fault(), FREE)
    charge = refuse_chat(state, body) or state.meters.arrive(body)
    if isinstance(charge, Refusal):
        return await _perform(request, asked, state, charge, FREE)
    step = state.next_step() or await _unscripted(request, body, state, charge)
    response = await _perform(request, asked, state, step, charge)
    response.headers.update(charge.headers())
    return response


async def _unscripted(request: Request, body: JsonObject, state: State, charge: Charge) -> Step:
    """What the model says, or what the plan of faults makes of it."""
    mishap = state.faults.draw(body)
    if mishap is None:
        return Answer(await run_in_threadpool(state.answer, body))
    logged(request).fault = mishap.kind
    step = mishap.refuse(body, charge)
    if step is None:
        return mishap.spoil(await run_in_threadpool(state.answer, body))
    charge.give_back()
    return step


async def _perform(request: Request, asked: Asked, state: State, step: Step, charge: Charge) -> Response:
    """Do what a step says, and charge what it used."""
    model = str(asked.body.get("model", ""))
    if asked.body.get("stream") and not isinstance(step, Raw | Refusal) and step != Fault():
        if not isinstance(step, Fault):
            await asyncio.sleep(step.delay + state.latency)
        return stream_answer(request, asked, step, state, charge)

    def answered(answer: Answer) -> Response:
        made = deliver(asked, answer)
        charge.settle(used_tokens(asked.body, made))
        return respond_refused(made, model) if isinstance(made, Refusal) else respond(made)

    return await perform(request, state, step, answered, model)


def stream_answer(
    request: Request, asked: Asked, step: Answer | Streamed | Fault, state: State, charge: Charge
) -> StreamingResponse:
    """The response that streams an answer; at its end the charge is settled."""
    headers = {"x-request-id": request_id(), "cache-control": "no-cache"}
    body = _body(request, asked, step, state, charge)
    return StreamingResponse(body, 200, headers, media_type="text/event-stream")


async def _body(
    request: Request, asked: Asked, step: Answer | Streamed | Fault, state: State, charge: Charge
) -> AsyncIterator[bytes]:
    plan = _plan(step)
    made = deliver(asked, plan.answer)
    finished = False
    try:
        parts = _parts(_events(asked, plan, made), plan, asked, in_bytes=isinstance(step, Fault))
        for part in parts:
            await asyncio.sleep(plan.pause + plan.answer.seconds / len(parts))
            yield part
        if plan.share < 1 and plan.error is None:
            await asyncio.sleep(plan.stall)
            finished = True
            await break_connection(request, state)
        finished = True
    finally:
        charge.settle(used_tokens(asked.body, made))
        state.hung_up += not finished


def _plan(step: Answer | Streamed | Fault) -> Streamed:
    """How the stream goes."""
    if isinstance(step, Fault):
        return Streamed(step.answer or Answer(""), share=step.share)
    return step if isinstance(step, Streamed) else Streamed(step)


def _parts(events: list[bytes], plan: Streamed, asked: Asked, *, in_bytes: bool) -> list[bytes]:
    """What is sent of the events, and in what pieces; `in_bytes`: the share may end within an event."""
    if in_bytes:
        whole = b"".join(events)
        return [whole[: int(len(whole) * plan.share)]]
    kept = events[: int(len(events) * plan.share)] if plan.share < 1 else events
    if plan.error is not None:
        kept = [*(event for event in kept if event != DONE), error_event(plan.error, str(asked.body.get("model")))]
    if plan.at_once is None:
        return kept
    whole = b"".join(kept)
    return [whole[start : start + plan.at_once] for start in range(0, len(whole), plan.at_once)]


def _events(asked: Asked, plan: Streamed, made: JsonObject | Refusal) -> list[bytes]:
    """All events of the answer."""
    if isinstance(made, Refusal):
        return list(chunks_before(asked, cut_at_stop(plan.answer, asked.stops), made))
    return [*chunks_of(made), *([DONE] if plan.done else [])]


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
    return as_object(values[0]) if isinstance(values, list) and values else {}
