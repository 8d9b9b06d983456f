"""Compile any description of a type into a Schema: its JSON Schema, its outline, and a check of values."""

from structgen.schema.check import Context
from structgen.schema.pydantic_issues import issues_from_pydantic
from structgen.schema.schema import Schema, SchemaOf, U, fields

__all__ = ["Context", "Schema", "SchemaOf", "U", "fields", "issues_from_pydantic"]
