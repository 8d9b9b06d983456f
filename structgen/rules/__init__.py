"""The extractor that uses no LLM: structure first, then labels, then recognisers; null for what it cannot find."""

from structgen.rules.extract import Found, extract_by_rules

__all__ = ["Found", "extract_by_rules"]
