"""Numbers that say more than a float holds, kept as they are written: nothing is rounded where a type can do better."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import cast

from structgen.core.json import Json

LARGEST_SURE = 2**53
"""Up to here a float holds every integer."""
MOST_DIGITS = 400
"""Longer integers are not made of a few characters (``1e1000000``)."""
_MOST_IN_FLOAT = 40
"""Nobody means an integer of more digits that is written in fewer (``1e300``)."""
_SURE_LENGTH, _SURE_SIZE = 16, 1e-300
_ZERO = frozenset("-+.0")


class Exact(float):
    """A float that remembers how it was written, where that says more."""

    __slots__ = ("written",)
    written: str


def number_of(written: str) -> float:
    """The float that a number of JSON stands for; an Exact where that is not the same number."""
    value = float(written)
    if len(written) < _SURE_LENGTH and (value > _SURE_SIZE or value < -_SURE_SIZE):
        return value
    if repr(value) == written or _is_zero(written):
        return value
    try:
        same = Decimal(written) == Decimal(repr(value))
    except InvalidOperation:
        same = True
    if same:
        return value
    exact = Exact(value)
    exact.written = written
    return exact


def _is_zero(written: str) -> bool:
    return _ZERO.issuperset(written.lower().partition("e")[0])


def exact_json(text: str) -> Json:
    """A clean JSON text as a tree that keeps every digit; ValueError where it is none."""
    return cast(Json, json.loads(text, parse_float=number_of))


def exact_text(tree: Json) -> str:
    """The tree as JSON, every number as it was written."""
    if not has_exact(tree):
        return json.dumps(tree, ensure_ascii=False)
    if isinstance(tree, dict):
        members = (f"{json.dumps(key, ensure_ascii=False)}: {exact_text(value)}" for key, value in tree.items())
        return f"{{{', '.join(members)}}}"
    if isinstance(tree, list):
        return f"[{', '.join(map(exact_text, tree))}]"
    return tree.written if isinstance(tree, Exact) else json.dumps(tree, ensure_ascii=False)


def as_written(value: Json) -> Json:
    """A value for the record: a number that says more than its float as the text that it is."""
    if isinstance(value, Exact):
        return value.written
    if isinstance(value, (dict, list)) and has_exact(value):
        if isinstance(value, dict):
            return {key: as_written(item) for key, item in value.items()}
        return [as_written(item) for item in value]
    return value


def decimal_of(number: float) -> Decimal:
    """The number as it is written, to the last digit."""
    if isinstance(number, Exact):
        return Decimal(number.written)
    return Decimal(number) if isinstance(number, int) else Decimal(repr(number))


def is_bounded(written: str) -> bool:
    """Whether a decimal number has no more digits before and behind its point than anybody means."""
    try:
        size = Decimal(written)
    except InvalidOperation:  # an exponent beyond all bounds
        return False
    return not size or abs(size.adjusted()) < MOST_DIGITS


def whole_of(number: float) -> int | None:
    """The integer that a number is, None where it has a fraction or too many digits."""
    exact = decimal_of(number)
    most = MOST_DIGITS if isinstance(number, Exact) else _MOST_IN_FLOAT
    if not exact.is_finite() or not (not exact or 0 <= exact.adjusted() < most):
        return None
    whole = int(exact)
    return whole if whole == exact else None


def has_exact(tree: Json) -> bool:
    """Whether some number of a tree says more than its float."""
    return _says_more(tree, large=False)


def says_more(tree: Json) -> bool:
    """Whether some number of a tree is more than a float holds, be it written as an integer or not."""
    return _says_more(tree, large=True)


def is_large(value: object) -> bool:
    """Whether a value is an integer of which a float may lose digits."""
    return isinstance(value, int) and not -LARGEST_SURE <= value <= LARGEST_SURE


def _says_more(tree: Json, *, large: bool) -> bool:
    """Looks at every value of every response: so by its type, without a call for each."""
    todo: list[Json] = [[tree]]
    while todo:
        here = todo.pop()
        for value in here.values() if isinstance(here, dict) else cast("list[Json]", here):
            kind = type(value)
            if kind is dict or kind is list:
                todo.append(value)
            elif kind is Exact or (large and kind is int and is_large(value)):
                return True
    return False
