"""Compare a value before and after Pydantic's lax mode: unchanged, converted as allowed, or to be refused."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any, cast

from pydantic import TypeAdapter
from pydantic_core import ErrorDetails

from structgen.core.json import MISSING, Json, at
from structgen.parse.align.moments import is_numeric
from structgen.parse.align.scalars import float_in, number_in, truth_in
from structgen.parse.json_values import decimal_of, same
from structgen.schema import Schema

_MAX_COMPARED = 200


def dumps_of(schema: Schema[Any], value: Any) -> list[Json]:
    """Return the value as plain JSON by aliases and by field names; an empty list if its type cannot be dumped."""
    adapter, found = cast("TypeAdapter[Any]", schema.adapter), list[Json]()
    for by_alias in (True, False):
        try:
            made = adapter.dump_python(value, mode="json", by_alias=by_alias, warnings=False, context=schema.context)
            found.append(cast(Json, made))
        except Exception:  # the user's serializer raised, which says nothing against the value
            return found
    return found


def siblings(dumps: Sequence[Json], path: Sequence[str]) -> list[object]:
    """Return all items of the list that a path leads into: a set is dumped in any order, so its paths do not hold."""
    found = [at(dump, path[:-1]) for dump in dumps] if path else []
    return [item for items in found if isinstance(items, list) for item in cast("list[object]", items)]


class Conversion(Enum):
    """How a value changed on the way into its type."""

    NONE = "it is the same"
    ALLOWED = "it was converted as the rules allow, which goes on record"
    REFUSED = "it was converted as no rule allows"


def conversion_of(before: object, error: ErrorDetails, after: object) -> Conversion:
    """Judge how Pydantic's lax mode converted a value.

    `before` is the value in the response. `error` is the error of strict mode, whose input differs from `before` if a
    before-validator changed it. `after` is the value in the dump, or MISSING if it has no place there.
    """
    given: object = error["input"]
    if before is MISSING or after is MISSING:  # nothing to compare, so the conversion goes on record as one
        return Conversion.ALLOWED
    if given is None or isinstance(given, bool) or isinstance(after, bool):
        return _from_or_to_bool(given, after)
    if isinstance(given, int | float):
        found = _from_number(given, after)
        # A number for a string field (coerce_numbers_to_str) is a conversion although its digits are the same.
        became_string = found is Conversion.NONE and error["type"].startswith("string")
        return Conversion.ALLOWED if became_string else found
    if isinstance(given, str):
        return _from_string(before, given, after)
    if isinstance(given, list) and isinstance(after, list):
        items, others = cast("list[Json]", given), cast("list[Json]", after)
        return Conversion.NONE if _same_items(items, others) else Conversion.ALLOWED
    if isinstance(given, dict) and isinstance(after, dict):
        return Conversion.NONE
    return Conversion.ALLOWED


def _allowed_if(condition: bool) -> Conversion:
    return Conversion.ALLOWED if condition else Conversion.REFUSED


def _from_or_to_bool(given: object, after: object) -> Conversion:
    """Judge a conversion from or to a boolean: only yes and no become booleans, and a boolean or null stays one."""
    if isinstance(given, bool) and isinstance(after, bool):
        return Conversion.NONE if given is after else Conversion.ALLOWED
    return _allowed_if(isinstance(given, str) and isinstance(after, bool) and truth_in(given) is after)


def _from_number(given: float, after: object) -> Conversion:
    """Judge a conversion of a number: 10.0 may become 10, and 1.1 a Decimal; never a time, nor infinity a string."""
    if not math.isfinite(decimal_of(given)) and not isinstance(after, float):
        return Conversion.REFUSED
    if isinstance(after, int | float):
        equal = decimal_of(after) == decimal_of(given)
        same_type = isinstance(after, int) is isinstance(given, int)
        return Conversion.NONE if equal and same_type else _allowed_if(equal)
    if isinstance(after, str):
        try:
            return Conversion.NONE if Decimal(after) == decimal_of(given) else Conversion.REFUSED
        except InvalidOperation:
            return Conversion.REFUSED
    return Conversion.REFUSED


def _from_string(before: object, given: str, after: object) -> Conversion:
    """Judge the conversion of a string, which may become its number or ISO form; a bare number never becomes a time."""
    if isinstance(after, int | float):
        return _allowed_if(float_in(given) == after)
    if isinstance(after, str):
        if after == given == before:
            return Conversion.NONE
        return _allowed_if(not is_numeric(given) or _number(after) == _number(given))
    return Conversion.ALLOWED


def _number(text: str) -> Decimal | None:
    digits = number_in(text)
    return None if digits is None else Decimal(digits)


def _same_items(items: Sequence[Json], others: Sequence[Json]) -> bool:
    """Whether two lists hold the same items in any order, as a set does; repeated items count once."""
    if len(items) > _MAX_COMPARED:  # each pair is compared, so long lists are judged by their length alone
        return len(others) <= len(items)
    return all(any(same(one, other) for other in others) for one in items)
