"""What lax reading made of a value: the same, an allowed conversion, or one that nobody asked for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, cast

from pydantic import TypeAdapter
from pydantic_core import ErrorDetails

from structgen.core.json import Json
from structgen.parse.align.dates import is_numeric
from structgen.parse.align.scalars import float_in, number_in, truth_in
from structgen.parse.json_values import MISSING, at, decimal_of, same
from structgen.schema import Schema


def dumps_of(schema: Schema[Any], value: Any) -> list[Json]:
    """The value as plain JSON by aliases and by field names; none where the type cannot be dumped."""
    adapter, found = cast("TypeAdapter[Any]", schema.adapter), list[Json]()
    for by_alias in (True, False):
        try:
            made = adapter.dump_python(value, mode="json", by_alias=by_alias, warnings=False, context=schema.context)
            found.append(cast(Json, made))
        except Exception:  # a serializer of the user's: the value is valid all the same
            return found
    return found


def beside(dumps: Sequence[Json], path: Sequence[str]) -> list[object]:
    """The items of the list that a path leads into: sets come back in an order of their own."""
    found = [at(dump, path[:-1]) for dump in dumps] if path else []
    return [item for items in found if isinstance(items, list) for item in cast("list[object]", items)]


def conversion(before: object, error: ErrorDetails, after: object) -> bool | None:
    """None where the value is the same, True where it was converted as allowed, False where it must be refused.

    `before` is what the response says, `error` what the strict reader said (a before-validator may have changed its
    input), `after` what came out, as plain JSON; MISSING where it cannot be placed, which is put on record.
    """
    given: object = error["input"]
    if before is MISSING or after is MISSING:
        return True
    if given is None or isinstance(given, bool) or isinstance(after, bool):
        return _bools(given, after)
    if isinstance(given, int | float):
        same_number = _numbers(given, after)
        return True if same_number is None and error["type"].startswith("string") else same_number
    if isinstance(given, str):
        return _texts(before, given, after)
    if isinstance(given, list) and isinstance(after, list):
        items, others = cast("list[Json]", given), cast("list[Json]", after)
        return None if _same_items(items, others) else True
    if isinstance(given, dict) and isinstance(after, dict):
        return None
    return True


def _bools(given: object, after: object) -> bool | None:
    """Only yes and no become booleans; a boolean or null becomes nothing else."""
    if isinstance(given, bool) and isinstance(after, bool):
        return None if given is after else True
    return isinstance(given, str) and isinstance(after, bool) and truth_in(given) is after


def _numbers(given: float, after: object) -> bool | None:
    """10.0 may become 10 and 1.1 a Decimal; a number never becomes a time, and infinity no text."""
    if not math.isfinite(decimal_of(given)) and not isinstance(after, float):
        return False
    if isinstance(after, int | float):
        equal = decimal_of(after) == decimal_of(given)
        return None if equal and isinstance(after, int) is isinstance(given, int) else equal
    if isinstance(after, str):
        try:
            return None if Decimal(after) == decimal_of(given) else False
        except InvalidOperation:
            return False
    return False


def _texts(before: object, given: str, after: object) -> bool | None:
    """A text may become the number it is, or an ISO form of itself; a bare number in a text never becomes a time."""
    if isinstance(after, int | float):
        return float_in(given) == after
    if isinstance(after, str):
        if after == given == before:
            return None
        return not is_numeric(given) or _number(after) == _number(given)
    return True


def _number(text: str) -> Decimal | None:
    digits = number_in(text)
    return None if digits is None else Decimal(digits)


def _same_items(items: Sequence[Json], others: Sequence[Json]) -> bool:
    """Whether two lists hold the same items in any order, as a set does (repeated items count once)."""
    if len(items) > 200:
        return len(others) <= len(items)
    return all(any(same(one, other) for other in others) for one in items)
