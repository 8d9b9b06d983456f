"""Strict JSON at C speed, and what a JSON decoder accepts in silence: repeated keys, NaN, overflow, great depth."""

from __future__ import annotations

import math
from typing import NamedTuple, cast

import jiter

from structgen.core.json import Json
from structgen.parse.json_values import exact_json, says_more
from structgen.parse.lenient.escapes import HINT, Source, holds_doubt

MAX_DEPTH = 200
"""Containers in each other. jiter and Pydantic's own JSON reader draw the line at the same depth."""

_DIGITS = bytes(0x30 if byte in b"0123456789." else 0x65 if byte in b"eE" else byte for byte in range(256))
"""Digits and points become ``0``, ``E`` becomes ``e``, so that odd numbers can be looked for with plain substrings."""

_EXPONENT, _LONG = b"0e", b"0" * 16
"""What a number holds at least that says more than its float, or is too large for one: more of the same (below)."""
_VAST, _SIGNED, _TINY = b"0e000", b"0e+000", b"0e-000"
_HUGE = b"0" * 308


class Strict(NamedTuple):
    """The value of a JSON text. `more`: some number of it says more than its float, and is kept as an `Exact`."""

    value: Json
    more: bool = False


def clean_json(data: bytes) -> Strict:
    """The same as `strict_json`, whatever its escapes may be."""
    value = cast(Json, jiter.from_json(data, allow_inf_nan=False, catch_duplicate_keys=True))
    digits = data.translate(_DIGITS)
    long, exponent = _LONG in digits, _EXPONENT in digits
    vast = (exponent and (_VAST in digits or _SIGNED in digits)) or (long and _HUGE in digits)
    if vast and not is_finite(value):
        raise ValueError("a number that is too large for a float")
    if long or (exponent and _TINY in digits):
        value = exact_json(data.decode())
        return Strict(value, says_more(value))
    return Strict(value)


def strict_json(data: bytes, source: Source | None = None) -> Strict:
    """The value of a JSON text in UTF-8; ValueError where it is none or holds something that a decoder would hide.

    Refused beside wrong syntax: a repeated key, NaN and Infinity, numbers that may overflow (1e999), lone surrogates,
    more than `MAX_DEPTH` levels, and escapes that may be a part of the text, by the document (`source`) or without it.
    Some of it may be fine after all; the tolerant reader looks closer.
    """
    found = clean_json(data)
    hinted = b"\\" in data and ((source is not None and (source.wary or b"\\\\" in data)) or HINT.search(data))
    if hinted and holds_doubt(data.decode(), source):
        raise ValueError("an escape that may be a part of the text")
    return found


def is_finite(tree: Json) -> bool:
    """Whether no number in a tree is NaN or infinite."""
    todo = [tree]
    while todo:
        here = todo.pop()
        if isinstance(here, float) and not math.isfinite(here):
            return False
        if isinstance(here, (list, dict)):
            todo.extend(here.values() if isinstance(here, dict) else here)
    return True


def as_json(tree: Json) -> Json:
    """A tree that any JSON encoder takes: NaN and Infinity as text."""
    if is_finite(tree):
        return tree
    if isinstance(tree, dict):
        return {key: as_json(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [as_json(value) for value in tree]
    return str(tree)
