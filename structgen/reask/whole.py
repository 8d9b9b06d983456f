"""The whole question again, with what was wrong. The history stays bounded: the task, the last response, the issues."""

from dataclasses import replace

from structgen.core.records import Message, Request
from structgen.core.results import Attempt
from structgen.reask.words import describe

MOST_ISSUES = 20
MOST_CHARS = 20_000


def ask_whole(first: Request, attempt: Attempt) -> Request:
    """The first request, then the last refused response, then its issues in plain words."""
    said = attempt.completion.said
    refused = (Message("assistant", said),) if 0 < len(said) <= MOST_CHARS and said.strip() else ()
    return replace(first, messages=(*first.messages, *refused, Message("user", _words(attempt, shown=bool(refused)))))


def _words(attempt: Attempt, *, shown: bool) -> str:
    """What was wrong and what to do now."""
    head = "That answer was refused:" if shown else "Your last answer was refused:"
    lines = [f"- {describe(issue)}" for issue in attempt.issues[:MOST_ISSUES]]
    left = len(attempt.issues) - MOST_ISSUES
    if left > 0:
        lines.append(f"- and {left} more")
    return "\n".join([head, *lines, "Answer again with the whole corrected JSON value, and nothing else."])
