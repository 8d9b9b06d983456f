"""Convert records to JSON text and back, and name a request by its hash.

Fields at their default are omitted, so that a field that a later version adds changes neither names nor old entries.
The JSON is ASCII, which can hold any text, even the lone surrogates of a broken response.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from structgen.core.records import Request

T = TypeVar("T")

_NOT_SENT = ("document", "names", "above")
"""Fields of a request that are needed to read its answer but are not sent. They do not count for its name."""


@dataclass(frozen=True, slots=True)
class Written:
    """A request as text: the fields that determine the answer, the other fields, and the SHA-256 of the former."""

    said: str
    rest: str
    name: bytes


def write(request: Request) -> Written:
    """Serialize a request. The order of keys in a schema counts for its name, because models see it."""
    said = _fields(request)
    rest = {field: said.pop(field) for field in _NOT_SENT if field in said}
    place = _place(request)
    if place is not None:
        rest["document"] = place
    text = _dump(said)
    return Written(text, _dump(rest), hashlib.sha256(text.encode()).digest())


def read(said: str, rest: str) -> Request:
    """Return the request that `write` serialized. Raises like `decode`."""
    # A stored document is either the text itself or, as a list, its span in the last message.
    fields = {**json.loads(said), **json.loads(rest)}
    if isinstance(place := fields.get("document"), list):
        start, end = cast("list[int]", place)
        fields["document"] = fields["messages"][-1]["content"][start:end]
    return cast(Request, _typed(Request, fields))


def _place(request: Request) -> tuple[int, int] | None:
    """Return the span of the document in the last message, or None. With it, the text is not stored twice."""
    if not request.document or not request.messages:
        return None
    start = request.messages[-1].text.find(request.document)
    return None if start < 0 else (start, start + len(request.document))


def encode(record: object) -> str:
    """Return a frozen record as JSON text."""
    return _dump(record)


def decode(kind: type[T], text: str) -> T:
    """Return the record that `encode` wrote. Raises ValueError, TypeError or KeyError for any other text."""
    return cast(T, _typed(kind, json.loads(text)))


def decode_all(kind: type[T], text: str) -> tuple[T, ...]:
    """Return the records of a list that `encode` wrote. Raises like `decode`."""
    return tuple(cast(T, _typed(kind, item)) for item in json.loads(text))


def _fields(record: Any) -> dict[str, Any]:
    """Return the fields of a record that are not at their default, for the JSON encoder."""
    if isinstance(record, Mapping):
        return dict(cast("Mapping[str, Any]", record))
    changed: dict[str, Any] = {}
    for name, default in _defaults(cast("type[object]", type(record))):
        value = getattr(record, name)
        if value is not default and value != default:
            changed[name] = value
    return changed


_dump = json.JSONEncoder(default=_fields, separators=(",", ":")).encode


@cache
def _defaults(kind: Any) -> tuple[tuple[str, object], ...]:
    """Return the fields and their defaults, MISSING (equal to nothing) for none. Raises TypeError for other classes."""
    return tuple(
        (field.name, field.default if field.default_factory is MISSING else field.default_factory())
        for field in fields(kind)
    )


@cache
def _hints(kind: type) -> Mapping[str, Any]:
    return get_type_hints(kind)


def _typed(kind: Any, data: Any) -> Any:
    """Convert plain JSON to a type: restore the records, enums and tuples, which JSON does not distinguish."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in {Union, UnionType}:
        return next((_typed(one, data) for one in arguments if _is_for(one, data)), data)
    if origin is tuple and isinstance(data, list):
        return tuple(_typed(arguments[0], item) for item in cast("list[Any]", data))
    if origin is Mapping and isinstance(data, dict):
        return {key: _typed(arguments[1], item) for key, item in cast("dict[str, Any]", data).items()}
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(data)
    if isinstance(kind, type) and is_dataclass(kind):
        hints = _hints(cast("type[object]", kind))
        # Fields that this version does not know are dropped: a newer structgen may have written the store.
        known = {name: _typed(hints[name], item) for name, item in data.items() if name in hints}
        return cast("type[object]", kind)(**known)
    return data


def _is_for(kind: Any, data: Any) -> bool:
    """Return whether a list or an object was written from this member of a union."""
    return (isinstance(data, list) and get_origin(kind) is tuple) or (isinstance(data, dict) and is_dataclass(kind))
