"""Entries of a dict that are lost because their keys become one: "1" and "01" are both the number 1."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from pydantic import TypeAdapter

from structgen.core.json import Json, pointer
from structgen.core.results import Issue
from structgen.schema import Schema


def lost_entries(schema: Schema[Any], tree: Json, value: Any) -> tuple[Issue, ...]:
    """An issue for every dict of keys that are no texts which has fewer entries than the response gave it."""
    adapter, issues = cast("TypeAdapter[Any]", schema.adapter), dict[str, Issue]()
    for by_alias in (True, False):
        try:
            dumped = cast(object, adapter.dump_python(value, by_alias=by_alias, warnings=False, context=schema.context))
        except Exception:  # a serializer of the user's: the value is valid all the same
            return tuple(issues.values())
        issues |= {issue.path: issue for issue in _lost(tree, dumped)}
    return tuple(issues.values())


def _lost(tree: Json, dumped: object) -> Iterator[Issue]:
    todo: list[tuple[str, Json, object]] = [("", tree, dumped)]
    while todo:
        path, before, after = todo.pop()
        if isinstance(before, dict) and isinstance(after, dict):
            entries = cast("dict[object, object]", after)
            if len(entries) < len(before) and not all(isinstance(key, str) for key in entries):
                yield Issue(path, "has keys that mean the same", "duplicate_key", before, "each key once")
            named = {str(key): item for key, item in entries.items()}
            todo += ((path + pointer([key]), item, named[key]) for key, item in before.items() if key in named)
        elif isinstance(before, list) and isinstance(after, list | tuple):
            items = cast("list[object]", after)
            todo += ((f"{path}/{at}", *pair) for at, pair in enumerate(zip(before, items, strict=False)))
