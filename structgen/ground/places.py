"""Stretches of a text from which a value may come."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple


class Grade(IntEnum):
    """How certain a place is. Only places with the best grade of a value are considered."""

    OWN = 0
    """The value's own characters."""
    WRITTEN = 1
    """The same words or number in another form."""
    INSIDE = 2
    """The same within something longer: a number in a date or a range, ``400`` in ``400g``."""
    NEAR = 3
    """Nearly the same words."""
    EITHER = 4
    """Something with several readings, of which one is the value: ``03/04/2020``."""


class Place(NamedTuple):
    """Offsets in the text. `score` (0 to 1) is the likeness of a place of grade NEAR."""

    start: int
    end: int
    grade: Grade
    score: float | None = None


def best(places: Sequence[Place]) -> tuple[Place, ...]:
    """Return the places with the best grade, in order, each once."""
    if not places:
        return ()
    grade = min(place.grade for place in places)
    return tuple(sorted({place for place in places if place.grade == grade}))
