"""What reading changes without a word: digits that a float does not hold, nanoseconds, keys that become numbers.

A number that a float does not hold is kept where the type can keep it. A float gives the nearest one, which is put on
record; what would vanish, or lose digits on the way to a type that could hold them, is refused.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import Any, NamedTuple, cast

from structgen.core.json import Json, JsonObject, pointer, steps
from structgen.core.options import Risk
from structgen.core.results import Issue, Repair
from structgen.parse.align import Shape
from structgen.parse.coercions import beside, dumps_of
from structgen.parse.json_values import MISSING, Exact, as_written, at, decimal_of, is_large
from structgen.schema import Schema

FLOAT = "float"
"""The rule for a number in whose place the nearest float stands."""
CUT_FRACTION = "cut_fraction"
"""The rule for a time of which the type holds no more than microseconds."""

_TIME = re.compile(r"[+-]?P|.{0,40}\d:\d")
_FINE = re.compile(r"\d[.,]\d{6}\d*[1-9]")
_LONG_NUMBER = re.compile(r"[+-]?\d[\d.]{15,}(?:[eE][+-]?\d+)?\Z", re.ASCII)


class Unseen(NamedTuple):
    """The tree without what is told here, the repairs, and what cannot be repaired."""

    tree: Json
    repairs: tuple[Repair, ...] = ()
    issues: tuple[Issue, ...] = ()


def in_floats(tree: Json) -> Unseen:
    """A tree of plain JSON in which all numbers are floats and integers."""
    repairs: list[Repair] = []
    issues: list[Issue] = []

    def plain(here: Json, path: str) -> Json:
        if isinstance(here, dict):
            return {key: plain(value, path + pointer([key])) for key, value in here.items()}
        if isinstance(here, list):
            return [plain(value, f"{path}/{index}") for index, value in enumerate(here)]
        if not isinstance(here, Exact):
            return here
        found = _nearest(here, path)
        if isinstance(found, Issue):
            issues.append(found)
        else:
            repairs.append(found)
        return float(here)

    return Unseen(plain(tree, ""), tuple(repairs), tuple(issues))


def unseen_in(schema: Schema[Any], shape: Shape, tree: Json, value: Any) -> Unseen:
    """What became of the numbers and times of a tree that the type may not hold as they are written."""
    told = [*_leaves(tree, "", times=shape.temporal)]
    keys = [*_keys(tree, "")] if shape.keyed else []
    if not told and not keys:
        return Unseen(tree)
    dumps = dumps_of(schema, value)
    found = [_said(path, leaf, dumps) for path, leaf in told]
    found += [_key_said(path, key, dumps) for path, key in keys]
    repairs = tuple(one for one in found if isinstance(one, Repair))
    return Unseen(tree, repairs, tuple(one for one in found if isinstance(one, Issue)))


def _leaves(here: Json, path: str, *, times: bool) -> Iterator[tuple[str, Json]]:
    """The numbers that a float does not hold, and the times of more than microseconds, by their paths."""
    if isinstance(here, dict):
        for key, value in here.items():
            yield from _leaves(value, path + pointer([key]), times=times)
    elif isinstance(here, list):
        for index, value in enumerate(here):
            yield from _leaves(value, f"{path}/{index}", times=times)
    elif isinstance(here, Exact) or is_large(here) or (times and isinstance(here, str) and _is_fine(here)):
        yield path, here


def _is_fine(text: str) -> bool:
    return _TIME.match(text) is not None and _FINE.search(text) is not None


def _said(path: str, leaf: Json, dumps: Sequence[Json]) -> Repair | Issue | None:
    """What is to be told of what became of a leaf: at its place or, in a set, at another one."""
    place = steps(path)
    here = [found for dump in dumps if (found := at(dump, place)) is not MISSING]
    if isinstance(leaf, str):
        return _time_said(path, leaf, [*here, *beside(dumps, place)])
    number = cast(float, leaf)
    for found in (here, beside(dumps, place)):
        if kept := _kept(number, found):
            return (
                None if kept is Kept.EXACT else _nearest(number, path) if kept is Kept.FLOAT else _lossy(number, path)
            )
    excluded = isinstance(number, Exact) and not here
    return Repair(FLOAT, path, as_written(number), None, Risk.INTERPRETIVE) if excluded else None


def _time_said(path: str, text: str, found: Sequence[object]) -> Repair | None:
    texts = [one for one in found if isinstance(one, str)]
    fraction = cast("re.Match[str]", _FINE.search(text))[0]
    if any(fraction in one for one in texts):
        return None
    likest = max(filter(_TIME.match, texts), key=lambda one: _alike(one, text), default=None)
    return Repair(CUT_FRACTION, path, text, likest, Risk.INTERPRETIVE)


def _alike(one: str, other: str) -> int:
    """How many characters two texts begin with together."""
    return next((at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), len(other))


class Kept(Enum):
    """How a number was kept."""

    EXACT = "as it is"
    FLOAT = "as the nearest float"
    LOSSY = "as what its nearest float is, in a type that could hold more"


def _kept(number: float, found: Sequence[object]) -> Kept | None:
    """How a number was kept as one of these values; None if it was not."""
    values = [(one, _value(one)) for one in found]
    if any(value == decimal_of(number) for _, value in values):
        return Kept.EXACT
    nearest = decimal_of(_float(number))
    rounded = [one for one, value in values if value == nearest]
    if any(isinstance(one, float) for one in rounded):
        return Kept.FLOAT
    return Kept.LOSSY if rounded else None


def _lossy(number: float, path: str) -> Issue:
    words = "has more digits than are kept on the way to its type: write it as a text"
    return Issue(path, words, "number", as_written(number))


def _nearest(number: float, path: str) -> Repair | Issue:
    """What is to be told of the float that is nearest to a number."""
    nearest = _float(number)
    if nearest == 0 or math.isinf(nearest):
        size = "small" if nearest == 0 else "large"
        return Issue(path, f"is too {size} for a float", "range", as_written(number))
    return Repair(FLOAT, path, as_written(number), nearest, Risk.INTERPRETIVE)


def _float(number: float) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf


def _value(found: object) -> Decimal | Fraction | None:
    """The number that a part of a dumped value is."""
    if isinstance(found, bool) or not isinstance(found, int | float | str):
        return None
    try:
        return decimal_of(found) if not isinstance(found, str) else Fraction(found) if "/" in found else Decimal(found)
    except (ArithmeticError, ValueError):
        return None


def _keys(here: Json, path: str) -> Iterator[tuple[str, str]]:
    """The keys that may be numbers or times of more digits than a type holds, with the paths of their objects."""
    if isinstance(here, dict):
        yield from ((path, key) for key in here if _LONG_NUMBER.match(key) or _is_fine(key))
        for key, value in here.items():
            yield from _keys(value, path + pointer([key]))
    elif isinstance(here, list):
        for index, value in enumerate(here):
            yield from _keys(value, f"{path}/{index}")


def _key_said(path: str, key: str, dumps: Sequence[Json]) -> Repair | None:
    """What is to be told of a key that is none of those which became of its object."""
    objects = [cast(JsonObject, here) for dump in dumps if isinstance(here := at(dump, steps(path)), dict)]
    keys = [other for held in objects for other in held]
    if not keys or key in keys:
        return None
    place = path + pointer([key])
    if _is_fine(key):
        return Repair(CUT_FRACTION, place, key, None, Risk.INTERPRETIVE)
    if any(_value(other) == Decimal(key) for other in keys):
        return None
    nearest = next((other for other in keys if _value(other) == decimal_of(float(key))), None)
    return None if nearest is None else Repair(FLOAT, place, key, nearest, Risk.INTERPRETIVE)
