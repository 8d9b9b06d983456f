"""Choose the cheapest question after a refused response: its failing fields, its rest, or the whole. Pure."""

from structgen.reask.next_question import first_question, most_of_all, reask
from structgen.reask.question import ExtractionScope, Join, Joined, Question

__all__ = ["ExtractionScope", "Join", "Joined", "Question", "first_question", "most_of_all", "reask"]
