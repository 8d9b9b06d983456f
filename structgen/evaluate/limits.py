"""Limits in a schema that contradict each other, or leave nothing but the empty value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from structgen.core.json import Json, JsonObject

_PAIRS = (
    ("minLength", "maxLength"),
    ("minItems", "maxItems"),
    ("minProperties", "maxProperties"),
    ("minContains", "maxContains"),
    ("minimum", "maximum"),
)
_EMPTY = {"maxLength": "text", "maxItems": "list", "maxProperties": "object"}


def impossible(schema: JsonObject) -> Iterator[str]:
    """Why hardly any value can meet this one schema (not the ones inside it); nothing where all is well."""
    for low, high in _PAIRS:
        least, most = _number(schema.get(low)), _number(schema.get(high))
        if least is not None and most is not None and least > most:
            yield f"{low} {least:g} is more than {high} {most:g}: no value fits"
    yield from _exclusive(schema)
    for key, kind in _EMPTY.items():
        if _number(schema.get(key)) == 0:
            yield f"{key} 0 allows nothing but the empty {kind}"
    yield from _choices(schema)
    yield from _required(schema)


def _exclusive(schema: JsonObject) -> Iterator[str]:
    """Bounds that are excluded themselves; before draft 6 the keyword is true or false beside minimum or maximum."""
    above, below = _number(schema.get("exclusiveMinimum")), _number(schema.get("exclusiveMaximum"))
    minimum, maximum = _number(schema.get("minimum")), _number(schema.get("maximum"))
    above = minimum if schema.get("exclusiveMinimum") is True else above
    below = maximum if schema.get("exclusiveMaximum") is True else below
    for low, high in ((above, below), (above, maximum), (minimum, below)):
        if low is not None and high is not None and low >= high:
            yield f"more than {low:g} and less than {high:g}: no value fits"
            return


def _choices(schema: JsonObject) -> Iterator[str]:
    choices = schema.get("enum")
    if isinstance(choices, list) and not choices:
        yield "the enum is empty: no value fits"


def _required(schema: JsonObject) -> Iterator[str]:
    """Required keys that a closed object does not know."""
    required, closed = schema.get("required"), schema.get("additionalProperties") is False
    if closed and isinstance(required, list) and not schema.get("patternProperties"):
        known = cast(JsonObject, schema.get("properties") or {})
        for name in required:
            if isinstance(name, str) and name not in known:
                yield f"{name!r} is required, but the object has no such property and allows no others: no value fits"


def _number(value: Json) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
