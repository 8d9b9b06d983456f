"""Schemas without an end: those that no finite value can fit, and those whose evaluation would never stop."""

from __future__ import annotations

from structgen.schema.refs import Refs


def refuse_endless(refs: Refs) -> None:
    """Raise SchemaError where a schema can never be satisfied by a finite value."""
