"""Numbers of more digits than a float holds, kept for the types that can: a Decimal is never rounded on the way."""

from __future__ import annotations

import json
import re
from decimal import Decimal, InvalidOperation
from typing import cast

from structgen.core.json import Json

LONG_NUMBER = re.compile(rb"\d[\d.]{15}")
"""What a number looks like, in UTF-8, that may say more than its float."""


class Exact(float):
    """A float that remembers how it was written, where that says more."""

    __slots__ = ("written",)
    written: str


def number_of(written: str) -> float:
    """The float that a number of JSON stands for; an Exact where that is not the same number."""
    value = float(written)
    if len(written) < 16:
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


def exact_json(text: str) -> Json:
    """A clean JSON text as a tree that keeps every digit; ValueError where it is none."""
    return cast(Json, json.loads(text, parse_float=number_of))


def has_exact(tree: Json) -> bool:
    """Whether some number of a tree says more than its float."""
    todo = [tree]
    while todo:
        here = todo.pop()
        if isinstance(here, Exact):
            return True
        if isinstance(here, (list, dict)):
            todo.extend(here.values() if isinstance(here, dict) else here)
    return False
