"""The batches endpoints. A batch runs when somebody looks at it, as far as the clock allows."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.routing import Route

from structgen.core.json import Json, JsonObject
from structgen.send.model_cards import find_card
from structgen.testing.emulator.batches.lifecycle import (
    ENDPOINT,
    Batch,
    Line,
    StoredFile,
    answered,
    is_json_lines,
    json_lines,
    mixed,
    read_lines,
    store_file,
    unanswered,
)
from structgen.testing.emulator.bodies import Asked, request_id
from structgen.testing.emulator.chat.model_answers import deliver
from structgen.testing.emulator.rate_limits import FREE
from structgen.testing.emulator.replies import Answer, Fault, Raw, Refusal, Step, Streamed, filled, invalid
from structgen.testing.emulator.serving import (
    Form,
    State,
    Wrapper,
    behind_key,
    decode_object,
    log,
    read_form,
    refuse_chat,
    respond,
    respond_refused,
)

if TYPE_CHECKING:
    from starlette.requests import Request


MODELS = frozenset({"openai/gpt-oss-20b", "openai/gpt-oss-120b"})
"""The chat models that take batches."""

_BATCHES_PATH = "/openai/v1/batches"
_HOURS = {"h": 1, "d": 24}


def batch_routes(state: State, played: Wrapper) -> list[Route]:
    """The routes of the batches endpoints."""
    endpoints = _Batches(state)
    table = (
        ("POST", _BATCHES_PATH, endpoints.create),
        ("GET", _BATCHES_PATH, endpoints.list_all),
        ("GET", _BATCHES_PATH + "/{id}", endpoints.retrieve),
        ("POST", _BATCHES_PATH + "/{id}/cancel", endpoints.cancel),
    )
    return [Route(path, played(behind_key(state, each)), methods=[method]) for method, path, each in table]


class _Batches:
    """One method for each endpoint."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def create(self, request: Request) -> Response:
        """A new batch, still to be validated."""
        body = decode_object(await request.body())
        log(self._state, request, body)
        batch = await run_in_threadpool(_create, self._state, body)
        if isinstance(batch, Refusal):
            return respond_refused(batch)
        self._state.batches[batch.id] = batch
        return respond(batch.described())

    async def list_all(self, request: Request) -> Response:
        """Every batch, the newest first."""
        log(self._state, request, {})
        found = [*self._state.batches.values()][::-1]
        return respond({"object": "list", "data": [await self._look(batch) for batch in found]})

    async def retrieve(self, request: Request) -> Response:
        """One batch as it stands now."""
        log(self._state, request, {})
        batch = self._state.batches.get(request.path_params["id"])
        if batch is None:
            return _not_found(request)
        return respond(await self._look(batch))

    async def cancel(self, request: Request) -> Response:
        """Stop a batch that has not ended. One that takes no time ends when it is looked at, and this is no look."""
        log(self._state, request, {})
        batch = self._state.batches.get(request.path_params["id"])
        if batch is None:
            return _not_found(request)
        if batch.seconds:
            await self._look(batch)
        if not await run_in_threadpool(batch.cancel, self._state.now()):
            return respond_refused(invalid(f"Cannot cancel a batch with status '{batch.status}'"))
        return respond(await run_in_threadpool(batch.described))

    async def _look(self, batch: Batch) -> JsonObject:
        """The batch as it stands now. In threads: an answer may take its time, and others need the event loop."""
        await run_in_threadpool(batch.advance, self._state.now())
        return await run_in_threadpool(batch.described)


def _not_found(request: Request) -> Response:
    return respond_refused(filled("batch_not_found", name=request.path_params["id"]))


def _create(state: State, body: JsonObject) -> Batch | Refusal:
    """The batch that a request asks for, or what is wrong with the request."""
    wrong = next(_faults(body), None)
    if wrong is not None:
        return wrong
    file = state.files.get(str(body["input_file_id"]))
    if file is None:
        return filled("file_not_found", name=str(body["input_file_id"]))
    if file.purpose != "batch":
        return invalid(f"The purpose of the file `{file.id}` must be `batch`")
    window, metadata = str(body["completion_window"]), body.get("metadata")
    lines, issues = read_lines(file.content)
    return Batch(
        input_file_id=file.id,
        window_text=window,
        window=_seconds(window) or 0.0,
        metadata=metadata if isinstance(metadata, dict) else None,
        created_at=state.now(),
        seconds=state.batch_seconds,
        lines=lines,
        issues=issues,
        answer=lambda line: _answer(state, line),
        keep=lambda name, results: _keep(state, name, results),
    )


def _faults(body: JsonObject) -> Iterator[Refusal]:
    """What is wrong with a request for a batch, the first thing first."""
    if not body:
        yield invalid("The request body is not a JSON object")
    for name in ("input_file_id", "endpoint", "completion_window"):
        if not body.get(name):
            yield invalid(f"property '{name}' is missing")
    if body.get("endpoint") != ENDPOINT:
        yield invalid(f"'endpoint' : value is not one of the allowed values ['{ENDPOINT}']")
    if _seconds(body.get("completion_window")) is None:
        yield invalid("'completion_window' : value must be a duration from 24h to 7d")
    metadata = body.get("metadata") or {}
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        yield invalid("'metadata' : value must be an object of strings")


