"""The result of fitting one value into one place of the schema: the aligned value, its repairs and its misfits."""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from typing import cast

from structgen.core.json import Json, JsonObject
from structgen.core.options import Risk
from structgen.core.results import Issue, Repair
from structgen.parse.align.scalars import integer_in
from structgen.parse.json_values import MAX_DIGITS, Exact, is_bounded

PLAIN_DECIMAL = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Fit:
    """A value as aligned with one place.

    `misfits`: the number of parts that no repair can fit into the schema.
    `unknown_keys`: the number of keys of this object that the schema does not know.
    `issues`: values that Pydantic would take for something else, so they are refused here.

    The other fields only help to choose between the members of a union.

    `wrong_kind`: the value is of another kind altogether.
    `mistagged`: the constants of this object that are not those of this member.
    `lost`, `nulls`: the number of values and nulls whose keys the member drops, nested ones included.
    `undeclared`: the number of keys that no field declares, nested ones included.
    """

    value: Json
    repairs: tuple[Repair, ...] = ()
    misfits: int = 0
    unknown_keys: int = 0
    issues: tuple[Issue, ...] = ()
    wrong_kind: bool = False
    mistagged: frozenset[str] = frozenset()
    lost: int = 0
    nulls: int = 0
    undeclared: int = 0

    def cost(self, tags: Container[str]) -> tuple[int, ...]:
        """Return the rank among union members that share these tags; the lowest is the best."""
        mistagged = sum(tag in tags for tag in self.mistagged)
        risk = max((int(repair.risk) for repair in self.repairs), default=0)
        return self.wrong_kind, mistagged, self.lost, self.nulls, self.undeclared, self.misfits, risk

    def after(self, repair: Repair) -> Fit:
        """Return the fit with a repair that was made before its own."""
        return replace(self, repairs=(repair, *self.repairs))


def misfit(value: Json) -> Fit:
    """Return the fit of a value that the place does not allow."""
    return Fit(value, misfits=1, wrong_kind=True)


def changed(rule: str, path: str, before: Json, after: Json, risk: Risk = Risk.INTERPRETIVE) -> Fit:
    """Return the fit of a value after one repair."""
    return Fit(after, (Repair(rule, path, before, after, risk),))


def combined(before: Json, after: Json, fits: Sequence[Fit], own: Fit) -> Fit:
    """Return the fit of a container from `own` and the fits of its members."""
    repairs = (*own.repairs, *(repair for fit in fits for repair in fit.repairs))
    items = before.values() if isinstance(before, dict) else before
    # An unchanged container stays the same object: its identity tells that the verdict of strict mode still holds.
    moved = repairs or any(fit.value is not item for fit, item in zip(fits, cast("list[Json]", items), strict=False))
    return replace(
        own,
        value=after if moved else before,
        repairs=repairs,
        misfits=own.misfits + sum(fit.misfits for fit in fits),
        issues=(*own.issues, *(issue for fit in fits for issue in fit.issues)),
        lost=own.lost + sum(fit.lost for fit in fits),
        nulls=own.nulls + sum(fit.nulls for fit in fits),
        undeclared=own.undeclared + sum(fit.undeclared for fit in fits),
    )


def refuse_huge(written: str, path: str) -> Fit | None:
    """Return the refusal of a number with too many digits, or None."""
    if not PLAIN_DECIMAL.match(written) or is_bounded(written):
        return None
    message = f"is a number of more than {MAX_DIGITS} digits"
    return Fit(written, misfits=1, issues=(Issue(path, message, "number", written),))


def fit_integer(value: float, path: str) -> Fit:
    """Convert a number into an integer; refuse one with a fraction, even if its float lost the fraction."""
    whole = integer_in(value)
    if whole is not None:
        return changed("number", path, value, whole)
    if not isinstance(value, Exact):
        return misfit(value)
    return Fit(value, misfits=1, issues=(Issue(path, "is not an integer", "type", value, "an integer"),))


def kind_of(value: Json) -> str:
    """Return the most specific JSON Schema type of a value."""
    for kind, name in _KINDS:
        if isinstance(value, kind):
            return name
    return "null"


_KINDS = (
    (str, "string"),
    (bool, "boolean"),
    (int, "integer"),
    (float, "number"),
    (dict, "object"),
    (list, "array"),
)


# Tool calls that a model writes into its text: an object with a name and arguments

ARGUMENTS = ("arguments", "parameters", "args", "input")
_CALL = frozenset({"name", "id", "type", "function", *ARGUMENTS})


def is_call(value: JsonObject) -> bool:
    """Whether an object looks like a tool call: a name and its arguments, or a function that has these."""
    inner = value.get("function")
    if isinstance(inner, dict) and value.keys() <= _CALL:
        return is_call(inner)
    return isinstance(value.get("name"), str) and value.keys() <= _CALL and any(key in value for key in ARGUMENTS)


def arguments_of(call: JsonObject) -> Json:
    """Return the arguments of a call, under any of their names."""
    inner = call.get("function")
    call = inner if isinstance(inner, dict) else call
    return next(call[key] for key in ARGUMENTS if key in call)


def holds_objects(arguments: Json) -> bool:
    """Whether arguments are a list of objects."""
    return isinstance(arguments, list) and any(isinstance(item, dict) for item in arguments)


def several_for_one(arguments: Json, path: str) -> Fit:
    """Refuse arguments that are a list of objects, if the schema wants one object."""
    message, expected = "is a tool call with a list of arguments", "one object"
    return Fit(arguments, misfits=1, issues=(Issue(path, message, "tool_call", arguments, expected),))
