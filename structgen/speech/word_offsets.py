"""Where in the text of a transcript its segments and words are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from structgen.core.spoken import Spoken

_AHEAD = 80
"""How many characters beyond its own length a segment or word may be from the end of the one before it."""


class Timed(Protocol):
    """A segment or a word."""

    @property
    def start(self) -> float:
        """Seconds."""
        ...

    @property
    def end(self) -> float:
        """Seconds."""
        ...

    @property
    def text(self) -> str:
        """What was said."""
        ...


def places(text: str, parts: Sequence[Timed]) -> list[Spoken | None]:
    """Return the place of each part in the text, or None for a part that is not found where it should follow.

    The parts are in the order of the text. One that is not near the end of the part before it is left out, because it
    could be another occurrence of the same word.
    """
    found: list[Spoken | None] = []
    at, slack = 0, _AHEAD
    for part in parts:
        wanted = part.text.strip()
        start = text.find(wanted, at, at + len(wanted) + slack) if wanted else -1
        if start < 0:
            found.append(None)
            # the part that is missing took some room in the text
            slack = min(slack + len(wanted) + 1, 5 * _AHEAD)
            continue
        found.append(Spoken(start, start + len(wanted), part.start, max(part.start, part.end)))
        at, slack = start + len(wanted), _AHEAD
    return found


def spoken_places(text: str, parts: Sequence[Timed]) -> tuple[Spoken, ...]:
    """Return the places of the parts that are found."""
    return tuple(place for place in places(text, parts) if place is not None)
