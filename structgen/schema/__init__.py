"""Any description of a type -> Schema: one object that knows its JSON Schema, its outline, and how to check a value."""

from structgen.schema.schema import Schema

__all__ = ["Schema"]
