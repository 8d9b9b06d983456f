"""The batches and files endpoints. A batch only makes progress when it is retrieved, as far as the clock allows."""

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
from structgen.testing.emulator.batches.endpoint_faults import BatchCall, faulty
from structgen.testing.emulator.batches.lifecycle import (
    ENDPOINT,
    Batch,
    Line,
    StoredFile,
    is_json_lines,
    json_lines,
    read_lines,
    result_with_response,
    result_without_response,
    shuffled,
    store_file,
)
from structgen.testing.emulator.batches.paging import page_body, page_errors, page_of
from structgen.testing.emulator.bodies import ChatRequest, request_id
from structgen.testing.emulator.chat.model_answers import make_completion
from structgen.testing.emulator.rate_limits import FREE
from structgen.testing.emulator.replies import (
    ErrorReply,
    Fault,
    Raw,
    Streamed,
    groq_error,
    invalid_request,
)
from structgen.testing.emulator.serving import (
    Form,
    State,
    Wrapper,
    check_chat,
    decode_object,
    log,
    read_form,
    require_key,
    respond,
    respond_error,
)

if TYPE_CHECKING:
    from starlette.requests import Request


MODELS = frozenset({"openai/gpt-oss-20b", "openai/gpt-oss-120b"})
"""The chat models that support batches."""

_BATCHES_PATH = "/openai/v1/batches"
_MOST_BATCHES, _MOST_FILES = 100, 10_000  # on a page, as in OpenAI's API
_HOURS = {"h": 1, "d": 24}
_CREATES = frozenset({"input_file_id", "endpoint", "completion_window", "metadata"})


def batch_routes(state: State, replayed: Wrapper) -> list[Route]:
    """Return the routes of the batches endpoints."""
    endpoints = _Batches(state)
    table = (
        ("POST", _BATCHES_PATH, BatchCall.CREATE, endpoints.create),
        ("GET", _BATCHES_PATH, BatchCall.LIST_BATCHES, endpoints.list_all),
        ("GET", _BATCHES_PATH + "/{id}", BatchCall.BATCH, endpoints.retrieve),
        ("POST", _BATCHES_PATH + "/{id}/cancel", BatchCall.CANCEL, endpoints.cancel),
    )
    return [
        Route(path, replayed(require_key(state, faulty(state, call, each))), methods=[method])
        for method, path, call, each in table
    ]


