"""jsonschema's errors as issues: paths, plain words, and of each union the branch that fits best."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any, cast

from structgen.core.json import Json, pointer
from structgen.core.results import Issue
from structgen.schema.formats import FORMATS
from structgen.schema.issues import KINDS, NO_BRANCH, Branches, Failure, choices, either, settle, should_be

_LIMITS = {
    "minimum": ("range", "at least {}"),
    "maximum": ("range", "at most {}"),
    "exclusiveMinimum": ("range", "greater than {}"),
    "exclusiveMaximum": ("range", "less than {}"),
    "multipleOf": ("multiple", "a multiple of {}"),
    "divisibleBy": ("multiple", "a multiple of {}"),
    "minLength": ("length", "at least {} characters long"),
    "maxLength": ("length", "at most {} characters long"),
    "minItems": ("length", "a list of at least {} items"),
    "maxItems": ("length", "a list of at most {} items"),
    "minProperties": ("length", "an object of at least {} keys"),
    "maxProperties": ("length", "an object of at most {} keys"),
    "pattern": ("pattern", "text that matches /{}/"),
    "minContains": ("contains", "a list with at least {} items of the kind asked for"),
    "maxContains": ("contains", "a list with at most {} items of the kind asked for"),
}
"""Keyword -> code, and what belongs there in words with the keyword's value."""

_PLAIN = {
    "uniqueItems": ("unique", "a list without repetitions"),
    "contains": ("contains", "a list with an item of the kind asked for"),
    "not": ("not_allowed", "none of the values that are excluded here"),
}


def issues_from_jsonschema(errors: Iterable[Any]) -> tuple[Issue, ...]:
    """The issues of jsonschema's errors, in their order.

    `unevaluatedProperties` also refuses a key whose schema found its value wrong: that is said once.
    """
    found = settle(_failure(error) for error in errors)
    wrong = {issue.path for issue in found if issue.code != "unknown_key"}
    return tuple(issue for issue in found if issue.code != "unknown_key" or issue.path not in wrong)


def _failure(error: Any) -> Failure:
    path = pointer(error.absolute_path)
    if error.validator in {"anyOf", "oneOf"} and error.context:
        branches = groupby(error.context, key=_branch_of)
        return Branches(path, tuple(tuple(map(_failure, branch)) for _, branch in branches))
    return _leaf(path, error)


def _branch_of(error: Any) -> object:
    """Which branch of a union an error comes from; a branch that is `false` leaves no mark."""
    return next(iter(error.schema_path), None)


def _leaf(path: str, error: Any) -> Issue:
    keyword, value, found = error.validator, error.validator_value, error.instance
    if keyword in {"required", "dependentRequired", "dependencies"}:
        return Issue(path, "is required but missing", "missing", None, "a value")
    if keyword in {"additionalProperties", "unevaluatedProperties"}:
        return Issue(path, "is not one of the keys that are allowed here", "unknown_key", found, "no such key")
    if keyword == "type":
        return should_be(path, either(_kinds(value)), "type", found)
    if keyword in {"enum", "const"}:
        return should_be(path, choices(value if keyword == "enum" else [value]), keyword, found)
    if keyword == "format":
        return should_be(path, FORMATS[value][1], "format", found)
    if keyword == "propertyNames":
        expected = issues_from_jsonschema(error.context)[0].expected or "one of the allowed keys"
        return Issue(path, f"has a key that should be {expected}", "key", found, expected)
    if keyword in _LIMITS:
        code, words = _LIMITS[keyword]
        written = value if isinstance(value, str) else json.dumps(value)
        return should_be(path, words.replace("{}", written), code, found)
    if keyword in _PLAIN:
        code, words = _PLAIN[keyword]
        return should_be(path, words, code, found)
    return _other(path, keyword, error.message, found)


def _other(path: str, keyword: str | None, message: str, found: Json) -> Issue:
    if message == NO_BRANCH:
        return Issue(path, NO_BRANCH, "union", found)
    if keyword == "oneOf":
        return Issue(path, "fits more than one of the forms of which it should fit exactly one", "union", found)
    if keyword in {"items", "additionalItems", "unevaluatedItems"}:
        return Issue(path, "has more items than are allowed", "length", found, "a shorter list")
    return Issue(path, "is not allowed here", "not_allowed", found, "nothing")


def _kinds(types: object) -> Iterator[str]:
    """The types that a `type` keyword names, in plain words."""
    for kind in cast("list[object]", types) if isinstance(types, list) else [types]:
        yield KINDS.get(kind, str(kind)) if isinstance(kind, str) else "another form"
