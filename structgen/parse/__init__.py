"""Parse a Completion: find the answer, decode, align and validate it, and refuse instead of guessing. Pure."""

from structgen.parse.response import Parts, parse_completion, parse_parts, parse_text, parse_tree

__all__ = ["Parts", "parse_completion", "parse_parts", "parse_text", "parse_tree"]
