"""Turn Pydantic's validation errors into issues: paths into the value, plain words, one code for synonyms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, cast

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from structgen.core.json import Json, pointer
from structgen.core.results import Issue
from structgen.schema.issues import Branches, Failure, plain, settle, should_be

Located = tuple[tuple[str | int, ...], tuple[tuple[int, str], ...], ErrorDetails]
"""The path into the value; for each union on it, the depth and the label of the branch; the error."""

_KINDS = {
    "int": "an integer",
    "float": "a number",
    "decimal": "a decimal number",
    "bool": "true or false",
    "string": "a string",
    "bytes": "a string",
    "list": "a list",
    "tuple": "a list",
    "set": "a list",
    "frozen_set": "a list",
    "iterable": "a list",
    "dict": "an object",
    "mapping": "an object",
    "model": "an object",
    "model_attributes": "an object",
    "dataclass": "an object",
    "arguments": "a list or an object",
    "named_tuple": "a list",
    "none_required": "null",
    "date": "a date (YYYY-MM-DD)",
    "date_from_datetime": "a date (YYYY-MM-DD)",
    "time": "a time (HH:MM:SS)",
    "datetime": "a date and time (YYYY-MM-DDTHH:MM:SS)",
    "datetime_from_date": "a date and time (YYYY-MM-DDTHH:MM:SS)",
    "time_delta": "a duration (ISO 8601, such as PT15M)",
    "timezone": "a date and time with its time zone",
    "timezone_aware": "a date and time with its time zone",
    "timezone_naive": "a date and time without a time zone",
    "uuid": "a UUID",
    "url": "a URL",
    "enum": "one of the allowed values",
    "complex": "a complex number",
    "complex_str": "a complex number",
}
"""The first part of Pydantic's error type -> what is expected."""

AMBIGUOUS = "ambiguous_union"
"""The error type of a value that may be several members of a union."""

_SIMPLE = frozenset({"int", "float", "bool"})
_NOT_A_TYPE = ("parsing", "syntax_violation", "version", "offset", "aware", "naive", "inexact")
_LIMITS = {
    "greater_than": ("range", "greater than {gt}"),
    "greater_than_equal": ("range", "at least {ge}"),
    "less_than": ("range", "less than {lt}"),
    "less_than_equal": ("range", "at most {le}"),
    "multiple_of": ("multiple", "a multiple of {multiple_of}"),
    "finite_number": ("range", "a finite number"),
    "string_too_short": ("length", "at least {min_length} characters long"),
    "string_too_long": ("length", "at most {max_length} characters long"),
    "bytes_too_short": ("length", "at least {min_length} bytes long"),
    "bytes_too_long": ("length", "at most {max_length} bytes long"),
    "too_short": ("length", "a list or object of at least {min_length}"),
    "too_long": ("length", "a list or object of at most {max_length}"),
    "string_pattern_mismatch": ("pattern", "text that matches /{pattern}/"),
    "literal_error": ("enum", "{expected}"),
    "enum": ("enum", "{expected}"),
    "decimal_max_digits": ("range", "a number of at most {max_digits} digits"),
    "decimal_max_places": ("range", "a number of at most {decimal_places} decimal places"),
    "decimal_whole_digits": ("range", "a number of at most {whole_digits} digits before the point"),
    "union_tag_invalid": ("enum", "one of {expected_tags}"),
    "date_past": ("range", "a date in the past"),
    "date_future": ("range", "a date in the future"),
    "datetime_past": ("range", "a date in the past"),
    "datetime_future": ("range", "a date in the future"),
}
"""Pydantic's error type -> code, and what is expected, with the error's context."""


def issues_from_pydantic(error: ValidationError, data: Json = None) -> tuple[Issue, ...]:
    """Return the issues of a ValidationError; `data` is the plain JSON that was validated.

    Pydantic's locations also include the branches of unions, and `data` tells these from keys. Without it, every step
    that looks like a type is left out.
    """
    return issues_of(error.errors(include_url=False), data)


def issues_of(errors: Iterable[ErrorDetails], data: Json = None) -> tuple[Issue, ...]:
    """Return the issues of several errors of Pydantic; `data` as above."""
    return settle(_grouped([locate(details, data) for details in errors], 0))


