"""Objects put together from the readings of their parts."""

from __future__ import annotations

from structgen.core.json import Json
from structgen.rules.document.visible_text import Span
from structgen.rules.fields import Field
from structgen.rules.findings import Finding, Step


def build(item: Field, found: dict[str, Finding]) -> Finding | None:
    """An object of its parts; None where a part that has to be there is missing."""
    value: dict[str, Json] = {}
    places: list[tuple[tuple[Step, ...], Span]] = []
    for child in item.children:
        part = found.get(child.name)
        if part is None and child.required and not child.nullable:
            return None
        if part is not None:
            value[child.name] = part.value
            places.extend(part.under(child.name))
        elif child.nullable:
            value[child.name] = None
    return Finding(value, tuple(places)) if places else None


def child_of(item: Field, concepts: frozenset[str]) -> Field | None:
    """The part of an object that stands for a concept."""
    return next((one for one in item.children if one.concepts & concepts), None)