class _Batches:
    """The batches endpoints, one method for each."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def create(self, request: Request) -> Response:
        """Create a batch, which is validated later."""
        body = decode_object(await request.body())
        log(self._state, request, body)
        batch = await run_in_threadpool(_create, self._state, body)
        if isinstance(batch, ErrorReply):
            return respond_error(batch)
        self._state.batches[batch.id] = batch
        return respond(batch.to_json())

    async def list_all(self, request: Request) -> Response:
        """List the batches, newest first."""
        log(self._state, request, {})
        query, batches = request.query_params, {**self._state.batches}
        wrong = next(page_errors(query, batches, _MOST_BATCHES), None)
        if wrong is not None:
            return respond_error(wrong)
        page, more = page_of(query, [*batches], self._state.page_size)
        return respond(page_body([await self._advanced(batches[name]) for name in page], more=more))

    async def retrieve(self, request: Request) -> Response:
        """Retrieve a batch."""
        log(self._state, request, {})
        batch = self._state.batches.get(request.path_params["id"])
        if batch is None:
            return _not_found(request)
        return respond(await self._advanced(batch))

    async def cancel(self, request: Request) -> Response:
        """Cancel a batch that has not ended. Even one that takes no time ends only when it is retrieved."""
        log(self._state, request, {})
        batch = self._state.batches.get(request.path_params["id"])
        if batch is None:
            return _not_found(request)
        if batch.seconds:
            await self._advanced(batch)
        if not await run_in_threadpool(batch.cancel, self._state.now()):
            return respond_error(invalid_request(f"Cannot cancel a batch with status '{batch.status}'"))
        return respond(await run_in_threadpool(batch.to_json))

    async def _advanced(self, batch: Batch) -> JsonObject:
        """Advance a batch and return it. In a thread, because answers may block."""
        await run_in_threadpool(batch.advance, self._state.now())
        return await run_in_threadpool(batch.to_json)


def _not_found(request: Request) -> Response:
    return respond_error(groq_error("batch_not_found", name=request.path_params["id"]))


def _create(state: State, body: JsonObject) -> Batch | ErrorReply:
    """Return the requested batch, or the error of the request."""
    wrong = next(_faults(body), None)
    if wrong is not None:
        return wrong
    file = state.files.get(str(body["input_file_id"]))
    if file is None:
        return groq_error("file_not_found", name=str(body["input_file_id"]))
    if file.purpose != "batch":
        return invalid_request(f"The purpose of the file `{file.id}` must be `batch`")
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


def _faults(body: JsonObject) -> Iterator[ErrorReply]:
    """Yield the errors of a request for a batch, in the order in which Groq checks."""
    if not body:
        yield invalid_request("The request body is not a JSON object")
    yield from (invalid_request(f"property '{name}' is unsupported") for name in body if name not in _CREATES)
    for name in ("input_file_id", "endpoint", "completion_window"):
        if not body.get(name):
            yield invalid_request(f"property '{name}' is missing")
    if body.get("endpoint") != ENDPOINT:
        yield invalid_request(f"'endpoint' : value is not one of the allowed values ['{ENDPOINT}']")
    if _seconds(body.get("completion_window")) is None:
        yield invalid_request("'completion_window' : value must be a duration from 24h to 7d")
    metadata = body.get("metadata") or {}
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        yield invalid_request("'metadata' : value must be an object of strings")


def _seconds(window: Json) -> float | None:
    """Parse a completion window (``24h`` to ``7d``) into seconds, or return None for anything else."""
    found = re.fullmatch(r"([0-9]{1,3})([hd])", window) if isinstance(window, str) else None
    hours = int(found[1]) * _HOURS[found[2]] if found else 0
    return hours * 3600.0 if 24 <= hours <= 168 else None


def _keep(state: State, name: str, results: list[JsonObject]) -> str | None:
    if not results:
        return None
    file = store_file(name, "batch_output", state.rewrite(json_lines(shuffled(results))), state.now())
    state.files[file.id] = file
    return file.id


def _answer(state: State, line: Line) -> JsonObject:
    """Return what the chat request would get on its own: an error, the next scripted step or the default answer."""
    # batches do not count against rate limits, so nothing is charged
    step = _refuse(state, line.body) or state.next_step() or state.unscripted(line.body, FREE)[0]
    # there is no connection to reset within a batch
    if isinstance(step, Fault):
        return result_without_response(line, "internal_error", "The request could not be completed.")
    if isinstance(step, Raw):
        return result_with_response(line, step.status, _value(step.content))
    answer = step.answer if isinstance(step, Streamed) else step
    chat = ChatRequest(line.body, find_card("groq", str(line.body.get("model", ""))))
    made = answer if isinstance(answer, ErrorReply) else make_completion(chat, answer)
    if isinstance(made, ErrorReply):
        return result_with_response(line, made.status, {"error": made.for_model(str(line.body.get("model", "")))})
    return result_with_response(line, 200, made)


def _refuse(state: State, body: JsonObject) -> ErrorReply | None:
    if state.forces_next():
        return None
    refused = check_chat(state, body)
    model = str(body.get("model", ""))
    if refused is not None:
        return refused
    # checked after the others: Groq reports an unknown model as such first
    if model not in MODELS and model not in state.models:
        return groq_error("feature_unsupported", feature="batch processing")
    return invalid_request("`stream` is not supported in a batch") if body.get("stream") else None


def _value(content: bytes) -> Json:
    """Return the JSON in a scripted response, or its text."""
    text = content.decode("utf-8", "replace")
    try:
        return cast("Json", json.loads(text))
    except (ValueError, RecursionError):
        return text


FILE_LIMIT = 100 * 2**20
"""The maximum size of an uploaded file, in bytes."""

_FILES_PATH = "/openai/v1/files"


def file_routes(state: State, replayed: Wrapper) -> list[Route]:
    """Return the routes of the files endpoints. An upload is never replayed: recordings contain no files."""
    endpoints = _Files(state)
    table = (
        ("GET", _FILES_PATH, BatchCall.LIST_FILES, endpoints.list_all),
        ("GET", _FILES_PATH + "/{id}", BatchCall.FILE, endpoints.retrieve),
        ("GET", _FILES_PATH + "/{id}/content", BatchCall.CONTENT, endpoints.content),
        ("DELETE", _FILES_PATH + "/{id}", BatchCall.DELETE_FILE, endpoints.delete),
    )
    upload = require_key(state, faulty(state, BatchCall.UPLOAD, endpoints.upload))
    return [
        Route(_FILES_PATH, upload, methods=["POST"]),
        *(
            Route(path, replayed(require_key(state, faulty(state, call, each))), methods=[method])
            for method, path, call, each in table
        ),
    ]


class _Files:
    """The files endpoints, one method for each."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def upload(self, request: Request) -> Response:
        """Store a JSON Lines file for a batch."""
        form = await read_form(request, FILE_LIMIT)
        log(self._state, request, {} if isinstance(form, ErrorReply) else form.logged())
        file = form if isinstance(form, ErrorReply) else _file_of(form, self._state.now())
        if isinstance(file, ErrorReply):
            return respond_error(file)
        self._state.files[file.id] = file
        return respond(file.to_json())

    async def list_all(self, request: Request) -> Response:
        """List the files, newest first."""
        log(self._state, request, {})
        query = request.query_params
        purpose = query.get("purpose")
        files = {name: file for name, file in self._state.files.items() if purpose in {None, file.purpose}}
        wrong = next(page_errors(query, files, _MOST_FILES), None)
        if wrong is not None:
            return respond_error(wrong)
        page, more = page_of(query, [*files], self._state.page_size)
        return respond(page_body([files[name].to_json() for name in page], more=more))

    async def retrieve(self, request: Request) -> Response:
        """Retrieve the description of a file."""
        file = self._find(request)
        return respond_error(file) if isinstance(file, ErrorReply) else respond(file.to_json())

    async def content(self, request: Request) -> Response:
        """Return the contents of a file."""
        file = self._find(request)
        if isinstance(file, ErrorReply):
            return respond_error(file)
        return Response(file.content, 200, {"x-request-id": request_id()}, "application/octet-stream")

    async def delete(self, request: Request) -> Response:
        """Delete a file. Batches created from it continue, because they have read it already."""
        file = self._find(request)
        if isinstance(file, ErrorReply):
            return respond_error(file)
        self._state.files.pop(file.id, None)
        return respond({"id": file.id, "object": "file", "deleted": True})

    def _find(self, request: Request) -> StoredFile | ErrorReply:
        log(self._state, request, {})
        name = request.path_params["id"]
        return self._state.files.get(name) or groq_error("file_not_found", name=name)


def _file_of(form: Form, now: float) -> StoredFile | ErrorReply:
    """Return the uploaded file, or the error of the upload."""
    file = form.files.get("file")
    if file is None:
        return invalid_request("property 'file' is missing")
    purpose = form.field("purpose")
    if purpose is None:
        return invalid_request("property 'purpose' is missing")
    if purpose != "batch":
        return invalid_request("'purpose' : value is not one of the allowed values ['batch']")
    if not file.name.lower().endswith(".jsonl") or not is_json_lines(file.content):
        return invalid_request("file must be one of the following types: [jsonl]")
    return store_file(file.name, purpose, file.content, now)
