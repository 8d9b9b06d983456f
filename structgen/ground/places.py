"""A stretch of the text that may be where a value comes from."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple


class Grade(IntEnum):
    """How sure a place is. Only the best grade that a value has anywhere is looked at."""

    OWN = 0
    """The value's own characters."""
    WRITTEN = 1
    """The same words or number, written otherwise."""
    INSIDE = 2
    """The same within something longer: a number in a date, a range or a code, ``400`` in ``400g``."""
    NEAR = 3
    """Nearly the same words."""
    EITHER = 4
    """What may be read in two ways, and in one of them as the value: ``03/04/2020``."""


class Place(NamedTuple):
    """Offsets in the text. `score` (0 to 1) is the likeness of a place of grade NEAR."""

    start: int
    end: int
    grade: Grade
    score: float | None = None


def best(places: Sequence[Place]) -> tuple[Place, ...]:
    """The places of the best grade, in order, each once."""
    if not places:
        return ()
    grade = min(place.grade for place in places)
    return tuple(sorted({place for place in places if place.grade == grade}))
