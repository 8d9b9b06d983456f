"""Multipart forms: read within a limit, and logged without the bytes of their files."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from python_multipart.exceptions import FormParserError
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect

from structgen.core.json import JsonObject
from structgen.testing.emulator.checks import filled, invalid
from structgen.testing.emulator.replies import Refusal

if TYPE_CHECKING:
    from starlette.requests import Request

_ROOM = 2**20  # bytes, for everything in a form that is not its file
_PATIENCE = 4  # limits' worth of a body that is too large are read and dropped, so that the client hears the answer


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a form. The name is the client's, and only ever shown."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Form:
    """The fields and files of a form by their names; a field may come several times."""

    fields: Mapping[str, tuple[str, ...]]
    files: Mapping[str, Upload]

    def field(self, name: str) -> str | None:
        """The last value of a field, None where it is missing."""
        return self.fields[name][-1] if name in self.fields else None

    def logged(self) -> JsonObject:
        """The form as a JSON object: a file is its name and size (bytes), a field whose name ends in ``[]`` a list."""
        body: JsonObject = {
            name: [*values] if len(values) > 1 or name.endswith("[]") else "".join(values)
            for name, values in self.fields.items()
        }
        files: JsonObject = {name: {"name": file.name, "size": len(file.content)} for name, file in self.files.items()}
        return body | files


class _TooLargeError(Exception):
    """The body is larger than the limit."""


async def read_form(request: Request, limit: int) -> Form | Refusal:
    """The form in a request whose file may have `limit` bytes, or the refusal of what is none or too large."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return invalid("request Content-Type isn't multipart/form-data")
    parser = MultiPartParser(request.headers, _within(request, limit + _ROOM), max_files=8, max_fields=64)
    try:
        parsed = (await parser.parse()).multi_items()
    except _TooLargeError:
        return replace(filled("request_too_large_body"), headers={"connection": "close"})
    except (MultiPartException, FormParserError) as problem:
        return invalid(f"The multipart form cannot be read: {problem}")
    except ClientDisconnect:
        return invalid("The form ended before its time")
    form = await _form_of(parsed)
    return filled("request_too_large_body") if any(len(file.content) > limit for file in form.files.values()) else form


async def _within(request: Request, limit: int) -> AsyncGenerator[bytes, None]:
    """The body as it comes, until it is larger than the limit. What follows then is dropped, never kept."""
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= limit:
            yield chunk
        elif size > _PATIENCE * limit:
            break
    if size > limit:
        raise _TooLargeError


async def _form_of(parsed: Iterable[tuple[str, UploadFile | str]]) -> Form:
    fields: dict[str, tuple[str, ...]] = {}
    files: dict[str, Upload] = {}
    for name, value in parsed:
        if isinstance(value, str):
            fields[name] = (*fields.get(name, ()), value)
        else:
            files[name] = Upload(value.filename or "", await value.read())
            await value.close()
    return Form(fields, files)
