"""The validators of a type, with what Pydantic's own do not do.

Unions of objects are decided by the keys that a value gives, and NaN and Infinity are numbers only in fields that say
so in so many words: ``allow_inf_nan=True``.
"""

from __future__ import annotations

from functools import partial
from typing import Any, cast
from weakref import WeakKeyDictionary

from pydantic import TypeAdapter
from pydantic.plugin._schema_validator import PluggableSchemaValidator
from pydantic_core import SchemaValidator

from structgen.parse.strict import is_finite
from structgen.parse.unions import decides_unions
from structgen.schema import Schema
from structgen.schema.members import Core, mapped

_union: WeakKeyDictionary[Schema[Any], SchemaValidator | None] = WeakKeyDictionary()
_finite: WeakKeyDictionary[Schema[Any], SchemaValidator] = WeakKeyDictionary()


def validator_of(schema: Schema[Any], *, finite: bool = True) -> SchemaValidator | PluggableSchemaValidator:
    """The validator of a type, which decides unions of objects by their keys.

    Without `finite`, for values that hold NaN or Infinity: one that takes these only in fields that allow them by name.
    """
    if not finite:
        if schema not in _finite:
            core = _core(schema)
            _finite[schema] = _built(_strict_about_floats(decides_unions(core) or core, allowed=False))
        return _finite[schema]
    if schema not in _union:
        core = decides_unions(_core(schema))
        _union[schema] = None if core is None else _built(core)
    return _union[schema] or cast("TypeAdapter[Any]", schema.adapter).validator


def _core(schema: Schema[Any]) -> Core:
    return cast(Core, schema.adapter.core_schema) if schema.adapter else {"type": "any"}


def _built(core: Core) -> SchemaValidator:
    return SchemaValidator(cast(Any, core), _use_prebuilt=False)


def _strict_about_floats(part: Core, *, allowed: bool) -> Core:
    """A copy of a core schema in which every float says whether it may be NaN."""
    config = cast(Core, part.get("config") or {})
    allowed = bool(config.get("allow_inf_nan", allowed))
    copy = mapped(part, partial(_strict_about_floats, allowed=allowed))
    if part.get("type") == "float":
        copy.setdefault("allow_inf_nan", allowed)
    if part.get("type") == "any" and not allowed:
        return {"type": "function-after", "function": {"type": "no-info", "function": _only_finite}, "schema": copy}
    return copy


def _only_finite(value: Any) -> Any:
    if not is_finite(value):
        raise ValueError("NaN and Infinity are no JSON numbers")
    return value
