"""A JSON Schema in the compact words that a model reads."""

from __future__ import annotations

from structgen.core.json import JsonObject
from structgen.schema.words import literal


def outline(schema: JsonObject | bool, name: str) -> str:  # noqa: ARG001
    """The outline of a schema."""
    return literal(schema)
