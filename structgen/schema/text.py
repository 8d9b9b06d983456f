"""Expressions of an outline, and how they are put together: each knows how tightly it binds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum


class Level(IntEnum):
    """How tightly an expression binds: ``A | B`` less than ``A & B``, and that less than ``A``."""

    UNION = 0
    BOTH = 1
    ATOM = 2


@dataclass(frozen=True, slots=True)
class Text:
    """An expression, on one line or more."""

    words: str
    level: Level = Level.ATOM

    def at(self, level: Level) -> str:
        """The words, in parentheses where they bind less tightly than `level`."""
        return self.words if self.level >= level else f"({self.words})"


ANY = Text("any")


def either(texts: Sequence[Text]) -> Text:
    """Any of several: ``A | B``."""
    return texts[0] if len(texts) == 1 else Text(" | ".join(text.words for text in texts), Level.UNION)


def both(texts: Sequence[Text]) -> Text:
    """All of several: ``A & B``; of none, anything."""
    if len(texts) < 2:
        return texts[0] if texts else ANY
    return Text(" & ".join(text.at(Level.BOTH) for text in texts), Level.BOTH)


def noted(text: Text, notes: Sequence[str]) -> Text:
    """An expression with its notes in parentheses behind it."""
    return Text(f"{text.at(Level.ATOM)} ({', '.join(notes)})") if notes else text
