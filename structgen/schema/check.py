"""What is wrong with a value: a plain JSON value or an instance of the type."""

from __future__ import annotations

import json
from itertools import islice
from typing import Any, cast

from pydantic import TypeAdapter, ValidationError

from structgen.core.json import Json
from structgen.core.records import Issue
from structgen.schema.issues import plain
from structgen.schema.patterns import PatternTooCostly
from structgen.schema.pydantic_issues import issues_from_pydantic

MOST_ISSUES = 200
"""Nobody reads more, and a hostile value may have millions."""

TOO_DEEP = Issue("", "is nested too deep to be checked", "depth", None, "a value of less depth")


def check_json(validator: Any, value: Json) -> tuple[Issue, ...]:
    """The issues of a plain JSON value under a JSON Schema."""
    from structgen.schema.json_issues import issues_from_jsonschema

    try:
        return issues_from_jsonschema(islice(validator.iter_errors(value), MOST_ISSUES))
    except RecursionError:
        return (TOO_DEEP,)
    except PatternTooCostly as error:
        return (Issue("", f"holds a text that cannot be checked: {error}", "pattern"),)


def check_typed(adapter: TypeAdapter[Any], value: object) -> tuple[Issue, ...]:
    """The issues of a plain JSON value, or of an instance, under a type.

    A conversion is an issue here, so JSON is read strictly first. Validators that turn their input to Python mode
    make strict reading refuse dates and the like; these are told apart by a second, lax reading.
    """
    try:
        text = json.dumps(value)
    except (TypeError, ValueError):
        return _check_instance(adapter, value)
    except RecursionError:
        return (TOO_DEEP,)
    try:
        adapter.validate_json(text, strict=True)
    except ValidationError as error:
        return issues_from_pydantic(error, cast(Json, value))
    return ()


def _check_instance(adapter: TypeAdapter[Any], value: object) -> tuple[Issue, ...]:
    try:
        adapter.validate_python(value, strict=True)
    except ValidationError as error:
        return issues_from_pydantic(error, plain(value))
    return ()
