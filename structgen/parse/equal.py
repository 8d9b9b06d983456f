"""Equality of JSON values."""

from __future__ import annotations

from structgen.core.json import Json
from structgen.parse.exact import Exact, decimal_of


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
