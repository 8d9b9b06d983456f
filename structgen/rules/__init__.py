"""The extractor that uses no LLM. It reads linked data first, then the shape of the document, then labels.

A value that is not certain is null. `document` reads the text, `finders` look for values in it.
"""

from structgen.rules.context import extract_below
from structgen.rules.extract_by_rules import Found, extract_by_rules

__all__ = ["Found", "extract_below", "extract_by_rules"]
