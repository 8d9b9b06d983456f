"""Completion -> Parsed: find the answer in a response, decode, align, validate; refuse instead of guessing. Pure."""

from structgen.parse.read import parse_text
from structgen.parse.response import Parts, parse_parts

__all__ = ["Parts", "parse_parts", "parse_text"]
