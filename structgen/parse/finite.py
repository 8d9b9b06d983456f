"""NaN and Infinity are numbers only where a field says so in so many words: ``allow_inf_nan=True``."""

from __future__ import annotations

from typing import Any, cast
from weakref import WeakKeyDictionary

from pydantic_core import SchemaValidator

from structgen.core.json import Json
from structgen.parse.strict import is_finite
from structgen.schema import Schema

_finite: WeakKeyDictionary[Schema[Any], SchemaValidator] = WeakKeyDictionary()


def refuses_infinite(schema: Schema[Any]) -> SchemaValidator:
    """A validator of the same type that takes NaN and Infinity only in fields that allow them by name."""
    found = _finite.get(schema)
    if found is None:
        core = cast("dict[str, Any]", schema.adapter.core_schema) if schema.adapter else {"type": "any"}
        found = _finite[schema] = SchemaValidator(_strict_about_floats(core, allowed=False), _use_prebuilt=False)
    return found


def _strict_about_floats(part: Any, *, allowed: bool) -> Any:
    """A copy of a core schema in which every float says whether it may be NaN."""
    if isinstance(part, (list, tuple)):
        return [_strict_about_floats(item, allowed=allowed) for item in cast("list[Any]", part)]
    if not isinstance(part, dict):
        return part
    known = cast("dict[str, Any]", part)
    config = cast("dict[str, Any]", known.get("config") or {})
    allowed = bool(config.get("allow_inf_nan", allowed))
    copy = {
        key: value if key in _KEPT else _strict_about_floats(value, allowed=allowed) for key, value in known.items()
    }
    if known.get("type") == "float":
        copy.setdefault("allow_inf_nan", allowed)
    if known.get("type") == "any" and not allowed:
        return {"type": "function-after", "function": {"type": "no-info", "function": _only_finite}, "schema": copy}
    return copy


_KEPT = frozenset({"function", "metadata", "serialization", "cls", "default", "expected", "members", "config"})
"""Parts of a core schema that hold no schemas."""


def _only_finite(value: Any) -> Any:
    if not is_finite(value):
        raise ValueError("NaN and Infinity are no JSON numbers")
    return value


def as_json(tree: Json) -> Json:
    """A tree that any JSON encoder takes: NaN and Infinity as text."""
    if is_finite(tree):
        return tree
    if isinstance(tree, dict):
        return {key: as_json(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [as_json(value) for value in tree]
    return str(tree)
