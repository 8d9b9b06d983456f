"""Whether a value is one that its field would take: what the schema refuses is not found, rather than found wrong."""

from __future__ import annotations

from structgen.core.errors import SchemaError
from structgen.core.json import Json, JsonObject
from structgen.schema.formats import has_format
from structgen.schema.patterns import PatternTooCostly, matcher


def fits(limits: JsonObject, value: Json) -> bool:
    """Whether a single value keeps to the limits of its schema: format, pattern, length, bounds, multiples."""
    if isinstance(value, str):
        return _fits_text(limits, value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return True
    least, most, unit = (_figure(limits.get(word)) for word in ("exclusiveMinimum", "exclusiveMaximum", "multipleOf"))
    outside = (least is not None and value <= least) or (most is not None and value >= most)
    return not outside and not (unit and abs(value / unit - round(value / unit)) > 1e-9)


def _figure(limit: Json) -> float | None:
    return limit if isinstance(limit, int | float) and not isinstance(limit, bool) else None


def _fits_text(limits: JsonObject, value: str) -> bool:
    least, most = limits.get("minLength"), limits.get("maxLength")
    if (isinstance(least, int) and len(value) < least) or (isinstance(most, int) and len(value) > most):
        return False
    form, pattern = limits.get("format"), limits.get("pattern")
    if isinstance(form, str) and not has_format(value, form):
        return False
    return not isinstance(pattern, str) or _matches(pattern, value)


def _matches(pattern: str, value: str) -> bool:
    """A pattern that cannot be used or tried out lets nothing through: no value is certain under it."""
    try:
        return matcher(pattern)(value)
    except (PatternTooCostly, SchemaError):
        return False
