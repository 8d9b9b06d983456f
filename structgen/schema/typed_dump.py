"""Dump values under their JSON keys, but with the dates, numbers and enums of their types."""

from __future__ import annotations

from collections.abc import Set
from contextlib import suppress
from typing import Any, cast

from pydantic_core import SchemaSerializer

from structgen.core.json import Json


def typed_dump(serializer: SchemaSerializer, value: object, context: Any = None) -> object:
    """Return a value as the tree that JSON would have, its leaves still Python's.

    Sets are lists of plain JSON, in the order in which JSON has them: as sets they would be built again, in an order
    of their own, and an item's path would be that of another. Raises ValueError for a value nested too deep.
    """
    try:
        dumped: object = serializer.to_python(value, by_alias=True, warnings=False, context=context)
    except TypeError:  # models in a set become dicts, which no set can hold
        return _plain(serializer, value, context)
    if _has_set(dumped):
        with suppress(ValueError):  # the value has no JSON form
            return _listed(dumped, _plain(serializer, value, context))
    return dumped


def _plain(serializer: SchemaSerializer, value: object, context: Any) -> Json:
    return serializer.to_python(value, mode="json", by_alias=True, warnings=False, context=context)


def _has_set(dumped: object) -> bool:
    if isinstance(dumped, dict):
        return any(map(_has_set, cast("dict[object, object]", dumped).values()))
    if isinstance(dumped, list | tuple):
        return any(map(_has_set, cast("list[object]", dumped)))
    return isinstance(dumped, Set)


def _listed(dumped: object, plain: Json) -> object:
    """Return a dump with the lists of plain JSON in place of its sets."""
    if isinstance(dumped, dict) and isinstance(plain, dict) and len(cast("dict[object, object]", dumped)) == len(plain):
        pairs = zip(cast("dict[object, object]", dumped).items(), plain.values(), strict=True)
        return {key: _listed(item, one) for (key, item), one in pairs}
    if isinstance(dumped, list | tuple) and isinstance(plain, list):
        return [_listed(*pair) for pair in zip(cast("list[object]", dumped), plain, strict=False)]
    return plain if isinstance(dumped, Set) else cast("object", dumped)
