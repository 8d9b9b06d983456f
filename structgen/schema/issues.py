"""Issues of values: the words that all sources share, the choice of a branch of a union, and jsonschema's errors.

A message says what is expected and never what was found: messages may reach a log, the text of a document must not.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, TypeAlias, cast

from structgen.core.json import Json, pointer
from structgen.core.results import Issue
from structgen.schema.formats import FORMATS

KINDS = {
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
    "array": "a list",
    "object": "an object",
}
"""The types of JSON Schema in plain words."""

_MOST_NAMED = 12
"""The maximum number of choices in a message: nobody needs all countries there."""

NO_BRANCH = "fits none of the allowed forms"
_AT_ROOT = frozenset({"type", "enum", "const", "format"})


@dataclass(frozen=True, slots=True)
class Branches:
    """The failures of every branch of a union, if the value at `path` fits none."""

    path: str
    branches: tuple[tuple[Failure, ...], ...]


Failure: TypeAlias = Issue | Branches


def kind_of(value: object) -> str:
    """Return the type of a JSON value in plain words."""
    for kinds, words in (
        (bool, "true" if value else "false"),
        (str, "a string"),
        (int, "an integer"),
        (float, "a number"),
        (list, "a list"),
        (dict, "an object"),
    ):
        if isinstance(value, kinds):
            return words
    return "null" if value is None else f"a {type(value).__name__}"


def choices(values: Sequence[object]) -> str:
    """Return values as a choice in words: ``"a", "b" or 3``. Long lists are cut."""
    written = [json.dumps(value, ensure_ascii=False, default=str) for value in values[:_MOST_NAMED]]
    if len(values) > _MOST_NAMED:
        return f"{', '.join(written)} or one of {len(values) - _MOST_NAMED} others"
    return either(written)


def either(words: Iterable[str]) -> str:
    """Return words as a choice: ``a, b or c``, each once."""
    *first, last = dict.fromkeys(words) or ("nothing",)
    return f"{', '.join(first)} or {last}" if first else last


def should_be(path: str, expected: str, code: str, found: Json) -> Issue:
    """Return the issue of a value that is not what was expected."""
    seen = f", but is {kind_of(found)}" if code == "type" else ""
    return Issue(path, f"should be {expected}{seen}", code, found, expected)


def settle(failures: Iterable[Failure]) -> tuple[Issue, ...]:
    """Return the issues worth reporting, each once, in order: of a union those of its best branch."""
    found: list[Issue] = []
    for failure in failures:
        for issue in _of_union(failure) if isinstance(failure, Branches) else (failure,):
            if issue not in found[-50:]:  # comparing with all of them would be quadratic
                found.append(issue)
    return tuple(found)


def _of_union(union: Branches) -> tuple[Issue, ...]:
    branches = [settle(branch) for branch in union.branches]
    if not branches:
        return (Issue(union.path, NO_BRANCH, "union"),)
    if all(len(branch) == 1 and _is_root(branch[0], union.path) for branch in branches):
        firsts = [branch[0] for branch in branches]
        expected = either(issue.expected for issue in firsts)
        codes = {issue.code for issue in firsts}
        if len(codes) == 1:
            return (should_be(union.path, expected, codes.pop(), firsts[0].found),)
        return (Issue(union.path, f"should be {expected}", "union", firsts[0].found, expected),)
    return min(branches, key=lambda branch: _misfit(branch, union.path))


def _is_root(issue: Issue, path: str) -> bool:
    return issue.path == path and issue.code in _AT_ROOT


def _misfit(branch: Sequence[Issue], path: str) -> tuple[int, int, int]:
    """Return how badly a branch fits: another type of value first, then another tag, then the number of issues."""
    tags = sum(issue.code in {"enum", "const"} and issue.path.count("/") == path.count("/") + 1 for issue in branch)
    others = sum(_is_root(issue, path) or (issue.path == path and issue.message == NO_BRANCH) for issue in branch)
    return others, tags, len(branch)


def plain(value: object) -> Json:
    """Return a value for `Issue.found`: itself if it is plain JSON, else its text."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in cast("Sequence[object]", value)]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in cast("dict[object, object]", value).items()}
    return str(value)


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
"""Keyword -> code, and what is expected, with the keyword's value."""

_PLAIN = {
    "uniqueItems": ("unique", "a list without repetitions"),
    "contains": ("contains", "a list with an item of the kind asked for"),
    "not": ("not_allowed", "none of the values that are excluded here"),
}


def issues_from_jsonschema(errors: Iterable[Any]) -> tuple[Issue, ...]:
    """Return the issues of jsonschema's errors, in order.

    `unevaluatedProperties` also refuses a key whose value its own schema refused. Such a key is reported once.
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
    """Return the branch of a union that an error comes from, or None for a branch that is `false`."""
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
    """Yield the types that a `type` keyword names, in plain words."""
    for kind in cast("list[object]", types) if isinstance(types, list) else [types]:
        yield KINDS.get(kind, str(kind)) if isinstance(kind, str) else "another form"
