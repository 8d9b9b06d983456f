"""A validated value as plain JSON again, to see what became of each part of the response."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from pydantic import TypeAdapter

from structgen.core.json import Json
from structgen.parse.places import at
from structgen.schema import Schema


def dumps_of(schema: Schema[Any], value: Any) -> list[Json]:
    """The value as plain JSON by aliases and by field names; none where the type cannot be dumped."""
    adapter, found = cast("TypeAdapter[Any]", schema.adapter), list[Json]()
    for by_alias in (True, False):
        try:
            made = adapter.dump_python(value, mode="json", by_alias=by_alias, warnings=False, context=schema.context)
            found.append(cast(Json, made))
        except Exception:  # a serializer of the user's: the value is valid all the same
            return found
    return found


def beside(dumps: Sequence[Json], path: Sequence[str]) -> list[object]:
    """The items of the list that a path leads into: sets come back in an order of their own."""
    found = [at(dump, path[:-1]) for dump in dumps] if path else []
    return [item for items in found if isinstance(items, list) for item in cast("list[object]", items)]
