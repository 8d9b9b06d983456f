"""One value against one place of the schema: what it becomes there, by which repairs, and how badly it misfits."""

from __future__ import annotations

from dataclasses import dataclass

from structgen.core.json import Json
from structgen.core.options import Risk
from structgen.core.results import Issue, Repair


@dataclass(frozen=True, slots=True)
class Fit:
    """A value as it would stand in one place.

    `misfits` counts what no repair can bring into the schema, `strangers` the keys that the schema does not know.
    `issues` are values that a validator would take for something else and that must therefore be refused here.
    """

    value: Json
    repairs: tuple[Repair, ...] = ()
    misfits: int = 0
    strangers: int = 0
    issues: tuple[Issue, ...] = ()

    @property
    def cost(self) -> tuple[int, int, int, int]:
        """What to compare fits by: misfits, then the highest risk, then the number of repairs and strange keys."""
        risk = max((repair.risk for repair in self.repairs), default=0)
        return self.misfits, int(risk), len(self.repairs), self.strangers

    def after(self, repair: Repair) -> Fit:
        """The same fit with a repair that came before its own."""
        return Fit(self.value, (repair, *self.repairs), self.misfits, self.strangers, self.issues)


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
