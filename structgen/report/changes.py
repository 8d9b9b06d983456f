"""Find the parts in which two values of one document differ."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import NamedTuple, cast

from structgen.core.json import MISSING, Json, pointer


@dataclass(frozen=True, slots=True)
class Change:
    """A part that differs, as text on both sides; None on the side that lacks it."""

    path: str
    ours: str | None
    theirs: str | None


class _Pair(NamedTuple):
    path: str
    ours: object
    theirs: object


def changes(ours: Json, theirs: Json, *, by_text: bool = False) -> tuple[Change, ...]:
    """Return the parts in which two values differ: the fields of objects by name, the items of lists by position.

    With `by_text`, the number 4 and the text "4" are the same, because CSV does not tell them apart.
    """
    return tuple(
        Change(pair.path, _said(pair.ours), _said(pair.theirs))
        for pair in _differing(_Pair("", ours, theirs))
        if not (by_text and _said(pair.ours) == _said(pair.theirs))
    )


def _differing(root: _Pair) -> Iterator[_Pair]:
    """Yield the pairs that differ, in the order of the value. Iterative: values may be deep."""
    left = [root]
    while left:
        pair = left.pop()
        inner = _inner(pair)
        if inner is not None:
            left += reversed(inner)
        elif type(pair.ours) is not type(pair.theirs) or pair.ours != pair.theirs:
            yield pair


def _inner(pair: _Pair) -> list[_Pair] | None:
    """Return the pairs of the parts, if both are objects or both are lists."""
    path, ours, theirs = pair
    if isinstance(ours, dict) and isinstance(theirs, dict):
        here, there = cast("dict[str, object]", ours), cast("dict[str, object]", theirs)
        keys = dict.fromkeys([*here, *there])
        return [_Pair(path + pointer([key]), here.get(key, MISSING), there.get(key, MISSING)) for key in keys]
    if isinstance(ours, list) and isinstance(theirs, list):
        pairs = zip_longest(cast("list[object]", ours), cast("list[object]", theirs), fillvalue=MISSING)
        return [_Pair(f"{path}/{at}", *parts) for at, parts in enumerate(pairs)]
    return None


def _said(value: object) -> str | None:
    if value is MISSING:
        return None
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
