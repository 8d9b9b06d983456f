"""Other prompts for a task, tried on gold within a budget of calls; the best one is measured on other rows of gold."""

from structgen.evaluate.improve.improvement import Improvement, improve

__all__ = ["Improvement", "improve"]
