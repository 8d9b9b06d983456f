"""A refused response -> the cheapest next question. Pure."""

from structgen.reask.whole import ask_whole

__all__ = ["ask_whole"]
