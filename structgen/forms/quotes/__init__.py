"""The form with quotes: the schema that is sent, and converting values to it and back."""

from structgen.forms.quotes.quoted_schema import Quoted, QuotesRefusal, free_keys, pair_keys, with_quotes
from structgen.forms.quotes.quoted_shapes import Keys

__all__ = ["Keys", "Quoted", "QuotesRefusal", "free_keys", "pair_keys", "with_quotes"]
