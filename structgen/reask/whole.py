"""The whole question again, with what was wrong. The history stays bounded: the task, the last response, the issues."""

import json
from dataclasses import replace

from structgen.core.records import Attempt, Issue, Message, Request

MOST_ISSUES = 20
MOST_CHARS = 20_000
MOST_FOUND = 200


def ask_whole(first: Request, attempt: Attempt) -> Request:
    """The first request, then the last refused response, then its issues in plain words."""
    said = attempt.completion.text
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


def describe(issue: Issue) -> str:
    """One issue for a model: where, what is wrong, what was found, what belongs there."""
    where = f"at {issue.path}: " if issue.path else ""
    found = "" if issue.found is None else f" (found {_brief(issue.found)})"
    expected = f" Expected {issue.expected}." if issue.expected else ""
    return f"{where}{issue.message.rstrip('.')}{found}.{expected}"


def _brief(value: object) -> str:
    """A value in a few words."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= MOST_FOUND else f"{text[:MOST_FOUND]}..."
