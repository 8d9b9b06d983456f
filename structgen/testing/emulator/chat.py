"""Chat completions: from a request whose key is right to its response."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from structgen.core.json import JsonObject
from structgen.send.model_cards import find_card
from structgen.testing.emulator.answers import deliver
from structgen.testing.emulator.checks import Asked
from structgen.testing.emulator.limits import FREE, Charge, used_tokens
from structgen.testing.emulator.replies import Answer, Fault, Raw, Refusal, Step
from structgen.testing.emulator.serving import logged, perform, refuse_chat, respond, respond_refused
from structgen.testing.emulator.state import State
from structgen.testing.emulator.streaming import stream_answer

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
