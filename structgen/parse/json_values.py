"""Plain JSON values: exact numbers, equality, lookup by path, and writing.

A number that a float cannot hold is kept as it is written, so that nothing is rounded if the type can do better.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
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


def same(first: Json, second: Json) -> bool:
    """Whether two JSON values are equal as JSON: 1 is 1.0, but true is not 1."""
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(same(value, second[key]) for key, value in first.items())
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(map(same, first, second))
    if isinstance(first, bool) or isinstance(second, bool):
        return first is second
    if isinstance(first, Exact) or isinstance(second, Exact):
        if not isinstance(first, int | float) or not isinstance(second, int | float):
            return False
        return decimal_of(first) == decimal_of(second)
    return first == second


MISSING = object()
"""Stands for: there is nothing at this path."""


def at(tree: object, path: Sequence[str | int]) -> object:
    """The value at a path of keys and indexes (an index may be text, as in a JSON Pointer), MISSING where none is."""
    for step in path:
        if isinstance(tree, dict) and step in tree:
            tree = cast("dict[object, object]", tree)[step]
        elif isinstance(tree, list) and str(step).isdecimal() and int(step) < len(cast("list[object]", tree)):
            tree = cast("list[object]", tree)[int(step)]
        else:
            return MISSING
    return tree


_SHORT = re.compile(r"\\.")
_LONG = {"\\b": "\\u0008", "\\f": "\\u000c", "\\n": "\\u000a", "\\r": "\\u000d", "\\t": "\\u0009"}


def write_json(tree: Json) -> str:
    """The tree as JSON whose backslashes nobody can take for a part of the text: what they are is settled."""
    text = exact_text(tree)
    return _SHORT.sub(lambda escape: _LONG.get(escape[0], escape[0]), text) if "\\" in text else text
