"""A JSON Schema whose values come with quotes: the schema that is sent, and values there and back."""

from structgen.schema.quotes.quoted import Quoted, QuotesRefusal, free_keys, with_quotes
from structgen.schema.quotes.shapes import Keys

__all__ = ["Keys", "Quoted", "QuotesRefusal", "free_keys", "with_quotes"]
