"""The files endpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.routing import Route

from structgen.testing.emulator.batch_lines import is_json_lines
from structgen.testing.emulator.bodies import request_id
from structgen.testing.emulator.checks import filled, invalid
from structgen.testing.emulator.forms import Form, read_form
from structgen.testing.emulator.replies import Refusal
from structgen.testing.emulator.serving import Wrapper, behind_key, log, respond, respond_refused
from structgen.testing.emulator.state import State
from structgen.testing.emulator.stored import StoredFile, store_file

if TYPE_CHECKING:
    from starlette.requests import Request

FILE_LIMIT = 100 * 2**20
"""Bytes that an uploaded file may have."""

_PATH = "/openai/v1/files"


def file_routes(state: State, played: Wrapper) -> list[Route]:
    """The routes of the files endpoints. An upload is never played: recordings hold no files."""
    endpoints = _Files(state)
    table = (
        ("GET", _PATH, endpoints.list_all),
        ("GET", _PATH + "/{id}", endpoints.retrieve),
        ("GET", _PATH + "/{id}/content", endpoints.content),
        ("DELETE", _PATH + "/{id}", endpoints.delete),
    )
    return [
        Route(_PATH, behind_key(state, endpoints.upload), methods=["POST"]),
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
