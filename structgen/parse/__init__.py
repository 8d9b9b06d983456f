"""Completion -> Parsed: find the answer in a response, decode, align, validate; refuse instead of guessing. Pure."""

from structgen.parse.read import parse_text

__all__ = ["parse_text"]
