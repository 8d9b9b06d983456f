"""Check a value against a type or a JSON Schema: plain JSON, or an instance of the type."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, TypeAlias, cast

from pydantic import BaseModel, RootModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails, PydanticSerializationError, SchemaValidator

from structgen.core.json import MISSING, Json, at, pointer
from structgen.core.results import Issue
from structgen.schema.guards import TOO_COSTLY, TooCostly, details_of, guard_cost
from structgen.schema.node import Node
from structgen.schema.patterns import PatternTooCostly
from structgen.schema.pydantic_issues import issues_of, locate

Context: TypeAlias = Mapping[str, Any] | None
"""The ``info.context`` of user validators and serializers."""

MOST_ISSUES = 200
"""The maximum number of issues of a value, because a hostile value may have millions."""

TOO_DEEP = Issue("", "is nested too deep to be checked", "depth", None, "a value of less depth")


def check_json(validator: Any, value: object) -> tuple[Issue, ...]:
    """Return the issues of a value under a JSON Schema. Anything but plain JSON has at least one."""
    from structgen.schema.issues import issues_from_jsonschema
    from structgen.schema.json_validator import one_check

    try:
        strange = tuple(islice(_not_json(value, ()), MOST_ISSUES))
        with one_check():
            return strange or issues_from_jsonschema(islice(validator.iter_errors(value), MOST_ISSUES))
    except RecursionError:
        return (TOO_DEEP,)
    except PatternTooCostly as error:
        return (Issue("", f"holds a text that cannot be checked: {error}", "pattern"),)


def check_typed(
    adapter: TypeAdapter[Any],
    root: Node,
    value: object,
    context: Context = None,
    structure: SchemaValidator | None = None,
) -> tuple[Issue, ...]:
    """Return the issues of a plain JSON value, or of an instance, under a type; `root` is its schema.

    `structure` is a validator of the type without user functions, if the type has any. It runs first, so that user
    validators only see values of the right structure.
    """
    try:
        if next(_not_json(value, ()), None) is None:
            guard_cost(root, cast(Json, value))
            return _check_plain(adapter, cast(Json, value), context, structure)
        return _check_instance(adapter, value, context)
    except RecursionError:
        return (TOO_DEEP,)
    except TooCostly:
        return (TOO_COSTLY,)


def _not_json(value: object, at: tuple[str | int, ...]) -> Iterator[Issue]:
    """Yield an issue for everything in a value that JSON cannot hold."""
    if type(value) is dict:
        for key, inner in cast("dict[object, object]", value).items():
            if type(key) is str:
                yield from _not_json(inner, (*at, key))
            else:
                yield Issue(pointer(at), "has a key that is not a string", "json", str(key), "JSON")
    elif type(value) is list:
        for index, inner in enumerate(cast("list[object]", value)):
            yield from _not_json(inner, (*at, index))
    elif type(value) is float and not math.isfinite(value):
        yield Issue(pointer(at), "is not a number that JSON knows", "json", str(value), "a finite number")
    elif value is not None and type(value) not in {str, bool, int, float}:
        yield Issue(pointer(at), f"is a {type(value).__name__}, which is not plain JSON", "json", str(value), "JSON")


def _check_plain(
    adapter: TypeAdapter[Any], value: Json, context: Context, structure: SchemaValidator | None
) -> tuple[Issue, ...]:
    """Validate strictly, as JSON, so that no conversion goes unnoticed.

    A before- or wrap-validator passes its input on in Python mode, where strict validation refuses even a valid date.
    So if strict validation fails, lax validation decides. An error that only strict validation reports counts if the
    value was converted there.
    """
    text = json.dumps(value)
    # User validators may be slow, so they run only if the structure is right.
    strict = _errors(structure, text, value) if structure else []
    strict = strict or _errors(adapter, text, value, context)
    if not strict:
        return ()
    try:
        made = adapter.validate_json(text, context=context)
        dumped = adapter.dump_python(made, mode="json", by_alias=True, warnings=False, context=context)
    except ValidationError as error:
        lax = details_of(error, value)
        known = {details["loc"] for details in lax}
        converted = [details for details in strict if details["loc"] not in known and _is_conversion(details)]
        return issues_of([*lax, *converted], value)
    except PydanticSerializationError:
        dumped = None  # there is nothing to compare, so the kind of each error decides
    return issues_of([details for details in strict if _differs(details, value, dumped)], value)


def _errors(
    adapter: TypeAdapter[Any] | SchemaValidator, text: str, value: Json, context: Context = None
) -> list[ErrorDetails]:
    try:
        adapter.validate_json(text, strict=True, context=context)
    except ValidationError as error:
        return details_of(error, value)
    return []


def _is_conversion(details: ErrorDetails) -> bool:
    """Whether a strict error is about a difference that JSON itself makes: strings, numbers, true and false."""
    simple = isinstance(details["input"], (str, int, float))
    return simple and details["type"].split("_", 1)[0] in {"int", "float", "bool", "string"}


def _differs(details: ErrorDetails, value: Json, dumped: Json) -> bool:
    """Whether lax validation converted what strict validation refused."""
    here = at(dumped, locate(details, value)[0])
    if here is MISSING:
        return _is_conversion(details)
    before = details["input"]
    if isinstance(before, list) and isinstance(here, list):
        return False  # a set or a tuple, whose JSON form is a list, perhaps in another order
    return here != before or isinstance(here, bool) != isinstance(before, bool)


def _check_instance(adapter: TypeAdapter[Any], value: object, context: Context) -> tuple[Issue, ...]:
    """Validate an instance strictly. Its models are opened first, because Pydantic accepts an instance unchecked."""
    try:
        adapter.validate_python(value, strict=True, context=context)
        adapter.validate_python(_opened(value), strict=True, by_alias=False, by_name=True, context=context)
        if _holds_dataclass(value):
            dumped = adapter.dump_json(value, by_alias=False, warnings=False, context=context)
            adapter.validate_json(dumped, strict=True, by_alias=False, by_name=True, context=context)
    except ValidationError as error:
        return issues_of(error.errors(include_url=False), cast(Json, _shown(value)))
    return ()


def _holds_dataclass(value: object) -> bool:
    """Whether a value contains a dataclass. It cannot be opened as a dict, so its dump is validated instead."""
    opened = _opened(value)
    if isinstance(opened, dict):
        return any(map(_holds_dataclass, cast("dict[object, object]", opened).values()))
    if isinstance(opened, (list, tuple)):
        return any(map(_holds_dataclass, cast("list[object]", opened)))
    return dataclasses.is_dataclass(opened)


def _opened(value: object) -> object:
    """Return a value with every model in it as a dict of its fields."""
    if isinstance(value, RootModel):
        return _opened(cast("RootModel[Any]", value).root)
    if isinstance(value, BaseModel):
        return {name: _opened(inner) for name, inner in {**value.__dict__, **(value.model_extra or {})}.items()}
    if type(value) is dict:
        return {key: _opened(inner) for key, inner in cast("dict[object, object]", value).items()}
    if type(value) in {list, tuple}:
        return type(cast("list[object]", value))(_opened(inner) for inner in cast("list[object]", value))
    return value


def _shown(value: object) -> object:
    """Return an instance as plain data in which error locations can be followed."""
    opened = _opened(value)
    if dataclasses.is_dataclass(opened) and not isinstance(opened, type):
        return {field.name: _shown(getattr(opened, field.name, None)) for field in dataclasses.fields(opened)}
    if isinstance(opened, dict):
        return {key: _shown(inner) for key, inner in cast("dict[object, object]", opened).items()}
    if isinstance(opened, (list, tuple)):
        return [_shown(inner) for inner in cast("list[object]", opened)]
    return opened
