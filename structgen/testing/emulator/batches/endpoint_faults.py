"""Faults of the files and batches endpoints: those of the plan, and those that a test scripts for one endpoint."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from starlette.responses import Response

from structgen.testing.emulator.fault_plan import FaultKind, RequestFault, malform, mistype
from structgen.testing.emulator.rate_limits import FREE
from structgen.testing.emulator.replies import ErrorReply, Fault, Raw
from structgen.testing.emulator.serving import (
    Endpoint,
    State,
    cut_short,
    log,
    logged,
    perform_step,
    respond,
    send_slowly,
)

if TYPE_CHECKING:
    from starlette.requests import Request


class BatchCall(StrEnum):
    """The files and batches endpoints by the name that a test uses."""

    UPLOAD = "upload"
    LIST_FILES = "list_files"
    FILE = "file"
    CONTENT = "content"
    DELETE_FILE = "delete_file"
    CREATE = "create"
    LIST_BATCHES = "list_batches"
    BATCH = "batch"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class EndpointStep:
    """What one request to an endpoint gets. `processed`: the server carries it out first, and only then fails."""

    step: ErrorReply | Raw | Fault
    processed: bool = False


def faulty(state: State, call: BatchCall, endpoint: Endpoint) -> Endpoint:
    """Wrap an endpoint so that its requests meet the scripted faults, then those of the plan."""

    async def run(request: Request) -> Response:
        scripted = state.batch_script.get(call)
        if scripted:
            return await _perform(request, state, scripted.popleft(), endpoint)
        # by the endpoint alone: ids and the names of files are random, and would make every run different
        fault = state.faults.draw({"endpoint": str(call)})
        if fault is None or fault.kind is FaultKind.FLEX:
            return await endpoint(request)
        response = await _spoiled(request, state, fault, endpoint)
        logged(request).fault = fault.kind
        return response

    return run


async def _perform(request: Request, state: State, scripted: EndpointStep, endpoint: Endpoint) -> Response:
    # read before the answer, or the client might notice the answer only after it failed to send the rest
    await request.body()
    if scripted.processed:
        await endpoint(request)
    else:
        log(state, request, {})
    return await perform_step(request, state, scripted.step, lambda _: respond({}))


async def _spoiled(request: Request, state: State, fault: RequestFault, endpoint: Endpoint) -> Response:
    """Return the result of a request with a fault of the plan."""
    refusal = fault.refuse({}, FREE)
    if isinstance(refusal, ErrorReply | Raw | Fault):
        # a connection or a proxy may fail after the server has done its work, whereas a 429 does none
        late = fault.kind is not FaultKind.RATE_LIMITED and fault.chance.random() < 0.5
        return await _perform(request, state, EndpointStep(refusal, late), endpoint)
    response = await endpoint(request)
    match fault.kind:
        case FaultKind.SLOW:
            return send_slowly(response, fault.plan.seconds)
        case FaultKind.CUT:
            return cut_short(request, state, response, fault.chance.random())
        case FaultKind.MALFORMED:
            return _changed(response, malform, fault.chance)
        case FaultKind.WRONG_TYPE if _is_json(response):
            return _changed(response, mistype, fault.chance)
        case _:
            return response


def _changed(response: Response, change: Callable[[str, random.Random], str], chance: random.Random) -> Response:
    text = bytes(response.body).decode("utf-8", "replace")
    headers = {name: value for name, value in response.headers.items() if name != "content-length"}
    return Response(change(text, chance), response.status_code, headers)


def _is_json(response: Response) -> bool:
    return "json" in response.headers.get("content-type", "")
