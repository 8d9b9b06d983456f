"""The strict form: a schema in the subset that strict mode accepts, and converting values to it and back."""

from structgen.forms.strict.strict_schema import (
    WRAPPER,
    SentSchema,
    StrictRefusal,
    StrictSchema,
    in_object,
    strict_of,
    to_strict,
)

__all__ = ["WRAPPER", "SentSchema", "StrictRefusal", "StrictSchema", "in_object", "strict_of", "to_strict"]
