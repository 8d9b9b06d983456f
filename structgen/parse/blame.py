"""Which validator of the user's raised something that Pydantic does not take for a refusal."""

from __future__ import annotations

from collections.abc import Iterator
from types import CodeType, FunctionType, MethodType
from typing import Any, cast

from structgen.core.errors import TaskError
from structgen.schema import Schema


def task_error(schema: Schema[Any], error: Exception) -> TaskError:
    """A TaskError that names the validator, its model and field, as far as the traceback and the schema tell."""
    name, place = "a validator", schema.name
    codes = dict(_frames(error))
    for function, where in _validators(cast(object, getattr(schema.adapter, "core_schema", None)), ()):
        code = _code(function)
        if code in codes:
            name, place = f"the validator {codes[code]}", ".".join(where) or place
            break
    said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return TaskError(
        f"{name} of {place} raised {said}. A validator refuses a value with ValueError or AssertionError; "
        "anything else is a fault in the validator: fix it."
    )


def _frames(error: Exception) -> Iterator[tuple[CodeType, str]]:
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        yield code, code.co_qualname.replace("<locals>.", "")
        trace = trace.tb_next


def _code(function: object) -> CodeType | None:
    function = function.__func__ if isinstance(function, MethodType) else function
    return function.__code__ if isinstance(function, FunctionType) else None


def _validators(part: object, where: tuple[str, ...]) -> Iterator[tuple[object, tuple[str, ...]]]:
    """Every function in a core schema, with the model and field that it stands in."""
    if isinstance(part, (list, tuple)):
        for item in cast("list[object]", part):
            yield from _validators(item, where)
    if not isinstance(part, dict):
        return
    known = cast("dict[str, object]", part)
    if known.get("type") in {"model", "dataclass", "typed-dict"}:
        where = (getattr(known.get("cls"), "__name__", "?"),)
    function = known.get("function")
    if isinstance(function, dict) and "function" in function:
        yield cast("dict[str, object]", function)["function"], where
    for key, value in known.items():
        if key == "fields" and isinstance(value, dict):
            for name, one in cast("dict[str, object]", value).items():
                yield from _validators(one, (*where[:1], name))
        elif key not in {"function", "metadata", "serialization"}:
            yield from _validators(value, where)
