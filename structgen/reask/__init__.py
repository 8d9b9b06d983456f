"""A refused response -> the cheapest next question: its failing fields, its rest, or the whole. Pure."""

from structgen.reask.choose import Asking, first_question, most_of_all, next_question
from structgen.reask.question import Question

__all__ = ["Asking", "Question", "first_question", "most_of_all", "next_question"]
