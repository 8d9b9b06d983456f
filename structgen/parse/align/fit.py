"""One value against one place of the schema: what it becomes there, by which repairs, and how badly it misfits."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, replace

from structgen.core.json import Json, JsonObject
from structgen.core.options import Risk
from structgen.core.results import Issue, Repair


@dataclass(frozen=True, slots=True)
class Fit:
    """A value as it would stand in one place.

    `misfits` counts what no repair can bring into the schema, `strangers` the keys of this object that the schema does
    not know. `issues` are values that a validator would take for something else and that must therefore be refused
    here. The others decide between the members of a union: whether the value is of another kind altogether, which
    constants of this object are not those of this member, how many values and nulls lose their keys, here and further
    in, and how many keys no field speaks of.
    """

    value: Json
    repairs: tuple[Repair, ...] = ()
    misfits: int = 0
    strangers: int = 0
    issues: tuple[Issue, ...] = ()
    alien: bool = False
    mistagged: frozenset[str] = frozenset()
    lost: int = 0
    nulls: int = 0
    undeclared: int = 0

    def cost(self, tags: Container[str]) -> tuple[int, ...]:
        """What decides between members of a union that all have these tags: what is lost counts most."""
        mistagged = sum(tag in tags for tag in self.mistagged)
        risk = max((int(repair.risk) for repair in self.repairs), default=0)
        return self.alien, mistagged, self.lost, self.nulls, self.undeclared, self.misfits, risk

    def after(self, repair: Repair) -> Fit:
        """The same fit with a repair that came before its own."""
        return replace(self, repairs=(repair, *self.repairs))


MISFIT = 1


def misfit(value: Json) -> Fit:
    """A value that cannot stand here."""
    return Fit(value, misfits=MISFIT, alien=True)


def changed(rule: str, path: str, before: Json, after: Json, risk: Risk = Risk.INTERPRETIVE) -> Fit:
    """A value that stands here after one repair."""
    return Fit(after, (Repair(rule, path, before, after, risk),))


def kind_of(value: Json) -> str:
    """The JSON Schema type of a value; an integer is a number too."""
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
