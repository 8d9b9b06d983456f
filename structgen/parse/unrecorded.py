"""Find what Pydantic changes without an error: digits beyond a float, fractions beyond microseconds, numeric keys.

A type that can hold every digit of a number gets it. A float gets the nearest float, on record. A number that would
become zero or infinity is refused, and so is one that loses digits on the way into a type that could hold them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import Any, NamedTuple, cast

from structgen.core.json import MISSING, Json, JsonObject, at, pointer, steps
from structgen.core.options import Risk
from structgen.core.results import Issue, Repair
from structgen.parse.align import Shape
from structgen.parse.coercions import dumps_of, siblings
from structgen.parse.json_values import Exact, as_written, decimal_of, is_large
from structgen.schema import Schema

FLOAT = "float"
"""The rule of the repair for a number that the nearest float replaced."""
CUT_FRACTION = "cut_fraction"
"""The rule of the repair for a time that lost what is finer than microseconds."""

_TIME = re.compile(r"[+-]?P|.{0,40}\d:\d")
_FINE = re.compile(r"\d[.,]\d{6}\d*[1-9]")
"""A fraction finer than microseconds."""
_LONG_NUMBER = re.compile(r"[+-]?\d[\d.]{15,}(?:[eE][+-]?\d+)?\Z", re.ASCII)
"""A key that, as a number, may have more digits than a float holds."""


class Unrecorded(NamedTuple):
    """The changes to a tree that nothing else records: the repairs, and the issues for those that are refused."""

    tree: Json
    repairs: tuple[Repair, ...] = ()
    issues: tuple[Issue, ...] = ()


def as_plain_floats(tree: Json) -> Unrecorded:
    """Replace each Exact of a tree by the nearest float, as any JSON decoder would, on record."""
    repairs: list[Repair] = []
    issues: list[Issue] = []

    def plain(here: Json, path: str) -> Json:
        if isinstance(here, dict):
            return {key: plain(value, path + pointer([key])) for key, value in here.items()}
        if isinstance(here, list):
            return [plain(value, f"{path}/{index}") for index, value in enumerate(here)]
        if not isinstance(here, Exact):
            return here
        found = _nearest_float(here, path)
        if isinstance(found, Issue):
            issues.append(found)
        else:
            repairs.append(found)
        return float(here)

    return Unrecorded(plain(tree, ""), tuple(repairs), tuple(issues))


def unrecorded_in(schema: Schema[Any], shape: Shape, tree: Json, value: Any) -> Unrecorded:
    """Compare the tree of a response with the value made of it, and record what the type did not keep as written."""
    leaves = [*_fragile_leaves(tree, "", times=shape.temporal)]
    keys = [*_fragile_keys(tree, "")] if shape.keyed else []
    if not leaves and not keys:
        return Unrecorded(tree)
    dumps = dumps_of(schema, value)
    found = [_change_of_leaf(path, leaf, dumps) for path, leaf in leaves]
    found += [_change_of_key(path, key, dumps) for path, key in keys]
    repairs = tuple(one for one in found if isinstance(one, Repair))
    return Unrecorded(tree, repairs, tuple(one for one in found if isinstance(one, Issue)))


def _fragile_leaves(here: Json, path: str, *, times: bool) -> Iterator[tuple[str, Json]]:
    """Yield the numbers that a float does not hold and the times finer than microseconds, with their paths."""
    if isinstance(here, dict):
        for key, value in here.items():
            yield from _fragile_leaves(value, path + pointer([key]), times=times)
    elif isinstance(here, list):
        for index, value in enumerate(here):
            yield from _fragile_leaves(value, f"{path}/{index}", times=times)
    elif isinstance(here, Exact) or is_large(here) or (times and isinstance(here, str) and _is_fine(here)):
        yield path, here


def _is_fine(text: str) -> bool:
    return _TIME.match(text) is not None and _FINE.search(text) is not None


def _change_of_leaf(path: str, leaf: Json, dumps: Sequence[Json]) -> Repair | Issue | None:
    """Return how a leaf changed, or None if it did not; it is searched at its path and, in a set, beside it."""
    place = steps(path)
    here = [found for dump in dumps if (found := at(dump, place)) is not MISSING]
    if isinstance(leaf, str):
        return _change_of_time(path, leaf, [*here, *siblings(dumps, place)])
    number = cast(float, leaf)
    for found in (here, siblings(dumps, place)):
        match _precision(number, found):
            case Precision.EXACT:
                return None
            case Precision.FLOAT:
                return _nearest_float(number, path)
            case Precision.ROUNDED:
                return _rounded(number, path)
            case None:
                continue
    # Its field is excluded from the dump, so nothing shows whether the type kept all digits.
    excluded = isinstance(number, Exact) and not here
    return Repair(FLOAT, path, as_written(number), None, Risk.INTERPRETIVE) if excluded else None


def _change_of_time(path: str, text: str, found: Sequence[object]) -> Repair | None:
    texts = [one for one in found if isinstance(one, str)]
    fraction = cast("re.Match[str]", _FINE.search(text))[0]
    if any(fraction in one for one in texts):  # a string field keeps the time as it is written
        return None
    closest = max(filter(_TIME.match, texts), key=lambda one: _common_prefix(one, text), default=None)
    return Repair(CUT_FRACTION, path, text, closest, Risk.INTERPRETIVE)


def _common_prefix(one: str, other: str) -> int:
    """Return the length of the common prefix of two texts."""
    return next((at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), len(other))


class Precision(Enum):
    """How much of a number a value kept."""

    EXACT = "all of it"
    FLOAT = "as much as a float holds"
    ROUNDED = "as much as a float holds, in a type that could hold more"


def _precision(number: float, found: Sequence[object]) -> Precision | None:
    """Return how much of a number one of these values kept, or None if none of them is the number."""
    values = [(one, _numeric_value(one)) for one in found]
    if any(value == decimal_of(number) for _, value in values):
        return Precision.EXACT
    nearest = decimal_of(_to_float(number))
    rounded = [one for one, value in values if value == nearest]
    if any(isinstance(one, float) for one in rounded):
        return Precision.FLOAT
    return Precision.ROUNDED if rounded else None


def _rounded(number: float, path: str) -> Issue:
    words = "loses digits as a JSON number: write it as a string"
    return Issue(path, words, "number", as_written(number))


def _nearest_float(number: float, path: str) -> Repair | Issue:
    nearest = _to_float(number)
    if nearest == 0 or math.isinf(nearest):  # nothing of the number is left
        size = "small" if nearest == 0 else "large"
        return Issue(path, f"is too {size} for a float", "range", as_written(number))
    return Repair(FLOAT, path, as_written(number), nearest, Risk.INTERPRETIVE)


def _to_float(number: float) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf


def _numeric_value(found: object) -> Decimal | Fraction | None:
    """Return the number that a part of a dumped value is, or None; a Fraction is dumped as ``1/3``."""
    if isinstance(found, bool) or not isinstance(found, int | float | str):  # to Python, True is the number 1
        return None
    try:
        return decimal_of(found) if not isinstance(found, str) else Fraction(found) if "/" in found else Decimal(found)
    except (ArithmeticError, ValueError):
        return None


def _fragile_keys(here: Json, path: str) -> Iterator[tuple[str, str]]:
    """Yield the keys that may be numbers or times of more digits than a type holds, with the paths of their objects."""
    if isinstance(here, dict):
        yield from ((path, key) for key in here if _LONG_NUMBER.match(key) or _is_fine(key))
        for key, value in here.items():
            yield from _fragile_keys(value, path + pointer([key]))
    elif isinstance(here, list):
        for index, value in enumerate(here):
            yield from _fragile_keys(value, f"{path}/{index}")


def _change_of_key(path: str, key: str, dumps: Sequence[Json]) -> Repair | None:
    """Return how a key changed, or None if the value has the key as written, or something else explains its absence."""
    objects = [cast(JsonObject, here) for dump in dumps if isinstance(here := at(dump, steps(path)), dict)]
    keys = [other for held in objects for other in held]
    if not keys or key in keys:  # without keys, the object was ignored or excluded as a whole
        return None
    place = path + pointer([key])
    if _is_fine(key):
        return Repair(CUT_FRACTION, place, key, None, Risk.INTERPRETIVE)
    if any(_numeric_value(other) == Decimal(key) for other in keys):
        return None
    nearest = next((other for other in keys if _numeric_value(other) == decimal_of(float(key))), None)
    return None if nearest is None else Repair(FLOAT, place, key, nearest, Risk.INTERPRETIVE)
