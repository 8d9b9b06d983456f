"""Calls of tools in the text of a response: an object with a name and its arguments."""

from __future__ import annotations

from structgen.core.json import Json, JsonObject
from structgen.core.results import Issue
from structgen.parse.align.fit import Fit

ARGUMENTS = ("arguments", "parameters", "args", "input")
_CALL = frozenset({"name", "id", "type", "function", *ARGUMENTS})


def is_call(value: JsonObject) -> bool:
    """Whether an object has the shape of a tool call: a name and its arguments, or a function that has these."""
    inner = value.get("function")
    if isinstance(inner, dict) and value.keys() <= _CALL:
        return is_call(inner)
    return isinstance(value.get("name"), str) and value.keys() <= _CALL and any(key in value for key in ARGUMENTS)


def arguments_of(call: JsonObject) -> Json:
    """The arguments of a call, under whichever name it gives them."""
    inner = call.get("function")
    call = inner if isinstance(inner, dict) else call
    return next(call[key] for key in ARGUMENTS if key in call)


def holds_objects(arguments: Json) -> bool:
    """Whether arguments are a list of objects."""
    return isinstance(arguments, list) and any(isinstance(item, dict) for item in arguments)


def several_for_one(arguments: Json, path: str) -> Fit:
    """Arguments that are a list of objects, where a single object belongs: the call is not that object."""
    words, expected = "is a call of a tool with a list of arguments", "one object"
    return Fit(arguments, misfits=1, issues=(Issue(path, words, "tool_call", arguments, expected),))
