"""Strict JSON at C speed, refusing what JSON decoders accept silently: repeated keys, NaN, overflow, great depth."""

from __future__ import annotations

import math
from typing import NamedTuple, cast

import jiter

from structgen.core.json import Json
from structgen.parse.json_values import exact_json, exceeds_float
from structgen.parse.lenient.escapes import HINT, Source, has_uncertain_escapes

MAX_DEPTH = 200
"""Maximum levels of nested containers, the same as in jiter and in Pydantic's own JSON parser."""

_DIGITS = bytes(0x30 if byte in b"0123456789." else 0x65 if byte in b"eE" else byte for byte in range(256))
"""Maps digits and points to ``0`` and ``E`` to ``e``, so that plain substring searches find unusual numbers."""

# A number that a float does not hold exactly contains one of the first two, so most texts need no further search.
_EXPONENT, _LONG = b"0e", b"0" * 16
_VAST, _SIGNED, _TINY = b"0e000", b"0e+000", b"0e-000"
_HUGE = b"0" * 308


class Strict(NamedTuple):
    """The value of a JSON text. `inexact`: a float does not hold some number of it, which is kept as an `Exact`."""

    value: Json
    inexact: bool = False


def clean_json(data: bytes) -> Strict:
    """Read like `strict_json`, but accept ambiguous escapes as JSON reads them."""
    value = cast(Json, jiter.from_json(data, allow_inf_nan=False, catch_duplicate_keys=True))
    digits = data.translate(_DIGITS)
    long, exponent = _LONG in digits, _EXPONENT in digits
    vast = (exponent and (_VAST in digits or _SIGNED in digits)) or (long and _HUGE in digits)
    if vast and not is_finite(value):  # jiter refuses the word Infinity, but reads 1e999 as infinity
        raise ValueError("a number that is too large for a float")
    if long or (exponent and _TINY in digits):
        value = exact_json(data.decode())
        return Strict(value, exceeds_float(value))
    return Strict(value)


def strict_json(data: bytes, source: Source | None = None) -> Strict:
    """Return the value of a JSON text in UTF-8.

    Raises ValueError if the text is not JSON, repeats a key, contains NaN, Infinity, an overflowing number (1e999) or a
    lone surrogate, is nested deeper than `MAX_DEPTH`, or has an escape that may belong to the text, judged by the
    document (`source`) if there is one. The lenient reader may still accept such a text, on the record.
    """
    found = clean_json(data)
    hinted = b"\\" in data and (
        (source is not None and (source.has_backslashes or b"\\\\" in data)) or HINT.search(data)
    )
    if hinted and has_uncertain_escapes(data.decode(), source):
        raise ValueError("an escape that may be a part of the text")
    return found


def is_finite(tree: Json) -> bool:
    """Whether a tree contains neither NaN nor an infinite number."""
    todo = [tree]
    while todo:
        here = todo.pop()
        if isinstance(here, float) and not math.isfinite(here):
            return False
        if isinstance(here, (list, dict)):
            todo.extend(here.values() if isinstance(here, dict) else here)
    return True


def as_json(tree: Json) -> Json:
    """Return the tree with NaN and Infinity as strings, so that every JSON encoder accepts it."""
    if is_finite(tree):
        return tree
    if isinstance(tree, dict):
        return {key: as_json(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [as_json(value) for value in tree]
    return str(tree)
