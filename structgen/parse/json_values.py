"""Plain JSON values: exact numbers, equality, lookup by path, and serialization.

A number that a float cannot hold keeps its written form, so that a type with more precision gets every digit.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal, InvalidOperation
from typing import cast

from structgen.core.json import Json

MAX_SAFE_INTEGER = 2**53
"""A float holds every integer up to this one."""
MAX_DIGITS = 400
"""Maximum digits of an integer made from a decimal, so that ``1e1000000`` does not become a million of them."""
_MAX_DIGITS_OF_FLOAT = 40
"""Maximum digits of an integer made from a plain float: nobody means an integer by ``1e300``."""
# Shorter numbers of this size or more are always the float that they are read as.
_SAFE_LENGTH, _SAFE_SIZE = 16, 1e-300
_ZERO = frozenset("-+.0")


class Exact(float):
    """A float that also holds its written form, because that is another number than the float."""

    __slots__ = ("written",)
    written: str


def number_of(written: str) -> float:
    """Return the float for a JSON number; an Exact if the float is not the same number."""
    value = float(written)
    if len(written) < _SAFE_LENGTH and (value > _SAFE_SIZE or value < -_SAFE_SIZE):
        return value
    if repr(value) == written or _is_zero(written):
        return value
    try:
        same = Decimal(written) == Decimal(repr(value))
    except InvalidOperation:  # an exponent that Decimal does not support
        same = True
    if same:
        return value
    exact = Exact(value)
    exact.written = written
    return exact


def _is_zero(written: str) -> bool:
    return _ZERO.issuperset(written.lower().partition("e")[0])


def exact_json(text: str) -> Json:
    """Decode a clean JSON text without losing a digit. Raises ValueError if it is not JSON."""
    return cast(Json, json.loads(text, parse_float=number_of))


def exact_text(tree: Json) -> str:
    """Return the tree as JSON, with every number as it was written."""
    if not has_exact(tree):
        return json.dumps(tree, ensure_ascii=False)
    if isinstance(tree, dict):
        members = (f"{json.dumps(key, ensure_ascii=False)}: {exact_text(value)}" for key, value in tree.items())
        return f"{{{', '.join(members)}}}"
    if isinstance(tree, list):
        return f"[{', '.join(map(exact_text, tree))}]"
    return tree.written if isinstance(tree, Exact) else json.dumps(tree, ensure_ascii=False)


def as_written(value: Json) -> Json:
    """Return a value for the record, with each number that a float does not hold as the text it was written as."""
    if isinstance(value, Exact):
        return value.written
    if isinstance(value, (dict, list)) and has_exact(value):
        if isinstance(value, dict):
            return {key: as_written(item) for key, item in value.items()}
        return [as_written(item) for item in value]
    return value


def decimal_of(number: float) -> Decimal:
    """Return the number as it is written, to the last digit."""
    if isinstance(number, Exact):
        return Decimal(number.written)
    return Decimal(number) if isinstance(number, int) else Decimal(repr(number))


def is_bounded(written: str) -> bool:
    """Whether a decimal number has fewer than `MAX_DIGITS` digits before and behind its point."""
    try:
        size = Decimal(written)
    except InvalidOperation:  # an exponent that Decimal does not support
        return False
    return not size or abs(size.adjusted()) < MAX_DIGITS


def whole_of(number: float) -> int | None:
    """Return the number as an integer, or None if it has a fraction or too many digits."""
    exact = decimal_of(number)
    most = MAX_DIGITS if isinstance(number, Exact) else _MAX_DIGITS_OF_FLOAT
    if not exact.is_finite() or not (not exact or 0 <= exact.adjusted() < most):
        return None
    whole = int(exact)
    return whole if whole == exact else None


def has_exact(tree: Json) -> bool:
    """Whether a tree contains an Exact."""
    return _exceeds_float(tree, large=False)


def exceeds_float(tree: Json) -> bool:
    """Whether a tree contains a number that a float does not hold: an Exact or a large integer."""
    return _exceeds_float(tree, large=True)


def is_large(value: object) -> bool:
    """Whether a value is an integer that a float may not hold."""
    return isinstance(value, int) and not -MAX_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER


def _exceeds_float(tree: Json, *, large: bool) -> bool:
    # This runs over every value of every response, so it compares types and calls no function per value.
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
    """Whether two values are equal as JSON: 1 equals 1.0, but true does not equal 1."""
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


_SHORT_ESCAPE = re.compile(r"\\.")
_LONG_ESCAPES = {"\\b": "\\u0008", "\\f": "\\u000c", "\\n": "\\u000a", "\\r": "\\u000d", "\\t": "\\u0009"}


def write_json(tree: Json) -> str:
    r"""Return the tree as JSON without short escapes such as ``\n``, which the parser could take for text."""
    text = exact_text(tree)
    return _SHORT_ESCAPE.sub(lambda escape: _LONG_ESCAPES.get(escape[0], escape[0]), text) if "\\" in text else text