def locate(error: ErrorDetails, data: Json) -> Located:
    """Split a location into the path in the data and the labels of the union branches on its way."""
    path: list[str | int] = []
    labels: list[tuple[int, str]] = []
    here: object = data
    last = len(error["loc"]) - 1
    for number, step in enumerate(error["loc"]):
        missing = number == last and error["type"] == "missing"
        if isinstance(here, list) and isinstance(step, int) and step < len(cast("list[Json]", here)):
            path.append(step)
            here = cast("list[Json]", here)[step]
        elif isinstance(here, dict) and (step in here or missing):
            path.append(step)
            here = cast("dict[object, object]", here).get(step)
        elif missing or (data is None and not _is_label(step)):
            path.append(step)
        elif step != "[key]":
            labels.append((len(path), str(step)))
    return tuple(path), tuple(labels), error


def _is_label(step: str | int) -> bool:
    return isinstance(step, str) and (step in _KINDS or any(sign in step for sign in "[]()-"))


def _grouped(errors: Sequence[Located], depth: int) -> Iterator[Failure]:
    """Yield the issues of errors; errors below the same union become its branches."""
    for key, group in groupby(errors, key=lambda located: _union_of(located, depth)):
        members = list(group)
        if key is None:
            for located in members:
                yield from _in_doubt(located) if located[2]["type"] == AMBIGUOUS else [_issue(located)]
            continue
        branches = groupby(members, key=lambda located: located[1][depth][1])
        yield Branches(pointer(key), tuple(tuple(_grouped(list(branch), depth + 1)) for _, branch in branches))


def _union_of(located: Located, depth: int) -> tuple[str | int, ...] | None:
    path, labels, _ = located
    return path[: labels[depth][0]] if len(labels) > depth else None


def _issue(located: Located) -> Issue:
    path, _, error = located
    kind, context = error["type"], cast("Mapping[str, Any]", error.get("ctx", {}))
    found = plain(error["input"])
    if kind in {"missing", "missing_argument", "union_tag_not_found"}:
        steps = (*path, str(context["discriminator"]).strip("'")) if kind == "union_tag_not_found" else path
        return Issue(pointer(steps), "is required but missing", "missing", None, "a value")
    if kind in {"extra_forbidden", "unexpected_keyword_argument", "unexpected_positional_argument"}:
        return Issue(pointer(path), "is not one of the keys that are allowed here", "unknown_key", found, "no such key")
    if kind == "union_tag_invalid":
        tag = str(context["discriminator"]).strip("'")
        path = (*path, tag)
        found = found.get(tag) if isinstance(found, dict) else found
    if kind in _LIMITS:
        code, words = _LIMITS[kind]
        return should_be(pointer(path), words.format_map({**context}), code, found)
    if kind in {"json_invalid", "json_type"}:
        return Issue(pointer(path), f"is not valid JSON: {context.get('error', 'unreadable')}", "json", found, "JSON")
    return _other(pointer(path), error, found)


def _in_doubt(located: Located) -> Iterator[Issue]:
    """Yield an issue for each key that would tell which member a value is, or for the value if no key would."""
    path, _, error = located
    context = cast("Mapping[str, Any]", error.get("ctx", {}))
    found = plain(error["input"])
    words = f"may be {context['members']}, and nothing tells which"
    held: Mapping[str, Json] = found if isinstance(found, dict) else {}
    keys = cast("Sequence[str]", context["keys"])
    for key in keys:
        said = f"is needed to tell whether this is {context['members']}: give it, or null if the document does not say"
        yield Issue(pointer((*path, key)), said, "ambiguous", held.get(key), "a value, or null")
    if not keys:
        yield Issue(pointer(path), words, "ambiguous", found, f"{context['members']}")


def _other(path: str, error: ErrorDetails, found: Json) -> Issue:
    """Return the issue of a wrong type or format, or the message of a user validator."""
    kind = error["type"]
    if kind == "recursion_loop":
        return Issue(path, "is nested too deep or contains itself", "depth", None, "a value of finite depth")
    stem = next((name for name in (kind, *_stems(kind)) if name in _KINDS), None)
    if stem is not None:
        code = "format" if kind.endswith(_NOT_A_TYPE) and isinstance(found, str) and stem not in _SIMPLE else "type"
        return should_be(path, _KINDS[stem], code, found)
    message = error["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
    code = "custom" if kind in {"value_error", "assertion_error"} else kind
    return Issue(path, message[:1].lower() + message[1:], code, found)


def _stems(kind: str) -> Iterator[str]:
    """``date_from_datetime_parsing`` -> ``date_from_datetime``, ``date_from``, ``date``."""
    while "_" in kind:
        kind = kind.rpartition("_")[0]
        yield kind
