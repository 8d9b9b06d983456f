"""Pydantic validators of a type with stricter rules than Pydantic's own.

The keys of a value decide which member of a union of objects it is. NaN and Infinity are valid only in fields that
declare ``allow_inf_nan=True``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, partial
from typing import Any, TypeAlias, cast
from weakref import WeakKeyDictionary

from pydantic import TypeAdapter
from pydantic_core import SchemaValidator

from structgen.parse.strict_json import is_finite
from structgen.parse.union_choice import decide_unions_by_keys
from structgen.schema import Schema
from structgen.schema.core_schema import Core, closed, has_part, mapped, without_functions

_known: WeakKeyDictionary[Schema[Any], Validators] = WeakKeyDictionary()

Read: TypeAlias = Callable[..., Any]
"""The ``validate_json`` of a validator."""


class Validators:
    """The validators of one type. The closed ones report an error for each key that the type would drop."""

    def __init__(self, schema: Schema[Any]) -> None:
        self._adapter: TypeAdapter[Any] | None = schema.adapter
        own: Core = cast(Core, self._adapter.core_schema) if self._adapter else {"type": "any"}
        own = without_functions(own) if schema.bare else own
        self._own = self._adapter is not None and not schema.bare
        """Whether Pydantic's own validator of the type applies."""
        self._decided = decide_unions_by_keys(own)
        self._core = own if self._decided is None else self._decided
        self.constructs = has_part(own, _constructs)
        """Whether a custom ``__init__`` makes the value; closed validators do not call it."""
        self._keeps = self.constructs or has_part(own, _keeps_keys)

    @cached_property
    def open(self) -> Read:
        """Validate by the type's own rules."""
        if self._decided is None and self._own:
            return cast("TypeAdapter[Any]", self._adapter).validator.validate_json
        return _built(self._core)

    @cached_property
    def closed(self) -> Read:
        """Validate by the type's own rules, except that a key that it would drop is an error."""
        if self._decided is None and self._own and not self._keeps:
            return partial(self.open, extra="forbid")
        return _built(closed(self._core))

    @cached_property
    def open_infinite(self) -> Read:
        """Validate a value that contains NaN or Infinity, which only fields with ``allow_inf_nan=True`` accept."""
        return _built(_strict_about_floats(self._core))

    @cached_property
    def closed_infinite(self) -> Read:
        """Validate like `open_infinite`, except that a key that the type would drop is an error."""
        return _built(closed(_strict_about_floats(self._core)))


def validators_of(schema: Schema[Any]) -> Validators:
    """Return the validators of a schema's type, made once per schema."""
    schema = schema if schema.bare else schema.free
    found = _known.get(schema)
    if found is None:
        found = _known[schema] = Validators(schema)
    return found


def _built(core: Core) -> Read:
    # The prebuilt validators of nested models would bypass what was changed in the core schema.
    return SchemaValidator(cast(Any, core), _use_prebuilt=False).validate_json


def _constructs(part: Core) -> bool:
    return part.get("type") == "model" and part.get("custom_init") is True


def _keeps_keys(part: Core) -> bool:
    """Whether a type keeps unknown keys (``extra="allow"``), so that they must not be forbidden."""
    return "allow" in (part.get("extra_fields_behavior"), part.get("extra_behavior"))


def _strict_about_floats(core: Core) -> Core:
    """Return a copy of a core schema in which every float states whether it may be NaN."""
    known: dict[tuple[int, bool], Core] = {}  # one part may be in models that allow it and in others

    def change(allowed: bool, part: Core) -> Core:
        allowed = bool(cast(Core, part.get("config") or {}).get("allow_inf_nan", allowed))
        key = (id(part), allowed)
        if key not in known:
            copy = mapped(part, partial(change, allowed))
            if part.get("type") == "float":
                copy.setdefault("allow_inf_nan", allowed)
            if part.get("type") == "any" and not allowed:
                function = {"type": "no-info", "function": _only_finite}
                copy = {"type": "function-after", "function": function, "schema": copy}
            known[key] = copy
        return known[key]

    return change(False, core)


def _only_finite(value: Any) -> Any:
    if not is_finite(value):
        raise ValueError("NaN and Infinity are not JSON numbers")
    return value
