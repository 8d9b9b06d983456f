"""A JSON Schema in the subset that strict mode takes, and values there and back."""

from structgen.schema.strict.convert import WRAPPER, StrictRefusal, StrictSchema, to_strict

__all__ = ["WRAPPER", "StrictRefusal", "StrictSchema", "to_strict"]
