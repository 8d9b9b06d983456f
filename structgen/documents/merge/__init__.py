"""The answers to the chunks of one document, merged into one value."""

from structgen.documents.merge.chunk_values import Part
from structgen.documents.merge.merger import Merged, merge
from structgen.documents.merge.schema_place import SchemaPlace

__all__ = ["Merged", "Part", "SchemaPlace", "merge"]
