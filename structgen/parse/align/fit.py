"""One value against one place of the schema: what it becomes there, by which repairs, and how badly it misfits."""

from __future__ import annotations

from dataclasses import dataclass, replace

from structgen.core.json import Json
from structgen.core.options import Risk
from structgen.core.results import Issue, Repair


@dataclass(frozen=True, slots=True)
class Fit:
    """A value as it would stand in one place.

    `misfits` counts what no repair can bring into the schema, `strangers` the keys of this object that the schema does
    not know. `issues` are values that a validator would take for something else and that must therefore be refused
    here. `ignored` are the keys, here and further in, that a type drops; `mistagged` counts the constants that tell
    members of a union apart and are not those of this one.
    """

    value: Json
    repairs: tuple[Repair, ...] = ()
    misfits: int = 0
    strangers: int = 0
    issues: tuple[Issue, ...] = ()
    ignored: tuple[Repair, ...] = ()
    mistagged: int = 0

    @property
    def loss(self) -> tuple[int, int, int]:
        """What of the response is lost as this member of a union: wrong tags, values under dropped keys, and nulls."""
        lost = sum(repair.before is not None for repair in self.ignored)
        return self.mistagged, lost, len(self.ignored) - lost

    @property
    def cost(self) -> tuple[tuple[int, int, int], int, int]:
        """What decides between members of a union: what is lost, then misfits, then the highest risk."""
        risk = max((repair.risk for repair in self.repairs), default=0)
        return self.loss, self.misfits, int(risk)

    @property
    def rank(self) -> tuple[tuple[tuple[int, int, int], int, int], int, int]:
        """The cost, and what decides between equal ones: the number of repairs, then of keys that have no place."""
        return self.cost, len(self.repairs), self.strangers

    def after(self, repair: Repair) -> Fit:
        """The same fit with a repair that came before its own."""
        return replace(self, repairs=(repair, *self.repairs))


MISFIT = 1


def misfit(value: Json) -> Fit:
    """A value that cannot stand here."""
    return Fit(value, misfits=MISFIT)


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
