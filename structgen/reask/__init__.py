"""A refused response -> the cheapest next question: its failing fields, its rest, or the whole. Pure."""

from structgen.reask.next_question import first_question, most_of_all, reask
from structgen.reask.question import Asking, Join, Joined, Question

__all__ = ["Asking", "Join", "Joined", "Question", "first_question", "most_of_all", "reask"]
