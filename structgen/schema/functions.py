"""A type without the functions of its author: what its structure alone says of a value.

Validators may be slow, may ask a server, may count. So whatever can be told without them is told without them.
"""

from __future__ import annotations

import sys
from typing import Any, cast

from structgen.schema.core_schema import Core, has_part, mapped

_STRUCTURE = (sys.stdlib_module_names - {"functools", "unittest"}) | {
    "pydantic", "pydantic_core", "pydantic_extra_types", "annotated_types", "structgen",
}  # fmt: skip
"""Modules whose functions are a part of a type's structure; a partial of `functools` may hold anybody's."""

_PLACE = "ref"


def has_functions(core: Core) -> bool:
    """Whether a validator or a constructor of the author's has a say in a type."""
    return has_part(core, _is_own)


def without_functions(part: Core) -> Core:
    """A copy of a core schema without them. What one is shown before the type itself may be anything."""
    kind, place = part.get("type"), {_PLACE: part[_PLACE]} if _PLACE in part else {}
    if _is_changed_before(part):
        return {"type": "any", **place}
    made = mapped(part, without_functions)
    if kind == "function-after" and _is_own(part):
        inner = cast(Core, made["schema"])
        return {"type": "chain", "steps": [inner], **place} if place else inner
    if kind in _CLASSES:
        made.pop("post_init", None)
        made.pop("custom_init", None)
    if kind == "default" and "default_factory" in made:
        made = {**{key: value for key, value in made.items() if key not in _FACTORY}, "default": None}
    return made


def _is_changed_before(part: Core) -> bool:
    """Whether a function of the author's is shown a value first; the fields of a class count as the class."""
    kind = part.get("type")
    if kind in _BEFORE and _is_own(part):
        return True
    below = part.get("schema") if kind in _CLASSES or kind == "function-after" else None
    return isinstance(below, dict) and _is_changed_before(cast(Core, below))


_CLASSES = frozenset({"model", "dataclass"})
_BEFORE = frozenset({"function-before", "function-wrap", "function-plain"})
_FACTORY = frozenset({"default_factory", "default_factory_takes_data", "validate_default"})


def _is_own(part: Core) -> bool:
    """Whether a part runs code of the author's on a value."""
    kind = part.get("type")
    if not isinstance(kind, str):  # fields by their names, one of which is "type"
        return False
    if kind in _CLASSES:
        return bool(part.get("custom_init") or part.get("post_init"))
    if kind != "function-after" and kind not in _BEFORE:
        return False
    given: Any = part.get("function")
    if not isinstance(given, dict):  # of a serializer
        return False
    function = cast("dict[str, object]", given).get("function")
    module = getattr(function, "__module__", None) or getattr(type(function), "__module__", "")
    return str(module).partition(".")[0] not in _STRUCTURE
