"""A JSON Schema in the subset that strict mode takes, and values there and back."""

from structgen.schema.strict.convert import WRAPPER, SentSchema, StrictRefusal, StrictSchema, in_object, to_strict

__all__ = ["WRAPPER", "SentSchema", "StrictRefusal", "StrictSchema", "in_object", "to_strict"]
