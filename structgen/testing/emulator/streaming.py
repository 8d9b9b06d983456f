"""Streamed replies: an answer's events, sent as its script says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, cast

from starlette.responses import StreamingResponse

from structgen.core.json import JsonObject
from structgen.testing.emulator.answers import cut_at_stop, deliver
from structgen.testing.emulator.bodies import request_id
from structgen.testing.emulator.checks import Asked
from structgen.testing.emulator.chunks import DONE, chunks_before, chunks_of, error_event
from structgen.testing.emulator.limits import Charge, used_tokens
from structgen.testing.emulator.replies import Answer, Fault, Refusal, Streamed
from structgen.testing.emulator.state import State

if TYPE_CHECKING:
    from starlette.requests import Request

_BREATH = 0.01  # seconds: lets bytes leave before a reset overtakes them, and uvicorn notice the reset


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


async def break_connection(request: Request, state: State) -> None:
    """Reset the connection that the request came on, once what was written has left."""
    await asyncio.sleep(_BREATH)
    state.connections.abort(cast("tuple[str, int]", tuple(request.scope["client"])))
    await asyncio.sleep(_BREATH)
