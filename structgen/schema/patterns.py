"""Regular expressions of schemas, matched in linear time: a hostile pattern or text costs time, never a hang."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from pydantic_core import SchemaError as CoreSchemaError
from pydantic_core import SchemaValidator, core_schema

from structgen.core.errors import SchemaError


@lru_cache(maxsize=2048)
def matcher(pattern: str) -> Callable[[str], bool]:
    """Whether a pattern is found in a text, as a function; SchemaError where the pattern cannot be used."""
    try:
        engine = SchemaValidator(core_schema.str_schema(pattern=pattern))
    except CoreSchemaError as error:
        raise SchemaError(f"the pattern {pattern!r} cannot be used: {error}") from None
    return engine.isinstance_python
