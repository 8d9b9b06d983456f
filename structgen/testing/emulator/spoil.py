"""A model's text made wrong: JSON that is not quite JSON, and JSON with a value of another type."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import cast

from structgen.core.json import Json

_MARKS = '{}[]:,"'
_TRIES = 20
_OTHERS: tuple[Json, ...] = (True, 17, "n/a", [17], {"value": 17})


def malform(text: str, chance: random.Random) -> str:
    """The text cut off, or with a mark too few or too many, so that it is not JSON any more."""
    tries = (chance.choice(_WAYS)(text, chance) for _ in range(_TRIES))
    return next((spoiled for spoiled in tries if not _is_json(spoiled)), "{" + text)


def mistype(text: str, chance: random.Random) -> str:
    """The text with one of its values, chosen by chance, of another JSON type; null is never put in.

    A text that holds neither object nor list with something in it is wholly replaced.
    """
    try:
        root = cast("Json", json.loads(text))
    except (ValueError, RecursionError):
        root = text
    box: list[Json] = [root]
    places = [*_places(root)] or [_Place(root, partial(box.__setitem__, 0))]
    place = chance.choice(places)
    place.put(chance.choice([other for other in _OTHERS if _kind(other) is not _kind(place.value)]))
    return json.dumps(box[0], ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class _Place:
    """A value within a JSON tree, and how to put another there."""

    value: Json
    put: Callable[[Json], None]


def _places(root: Json) -> Iterator[_Place]:
    """Every value within the root, without recursion: replies may be deep."""
    waiting = [root]
    while waiting:
        holder = waiting.pop()
        if isinstance(holder, dict):
            yield from (_Place(value, partial(holder.__setitem__, name)) for name, value in holder.items())
            waiting.extend(holder.values())
        elif isinstance(holder, list):
            yield from (_Place(value, partial(holder.__setitem__, index)) for index, value in enumerate(holder))
            waiting.extend(holder)


def _kind(value: Json) -> type[object]:
    """The JSON type of a value: whole and other numbers are one."""
    return float if type(value) is int else type(value)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _cut_off(text: str, chance: random.Random) -> str:
    return text[: int(len(text) * chance.random())]


def _drop_mark(text: str, chance: random.Random) -> str:
    marks = [place for place, letter in enumerate(text) if letter in _MARKS]
    if not marks:
        return text
    place = chance.choice(marks)
    return text[:place] + text[place + 1 :]


def _add_mark(text: str, chance: random.Random) -> str:
    place = int(len(text) * chance.random())
    return text[:place] + chance.choice(_MARKS) + text[place:]


_WAYS: tuple[Callable[[str, random.Random], str], ...] = (_cut_off, _drop_mark, _add_mark)