def _seconds(window: Json) -> float | None:
    """A completion window, ``24h`` to ``7d``, in seconds; None for anything else."""
    found = re.fullmatch(r"([0-9]{1,3})([hd])", window) if isinstance(window, str) else None
    hours = int(found[1]) * _HOURS[found[2]] if found else 0
    return hours * 3600.0 if 24 <= hours <= 168 else None


def _keep(state: State, name: str, results: list[JsonObject]) -> str | None:
    if not results:
        return None
    file = store_file(name, "batch_output", json_lines(mixed(results)), state.now())
    state.files[file.id] = file
    return file.id


def _answer(state: State, line: Line) -> JsonObject:
    """What the same chat request would get by itself: a refusal, the next of the script, or the default answer."""
    step = _refuse(state, line.body) or state.next_step() or _unscripted(state, line.body)
    if isinstance(step, Fault):
        return unanswered(line, "internal_error", "The request could not be completed.")
    if isinstance(step, Raw):
        return answered(line, step.status, _value(step.content))
    answer = step.answer if isinstance(step, Streamed) else step
    asked = Asked(line.body, find_card("groq", str(line.body.get("model", ""))))
    made = answer if isinstance(answer, Refusal) else deliver(asked, answer)
    if isinstance(made, Refusal):
        return answered(line, made.status, {"error": made.named(str(line.body.get("model", "")))})
    return answered(line, 200, made)


def _refuse(state: State, body: JsonObject) -> Refusal | None:
    if state.forces_next():
        return None
    refused = refuse_chat(state, body)
    model = str(body.get("model", ""))
    if refused is not None:
        return refused
    if model not in MODELS and model not in state.models:
        return filled("feature_unsupported", feature="batch processing")
    return invalid("`stream` is not supported in a batch") if body.get("stream") else None


def _unscripted(state: State, body: JsonObject) -> Step:
    """What the model says, or what the plan of faults makes of it."""
    mishap = state.faults.draw(body)
    if mishap is None:
        return Answer(state.answer(body))
    return mishap.refuse(body, FREE) or mishap.spoil(state.answer(body))


def _value(content: bytes) -> Json:
    """The JSON in a scripted response, else its text."""
    text = content.decode("utf-8", "replace")
    try:
        return cast("Json", json.loads(text))
    except (ValueError, RecursionError):
        return text


FILE_LIMIT = 100 * 2**20
"""Bytes that an uploaded file may have."""

_FILES_PATH = "/openai/v1/files"


def file_routes(state: State, played: Wrapper) -> list[Route]:
    """The routes of the files endpoints. An upload is never played: recordings hold no files."""
    endpoints = _Files(state)
    table = (
        ("GET", _FILES_PATH, endpoints.list_all),
        ("GET", _FILES_PATH + "/{id}", endpoints.retrieve),
        ("GET", _FILES_PATH + "/{id}/content", endpoints.content),
        ("DELETE", _FILES_PATH + "/{id}", endpoints.delete),
    )
    return [
        Route(_FILES_PATH, behind_key(state, endpoints.upload), methods=["POST"]),
        *(Route(path, played(behind_key(state, each)), methods=[method]) for method, path, each in table),
    ]


class _Files:
    """One method for each endpoint."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def upload(self, request: Request) -> Response:
        """Keep a file of JSON Lines for a batch."""
        form = await read_form(request, FILE_LIMIT)
        log(self._state, request, {} if isinstance(form, Refusal) else form.logged())
        file = form if isinstance(form, Refusal) else _file_of(form, self._state.now())
        if isinstance(file, Refusal):
            return respond_refused(file)
        self._state.files[file.id] = file
        return respond(file.described())

    async def list_all(self, request: Request) -> Response:
        """Every file, the newest first."""
        log(self._state, request, {})
        found = [*self._state.files.values()][::-1]
        return respond({"object": "list", "data": [file.described() for file in found]})

    async def retrieve(self, request: Request) -> Response:
        """What is known about a file."""
        file = self._find(request)
        return respond_refused(file) if isinstance(file, Refusal) else respond(file.described())

    async def content(self, request: Request) -> Response:
        """The bytes of a file."""
        file = self._find(request)
        if isinstance(file, Refusal):
            return respond_refused(file)
        return Response(file.content, 200, {"x-request-id": request_id()}, "application/octet-stream")

    async def delete(self, request: Request) -> Response:
        """Forget a file; batches that read it before go on."""
        file = self._find(request)
        if isinstance(file, Refusal):
            return respond_refused(file)
        self._state.files.pop(file.id, None)
        return respond({"id": file.id, "object": "file", "deleted": True})

    def _find(self, request: Request) -> StoredFile | Refusal:
        log(self._state, request, {})
        name = request.path_params["id"]
        return self._state.files.get(name) or filled("file_not_found", name=name)


def _file_of(form: Form, now: float) -> StoredFile | Refusal:
    """The file in an upload, or what is wrong with it."""
    file = form.files.get("file")
    if file is None:
        return invalid("property 'file' is missing")
    purpose = form.field("purpose")
    if purpose is None:
        return invalid("property 'purpose' is missing")
    if purpose != "batch":
        return invalid("'purpose' : value is not one of the allowed values ['batch']")
    if not file.name.lower().endswith(".jsonl") or not is_json_lines(file.content):
        return invalid("file must be one of the following types: [jsonl]")
    return store_file(file.name, purpose, file.content, now)
